"""What an event counts for: quantities as whole numbers of 10^-18, groups and values as texts.

A float counts as the shortest decimal number that is written so: 0.1 is a tenth.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Context, Decimal

from ensue.resources.meter.model import (
    EMPTY,
    PERCENTILE_DIGITS,
    QUANTITY_DECIMALS_MAX,
    QUANTITY_DIGITS_MAX,
    Metric,
)
from ensue.words.errors import InvalidValue
from ensue.words.values import shown

SCALE: int = 10**QUANTITY_DECIMALS_MAX
_SCALE = Decimal(SCALE)
_WHOLE_MAX = 10**QUANTITY_DIGITS_MAX
_EXACT = Context(prec=100)
_ROUNDED = Context(prec=PERCENTILE_DIGITS, rounding="ROUND_HALF_EVEN")


def measure(metric: Metric, properties: Mapping[str, object]) -> int | str | None:
    """What an event counts for in a metric; None for nothing, as it lacks the property.

    Raises:
        InvalidValue: the property is no number, where one is needed, or one out of range.
    """
    if metric.property is None:
        return 0
    found = properties.get(metric.property)
    if found is None:
        return None
    if metric.aggregate == "UNIQUE":
        return as_text(found)
    quantity = scaled(found, metric.property)
    return rounded(quantity) if metric.aggregate == "PERCENTILE" else quantity


def scaled(value: object, name: str) -> int:
    """A number in units of 10^-18.

    Raises:
        InvalidValue: it is no number of at most 15 digits before the point and 18 behind it.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        if -_WHOLE_MAX < value < _WHOLE_MAX:
            return int(value) * SCALE
    elif isinstance(value, float | Decimal):
        exact = value if isinstance(value, Decimal) else Decimal(repr(value))
        if exact.is_finite() and (not exact or exact.adjusted() < QUANTITY_DIGITS_MAX):
            whole = _EXACT.multiply(exact, _SCALE)
            quantity = int(whole)
            if whole == quantity:
                return quantity
    raise InvalidValue(
        f"expected a number of at most {QUANTITY_DIGITS_MAX} digits before the point and"
        f" {QUANTITY_DECIMALS_MAX} behind it, got {shown(value)}",
        at=f"$.properties.{name}",
    )


def as_decimal(quantity: int) -> Decimal:
    """The number of so many units of 10^-18, without zeros at its end."""
    whole, fraction = divmod(abs(quantity), SCALE)
    sign = "-" if quantity < 0 else ""
    if not fraction:
        return Decimal(f"{sign}{whole}")
    digits = f"{fraction:0{QUANTITY_DECIMALS_MAX}d}".rstrip("0")
    return Decimal(f"{sign}{whole}.{digits}")


def rounded(quantity: int) -> str:
    """A quantity rounded to three digits, half to even, as the text of its number."""
    return str(as_decimal(int(_ROUNDED.plus(Decimal(quantity)))))


def as_text(value: object) -> str:
    """A property as the name of a group, and as one of the values that are told apart."""
    if isinstance(value, str):
        return value or EMPTY
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float | Decimal):
        exact = Decimal(repr(value)) if isinstance(value, float) else value
        return f"{exact.normalize(_EXACT):f}" if exact else "0"
    return EMPTY
