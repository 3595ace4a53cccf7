from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ensue.languages.patterns.program import Range
from ensue.languages.patterns.tables import RangeTable

bounds = st.integers(-5, 5)
ranges = st.lists(st.tuples(bounds, bounds), max_size=120)


@given(ranges, st.sets(st.integers(0, 119)))
def test_a_range_table_finds_exactly_the_ranges_that_hold_a_number(pairs, removed):
    table = RangeTable()
    kept = {number: Range(min(pair), max(pair), "") for number, pair in enumerate(pairs)}
    for number, each in kept.items():
        table.add(1 << number, each)
    for number in removed & kept.keys():
        table.remove(1 << number, kept.pop(number))
    for value in range(-6, 7):
        expected = sum(1 << number for number, e in kept.items() if e.low <= value <= e.high)
        assert table.find(value) == expected
    assert bool(len(table)) == bool(kept)
