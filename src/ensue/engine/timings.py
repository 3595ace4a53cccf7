"""How long things took, in buckets: a histogram of which nothing grows with what it is told."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

# Upper bounds in nanoseconds. Those from 5 ms on are what the semantic conventions of OpenTelemetry
# advise for HTTP and messaging; below are those that a handler in the same process needs, above
# those of what waits.
BOUNDS_NS = tuple(
    round(ms * 1_000_000)
    for ms in (
        *(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500),
        *(1_000, 2_500, 5_000, 10_000, 60_000, 600_000, 3_600_000),
    )
)
BUCKETS = len(BOUNDS_NS) + 1


class Timing:
    """How long something took, each time since the store was opened.

    Attributes:
        counts: how often, for each bucket: up to its bound, and the last beyond all of them.
        sum_ns: all of it together.
    """

    __slots__ = ("counts", "sum_ns")

    def __init__(self) -> None:
        self.counts = [0] * BUCKETS
        self.sum_ns = 0

    def observe(self, took_ns: int, times: int = 1) -> None:
        """Count something that took so long, so often."""
        self.counts[bisect_left(BOUNDS_NS, took_ns)] += times
        self.sum_ns += took_ns * times


def bucket_of(took_ns: int) -> int:
    """The place of the bucket that counts something that took so long."""
    return bisect_left(BOUNDS_NS, took_ns)


def quantile_ms(counts: Sequence[int], share: float) -> float | None:
    """What a share of all took at most, in ms, straight between the bounds of its bucket.

    Args:
        counts: of each bucket.
        share: such as 0.95.

    Returns:
        None where nothing was counted; beyond the last bound, that bound.
    """
    rank = sum(counts) * share
    if not rank:
        return None
    below = 0
    for place, count in enumerate(counts[:-1]):
        if count and below + count >= rank:
            low = BOUNDS_NS[place - 1] if place else 0
            return (low + (BOUNDS_NS[place] - low) * (rank - below) / count) / 1_000_000
        below += count
    return BOUNDS_NS[-1] / 1_000_000
