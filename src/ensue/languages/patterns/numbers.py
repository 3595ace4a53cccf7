"""Numbers as the pattern language compares them.

A number is *comparable* when it lies between -5,000,000,000 and 5,000,000,000 and has at most six
digits after the decimal point (trailing zeros do not count). Comparable numbers are compared by
value, however they were written. Any other number is only ever equal to itself, spelled the same.

Inside the comparable range the distance between neighbouring floats is below 0.000001, so floats
keep comparable numbers apart and in order, and comparing floats is exact.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

MAX_MAGNITUDE = 5_000_000_000
MAX_DECIMAL_DIGITS = 6

_MAX_EXPONENT = 9
"""Ten digits before the point hold every comparable number."""

_INTEGER = re.compile(r"-?[0-9]{1,4000}")


class SpelledNumber(float):
    """A number outside the comparable range, with the text it was written as.

    Args:
        text: the number as it stood in the JSON text.
    """

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


def comparable(text: str) -> int | float | None:
    """The number that a JSON text spells, or None where it is outside the comparable range."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number:
        return 0
    if not number.is_finite() or number.adjusted() > _MAX_EXPONENT:
        return None
    _, digits, exponent = number.as_tuple()
    zeros = len(digits) - len("".join(map(str, digits)).rstrip("0"))
    decimals = -(int(exponent) + zeros)
    if decimals > MAX_DECIMAL_DIGITS or abs(number) > MAX_MAGNITUDE:
        return None
    return int(number) if decimals <= 0 else float(number)


def value_of(text: str) -> int | float:
    """The plain Python number that a JSON text spells, at any size."""
    return int(text) if _INTEGER.fullmatch(text) else float(text)


def number_in(value: object) -> int | float | None:
    """The number to compare for a value of an event, or None where it is not a comparable number.

    A whole number beyond the range is returned as it is: no comparable number equals it, and every
    range ends before it.
    """
    if isinstance(value, float):
        is_plain = type(value) is float
        return value if is_plain and round(value, MAX_DECIMAL_DIGITS) == value else None
    if isinstance(value, int):
        return None if isinstance(value, bool) else value
    return comparable(str(value)) if isinstance(value, Decimal) else None
