"""Numbers as the pattern language compares them.

A number is *comparable* when a float of 64 bits is exactly it: when the shortest decimal that reads
as the float is the number. So are 0.1 and 5e9; a number of 20 digits mostly is not. Comparable
numbers are compared by value, however they were written. Any other number is only ever equal to
itself, spelled the same.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from math import isfinite, nan

WHOLE_MAX = 2**53
"""Up to here every whole number is a float."""

_SHORT = re.compile(r"-?[1-9][0-9]{0,14}|0")
_INTEGER = re.compile(r"-?[0-9]{1,4000}")


class SpelledNumber(float):
    """A number that does not compare, with the text it was written as.

    Args:
        text: the number as it stood in the JSON text.
    """

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


def comparable(text: str) -> int | float | None:
    """The number that a JSON text spells, or None where it is none that compares."""
    if _SHORT.fullmatch(text):
        return int(text)
    number = float(text)
    if repr(number) != text and not _is_exactly(number, text):
        return None
    return int(number) if number.is_integer() and abs(number) <= WHOLE_MAX else number


def _is_exactly(number: float, text: str) -> bool:
    try:
        return isfinite(number) and Decimal(repr(number)) == Decimal(text)
    except InvalidOperation:
        return False


def value_of(text: str) -> int | float:
    """What a number that does not compare is in an event that arrives parsed.

    A whole number is itself. For others there is none: a parsed float is what it would be written
    as, and that compares.
    """
    return int(text) if _INTEGER.fullmatch(text) else nan


def number_in(value: object) -> int | float | None:
    """The number to compare for a value of an event, or None where it is none that compares."""
    if isinstance(value, float):
        return value if type(value) is float and isfinite(value) else None
    if isinstance(value, int):
        if -WHOLE_MAX <= value <= WHOLE_MAX:
            return None if isinstance(value, bool) else value
        return comparable(str(value)) if abs(value) < 10**309 else None
    return comparable(str(value)) if isinstance(value, Decimal) and value.is_finite() else None
