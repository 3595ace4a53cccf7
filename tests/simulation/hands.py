"""Receiving by hand: workers outside, who come late, give back, forget and settle twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ensue.engine.work import HELD_MS
from ensue.words.errors import LeaseLost
from tests.simulation.part import UNKNOWN, Part
from tests.simulation.world import said


@dataclass
class Held:
    """A receive: its message, and when it is over; ``boot`` is the process that gave it."""

    message: object
    until_ms: int
    boot: int
    is_late: bool = False  # whether the message was settled or received again since


class Hands(Part):
    """A queue without a consumer, and workers who receive from it."""

    weights: ClassVar[dict[str, int]] = {
        "receive": 10,
        "overtake": 6,
        "settle": 10,
        "settle_late": 10,
        "extend": 4,
    }

    def __init__(self, world, rng, chain):
        super().__init__(world, rng)
        options = {"max_receives": rng.randint(1, 4)}
        if rng.random() < 0.5:
            options["in_flight_max"] = rng.randint(1, 3)
        if rng.random() < 0.3:
            options[rng.choice(["priorities", "fair"])] = True
        if rng.random() < 0.2:
            options["retention"] = "20s"
        self.queue, self.consumer = world.queue_by_hand("hand0", chain=chain, **options)
        self.held: dict[str, Held] = {}
        self.late: list[Held] = []

    def receive(self, game, limit=None, visibility=None):
        rng, world = self.rng, self.world
        visibility = visibility or rng.choice([1, 5, 60])
        asking = self.queue.receive(limit or rng.choice([1, 2, 5]), visibility=visibility)
        found = self.ask(game, asking)
        if found is UNKNOWN:
            return 0
        now_ms, limit = game.machine.clock.now_ms(), self.queue.model.in_flight_max
        for message in found:
            before = self.held.get(message.id)
            if before is not None:
                is_held = before.boot == game.machine.boots and before.until_ms > now_ms
                world.observe("received", message.id, is_held)
                self._over(before)
            # Redriven and received again in the same millisecond it has the same handle.
            self.late = [each for each in self.late if each.message.handle != message.handle]
            self.held[message.id] = Held(message, message.until_ms, game.machine.boots)
            body = said(message.body)
            world.begun["hand0", body["t"]] += 1
            world.calls.append(("hand0", body["t"], body.get("g"), body["n"]))
        if limit is not None and found:
            world.observe("in flight", self._in_flight(game, now_ms), limit)
        game.tell("  ", [message.id for message in found])
        return len(found)

    def overtake(self, game):
        """A lease is over, and another one receives."""
        self._wait_for(game, [each.until_ms for each in self.held.values()])
        self.receive(game)

    def settle(self, game):
        """Do what a message asks for, and settle it; what stumbles is forgotten or given back."""
        if self.held:
            self._settle(game, self.held[self.rng.choice(list(self.held))])

    def _settle(self, game, held):
        body = said(held.message.body)
        try:
            self.world.stumble("hand0", body)
        except RuntimeError:
            if self.rng.random() < 0.5:
                self._change(game, held, 0)
            return
        if self._is_elsewhere(game, held):
            # Whoever works on a message that has died meanwhile comes behind its successors.
            self.world.out_of_turn.add("hand0")
        noted = self.ask(game, self.world.app.run(self.world.note_once, self.consumer, body))
        if noted is UNKNOWN:
            return
        if self._say(game, held, self.queue.settle(held.message.handle)):
            self._over(held)

    def settle_late(self, game):
        """Settle, or hold on to, what is settled or was received by another one since."""
        if not self.late:
            return
        held = self.rng.choice(self.late)
        handle = held.message.handle
        before = self._row(game, held)
        if before is UNKNOWN:
            return
        late = self.queue.change_visibility(handle, 60)
        if self.rng.random() < 0.5:
            late.close()
            late = self.queue.settle(handle)
        answer = self.ask(game, late)
        after = self._row(game, held)
        if answer is not UNKNOWN and after is not UNKNOWN:
            self.world.observe("late handle", isinstance(answer, LeaseLost), before, after)

    def extend(self, game):
        if self.held:
            held = self.held[self.rng.choice(list(self.held))]
            self._change(game, held, self.rng.choice([0, 1, 60]))

    def finish(self, game):
        """Receive and settle until nothing is there."""
        found = self.receive(game, limit=10, visibility=30)
        before = len(self.held)
        for held in list(self.held.values()):
            if held.boot == game.machine.boots and held.until_ms > game.machine.clock.now_ms():
                self._settle(game, held)
        did = found > 0 or len(self.held) < before
        [(left, next_ms)] = game.machine.rows(
            "SELECT count(*), min(due_ms) FILTER (WHERE due_ms > ?2) FROM ensue_work"
            " WHERE queue = ?1 AND state < 2 AND due_ms < ?3",
            game.machine.engine.number(self.queue.ref),
            game.machine.clock.now_ms(),
            HELD_MS,
        )
        if not did and next_ms is not None:  # others have them, or they are delayed
            game.machine.clock.move_to(next_ms)
        return did or left > 0

    def _change(self, game, held, visibility):
        changed = self.queue.change_visibility(held.message.handle, visibility)
        until_ms = held.until_ms
        held.until_ms = 0  # nobody knows, until the answer comes
        if self._say(game, held, changed, until_ms):
            held.until_ms = game.machine.clock.now_ms() + visibility * 1_000

    def _say(self, game, held, saying, until_ms=None):
        """Say something of a message; returns whether that was heard."""
        until_ms = held.until_ms if until_ms is None else until_ms
        boot, now_ms = game.machine.boots, game.machine.clock.now_ms()
        answer = self.ask(game, saying)
        if answer is UNKNOWN:
            return False
        if held.boot == boot and until_ms > now_ms:
            self.world.observe("held handle", held.message.id, answer is None)
        return answer is None

    def _over(self, held):
        self.held.pop(held.message.id, None)
        self.late.append(held)

    def _row(self, game, held):
        return game.look_up(
            "SELECT * FROM ensue_work WHERE id = ?",
            lambda tx: tx.facts.records.place(held.message.id).sequence,
        )

    def _is_elsewhere(self, game, held):
        found = game.look_up(
            "SELECT queue = ? FROM ensue_work WHERE id = ?",
            lambda tx: tx.number(self.queue.ref),
            lambda tx: tx.facts.records.place(held.message.id).sequence,
        )
        return found is UNKNOWN or found != [(1,)]

    def _in_flight(self, game, now_ms):
        found = game.look_up(
            "SELECT count(*) FROM ensue_work WHERE state = 1 AND due_ms > ? AND queue = ?",
            lambda tx: now_ms,
            lambda tx: tx.number(self.queue.ref),
        )
        return 0 if found is UNKNOWN else found[0][0]
