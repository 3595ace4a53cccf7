"""Everything as it is at one moment, and statistics of what was measured."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

from ensue.engine import measures
from ensue.engine.ring import UNKNOWN
from ensue.observe.traffic.metrics import Metric

Statistic = Literal["sum", "average", "max", "min", "count", "p50", "p95", "p99"]
STATISTICS: tuple[Statistic, ...] = ("sum", "average", "max", "min", "count", "p50", "p95", "p99")
_NONE_YET = frozenset({measures.DEPTH, measures.IN_FLIGHT, measures.HELD})


@dataclass(frozen=True, slots=True)
class Now:
    """Everything as it is at one moment."""

    now_ms: int
    version: int
    totals: dict[Hashable, int]
    gauges: dict[Hashable, float]


@dataclass(frozen=True, slots=True)
class Span:
    """The slots of a window, and for how long, in ms, they were open."""

    first: int
    end: int
    open_ms: int


def filed_as(metric: Metric) -> str:
    """What a gauge is called in the ring."""
    return measures.WAITS_SINCE if metric.name == "oldest_age" else metric.name


def shown(metric: Metric, value: float, at_ms: int) -> float:
    """A gauge in its unit: the age of the oldest is filed as since when it waits."""
    return max(0.0, at_ms - value) / 1_000 if metric.name == "oldest_age" else value


def gauge(now: Now, metric: Metric, number: Hashable) -> float | None:
    """A gauge as it is now, in its unit; None where nothing is known."""
    value = now.gauges.get((number, filed_as(metric)), UNKNOWN)
    if value != value:  # noqa: PLR0124 - only what is unknown differs from itself
        return 0.0 if metric.name in _NONE_YET else None
    return shown(metric, value, now.now_ms)


def of_values(values: Sequence[float], statistic: Statistic) -> float | None:
    """A statistic of values; None where there are none."""
    if statistic == "count":
        return float(len(values))
    if not values:
        return None
    if statistic in {"sum", "average"}:
        return sum(values) / (len(values) if statistic == "average" else 1)
    ranked = sorted(values)
    if statistic in {"max", "min"}:
        return ranked[-1 if statistic == "max" else 0]
    return ranked[min(len(ranked) - 1, int(len(ranked) * int(statistic[1:]) / 100))]
