"""Types, equality and order."""

import operator
from collections import OrderedDict
from decimal import Decimal, FloatOperation, localcontext
from enum import IntEnum, StrEnum

import pytest

from ensue.languages.expressions.kinds import (
    MISSING,
    as_decimal,
    equal,
    kind_of,
    ordered,
    type_name,
)


class Level(IntEnum):
    LOW = 1


class Colour(StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "kind"),
    [(Level.LOW, "N"), (Colour.RED, "S"), (OrderedDict(), "M"), (frozenset({1}), "NS")],
)
def test_a_subclass_has_the_type_of_its_class(value, kind):
    assert kind_of(value) == kind


@pytest.mark.parametrize(
    "value", [(1,), object(), 1j, bytearray(), set(), {1, "a"}, {True}, MISSING]
)
def test_what_is_no_value_has_no_type(value):
    assert kind_of(value) == "unknown"
    assert type_name(value) == type(value).__name__


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, Decimal("1.00")),
        (0.1, Decimal("0.1")),
        (1.0, 1),
        (10**23, 1e23),
        (0, -0.0),
        (Level.LOW, 1),
        ([1, {"a": {1}}], [Decimal(1), {"a": frozenset({1})}]),
    ],
)
def test_numbers_are_equal_by_what_they_count(left, right):
    assert equal(left, right)
    assert equal(right, left)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, True),
        (0, False),
        ([1], [True]),
        ({"a": 0}, {"a": False}),
        ("a", b"a"),
        ([1], [1, 1]),
        ({"a": 1}, {"b": 1}),
        ({"a"}, ["a"]),
        (0.1, Decimal("0.10000000000000000555")),
        (Decimal("NaN"), Decimal("NaN")),
        (Decimal("sNaN"), 1),
        (float("nan"), 1),
        (MISSING, MISSING),
        ((1,), (1,)),
    ],
)
def test_what_differs_in_type_or_content_is_not_equal(left, right):
    assert not equal(left, right)
    assert not equal(right, left)


@pytest.mark.parametrize("other", [Decimal("NaN"), Decimal("sNaN"), float("nan")])
def test_not_a_number_has_no_order(other):
    for compare in (operator.lt, operator.le, operator.gt, operator.ge):
        assert not ordered(compare, 1, other)
        assert not ordered(compare, other, Decimal(1))


def test_order_does_not_hang_on_the_callers_decimal_context():
    with localcontext() as context:
        context.prec = 2
        context.traps[FloatOperation] = True
        assert ordered(operator.lt, Decimal("1.23456"), 1.23457)
        assert equal(Decimal("1.23456"), 1.23456)


def test_a_float_counts_as_the_decimal_that_it_prints_as():
    assert as_decimal(0.1) == Decimal("0.1")
    assert as_decimal(10**50 + 1) == Decimal(10**50 + 1)
