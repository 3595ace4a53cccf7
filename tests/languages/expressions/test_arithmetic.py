"""Sums are exact, or an error."""

from decimal import Decimal, localcontext

import pytest

from ensue.languages.expressions.arithmetic import add, subtract
from ensue.words.errors import InvalidExpression


def exactly(value, expected):
    return type(value) is type(expected) and value == expected


@pytest.mark.parametrize(
    ("left", "right", "total"),
    [
        (2, 3, 5),
        (10**37, 1, 10**37 + 1),
        (10**100, 10**101, 11 * 10**100),
        (Decimal("0.1"), Decimal("0.2"), Decimal("0.3")),
        (Decimal("0.1"), 1, Decimal("1.1")),
        (1, Decimal("0.1"), Decimal("1.1")),
        (0.1, 0.2, 0.3),
        (0.1, 1, 1.1),
        (0.1, Decimal("0.2"), Decimal("0.3")),
        (Decimal("9e37"), 1, Decimal(90000000000000000000000000000000000001)),
    ],
)
def test_a_sum_has_the_type_of_its_parts(left, right, total):
    assert exactly(add(left, right, at="$.a"), total)


def test_a_difference_is_a_sum_as_well():
    assert exactly(subtract(2, 3, at="$.a"), -1)
    assert exactly(subtract(Decimal("0.3"), 0.1, at="$.a"), Decimal("0.2"))


def test_a_sum_does_not_hang_on_the_callers_decimal_context():
    with localcontext() as context:
        context.prec = 2
        assert add(Decimal("1.2345"), Decimal(1), at="$.a") == Decimal("2.2345")


@pytest.mark.parametrize(
    ("left", "right"),
    [(10**38, 1), (Decimal("1e20"), Decimal("1e-20")), (10**38 - 1, Decimal("0.1"))],
)
def test_a_sum_of_more_than_38_digits_is_refused(left, right):
    with pytest.raises(InvalidExpression, match="at most 38 digits") as caught:
        add(left, right, at="$.a")
    assert caught.value.at == "$.a"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (10**126, 0),
        pytest.param(10**5000, 1, id="5001 digits"),
        (Decimal("9e125"), Decimal("9e125")),
        (1e300, 1.0),
        (Decimal("1e-130"), Decimal("-9e-131")),
    ],
)
def test_a_sum_out_of_range_is_refused(left, right):
    with pytest.raises(InvalidExpression, match="out of this range"):
        add(left, right, at="$.a")


@pytest.mark.parametrize("other", [True, None, "1", b"1", [1], {1}, {}])
def test_what_is_no_number_is_refused(other):
    with pytest.raises(InvalidExpression, match="expected a number"):
        add(1, other, at="$.a")


@pytest.mark.parametrize(
    "other", [float("inf"), float("nan"), Decimal("Infinity"), Decimal("sNaN")]
)
def test_what_is_not_finite_is_refused(other):
    with pytest.raises(InvalidExpression, match="finite"):
        add(other, 1, at="$.a")
