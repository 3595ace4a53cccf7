"""Exact sums of numbers, within the bounds of a DynamoDB number.

An int and an int make an int; a Decimal and any number make a Decimal. A float and an int, or two
floats, are summed as the decimals that they print as and make a float again, so 0.1 + 0.2 is 0.3.
"""

from __future__ import annotations

from decimal import (
    Context,
    Decimal,
    DecimalException,
    Inexact,
    InvalidOperation,
    Overflow,
    Subnormal,
)

from ensue.languages.expressions.kinds import as_decimal, kind_of, type_name
from ensue.words.errors import InvalidExpression

MAX_NUMBER_DIGITS = 38
MAX_NUMBER_EXPONENT = 125
MIN_NUMBER_EXPONENT = -130

_SMALL = 10**MAX_NUMBER_DIGITS
_EXACT = Context(
    prec=MAX_NUMBER_DIGITS,
    Emax=MAX_NUMBER_EXPONENT,
    Emin=MIN_NUMBER_EXPONENT,
    traps=[Inexact, InvalidOperation, Overflow, Subnormal],
)
# The answer becomes a float, which rounds in any case.
_ROUNDED = Context(
    prec=MAX_NUMBER_DIGITS,
    Emax=MAX_NUMBER_EXPONENT,
    Emin=MIN_NUMBER_EXPONENT,
    traps=[InvalidOperation, Overflow],
)


def add(left: object, right: object, *, at: str) -> object:
    """``left + right``.

    Args:
        left: a number.
        right: a number.
        at: the place that an error names.

    Raises:
        InvalidExpression: one of them is no number, or the sum does not fit in 38 digits or in
            the range of a DynamoDB number.
    """
    if type(left) is int and type(right) is int:
        total = left + right
        if -_SMALL < total < _SMALL:
            return total
    return _sum(left, right, sign=1, at=at)


def subtract(left: object, right: object, *, at: str) -> object:
    """``left - right``; as :func:`add` in all else."""
    if type(left) is int and type(right) is int:
        total = left - right
        if -_SMALL < total < _SMALL:
            return total
    return _sum(left, right, sign=-1, at=at)


def _sum(left: object, right: object, *, sign: int, at: str) -> object:
    first, second = _number(left, at), _number(right, at)
    has_decimal = isinstance(left, Decimal) or isinstance(right, Decimal)
    has_float = isinstance(left, float) or isinstance(right, float)
    context = _ROUNDED if has_float and not has_decimal else _EXACT
    try:
        total = context.add(first, second) if sign > 0 else context.subtract(first, second)
    except DecimalException as cause:
        raise _does_not_fit(cause, at) from None
    if has_decimal:
        return total
    return float(total) if has_float else int(total)


def _number(value: object, at: str) -> Decimal:
    if kind_of(value) != "N":
        raise InvalidExpression(f"expected a number, got {type_name(value)}", at=at)
    number = as_decimal(value)
    if not number.is_finite():
        raise InvalidExpression(f"expected a finite number, got {value}", at=at)
    return number


def _does_not_fit(cause: DecimalException, at: str) -> InvalidExpression:
    if isinstance(cause, Overflow | Subnormal):
        return InvalidExpression(
            f"expected a number of magnitude 1E{MIN_NUMBER_EXPONENT} to 1E"
            f"{MAX_NUMBER_EXPONENT + 1}, got one out of this range",
            at=at,
        )
    return InvalidExpression(
        f"expected a number of at most {MAX_NUMBER_DIGITS} digits, got more", at=at
    )
