"""When a schedule is due next: expressions on the clock of a time zone."""

from __future__ import annotations

import calendar
from bisect import bisect_right
from copy import copy
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim

from ensue.languages.schedules.parse import parse
from ensue.languages.schedules.program import At, Cron, Rate
from ensue.words.errors import InvalidExpression, InvalidValue

TIMETABLES_KEPT_MAX = 4_096

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_SATURDAY, _SUNDAY = 5, 6


@lru_cache(maxsize=TIMETABLES_KEPT_MAX)
def compile_schedule(expression: str, timezone: str = "UTC") -> Timetable:
    """Compile a schedule expression for a time zone.

    Args:
        expression: ``at(2026-12-01T10:00:00)``, ``rate(5 minutes)`` or ``cron(0 2 * * ? *)``.
        timezone: a name of the IANA time zone database, such as ``Europe/Paris``.

    Raises:
        InvalidExpression: it does not compile; ``at`` is the offset of the fault.
        InvalidValue: there is no such time zone.
    """
    return Timetable(expression, timezone)


class Timetable:
    """The moments of a schedule expression.

    Use `compile_schedule`.

    Attributes:
        expression: what was compiled.
        timezone: the name of the zone on whose clock it is read.
    """

    def __init__(self, expression: str, timezone: str) -> None:
        self.expression = expression
        self.timezone = timezone
        self._program = parse(expression)
        self._zone = zone_of(timezone)
        self._answered: tuple[int | None, int | None] = (None, None)
        self._walker = (
            CronSim(self._program.walk, datetime(2000, 1, 1))  # noqa: DTZ001 - a wall has no zone
            if isinstance(self._program, Cron)
            else None
        )

    @property
    def is_one_time(self) -> bool:
        """Whether it is due once."""
        return isinstance(self._program, At)

    @property
    def is_rate(self) -> bool:
        """Whether it counts from its start."""
        return isinstance(self._program, Rate)

    def next_ms(self, after_ms: int, *, start_ms: int) -> int | None:
        """The first moment behind ``after_ms``, in ms since 1970; None when there is none.

        Args:
            after_ms: it is later than this.
            start_ms: where a rate begins to count: its first moment. It bounds nothing else.
        """
        program = self._program
        if isinstance(program, Rate):
            if after_ms < start_ms:
                return start_ms
            return after_ms + program.every_ms - (after_ms - start_ms) % program.every_ms
        if isinstance(program, At):
            # On a wall whose clock is put forward then, it is as much later; put back: the first.
            moment_ms = _ms_of(program.wall.replace(tzinfo=self._zone))
            return moment_ms if moment_ms > after_ms else None
        # Many schedules say the same and are due at the same moment: they ask the same.
        asked_ms, due_ms = self._answered
        if asked_ms != after_ms:
            due_ms = self._next_on_wall(program, after_ms)
            self._answered = (after_ms, due_ms)
        return due_ms

    def _next_on_wall(self, cron: Cron, after_ms: int) -> int | None:
        wall: datetime | None = self._wall(after_ms)
        while wall is not None:
            wall = self._next_wall(cron, wall)
            if wall is None:
                return None
            due_ms = _ms_of(wall.replace(tzinfo=self._zone))
            # A time that the clock skips is not there when it is read back. What the clock shows
            # twice is due the first time, which may be over.
            if due_ms > after_ms and self._wall(due_ms) == wall:
                return due_ms
        return None

    def _next_wall(self, cron: Cron, wall: datetime) -> datetime | None:
        """The first time behind another that the fields allow, on a wall without a zone."""
        years = cron.years
        while True:
            if wall.year not in years:
                index = bisect_right(years, wall.year)
                if index == len(years):
                    return None
                wall = datetime(years[index], 1, 1) - timedelta(seconds=1)  # noqa: DTZ001 - as above
            found = self._walk(wall)
            if found is None or found.year > years[-1]:
                return None
            if found.year not in years:
                wall = found
            elif cron.near is not None and found.day != _nearest(found, cron.near):
                wall = found.replace(hour=23, minute=59, second=59)
            else:
                return found

    def _walk(self, wall: datetime) -> datetime | None:
        walker = copy(self._walker)
        assert walker is not None  # noqa: S101 - only cron walks
        walker.dt = wall.replace(microsecond=0)
        return next(walker, None)

    def _wall(self, at_ms: int) -> datetime:
        return datetime.fromtimestamp(at_ms // 1_000, self._zone).replace(tzinfo=None, fold=0)


def zone_of(timezone: str) -> ZoneInfo:
    """A time zone by its name.

    Raises:
        InvalidValue: there is none of this name.
    """
    try:
        return ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidValue(
            f"expected a time zone such as UTC or Europe/Paris, got {timezone!r}",
            at="$.timezone",
        ) from None


def moment_ms(text: str, timezone: str) -> int:
    """The ms since 1970 of an ISO 8601 time; without an offset it is one of the time zone.

    Raises:
        InvalidValue: it is no such time.
    """
    try:
        said = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidValue(
            f"expected a time such as 2026-12-01T10:00:00 or 2026-12-01T10:00:00Z, got {text!r}"
        ) from None
    return _ms_of(said if said.tzinfo is not None else said.replace(tzinfo=zone_of(timezone)))


def shown_ms(at_ms: int, timezone: str) -> str:
    """A moment as the clock of a time zone shows it: ISO 8601, to the second, with the offset."""
    return datetime.fromtimestamp(at_ms // 1_000, zone_of(timezone)).isoformat()


def upcoming_ms(table: Timetable, after_ms: int, *, start_ms: int, count: int) -> list[int]:
    """The next moments behind ``after_ms``, at most ``count``."""
    found: list[int] = []
    while len(found) < count:
        due_ms = table.next_ms(after_ms, start_ms=start_ms)
        if due_ms is None:
            break
        found.append(due_ms)
        after_ms = due_ms
    return found


def next_due_ms(expression: str, after_ms: int, timezone: str = "UTC") -> int | None:
    """The first moment behind another at which an expression is due; None when there is none.

    Args:
        expression: ``cron(0 9 ? * MON *)``, ``at(...)``, or ``rate(...)`` counted from then on.
        after_ms: it is later than this, in ms since 1970.
        timezone: on whose clock it is read.

    Raises:
        InvalidExpression: it does not compile; says where.
        InvalidValue: there is no such time zone.
    """
    return compile_schedule(expression, timezone).next_ms(after_ms, start_ms=after_ms)


def check_comes_true(table: Timetable, after_ms: int, *, start_ms: int) -> int:
    """The first moment behind ``after_ms``.

    Raises:
        InvalidExpression: there is none.
    """
    due_ms = table.next_ms(after_ms, start_ms=start_ms)
    if due_ms is None:
        raise InvalidExpression(
            f"{table.expression} in {table.timezone} is never due from now on", at="offset 0"
        )
    return due_ms


def _ms_of(moment: datetime) -> int:
    return (moment - _EPOCH) // _MS


def _nearest(month: datetime, day: int) -> int | None:
    """The weekday nearest to a day of a month, within the month; None when it has no such day."""
    _, last = calendar.monthrange(month.year, month.month)
    if day > last:
        return None
    weekday = calendar.weekday(month.year, month.month, day)
    if weekday == _SATURDAY:
        return day - 1 if day > 1 else day + 2
    if weekday == _SUNDAY:
        return day + 1 if day < last else day - 2
    return day
