"""Numbers as people read them: in tables whole, on axes short."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Literal, TypeAlias

Form: TypeAlias = Literal["number", "percent"]
Number: TypeAlias = float | Decimal | None

MINUS = "\N{MINUS SIGN}"
NONE = "\N{EN DASH}"
_DIGITS, _DIGITS_OF_PERCENT = 4, 3
_TINY, _HUGE = 1e-6, 1e15
_SHORT = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))


def finite(value: Number) -> float | None:
    """A number that can be drawn; None for none, for NaN and for what is infinite."""
    if value is None:
        return None
    found = float(value)
    return found if math.isfinite(found) else None


def written(value: Number, form: Form = "number", unit: str = "") -> str:
    """A number in words of a table: ``12,345``, ``0.0125``, ``4.25%``.

    Args:
        value: the number; of a percentage the fraction.
        form: how it is written.
        unit: what stands behind it.
    """
    found = finite(value)
    if found is None:
        return NONE
    behind = f" {unit}" if unit else ""
    if form == "percent":
        return f"{_plain(found * 100, _DIGITS_OF_PERCENT)}%{behind}"
    return f"{_plain(found)}{behind}"


def short(value: float, step: float, form: Form = "number") -> str:
    """A number on an axis, with the decimals that its step needs: ``10k``, ``0.25``, ``2.5%``."""
    if form == "percent":
        return f"{short(value * 100, step * 100)}%"
    if not _TINY <= step < _HUGE:
        return _signed(f"{abs(value):.2g}", negative=value < 0)
    for size, letter in _SHORT:
        if step * 2 >= size and value:
            return f"{_fixed(value / size, step / size)}{letter}"
    return _fixed(value, step)


def _fixed(value: float, step: float) -> str:
    decimals = max(0, -math.floor(math.log10(step) + 1e-9)) if step else 0
    if round(step * 10**decimals, 6) % 1:
        decimals += 1
    return _signed(f"{abs(value):,.{decimals}f}", negative=value < 0)


def _plain(value: float, digits: int = _DIGITS) -> str:
    size = abs(value)
    if size and not _TINY / 1e3 <= size < _HUGE * 1e3:
        return _signed(f"{size:.3g}", negative=value < 0)
    if size >= 10 ** (digits - 1) or size == int(size):
        text = f"{size:,.0f}" if size == int(size) else f"{size:,.1f}"
    else:
        decimals = digits - 1 - math.floor(math.log10(size))
        text = f"{size:.{min(decimals, 12)}f}".rstrip("0").rstrip(".")
    return _signed(text, negative=value < 0)


def _signed(text: str, *, negative: bool) -> str:
    return f"{MINUS}{text}" if negative and text.strip("0.,") else text
