"""When cron expressions are due, found minute by minute: slow, plain, and by none of our code."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

BLOCK_S = 900  # no zone changes its clock within a quarter of an hour
NAMES = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]


def values(text: str, low: int, high: int, names: list[str], first: int) -> set[int]:
    """The numbers that a field lists."""
    for index, name in enumerate(names):
        text = text.replace(name, str(index + first))
    found: set[int] = set()
    for part in text.split(","):
        base, _, step = part.partition("/")
        begin, dash, end = base.partition("-")
        if base == "*":
            numbers = range(low, high + 1)
        elif dash:
            numbers = range(int(begin), int(end) + 1)
        else:
            numbers = range(int(begin), (high if step else int(begin)) + 1)
        found.update(numbers[:: int(step or 1)])
    return found


@cache
def day_matches(day: date, days: str, weekdays: str) -> bool:
    """Whether a day is one that the fields mean."""
    last = calendar.monthrange(day.year, day.month)[1]
    aws_weekday = (day.weekday() + 1) % 7 + 1
    if weekdays == "?":
        return date_matches(day, days)
    if weekdays == "L":
        return aws_weekday == 7
    if "#" in weekdays:
        weekday, nth = weekdays.split("#")
        return aws_weekday in values(weekday, 1, 7, DAYS, 1) and (day.day - 1) // 7 + 1 == int(nth)
    if weekdays.endswith("L"):
        return aws_weekday in values(weekdays[:-1], 1, 7, DAYS, 1) and day.day + 7 > last
    return aws_weekday in values(weekdays, 1, 7, DAYS, 1)


def date_matches(day: date, days: str) -> bool:
    """Whether a day is one that the day of month means."""
    last = calendar.monthrange(day.year, day.month)[1]
    if days == "L":
        return day.day == last
    if days == "LW":
        return day == max(d for d in month(day) if d.weekday() < 5)
    if days.endswith("W"):
        near = int(days[:-1])
        return near <= last and day == min(
            (d for d in month(day) if d.weekday() < 5), key=lambda d: abs(d.day - near)
        )
    return day.day in values(days, 1, 31, [], 0)


def month(day: date) -> list[date]:
    """All days of a month."""
    return [day.replace(day=n + 1) for n in range(calendar.monthrange(day.year, day.month)[1])]


@cache
def blocks(zone: str, since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    """The first minute of each quarter of an hour, in UTC and on the wall, where it is shown for
    the first time."""
    found, seen = [], set()
    at = since
    while at < until:
        wall = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        if wall not in seen:
            found.append((at, wall))
        seen.add(wall)
        at += timedelta(seconds=BLOCK_S)
    return found


def due(expression: str, zone: str, since: datetime, until: datetime) -> list[int]:
    """All moments from ``since`` to before ``until`` at which an expression is due, in ms."""
    minutes, hours, days, months, weekdays, years = expression[5:-1].split()
    minute_set = values(minutes, 0, 59, [], 0)
    hour_set = values(hours, 0, 23, [], 0)
    month_set = values(months, 1, 12, NAMES, 1)
    year_set = values(years, 1970, 2199, [], 0)
    return [
        int((at + timedelta(minutes=minute)).timestamp() * 1_000)
        for at, wall in blocks(zone, since, until)
        if wall.hour in hour_set
        and wall.month in month_set
        and wall.year in year_set
        and day_matches(wall.date(), days, weekdays)
        for minute in range(BLOCK_S // 60)
        if wall.minute + minute in minute_set
    ]


def utc(*parts: int) -> datetime:
    """A moment in UTC."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]
