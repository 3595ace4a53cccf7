"""Streams: shards that are split and merged, and workers outside who share them by leases."""

from __future__ import annotations

from typing import ClassVar

from ensue.words.errors import Conflict, EnsueError
from tests.simulation.part import UNKNOWN, Part

STREAM, GROUP = "stream0", "stream0-group"


class Shards(Part):
    """The shards of the stream, as an operator changes them, and its functions, set back."""

    weights: ClassVar[dict[str, int]] = {"split": 3, "merge": 3, "rewind": 1}

    def split(self, game):
        number = self.rng.choice(self._open(game) or [0])
        game.tell("  ", number, self.ask(game, self.world.places[STREAM].split(number)))

    def merge(self, game):
        found = self._open(game)
        if len(found) > 1:
            at = self.rng.randrange(len(found) - 1)
            merging = self.world.places[STREAM].merge(*found[at : at + 2])
            game.tell("  ", found, at, self.ask(game, merging))

    def rewind(self, game):
        """A function is set back to the beginning."""
        world = self.world
        names = [name for name in world.routes[STREAM] if world.consumers[name].home is not None]
        if names:
            name = self.rng.choice(names)
            world.again.add(name)
            function = world.consumers[name].home
            game.tell("  ", name, self.ask(game, function.rewind("horizon", confirm=name)))

    def end(self, game):
        """No function is behind."""
        found = game.machine.run(self.world.places[STREAM].readers())
        self.world.observe("behind", [(each.name, each.unread) for each in found])

    def _open(self, game):
        """The open shards in the order of their ranges."""
        found = self.ask(game, self.world.places[STREAM].shards())
        if found is UNKNOWN:
            return []
        return [each.shard for each in sorted(found, key=lambda at: at.low) if each.state == "open"]


