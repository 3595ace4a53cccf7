"""From the text of a schedule expression to its program, every fault located by its offset."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from cronsim import CronSim, CronSimError

from ensue.languages.schedules.program import At, Cron, Program, Rate
from ensue.words.errors import InvalidExpression

EXPRESSION_CHARS_MAX = 256
RATE_MS_MAX = 100 * 366 * 86_400_000
YEAR_MIN, YEAR_MAX = 1970, 2199

_UNITS_MS = {"minute": 60_000, "hour": 3_600_000, "day": 86_400_000}
_CALL = re.compile(r"\s*(at|rate|cron)\s*\((.*)\)\s*\Z", re.DOTALL)
_RATE = re.compile(r"\s*(\d{1,12})\s+(minute|hour|day)s?\s*\Z")
_AT = re.compile(r"\s*(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\s*\Z")
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"), 1
    )
}
_WEEKDAYS = {
    name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)
}
_FIELDS = "minutes, hours, day of month, month, day of week, year"
_ANYTHING = datetime(2000, 1, 1)  # noqa: DTZ001 - what a wall shows has no zone


def parse(text: str) -> Program:
    """Read ``at(...)``, ``rate(...)`` or ``cron(...)``.

    Raises:
        InvalidExpression: it is none, or can never come true; says at which offset.
    """
    if len(text) > EXPRESSION_CHARS_MAX:
        raise _fault(f"at most {EXPRESSION_CHARS_MAX} characters", f"{len(text)}", 0)
    found = _CALL.match(text)
    if found is None:
        raise _fault("at(2026-12-01T10:00:00), rate(5 minutes) or cron(0 2 * * ? *)", repr(text), 0)
    inner, offset = found[2], found.start(2)
    if found[1] == "at":
        return _at(inner, offset)
    return _rate(inner, offset) if found[1] == "rate" else _cron(inner, offset)


def _at(inner: str, offset: int) -> At:
    found = _AT.match(inner)
    if found is not None:
        try:
            return At(datetime.fromisoformat(found[1]))
        except ValueError:
            raise _fault("a day and time that there are", repr(found[1]), offset) from None
    raise _fault("a time such as 2026-12-01T10:00:00", repr(inner), offset)


def _rate(inner: str, offset: int) -> Rate:
    found = _RATE.match(inner)
    if found is None:
        raise _fault("a number and minutes, hours or days", repr(inner), offset)
    every_ms = int(found[1]) * _UNITS_MS[found[2]]
    if not 0 < every_ms <= RATE_MS_MAX:
        raise _fault("a rate from 1 minute to 100 years", repr(inner.strip()), offset)
    return Rate(every_ms)


@dataclass(frozen=True, slots=True)
class _Field:
    """One field of a cron expression: what it may hold, what it holds, and where."""

    name: str
    low: int
    high: int
    text: str
    offset: int
    names: Mapping[str, int]

    def numbers(self) -> list[int]:
        """The numbers of lists, ranges and steps, rising."""
        found: set[int] = set()
        offset = self.offset
        for part in self.text.split(","):
            found.update(self._of_part(part, offset))
            offset += len(part) + 1
        return sorted(found)

    def number(self, text: str, offset: int) -> int:
        """A number or a name within the bounds."""
        value = self.names.get(text)
        if value is None and text.isascii() and text.isdigit() and len(text) <= 4:
            value = int(text)
        if value is None or not self.low <= value <= self.high:
            names = f" or {next(iter(self.names))} to {list(self.names)[-1]}" if self.names else ""
            raise self.fault(f"{self.low} to {self.high}{names}", text, offset)
        return value

    def fault(self, expected: str, text: str, offset: int | None = None) -> InvalidExpression:
        """What is wrong with it."""
        at = self.offset if offset is None else offset
        return _fault(f"{expected} for the {self.name}", repr(text), at)

    def _of_part(self, part: str, offset: int) -> range:
        base, slash, every = part.partition("/")
        low, dash, high = base.partition("-")
        if base == "*":
            first, last = self.low, self.high
        else:
            first = self.number(low, offset)
            last = self.number(high, offset + len(low) + 1) if dash else first
            if slash and not dash:
                last = self.high
            if last < first:
                raise self.fault("a range that rises (SAT,SUN-MON for SAT-MON)", base, offset)
        return range(first, last + 1, self._step(every, offset + len(base) + 1) if slash else 1)

    def _step(self, text: str, offset: int) -> int:
        if text.isascii() and text.isdigit() and len(text) <= 4 and int(text) > 0:
            return int(text)
        raise self.fault("a step of 1 or more", text, offset)


def _cron(inner: str, offset: int) -> Cron:
    parts = [(found[0].upper(), offset + found.start()) for found in re.finditer(r"\S+", inner)]
    if len(parts) != 6:
        raise _fault(f"six fields ({_FIELDS})", f"{len(parts)}", offset)
    minutes = _Field("minutes", 0, 59, *parts[0], {})
    hours = _Field("hours", 0, 23, *parts[1], {})
    days = _Field("day of month", 1, 31, *parts[2], {})
    months = _Field("month", 1, 12, *parts[3], _MONTHS)
    weekdays = _Field("day of week", 1, 7, *parts[4], _WEEKDAYS)
    years = _Field("year", YEAR_MIN, YEAR_MAX, *parts[5], {})
    if (days.text == "?") == (weekdays.text == "?"):
        raise weekdays.fault("? for one of day of month and", f"{days.text} and {weekdays.text}")
    walk_days, near = _days(days)
    walk = " ".join((
        _listed(minutes.numbers()),
        _listed(hours.numbers()),
        walk_days,
        _listed(months.numbers()),
        _weekdays(weekdays),
    ))
    try:
        CronSim(walk, _ANYTHING)
    except CronSimError:
        raise days.fault("a day that one of the months has", days.text) from None
    return Cron(walk, tuple(years.numbers()), near)


def _days(field: _Field) -> tuple[str, int | None]:
    """The days of a month as `cronsim` has them, and the day of ``15W``."""
    text = field.text
    if text in {"?", "*"}:
        return "*", None
    if text in {"L", "LW"}:
        return text, None
    if text.endswith("W"):
        near = field.number(text[:-1], field.offset)
        # The nearest weekday is at most two days away; which of them it is, is looked at later.
        return _listed(range(max(1, near - 2), min(31, near + 2) + 1)), near
    return _listed(field.numbers()), None


def _weekdays(field: _Field) -> str:
    """The days of a week as `cronsim` counts them: from Sunday, which is 0."""
    text = field.text
    if text in {"?", "*"}:
        return "*"
    if text == "L":
        return "6"
    day, sharp, nth = text.partition("#")
    if sharp:
        if nth not in {"1", "2", "3", "4", "5"}:
            raise field.fault("the first to the fifth (MON#1)", text)
        return f"{field.number(day, field.offset) - 1}#{nth}"
    if text.endswith("L"):
        return f"{field.number(text[:-1], field.offset) - 1}L"
    return _listed(number - 1 for number in field.numbers())


def _listed(numbers: Iterable[int]) -> str:
    return ",".join(map(str, numbers))


def _fault(expected: str, got: str, offset: int) -> InvalidExpression:
    return InvalidExpression(f"expected {expected}, got {got}", at=f"offset {offset}")
