"""M out of N with what is missing: CloudWatch's own examples, and a naive model."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue.resources.alarm.model import OUT_OF_MAX, Condition, Point
from ensue.resources.alarm.rules.judging import judge, stays_well, with_point
from tests.resources.alarm.naive import naive_state

PERIOD_MS = 60_000
TREATMENTS = ("insufficient", "ignore", "breaching", "ok")


def condition(periods: int, out_of: int, missing: str) -> Condition:
    return Condition("level", None, None, "max", ">=", 1, PERIOD_MS, periods, out_of, missing)


def points(written: str) -> list[Point]:
    """``0 X -`` as what was measured: nothing where a ``-`` stands."""
    values = {"0": 0.0, "X": 1.0, "-": None}
    return [Point(place * PERIOD_MS, values[each]) for place, each in enumerate(written.split(" "))]


# Each row: what was measured; the state where missing is treated as missing, ignored, breaching,
# not breaching. None: as it was. The tables of CloudWatch's "How alarms treat missing data".
THREE_OF_THREE = {
    "0 - X - X": ("OK", "OK", "OK", "OK"),
    "- - - - 0": ("OK", "OK", "OK", "OK"),
    "- - - - -": ("INSUFFICIENT_DATA", None, "ALARM", "OK"),
    "0 X X - X": ("ALARM", "ALARM", "ALARM", "ALARM"),
    "- - X - -": ("ALARM", None, "ALARM", "OK"),
}
TWO_OF_THREE = {
    "0 - X - X": ("ALARM", "ALARM", "ALARM", "ALARM"),
    "0 0 X 0 X": ("ALARM", "ALARM", "ALARM", "ALARM"),
    "0 - X - -": ("OK", "OK", "ALARM", "OK"),
    "- - - - 0": ("OK", "OK", "ALARM", "OK"),
    "- - - X -": ("ALARM", None, "ALARM", "OK"),
}


@pytest.mark.parametrize("missing", TREATMENTS)
@pytest.mark.parametrize(("table", "periods"), [(THREE_OF_THREE, 3), (TWO_OF_THREE, 2)])
def test_it_judges_each_of_cloudwatchs_examples_as_cloudwatch_does(table, periods, missing):
    asked = condition(periods, 3, missing)
    for written, wanted in table.items():
        assert judge(asked, points(written)).state == wanted[TREATMENTS.index(missing)], written


SLOTS = st.lists(st.sampled_from([True, False, None]), min_size=1, max_size=9)
OUT_OF = st.integers(1, 6)


@given(SLOTS, OUT_OF, st.data(), st.sampled_from(TREATMENTS))
def test_it_judges_as_a_naive_model_does(slots, out_of, data, missing):
    needed = data.draw(st.integers(1, out_of))
    before = data.draw(st.sampled_from(["OK", "ALARM", "INSUFFICIENT_DATA"]))
    asked = condition(needed, out_of, missing)
    kept: tuple[Point, ...] = ()
    for place, each in enumerate(slots):
        value = None if each is None else float(each)
        kept = with_point(asked, kept, Point(place * PERIOD_MS, value))
    found = judge(asked, kept).state or before
    assert found == naive_state(slots, needed, out_of, missing, before)


@given(SLOTS, OUT_OF, st.data())
def test_what_a_well_alarm_does_not_write_down_changes_no_judgement(slots, out_of, data):
    """The points of an alarm that stays well may be forgotten at any time."""
    asked = condition(data.draw(st.integers(1, out_of)), out_of, "ok")
    all_kept: tuple[Point, ...] = ()
    some_kept: tuple[Point, ...] = ()
    state = "OK"
    for place, each in enumerate(slots):
        new = Point(place * PERIOD_MS, None if each is None else float(each))
        all_kept = with_point(asked, all_kept, new)
        if not stays_well(asked, state, some_kept, new):
            some_kept = with_point(asked, some_kept, new)
            state = judge(asked, some_kept).state
        assert state == judge(asked, all_kept).state


def test_an_alarm_that_is_well_and_quiet_is_the_only_one_that_writes_nothing():
    new = Point(PERIOD_MS, 0.0)
    for state, missing in product(("OK", "ALARM"), TREATMENTS):
        well = stays_well(condition(1, 1, missing), state, (), new)
        assert well == (state == "OK" and missing == "ok")
    assert not stays_well(condition(2, 3, "ok"), "OK", (Point(0, 1.0),), new)


def test_no_more_is_kept_than_counts():
    asked = condition(1, OUT_OF_MAX, "ok")
    kept: tuple[Point, ...] = ()
    for place in range(OUT_OF_MAX * 2):
        kept = with_point(asked, kept, Point(place * PERIOD_MS, 1.0))
    assert len(kept) == OUT_OF_MAX + 2