class Groups(Part):
    """A consumer group. Its workers keep leases that are over, and try to go on with them."""

    weights: ClassVar[dict[str, int]] = {
        "claim": 6,
        "overtake": 6,
        "work": 10,
        "work_late": 12,
        "release": 1,
        "rewind": 1,
    }

    def __init__(self, world, rng, chain):
        super().__init__(world, rng)
        self.consumer = world.consumer(GROUP, None, action=True, chain=chain)
        self.consumer.follows = world.places[STREAM]
        world.routes[STREAM] = [*world.routes[STREAM], GROUP]
        self.group = world.places[STREAM].existing_group("billing")
        self.is_made = False
        self.called: set[str] = set()
        self.leases: dict[int, object] = {}  # the last known of each shard
        self.late: list[object] = []
        self.noted: dict[int, int] = {}  # positions that were acknowledged
        self.doubtful: set[int] = set()  # shards that somebody may have claimed unanswered

    def claim(self, game, limit=None, lease=None):
        if not self.is_made:
            making = self.world.places[STREAM].group("billing")
            self.is_made = self.ask(game, making) is not UNKNOWN
            if not self.is_made:
                return []
        owner, lease = self.rng.choice(["ann", "bob"]), lease or self.rng.choice([1, 10, 60])
        found = self.ask(game, self.group.claim(owner, limit=limit or 2, lease=lease))
        if found is UNKNOWN:
            self.doubtful |= {*self.leases}
            return []
        now_ms = game.machine.clock.now_ms()
        for each in found:
            before = self.leases.get(each.shard)
            is_held = before is not None and before.until_ms > now_ms
            self.world.observe("claimed", each.shard, is_held)
            self.world.observe("position", each.shard, self.noted.get(each.shard, 0), each.position)
            if before is not None:
                self.late.append(before)
            self.leases[each.shard] = each
            self.doubtful.discard(each.shard)
        game.tell("  ", owner, found)
        return found

    def overtake(self, game):
        """A lease is over, and another worker claims the shard."""
        self._wait_for(game, [each.until_ms for each in self.leases.values()])
        self.claim(game)

    def work(self, game):
        if self.leases:
            self._work(game, self.leases[self.rng.choice([*self.leases])])

    def _work(self, game, lease):
        """Read, handle and note how far that is; returns how many records there were."""
        found = self.ask(game, self.group.read(lease, limit=self.rng.choice([1, 3, 100])))
        if found is UNKNOWN or isinstance(found, EnsueError):
            self._heard(lease, found)
            return 0
        for record in found.records:
            body = record.data
            self.world.begun[GROUP, body["t"]] += 1
            if body["t"] not in self.called:  # whoever reads again does not call again
                self.called.add(body["t"])
                self.world.calls.append((GROUP, body["t"], body.get("g"), body["n"]))
            noting = self.world.app.run(self.world.note_once, self.consumer, body)
            if self.ask(game, noting) is UNKNOWN:
                return 0
        if found.records:
            self._checkpoint(game, lease, found.records[-1].sequence)
        return len(found.records)

    def _checkpoint(self, game, lease, sequence):
        answer = self.ask(game, self.group.checkpoint(lease, sequence))
        if self._heard(lease, answer):
            self.noted[lease.shard] = max(self.noted.get(lease.shard, 0), sequence)

    def work_late(self, game):
        """Go on with a lease that has passed to another worker."""
        if not self.late:
            return
        lease, rng = self.rng.choice(self.late), self.rng
        before = self._row(game, lease)
        if before is UNKNOWN:
            return
        doing = rng.choice([
            lambda: self.group.checkpoint(lease, before[0][0] + rng.choice([0, 1])),
            lambda: self.group.renew(lease, extend=600),
            lambda: self.group.release(lease),
            lambda: self.group.read(lease),
        ])
        answer, after = self.ask(game, doing()), self._row(game, lease)
        if answer is not UNKNOWN and after is not UNKNOWN:
            self.world.observe("fenced", isinstance(answer, Conflict), before, after)

    def release(self, game):
        if self.leases:
            lease = self.leases[self.rng.choice([*self.leases])]
            self._set_free(lease.shard)
            self._heard(lease, self.ask(game, self.group.release(lease)), by_now=False)

    def rewind(self, game):
        if not self.is_made or self.rng.random() < 0.5:
            return
        self.world.again.add(GROUP)
        self.noted.clear()
        answer = self.ask(game, self.group.rewind("horizon", confirm="billing"))
        game.tell("  ", answer)
        self.late += self.leases.values() if isinstance(answer, int) else []
        self.leases.clear()

    def finish(self, game):
        """Read to the end, whoever had a lease."""
        claimed = self.claim(game, limit=100, lease=60)
        handled = sum(self._work(game, lease) for lease in claimed)
        for lease in claimed:
            self._set_free(lease.shard)
            self._heard(lease, self.ask(game, self.group.release(lease)))
        held = game.machine.rows("SELECT max(until_ms) FROM ensue_groups WHERE name = 'billing'")
        now_ms = game.machine.clock.now_ms()
        if held[0][0] is not None and held[0][0] > now_ms:
            game.machine.clock.move_to(held[0][0])
            return True
        return handled > 0

    def _set_free(self, shard):
        found = self.leases.get(shard)
        if found is not None:
            self.leases[shard] = _ended(found)

    def _heard(self, lease, answer, *, by_now=True):
        """Whether a worker was heard, as the one is who claimed the shard last."""
        if answer is UNKNOWN:
            return False
        is_heard = not isinstance(answer, EnsueError)
        last = self.leases.get(lease.shard)
        is_last = last is not None and last.token == lease.token
        if by_now and is_last and lease.shard not in self.doubtful:
            self.world.observe("heard", lease.shard, is_heard)
        return is_heard

    def _row(self, game, lease):
        return game.look_up(
            "SELECT position, owner, token, until_ms FROM ensue_groups"
            " WHERE name = 'billing' AND shard = ?",
            lambda tx: lease.shard,
        )


def _ended(lease):
    return type(lease)(lease.group, lease.shard, lease.owner, lease.position, lease.token, 0)
