"""Histograms of durations."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue.engine.timings import BOUNDS_NS, BUCKETS, Timing, bucket_of, quantile_ms

MS = 1_000_000


def test_a_bucket_counts_what_took_up_to_its_bound():
    timing = Timing()
    timing.observe(1 * MS)
    timing.observe(1 * MS + 1)
    place = BOUNDS_NS.index(1 * MS)
    assert timing.counts[place : place + 2] == [1, 1]
    assert timing.sum_ns == 2 * MS + 1


def test_a_quantile_lies_straight_between_the_bounds_of_its_bucket():
    timing = Timing()
    timing.observe(7 * MS, 10)  # between 5 and 10 ms
    assert quantile_ms(timing.counts, 0.5) == pytest.approx(7.5)
    assert quantile_ms(timing.counts, 1.0) == pytest.approx(10)


def test_nothing_has_no_quantile_and_what_is_beyond_all_bounds_has_the_last():
    assert quantile_ms([0] * BUCKETS, 0.5) is None
    timing = Timing()
    timing.observe(10 * BOUNDS_NS[-1])
    assert quantile_ms(timing.counts, 0.5) == BOUNDS_NS[-1] / MS


@given(st.lists(st.integers(0, BOUNDS_NS[-1]), min_size=1, max_size=50), st.floats(0.01, 1))
def test_a_quantile_is_in_the_bucket_of_the_exact_one(took_ns, share):
    timing = Timing()
    for each in took_ns:
        timing.observe(each)
    rank = max(1, -(-len(took_ns) * share // 1))
    exact = sorted(took_ns)[min(len(took_ns), int(rank)) - 1]
    found = quantile_ms(timing.counts, share)
    assert found is not None
    low = BOUNDS_NS[bucket_of(exact) - 1] / MS if bucket_of(exact) else 0
    assert low <= found <= BOUNDS_NS[bucket_of(exact)] / MS
