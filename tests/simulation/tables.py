"""Tables: versions that are expected, the past that is remembered, followers that come late."""

from __future__ import annotations

import json
from typing import ClassVar

from tests.simulation.part import UNKNOWN, Part


class TablePart(Part):
    """Some of what is done with tables."""

    def a_table(self):
        """The name of one, and the table."""
        names = [name for name in self.world.places if name[:5] == "table"]
        name = self.rng.choice(names)
        return name, self.world.places[name]


class Followers(TablePart):
    """The functions that follow tables, set back."""

    weights: ClassVar[dict[str, int]] = {"rewind": 1}

    def rewind(self, game):
        """A function is set back to the oldest change that is kept."""
        world = self.world
        names = [
            name
            for name, each in world.consumers.items()
            if each.follows is not None and each.follows.ref.kind == "table"
        ]
        if names:
            name = self.rng.choice(names)
            world.again.add(name)
            function = world.consumers[name].home
            game.tell("  ", name, self.ask(game, function.rewind("horizon", confirm=name)))


class Versions(TablePart):
    """Clients who read an item with its version, and write later what they made of it."""

    weights: ClassVar[dict[str, int]] = {"read": 6, "write": 8}

    def __init__(self, world, rng):
        super().__init__(world, rng)
        self.read_before = []
        self.tokens: dict[tuple, str] = {}

    def read(self, game):
        name, table = self.a_table()
        key, now_ms = self.rng.choice("xyz"), game.machine.clock.now_ms()
        found = self.ask(game, table.get_versioned(key))
        if found is UNKNOWN:
            return
        if found is not None:
            before = self.tokens.setdefault((name, key, found.version), found.item["t"])
            self.world.observe("version", before, found.item["t"])
            if table.model.ttl is not None:
                self.world.observe("ended", found.item["ends"], now_ms)
        self.read_before.append((name, key, 0 if found is None else found.version))

    def write(self, game):
        if self.read_before:
            name, key, version = self.rng.choice(self.read_before[-3:])
            body = {**game.fate(), "k": key, "expect": version}
            game.client([(name, body, 0)])


class Past(TablePart):
    """Whoever looks at a table remembers what was there, and finds it there as of then."""

    weights: ClassVar[dict[str, int]] = {"remember": 8, "recall": 5}

    def __init__(self, world, rng):
        super().__init__(world, rng)
        self.seen = []

    def remember(self, game):
        _, table = self.a_table()
        if table.model.keep_ms is None or (table.model.ttl is not None and game.clock_moves):
            return
        items, at_ms = self._items(game, table), game.machine.clock.now_ms()
        change = game.look_up(f"SELECT max(sequence) FROM {table.model.changes}")
        if items is UNKNOWN or change is UNKNOWN:
            return
        if table.model.ttl is None and change[0][0] is not None:
            number = game.machine.engine.number(table.ref)
            at = game.machine.engine.records.text(number, change[0][0])
            self.seen.append((table, at, items))
        if not game.clock_moves:
            self.seen.append((table, at_ms, items))
            # What is done in the same millisecond is seen as of then.
            game.machine.clock.move_to(at_ms + 1)

    def recall(self, game):
        if self.seen:
            table, at, then = self.rng.choice(self.seen)
            found = self._items(game, table, at=at)
            if found is not UNKNOWN:
                self.world.observe("past", str(at), then, found)

    def end(self, game):
        for table, at, then in self.seen:
            self.world.observe("past", str(at), then, self._items(game, table, at=at))

    def _items(self, game, table, **at):
        found = self.ask(game, table.scan(**at))
        return UNKNOWN if found is UNKNOWN else [json.dumps(item) for item in found.items]


class LateFollower(TablePart):
    """A follower that is declared when the table has items already, and begins with those."""

    weights: ClassVar[dict[str, int]] = {"declare": 3, "watch": 5}

    def __init__(self, world, rng, policy):
        super().__init__(world, rng)
        self.policy = policy
        self.name = None
        self.has_begun = False

    def declare(self, game):
        if self.name is not None:
            return
        name, _ = self.a_table()
        self.name = f"{name}-late"
        self.world.follower(
            self.name, name, retries=self.rng.randint(0, 3), start="snapshot", **self.policy
        )
        self.world.unseen[self.name] = set()
        game.machine.calm()
        if self.rng.random() < 0.3:
            game.machine.die()
        else:
            game.machine.restart()
        self.watch(game)

    def watch(self, game):
        """While it reads what is there, it need not be told what that was before."""
        if self.name is None or self.has_begun:
            return
        name = self.name.removesuffix("-late")
        reading = game.look_up(
            "SELECT done FROM ensue_snapshots WHERE number = ?",
            lambda tx: tx.number(self.world.consumers[self.name].home.ref),
        )
        found = game.look_up("SELECT item ->> '$.token', item ->> '$.to' FROM sim_accepted")
        if reading is UNKNOWN or found is UNKNOWN:
            return
        self.has_begun = not reading or reading[0][0] is not None
        before = {token for token, to in found if to.rstrip("!") == name}
        ended = {f"{token}!" for token in before}
        self.world.unseen[self.name] = before | ended

    def finish(self, game):
        self.watch(game)
        return False
