"""Usage that is not as it was: by volume (z-score), and by hours (cosine of a weekday's vector).

               shape as ever (similarity >= 0.9)   another shape
volume ±50 %   nothing                             pattern
beyond         volume                              both
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Literal

from msgspec import UNSET, Struct, UnsetType

HOURS = 24
SIMILAR = 0.9
VOLUME_PERCENT = 50.0
WARNING_SHARE = 0.66
WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")

Severity = Literal["normal", "warning", "critical"]
FraudType = Literal["pattern", "volume", "both"]
Hours = Sequence[float]


# By volume


class Spread(Struct, frozen=True):
    """How days were: the mean and the sample's standard deviation of their totals."""

    mean: float
    stddev: float
    sample_count: int


class Score(Struct, frozen=True):
    """How far a total is from the days before.

    Attributes:
        z_score: in standard deviations; none where all days were the same and this one is not.
    """

    baseline: Spread
    z_score: float | None
    is_anomaly: bool
    severity: Severity


def score(current: float, days: Sequence[float], threshold: float) -> Score:
    """How far a day's total is from those of other days (MF-18)."""
    mean = statistics.fmean(days) if days else 0.0
    stddev = statistics.stdev(days) if len(days) > 1 else 0.0
    if not days or current == mean:
        z = 0.0
    elif stddev == 0:
        z = math.inf  # JSON has no word for it: it is shown as none
    else:
        z = (current - mean) / stddev
    critical = abs(z) >= threshold
    warning = abs(z) >= WARNING_SHARE * threshold
    return Score(
        Spread(round(mean, 2), round(stddev, 2), len(days)),
        round(z, 2) if math.isfinite(z) else None,
        critical,
        "critical" if critical else "warning" if warning else "normal",
    )


# By hours


class Baseline(Struct, frozen=True):
    """How a weekday is: the shares of its hours, and its volume."""

    vector: list[float]
    avg_volume: float


class Comparison(Struct, frozen=True):
    """How a day compares to its weekday."""

    similarity: float
    volume_change_percent: float
    is_fraud: bool
    current_vector: list[float]
    baseline_vector: list[float]
    baseline_volume: float
    fraud_type: FraudType | UnsetType = UNSET


def weekday(day: date) -> str:
    """Its name."""
    return WEEKDAYS[day.isoweekday() % 7]


def shares(hours: Hours) -> list[float]:
    """The hours of a day as shares of it; zeros of a day without any."""
    total = math.fsum(hours)
    return [each / total for each in hours] if total else [0.0] * HOURS


def cosine(one: Hours, other: Hours) -> float:
    """How alike two shapes are, from 0 to 1; nothing is like a day without any."""
    lengths = math.hypot(*one) * math.hypot(*other)
    product = math.fsum(a * b for a, b in zip(one, other, strict=True))
    return product / lengths if lengths else 0.0


def learn(days: Mapping[date, Hours]) -> dict[str, Baseline]:
    """The baselines of weekdays from days that had usage, sunday to saturday (MF-21)."""
    found: dict[str, Baseline] = {}
    for name in WEEKDAYS:
        same = [hours for day, hours in days.items() if weekday(day) == name and any(hours)]
        if same:
            vectors = zip(*map(shares, same), strict=True)
            vector = [math.fsum(each) / len(same) for each in vectors]
            found[name] = Baseline(vector, math.fsum(map(math.fsum, same)) / len(same))
    return found


def compare(hours: Hours, baseline: Baseline | None, elapsed: int = HOURS) -> Comparison:
    """How a day compares to its weekday (MF-22 to MF-24, MF-28).

    Args:
        hours: its usage by hour.
        baseline: of its weekday; none yet.
        elapsed: how many of its hours are over. Only these are compared, with the same hours of the
            baseline: of a morning nobody knows what the day will be.
    """
    current = _cut(hours, elapsed)
    if baseline is None:
        return Comparison(1.0, 0.0, False, shares(current), [0.0] * HOURS, 0.0)  # noqa: FBT003
    expected = _cut(baseline.vector, elapsed)
    volume = baseline.avg_volume * math.fsum(expected)
    similarity = cosine(current, expected) if volume else 1.0
    change = (math.fsum(current) - volume) / volume * 100 if volume else 0.0
    found = kind(similarity, change) if any(current) else None
    return Comparison(
        similarity=round(similarity, 3),
        volume_change_percent=round(change, 1),
        is_fraud=found is not None,
        current_vector=shares(current),
        baseline_vector=baseline.vector,
        baseline_volume=baseline.avg_volume,
        fraud_type=found or UNSET,
    )


def kind(similarity: float, change: float) -> FraudType | None:
    """What is wrong with a day; none for nothing."""
    if similarity < SIMILAR:
        return "both" if abs(change) >= VOLUME_PERCENT else "pattern"
    return "volume" if abs(change) >= VOLUME_PERCENT else None


def _cut(hours: Iterable[float], elapsed: int) -> list[float]:
    return [each if hour < elapsed else 0.0 for hour, each in enumerate(hours)]
