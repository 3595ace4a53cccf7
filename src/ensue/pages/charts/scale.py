"""Axes: which part of the numbers is shown, and where the marks are."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

_NICE = (1.0, 2.0, 2.5, 5.0, 10.0)
_TINY = 1e-290  # the logarithm of a share of less would be that of nought


class Scale(NamedTuple):
    """An axis.

    Attributes:
        low: the number at its start.
        high: the number at its end.
        start: where it starts, in units of the picture.
        end: where it ends.
        step: from mark to mark.
    """

    low: float
    high: float
    start: float
    end: float
    step: float

    def at(self, value: float) -> float:
        """Where a number is."""
        share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    @property
    def ticks(self) -> list[float]:
        """The numbers at the marks."""
        first = math.ceil(self.low / self.step - 1e-9)
        last = math.floor(self.high / self.step + 1e-9)
        return [each * self.step for each in range(first, last + 1)]


def scale_of(values: Iterable[float], start: float, end: float, *, marks: int, zero: bool) -> Scale:
    """An axis on which all values lie, between marks at round numbers.

    Args:
        values: what is to be shown.
        start: where the axis starts.
        end: where it ends.
        marks: how many marks there are to be, about.
        zero: whether nought is to be on it in any case.
    """
    shown = [*values, *([0.0] if zero else [])]
    low, high = min(shown, default=0.0), max(shown, default=0.0)
    if high - low <= _TINY:
        # A single number stands in the middle of something of its size; nought at the start.
        if max(abs(low), abs(high)) <= _TINY:
            return Scale(0.0, 1.0, start, end, 1.0)
        around = abs(low) / 2
        low, high = low - around, high + around
    step = _step((high - low) / marks)
    low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    return Scale(low, high, start, end, step)


def _step(rough: float) -> float:
    size = 10.0 ** math.floor(math.log10(rough))
    return next(each * size for each in _NICE if each * size >= rough * (1 - 1e-9))
