from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue.words.errors import InvalidValue
from ensue.words.units import duration_ms, human_bytes, human_ms, rate_per_second


@pytest.mark.parametrize(
    ("text", "ms"),
    [("250ms", 250), ("30s", 30_000), ("1.5m", 90_000), ("2h", 7_200_000), ("1w", 604_800_000)],
)
def test_a_duration_is_a_number_and_a_unit(text, ms):
    assert duration_ms(text) == ms


def test_a_plain_number_is_a_duration_in_seconds():
    assert duration_ms(0.25) == 250


@pytest.mark.parametrize(
    "value",
    [
        "",
        "s",
        "5",
        "-1s",
        "1 s 2",
        "5x",
        -1,
        True,
        None,
        [1],
        float("nan"),
        float("inf"),
        1e308,
        "9" * 400 + "s",
    ],
)
def test_what_is_no_duration_is_refused(value):
    with pytest.raises(InvalidValue, match="expected a duration"):
        duration_ms(value)


@given(st.one_of(st.text(max_size=8), st.floats(), st.integers()))
def test_every_duration_fits_in_the_clock_of_the_store(value):
    try:
        ms = duration_ms(value)
    except InvalidValue:
        return
    assert 0 <= ms < 2**60


@pytest.mark.parametrize(
    ("text", "rate"), [("5/s", 5), ("300/m", 5), ("0.5/s", 0.5), ("86400/d", 1)]
)
def test_a_rate_is_a_number_per_unit_of_time(text, rate):
    assert rate_per_second(text) == pytest.approx(rate)


@pytest.mark.parametrize(
    "text",
    ["", "5", "/s", "0/s", "-1/s", "5/w", "5/ms", "9" * 400 + "/s", "0." + "0" * 300 + "1/d"],
)
def test_what_is_no_rate_is_refused(text):
    with pytest.raises(InvalidValue, match="expected a rate"):
        rate_per_second(text)


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0.42, "0.4 ms"),
        (35, "35 ms"),
        (2_100, "2.1 s"),
        (200_000, "3 m 20 s"),
        (435_600_000, "5 d 1 h"),
    ],
)
def test_a_duration_is_shown_in_its_two_largest_units(ms, text):
    assert human_ms(ms) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (512, "512 B"), (4_200, "4.2 kB"), (271_000_000_000, "271 GB"), (1e18, "1000 PB")],
)
def test_a_size_is_written_for_people(count, text):
    assert human_bytes(count) == text
