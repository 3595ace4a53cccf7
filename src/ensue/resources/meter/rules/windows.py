"""Windows of time: whole hours, what is left at the edges, and the parts of a series."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ensue.resources.meter.model import HOUR_MS, POINTS_MAX
from ensue.words.errors import InvalidValue, LimitExceeded
from ensue.words.units import TIME_MS_MAX
from ensue.words.values import shown


class Span(NamedTuple):
    """Times from one to another, both among them, in ms since 1970."""

    start_ms: int
    end_ms: int


class Window(NamedTuple):
    """A span, cut into whole hours and what is left.

    Attributes:
        first: the first whole hour, in hours since 1970.
        behind: the hour behind the last whole one; ``first`` where there is none.
        edges: what is in no whole hour, two spans at most.
    """

    first: int
    behind: int
    edges: tuple[Span, ...]


def span(start_ms: object, end_ms: object) -> Span:
    """Check a window.

    Raises:
        InvalidValue: a bound is no time, or it ends before it starts.
    """
    for name, found in (("start_ms", start_ms), ("end_ms", end_ms)):
        if type(found) is not int or not 0 <= found <= TIME_MS_MAX:
            raise InvalidValue(f"expected ms since 1970, got {shown(found)}", at=f"$.{name}")
    found_span = Span(int(str(start_ms)), int(str(end_ms)))
    if found_span.end_ms < found_span.start_ms:
        raise InvalidValue(
            f"expected an end at or behind the start, got {end_ms} behind {start_ms}",
            at="$.end_ms",
        )
    return found_span


def cut(of: Span) -> Window:
    """Cut a span into whole hours and its edges."""
    first = -(-of.start_ms // HOUR_MS)
    behind = (of.end_ms + 1) // HOUR_MS
    if first >= behind:
        return Window(first, first, (of,))
    left = Span(of.start_ms, first * HOUR_MS - 1)
    right = Span(behind * HOUR_MS, of.end_ms)
    return Window(first, behind, tuple(e for e in (left, right) if e.start_ms <= e.end_ms))


def parts(of: Span, step: str, zone: str) -> list[Span]:
    """The hours or days of a window, in a time zone; the first and the last may be cut.

    Raises:
        InvalidValue: there is no such step or time zone.
        LimitExceeded: there would be too many.
    """
    if step not in {"hour", "day"}:
        raise InvalidValue(f"expected a step of hour or day, got {shown(step)}", at="$.step")
    found: list[Span] = []
    start_ms = of.start_ms
    tz = _zone(zone)
    while start_ms <= of.end_ms:
        if len(found) == POINTS_MAX:
            raise LimitExceeded(f"expected at most {POINTS_MAX} parts of a window", at="$.step")
        next_ms = _next_hour(start_ms, tz) if step == "hour" else _next_day(start_ms, tz)
        found.append(Span(start_ms, min(next_ms - 1, of.end_ms)))
        start_ms = next_ms
    return found


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError, TypeError):
        raise InvalidValue(f"expected a time zone, got {shown(name)}", at="$.tz") from None


def _next_hour(at_ms: int, tz: ZoneInfo) -> int:
    """The next full hour of a zone's clocks: some are half an hour off the others."""
    offset = _at(at_ms, tz).utcoffset() or timedelta()
    offset_ms = round(offset.total_seconds() * 1_000)
    return ((at_ms + offset_ms) // HOUR_MS + 1) * HOUR_MS - offset_ms


def _next_day(at_ms: int, tz: ZoneInfo) -> int:
    """The first moment of a zone's next day."""
    day = _at(at_ms, tz).date()
    while True:
        day += timedelta(days=1)
        # Where clocks go forward at midnight there is none; then the day begins when they have.
        midnight = datetime(day.year, day.month, day.day, tzinfo=tz)
        next_ms = round(midnight.timestamp() * 1_000)
        if next_ms > at_ms:
            return next_ms


def _at(at_ms: int, tz: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at_ms // 1_000, UTC).astimezone(tz)
