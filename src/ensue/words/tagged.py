"""Bytes, sets and exact decimals as JSON text, and back. `values` says how they are written.

Only a text that may hold one of them is looked through: most hold none.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import Any

import msgspec

from ensue.words.errors import InvalidValue

NUMBER_DIGITS_MAX = 38
NUMBER_EXPONENT_MAX = 125
NUMBER_EXPONENT_MIN = -130

# Only a text with one of these letters may hold a tag or a decimal: looking for one letter costs
# next to nothing.
MARK, BYTE_MARK = "$", b"$"
DECIMAL_MARK, DECIMAL_BYTE_MARK = "E", b"E"
BYTES, SET = "$bytes", "$set"
# What our tags look like, and what is escaped so that it does not look like them.
_ELEMENTS: tuple[Any, ...] = (str, bytes, int | float | Decimal)
_TAG = re.compile(r"\$+(bytes|set)\Z")


def check_number(number: int | Decimal, path: str) -> None:
    """Check that an int or Decimal has at most 38 digits, and a magnitude that can be stored.

    Raises:
        InvalidValue: it has more, is not finite, or is too large or too near to zero.
    """
    if isinstance(number, int) and -(10**NUMBER_DIGITS_MAX) < number < 10**NUMBER_DIGITS_MAX:
        return
    exact = Decimal(number)
    if not exact.is_finite():
        raise InvalidValue(f"expected a finite number, got {number}", at=path)
    digits = exact.as_tuple().digits
    if _significant(digits) > NUMBER_DIGITS_MAX:
        raise InvalidValue(f"expected a number of at most {NUMBER_DIGITS_MAX} digits", at=path)
    if not NUMBER_EXPONENT_MIN <= exact.adjusted() <= NUMBER_EXPONENT_MAX:
        raise InvalidValue(
            f"expected a number of magnitude 1E{NUMBER_EXPONENT_MIN} to"
            f" 1E{NUMBER_EXPONENT_MAX + 1}, got one out of this range",
            at=path,
        )


def are_of_one_kind(elements: Collection[object]) -> bool:
    """Whether these are the elements of a set: one or more strings, or numbers, or bytes."""
    if any(isinstance(each, bool) for each in elements):
        return False
    return bool(elements) and any(
        all(isinstance(each, kind) for each in elements) for kind in _ELEMENTS
    )


def tag(value: object) -> object:
    """A value in terms that a JSON encoder knows; it must have passed `values.check`."""
    if isinstance(value, dict):
        inner = {key: tag(each) for key, each in value.items()}
        [name, *others] = inner or [""]
        return {f"${name}": inner[name]} if not others and _TAG.match(name) else inner
    if isinstance(value, list | tuple):
        return [tag(each) for each in value]
    if isinstance(value, set | frozenset):
        return {SET: [tag(each) for each in in_order(value)]}
    if isinstance(value, bytes):
        return {BYTES: value.hex()}
    return msgspec.Raw(_literal(value)) if isinstance(value, Decimal) else value


def in_order(elements: Iterable[Any]) -> list[Any]:
    """The elements of a set, sorted. Python compares its numbers exactly, whatever their types."""
    return sorted(elements)


def decode(text: str | bytes) -> Any:  # noqa: ANN401 - a value of any type
    """The value of a text.

    Raises:
        DecodeError: it is no JSON.
    """
    if isinstance(text, str):
        exact, marked = DECIMAL_MARK in text, MARK in text
    else:
        exact, marked = DECIMAL_BYTE_MARK in text, BYTE_MARK in text
    # The hook is called for each float: only for a text that may hold a decimal among them.
    found = (_decoder if exact else _plain_decoder).decode(text)
    return _untag(found) if marked else found


def _untag(value: Any) -> Any:  # noqa: ANN401 - a value of any type
    if isinstance(value, dict):
        if len(value) == 1:
            [(name, inner)] = value.items()
            if _TAG.match(name):
                return _untag_one(value, name, inner)
        for name, inner in value.items():
            if isinstance(inner, dict | list):
                value[name] = _untag(inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            if isinstance(inner, dict | list):
                value[index] = _untag(inner)
    return value


def _untag_one(value: dict[str, Any], name: str, inner: Any) -> Any:  # noqa: ANN401 - as above
    if name == BYTES:
        return _as_bytes(value, inner)
    if name == SET:
        return _as_set(value, inner)
    return {name[1:]: _untag(inner)}


def _as_bytes(value: dict[str, Any], inner: object) -> Any:  # noqa: ANN401 - a value of any type
    # What another program wrote is left as it is where it makes no bytes.
    try:
        return bytes.fromhex(inner) if isinstance(inner, str) else value
    except ValueError:
        return value


def _as_set(value: dict[str, Any], inner: object) -> Any:  # noqa: ANN401 - a value of any type
    if not isinstance(inner, list) or not inner:
        return value
    elements = [_untag(each) for each in inner]
    return set(elements) if are_of_one_kind(elements) else value


def _literal(number: Decimal) -> bytes:
    """A number as its digits and an exponent, in a form that no float is written in."""
    sign, digits, exponent = number.as_tuple()
    if len(digits) > NUMBER_DIGITS_MAX:
        cut = len(digits) - max(1, _significant(digits))
        digits, exponent = digits[: len(digits) - cut], int(exponent) + cut
    return f"{'-' if sign else ''}{''.join(map(str, digits))}E{exponent}".encode()


def _significant(digits: tuple[int, ...]) -> int:
    """How many digits there are without the zeros at the end."""
    return next((at for at in range(len(digits), 0, -1) if digits[at - 1]), 0)


def _number(text: str) -> float | Decimal:
    if DECIMAL_MARK in text:
        return Decimal(text)
    number = float(text)
    if math.isinf(number):
        raise ValueError("number out of range")
    return number


_decoder = msgspec.json.Decoder(float_hook=_number)
_plain_decoder = msgspec.json.Decoder()
