"""Schedules that are due again and again, and what becomes of what they miss."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import ClassVar

from ensue.engine.clock import HELD_START_MS
from ensue.languages.schedules import compile_schedule
from tests.simulation.part import Part

MINUTE_MS = 60_000
BEGIN_MS = HELD_START_MS // MINUTE_MS * MINUTE_MS


class Ticks(Part):
    """Declared schedules of a function that notes each firing."""

    weights: ClassVar[dict[str, int]] = {"look": 1}

    def __init__(self, world, rng):
        super().__init__(world, rng)
        self.firings = world.app.table("firings", key=("schedule", "due_ms"))
        self.schedules = world.app.schedules()
        self.moments = {}
        for number in range(rng.randint(1, 2)):
            self._declare(f"ticks{number}")

    def _declare(self, name):
        rng = self.rng
        expression = rng.choice(["rate(1 minute)", "rate(3 minutes)", "cron(0/2 * * * ? *)"])
        begin, end = (
            datetime.fromtimestamp(BEGIN_MS / 1_000, UTC) + timedelta(minutes=minutes)
            for minutes in (1, rng.choice([6, 15]))
        )
        stumbles = rng.random() < 0.3
        tries = set()

        def tick(firing, tx):
            if self.world.clock_holds:  # else it may be handled after the clock was set back
                self.world.observe("firing", firing.due_ms, tx.now_ms)
            if stumbles and firing.id not in tries:
                tries.add(firing.id)
                raise RuntimeError(f"{name} stumbles over {firing.id}")
            key = {"schedule": name, "due_ms": firing.due_ms}
            before = tx.get(self.firings, (name, firing.due_ms))
            tx.put(self.firings, {**key, "times": 1 if before is None else before["times"] + 1})

        self.world.app.schedule(
            expression,
            name=name,
            start=begin,
            end=end,
            missed=rng.choice(["once", "skip", "all"]),
            window=rng.choice([0, 0, 20]),
        )(tick)
        timetable = compile_schedule(expression, "UTC")
        begin_ms, end_ms = (int(each.timestamp() * 1_000) for each in (begin, end))
        found, at_ms = [], begin_ms - 1
        while (at_ms := timetable.next_ms(at_ms, start_ms=begin_ms)) and at_ms <= end_ms:
            found.append(at_ms)
        self.moments[name] = found

    def look(self, game):
        """See what has fired so far."""
        found = game.look_up("SELECT item ->> '$.due_ms', item ->> '$.times' FROM sim_firings")
        game.tell("  ", found)

    def end(self, game):
        for name, moments in self.moments.items():
            rows = game.machine.rows(
                "SELECT item ->> '$.due_ms', item ->> '$.times' FROM sim_firings WHERE pk = ?"
                " ORDER BY 1",
                name,
            )
            shown = game.machine.run(self.schedules.get(name))
            self.world.observe(
                "firings", name, dict(rows), dict.fromkeys(moments, 1), shown.fired, shown.left_out
            )
