"""Keys: which values can be one, and which of them are the same, and in what order they come.

A key is a string, a number or bytes. Numbers are keys by what they count: 1, 1.0 and Decimal("1")
are one key. The order is that of SQLite: numbers, then strings by their UTF-8 bytes, then bytes.
"""

from __future__ import annotations

from decimal import Decimal

from ensue.words.changes import KeyValue
from ensue.words.errors import InvalidValue
from ensue.words.values import INTEGER_MAX, INTEGER_MIN, check, shown

KEY_BYTES_MAX = 1_024


def key_value(value: object, at: str) -> KeyValue:
    """A value of a key, as SQL keeps it: a number as an integer of 64 bits, or else as a float.

    Args:
        value: what a caller gave.
        at: what an error names.

    Raises:
        InvalidValue: it is no string, number or bytes, or too long, or a number that neither an
            integer nor a float holds exactly.
    """
    # Most keys are one of these two, and good beyond doubt.
    if type(value) is str and len(value) <= KEY_BYTES_MAX and value.isascii():
        return value
    if type(value) is int and INTEGER_MIN <= value <= INTEGER_MAX:
        return value
    if isinstance(value, bool) or not isinstance(value, str | bytes | int | float | Decimal):
        raise InvalidValue(f"expected a string, number or bytes, got {shown(value)}", at=at)
    check(value, at)
    if isinstance(value, int | float | Decimal):
        return _number(value, at)
    size = len(value.encode()) if isinstance(value, str) else len(value)
    if size > KEY_BYTES_MAX:
        raise InvalidValue(f"expected at most {KEY_BYTES_MAX} bytes of key", at=at)
    return value


def _number(value: float | Decimal, at: str) -> int | float:
    exact = Decimal(repr(float(value))) if isinstance(value, float) else Decimal(value)
    # A whole number is looked at by its size first: 1E+125 has many digits.
    if exact.adjusted() < 19 and exact == exact.to_integral_value():
        whole = int(exact)
        if INTEGER_MIN <= whole <= INTEGER_MAX:
            return whole
    nearest = float(exact)
    if Decimal(repr(nearest)) == exact:
        return nearest
    raise InvalidValue(
        f"expected a number that can be a key, got {value}",
        at=at,
        hint="A key is an integer of 64 bits or has at most 15 digits; make it a string otherwise.",
    )
