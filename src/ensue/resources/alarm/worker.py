"""What alarms do with nobody asking: each is judged when a period has ended.

An alarm that stays well writes nothing. One on other alarms is judged when one of them changes.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from ensue.engine.engine import Engine
from ensue.engine.sockets import Reading
from ensue.engine.transaction import Origin
from ensue.resources.alarm import store
from ensue.resources.alarm.model import AlarmModel, AlarmStatus, Combination, Condition, Point
from ensue.resources.alarm.rules.judging import stays_well, with_point


class Watcher:
    """Judges an alarm on a metric at the end of each period.

    When it starts it looks at the period that ended last too: the process before may have died
    before it could.

    Args:
        engine: where it is.
        alarm: the alarm.
        condition: its condition.

    Attributes:
        last: what was measured in the last period that it judged; None before the first.
    """

    def __init__(self, engine: Engine, alarm: AlarmModel, condition: Condition) -> None:
        self.name = str(alarm.ref)
        self.listens = frozenset([engine.number(alarm.ref)])
        self.woken = asyncio.Event()
        self.last: Point | None = None
        self._engine = engine
        self._alarm = alarm
        self._condition = condition
        self._next_ms = _end_before(engine.clock.now_ms(), condition.period_ms)
        self._begins = True

    def due_ms(self) -> int | None:
        """The end of the period that is judged next."""
        return self._next_ms

    async def step(self) -> bool:
        """Judge by the last period that has ended; returns that there is nothing more to do."""
        engine, alarm, condition = self._engine, self._alarm, self._condition
        now_ms = engine.clock.now_ms()
        if now_ms < self._next_ms:
            return False
        end_ms = _end_before(now_ms, condition.period_ms)
        self._next_ms = end_ms + condition.period_ms
        begins, self._begins = self._begins, False
        value = measured(engine, alarm.ref.app, condition, end_ms)
        if begins and value is None:  # nothing was measured while nothing ran
            return False
        self.last = new = Point(end_ms - condition.period_ms, value)
        kept = engine.read(lambda tx: store.kept(tx, alarm))
        if not stays_well(condition, kept.state, kept.points, new):
            await engine.transact(
                lambda tx: store.observe(tx, alarm, condition, new), Origin(alarm.ref.name)
            )
        return False

    def added_to(self, found: AlarmStatus) -> AlarmStatus:
        """How the alarm is, with what was measured last, which the store does not have."""
        new = self.last
        if new is None or (found.points and found.points[-1].start_ms >= new.start_ms):
            return found
        points = with_point(self._condition, found.points, new)
        return replace(found, points=points, judged_ms=new.start_ms + self._condition.period_ms)

    async def drain(self, grace_ms: int) -> None:
        """Nothing is under way between steps."""
        del grace_ms


class Combiner:
    """Judges an alarm on other alarms when one of them has changed.

    Args:
        engine: where they are.
        alarm: the alarm.
        condition: its condition.
    """

    def __init__(self, engine: Engine, alarm: AlarmModel, condition: Combination) -> None:
        self.name = str(alarm.ref)
        self.listens = frozenset(engine.number(ref) for ref in condition.children)
        self.woken = asyncio.Event()
        self.woken.set()
        self._engine = engine
        self._alarm = alarm
        self._condition = condition

    def due_ms(self) -> int | None:
        """A commit wakes it, and nothing else."""
        return None

    async def step(self) -> bool:
        """Judge by the states of the others; returns that there is nothing more to do."""
        alarm, condition = self._alarm, self._condition
        if not self._engine.read(lambda tx: store.is_combined(tx, alarm, condition)):
            await self._engine.transact(
                lambda tx: store.combine(tx, alarm, condition), Origin(alarm.ref.name)
            )
        return False

    async def drain(self, grace_ms: int) -> None:
        """Nothing is under way between steps."""
        del grace_ms


def measured(engine: Engine, app: str, condition: Condition, end_ms: int) -> float | None:
    """What a condition's metric was in the period that ended then; None for nothing.

    Raises:
        NotFound: there is no such metric.
        InvalidInput: it cannot be asked for so.
    """
    return engine.directory.measured(
        Reading(
            metric=condition.metric,
            of=condition.of,
            app=app,
            statistic=condition.statistic,
            start_ms=end_ms - condition.period_ms,
            end_ms=end_ms,
            subject=condition.subject,
        ),
    )


def _end_before(now_ms: int, period_ms: int) -> int:
    return now_ms // period_ms * period_ms
