"""Values as texts, as Java spells them: what ``States.Format`` and ``States.JsonToString`` give."""

from __future__ import annotations

import math
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Final

from ensue.words.values import Json

# Java writes a double without an exponent from a thousandth up to ten million.
_PLAIN_MIN: Final = 1e-3
_PLAIN_MAX: Final = 1e7


def java_number(number: float) -> str:
    """A number as Java's ``toString`` has it: ``1.0``, ``1.0E10``, ``12``."""
    if isinstance(number, int):
        return str(number)
    if number == 0 or _PLAIN_MIN <= abs(number) < _PLAIN_MAX:
        plain = format(Decimal(repr(number)), "f")
        return plain if "." in plain else f"{plain}.0"
    if not math.isfinite(number):
        return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
    sign, digits, exponent = Decimal(repr(number)).normalize().as_tuple()
    power = len(digits) - 1 + int(exponent)
    first, *rest = (str(digit) for digit in digits)
    return f"{'-' if sign else ''}{first}.{''.join(rest) or '0'}E{power}"


def java_text(value: Json) -> str:
    """A value as Java's ``toString`` has it: ``{a=1, b=[x, null]}``."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return f"[{', '.join(java_text(item) for item in value)}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={java_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return java_number(value)
    return "null" if value is None else str(value).lower()


def json_text(value: Json) -> str:
    """A value as JSON without blanks, its numbers as Java spells them."""
    match value:
        case str():
            return encode_basestring(value)
        case list():
            return f"[{','.join(json_text(item) for item in value)}]"
        case dict():
            parts = (f"{encode_basestring(key)}:{json_text(item)}" for key, item in value.items())
            return "{" + ",".join(parts) + "}"
        case _:
            return java_text(value)
