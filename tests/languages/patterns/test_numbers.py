from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ensue.languages.patterns.numbers import comparable, number_in


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(deadline=None)
def test_every_float_compares_as_what_it_is_written_as(number):
    assert comparable(repr(number)) == number
    assert number_in(number) == number


@given(st.integers(-5_000_000_000_000_000, 5_000_000_000_000_000))
@settings(deadline=None)
def test_every_number_of_six_decimals_keeps_its_place_as_a_float(millionths):
    number, following = (Decimal(each).scaleb(-6) for each in (millionths, millionths + 1))
    assert comparable(str(number)) == float(number)
    assert float(number) < float(following)


@given(st.integers())
@settings(deadline=None)
def test_a_whole_number_compares_exactly_when_a_float_is_it(number):
    exact = comparable(str(number))
    assert (exact is None) == (Decimal(repr(float(number))) != number)
    assert number_in(number) == exact


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("-0.0", 0),
        ("1e2", 100),
        ("1.50000000000", 1.5),
        ("5000000001", 5_000_000_001),
        ("123456789012", 123_456_789_012),
        ("0.0000001", 1e-7),
        ("-4e-6", -4e-6),
        ("1E-320", 1e-320),
        ("1.7976931348623157e308", 1.7976931348623157e308),
        ("100000000000000000000000", 1e23),
        ("27.807807921694092", 27.807807921694092),
        ("0.1000000000000000055", None),
        ("9007199254740993", None),
        ("1e309", None),
        ("-1e309", None),
        ("1E-325", None),
        ("0e99999999999999999999", None),
        ("1e999999999999999999999", None),
    ],
)
def test_a_number_compares_when_a_float_is_exactly_it(text, number):
    assert comparable(text) == number


@pytest.mark.parametrize(
    "value", [True, None, "1", 10**400, 2**53 + 1, Decimal("NaN"), float("nan")]
)
def test_what_is_not_a_comparable_number_is_none(value):
    assert number_in(value) is None
