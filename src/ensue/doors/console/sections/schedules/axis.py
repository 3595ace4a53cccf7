"""The next day of all schedules on one axis: a lane for each, a mark for each moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

DAY_MS = 86_400_000
HOURS = 24
HOUR_MS = 3_600_000
STEPS = 1_000


def axis(lanes: Sequence[Mapping[str, Any]], now_ms: int) -> dict[str, Any]:
    """Where the marks of each lane are, in thousandths of the next day.

    Args:
        lanes: each with its ``moments_ms``, and with ``more`` where there are others.
        now_ms: where the axis begins.
    """
    first_ms = now_ms - now_ms % HOUR_MS + HOUR_MS
    ticks = [
        {"at": _place(at_ms, now_ms), "hour": f"{at_ms // HOUR_MS % HOURS:02d}"}
        for at_ms in range(first_ms, now_ms + DAY_MS, 3 * HOUR_MS)
    ]
    drawn = [
        {
            **lane,
            "marks": [
                {"at": _place(at_ms, now_ms), "at_ms": at_ms} for at_ms in lane["moments_ms"]
            ],
            "until": _place(lane["moments_ms"][-1], now_ms) if lane["moments_ms"] else 0,
        }
        for lane in lanes
    ]
    return {"ticks": ticks, "lanes": drawn}


def _place(at_ms: int, now_ms: int) -> int:
    return max(0, min(STEPS, (at_ms - now_ms) * STEPS // DAY_MS))
