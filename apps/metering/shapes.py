"""Days of usage as a simulator makes them: the same for the same seed (MF-26, MF-27)."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

NORMAL = (
    *(0.01, 0.005, 0.003, 0.002, 0.002, 0.005, 0.015, 0.04, 0.08, 0.10, 0.10, 0.095),
    *(0.09, 0.095, 0.10, 0.095, 0.085, 0.07, 0.05, 0.035, 0.025, 0.015, 0.01, 0.008),
)
FRAUD = (
    *(0.10, 0.095, 0.09, 0.085, 0.08, 0.06, 0.04, 0.02, 0.015, 0.01, 0.01, 0.015),
    *(0.02, 0.015, 0.01, 0.01, 0.015, 0.02, 0.04, 0.06, 0.08, 0.095, 0.10, 0.10),
)
BASE, VARIANCE, WEEKEND = 1_000, 0.2, 0.3
BYTES, BYTES_VARIANCE = 500, 0.5
ENDPOINTS = ("/users", "/orders", "/products", "/search")
HISTORY_DAYS = 29  # ending yesterday: a day more would be older than events may be


def history(customer: str, today: date, *, seed: int) -> Iterator[dict[str, Any]]:
    """The events of the days before a day, as a customer at work makes them."""
    for ago in range(HISTORY_DAYS, 0, -1):
        yield from day_of(customer, today - timedelta(days=ago), NORMAL, seed=seed)


def day_of(
    customer: str, day: date, shape: Sequence[float], *, seed: int
) -> Iterator[dict[str, Any]]:
    """The events of a day.

    Args:
        customer: whose.
        day: which; of UTC.
        shape: the weights of its hours. A thief takes no weekend, and no variance: a day of the
            shape `FRAUD` has its volume in full.
        seed: the same events for the same one.
    """
    volume = float(BASE)
    if shape is NORMAL:
        volume = _varied(BASE, VARIANCE, _chances(seed, customer, day)[0])
        volume *= WEEKEND if day.isoweekday() > 5 else 1
    name = f"sim_{seed}_{day}_{'day' if shape is NORMAL else 'attack'}"
    for hour, weight in enumerate(shape):
        for each in range(round(volume * weight)):
            when, where, much = _chances(name, customer, hour, each)
            at = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
            yield {
                "transaction_id": f"{name}_{hour}_{each}",
                "customer_id": customer,
                "event_type": "api_request",
                "timestamp": (int(at.timestamp()) + int(when * 3_600)) * 1_000,
                "properties": {
                    "endpoint": ENDPOINTS[int(where * len(ENDPOINTS))],
                    "bytes": round(_varied(BYTES, BYTES_VARIANCE, much)),
                },
            }


def _varied(base: float, variance: float, chance: float) -> float:
    return base * (1 + variance * (2 * chance - 1))


def _chances(*of: object) -> tuple[float, float, float]:
    """Numbers from 0 up to 1, as random as can be, but always the same of the same."""
    drawn = hashlib.blake2b(repr(of).encode(), digest_size=12).digest()
    one, two, three = struct.unpack("<III", drawn)
    return one / (1 << 32), two / (1 << 32), three / (1 << 32)
