from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue.languages.patterns.numbers import comparable, number_in


@given(st.integers(-5_000_000_000_000_000, 5_000_000_000_000_000))
def test_every_number_of_six_decimals_keeps_its_place_as_a_float(millionths):
    number, following = (Decimal(each).scaleb(-6) for each in (millionths, millionths + 1))
    assert comparable(str(number)) == float(number)
    assert float(number) < float(following)
    assert number_in(float(number)) == float(number)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("-0.0", 0),
        ("1e2", 100),
        ("1.50000000000", 1.5),
        ("5000000000", 5_000_000_000),
        ("5000000000.000001", None),
        ("0.0000001", None),
        ("0e99999999999999999999", None),
        ("1e999999999999999999999", None),
    ],
)
def test_numbers_compare_inside_the_range_and_precision(text, number):
    assert comparable(text) == number


@pytest.mark.parametrize("value", [True, None, "1", 0.1234567, Decimal("NaN"), float("nan")])
def test_what_is_not_a_comparable_number_is_none(value):
    assert number_in(value) is None
