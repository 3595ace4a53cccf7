"""Calendar months, which are not all of one length."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta

from ensue.languages.schedules.run import zone_of
from ensue.words.errors import InvalidValue
from ensue.words.units import TIME_MS_MAX

MONTHS_MAX = 12_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


def months_later_ms(at_ms: int, months: int, timezone: str = "UTC") -> int:
    """The same day of the month and time of day so many months later, in ms since 1970.

    A month without that day has its last day instead: a month after 31 January is 28 or 29
    February. Count on from the first moment, not from the one before, and 31 March comes after
    that. A time that the clock skips then is as much later; of one that it shows twice it is the
    first.

    Args:
        at_ms: the first moment.
        months: how many, 0 to 12,000.
        timezone: on whose clock and calendar.

    Raises:
        InvalidValue: there is no such time zone, the months are out of range, or that is behind the
            year 9999.
    """
    if not 0 <= months <= MONTHS_MAX:
        raise InvalidValue(f"expected 0 to {MONTHS_MAX} months, got {months}")
    zone = zone_of(timezone)
    try:
        wall = (_EPOCH + timedelta(milliseconds=at_ms)).astimezone(zone)
        years, month = divmod(wall.month - 1 + months, 12)
        day = min(wall.day, calendar.monthrange(wall.year + years, month + 1)[1])
        later = wall.replace(year=wall.year + years, month=month + 1, day=day, fold=0)
        return (later - _EPOCH) // _MS
    except (ValueError, OverflowError):
        raise InvalidValue(
            f"expected a time up to {TIME_MS_MAX}, got {months} months after {at_ms}"
        ) from None
