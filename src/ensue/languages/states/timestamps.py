"""Times as the language writes them: RFC 3339 with ``T`` and a zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_TIMESTAMP: Final = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})T(?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"(?:\.(?P<fraction>[0-9]{1,9}))?"
    r"(?:Z|(?P<sign>[+-])(?P<hours>[0-9]{2}):(?P<minutes>[0-9]{2}))"
)
_NANOSECONDS: Final = 1_000_000_000
_START: Final = datetime(1970, 1, 1, tzinfo=UTC)
_HOURS_MAX: Final = 18
_MINUTES_MAX: Final = 59


def parse_timestamp(text: object) -> int | None:
    """Nanoseconds since 1970 UTC; None when it is no timestamp.

    Args:
        text: such as ``2016-03-14T01:59:00Z`` or ``2016-03-14T01:59:00.123+02:00``.
    """
    found = _TIMESTAMP.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    try:
        moment = datetime.fromisoformat(f"{found['date']}T{found['time']}+00:00")
    except ValueError:
        return None
    if found["sign"]:
        hours, minutes = int(found["hours"]), int(found["minutes"])
        if hours > _HOURS_MAX or minutes > _MINUTES_MAX:
            return None
        ahead = timedelta(hours=hours, minutes=minutes)
        try:
            moment = moment - ahead if found["sign"] == "+" else moment + ahead
        except OverflowError:
            return None
    seconds = (moment - _START) // timedelta(seconds=1)
    return seconds * _NANOSECONDS + int((found["fraction"] or "0").ljust(9, "0"))
