"""Quantities as people write them: ``30s``, ``5/s``. Durations are integer milliseconds inside."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime

from ensue.words.errors import InvalidValue

MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
TIME_MS_MAX = 253_402_300_799_999
DURATION_MS_MAX = 100 * 366 * MS["d"]
RATE_PER_SECOND_MIN, RATE_PER_SECOND_MAX = 1e-8, 1e9
BYTES = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
BYTES |= {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([KMGT]i?B|B)\Z")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)\Z")
_QUOTA = re.compile(r"([1-9]\d{0,8})/(\d*(?:\.\d+)?)(ms|s|m|h|d|w)\Z")
_RATE = re.compile(r"(\d+(?:\.\d+)?)/(s|m|h|d)\Z")

_A_DURATION = "a duration such as 250ms, 30s, 5m, 2h, 7d or 1w, of at most 100 years"


def duration_ms(value: str | float) -> int:
    """Milliseconds of a duration: text such as ``"30s"``, or a number of seconds.

    Raises:
        InvalidValue: it is neither, is negative, or is longer than 100 years.
    """
    ms = math.nan
    if isinstance(value, str):
        found = _DURATION.match(value.strip())
        if found:
            ms = float(found[1]) * MS[found[2]]
    elif type(value) in {int, float}:
        ms = value * 1_000
    if 0 <= ms <= DURATION_MS_MAX:
        return round(ms)
    raise InvalidValue(f"expected {_A_DURATION}, or seconds, got {value!r}")


def size_bytes(value: str | int) -> int:
    """Bytes of a size: text such as ``"1GB"`` or ``"64 MiB"``, or a number of bytes.

    Raises:
        InvalidValue: it is neither, or is negative.
    """
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    found = _SIZE.match(value.strip()) if isinstance(value, str) else None
    if found:
        return round(float(found[1]) * BYTES[found[2]])
    raise InvalidValue(f"expected a size such as 64MB, 1GB or 2GiB, or bytes, got {value!r}")


def rate_per_second(value: str) -> float:
    """Deliveries a second of a rate such as ``"5/s"`` or ``"300/m"``.

    Raises:
        InvalidValue: it is not a number above zero, a slash, and one of s, m, h, d; or it is out
            of all proportion.
    """
    found = _RATE.match(value.strip())
    rate = float(found[1]) * 1_000 / MS[found[2]] if found else 0.0
    if RATE_PER_SECOND_MIN <= rate <= RATE_PER_SECOND_MAX:
        return rate
    raise InvalidValue(f"expected a rate such as 5/s or 300/m, got {value!r}")


def parse_quota(value: str) -> tuple[int, int]:
    """How many in how many ms of a quota such as ``"100/60s"``, ``"5/s"`` or ``"1000/1h"``.

    Raises:
        InvalidValue: it is not a whole number above zero, a slash, and a duration of 1 ms or more.
    """
    found = _QUOTA.match(value.strip())
    if found:
        window_ms = round(float(found[2] or 1) * MS[found[3]])
        if 1 <= window_ms <= DURATION_MS_MAX:
            return int(found[1]), window_ms
    raise InvalidValue(f"expected a quota such as 100/60s or 5/s, got {value!r}")


def as_ms(value: datetime | int | str, at: str = "$.at") -> int:
    """Milliseconds since 1970 of a time: a datetime, ISO text, or these milliseconds.

    Raises:
        InvalidValue: it is none of these, or has no time zone.
    """
    found: object = value
    if isinstance(value, str):
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            found = None
    if isinstance(found, datetime) and found.tzinfo is not None:
        return round(found.timestamp() * 1_000)
    if isinstance(found, int) and not isinstance(found, bool) and 0 <= found <= TIME_MS_MAX:
        return found
    raise InvalidValue(
        f"expected a time with its zone, such as 2026-11-21T13:47:03Z, or ms, got {value!r}", at=at
    )


def iso(ms: int) -> str:
    """A time in ISO 8601, in UTC, to the millisecond: ``2026-11-21T13:47:03.348Z``."""
    text = datetime.fromtimestamp(ms / 1_000, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def human_ms(ms: float) -> str:
    """A duration for people: ``0.4 ms``, ``35 ms``, ``2.1 s``, ``3 m 20 s``, ``5 d 1 h``."""
    if ms == 0:
        return "0 ms"
    if ms < 1_000:
        return f"{ms:.1f} ms" if ms < 10 else f"{ms:.0f} ms"
    if ms < MS["m"]:
        return f"{ms / 1_000:.1f} s"
    units = [(MS["d"], "d"), (MS["h"], "h"), (MS["m"], "m"), (MS["s"], "s")]
    parts: list[str] = []
    left = int(ms)
    for size, name in units:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2])


def human_bytes(count: float) -> str:
    """A size for people: ``512 B``, ``4.2 kB``, ``1.3 GB``."""
    size, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB", "PB"):
        if size < 1_000:
            break
        size, unit = size / 1_000, larger
    return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
