"""Thresholds as people write them: ``>= 1``, ``> 30s``."""

from __future__ import annotations

import math
import re
from typing import cast

from ensue.resources.alarm.model import Comparison
from ensue.words.errors import InvalidDeclaration
from ensue.words.units import MS

_WRITTEN = re.compile(r"(>=|<=|>|<)\s*(-?\d+(?:\.\d+)?(?:e-?\d+)?)\s*(ms|s|m|h|d)?\Z")


def parse_threshold(written: str, at: str) -> tuple[Comparison, float]:
    """How a value breaches a threshold, and the threshold; a duration is in seconds.

    Raises:
        InvalidDeclaration: it is not a comparison and a number.
    """
    found = _WRITTEN.match(str(written).strip())
    number = float(found[2]) * _in_seconds(found[3]) if found else math.inf
    if found is None or math.isinf(number):
        raise InvalidDeclaration(
            f"expected a threshold such as '>= 1' or '> 30s', got {written!r}",
            at=at,
            hint="Begin with >=, >, <= or <.",
        )
    return cast("Comparison", found[1]), number


def _in_seconds(unit: str | None) -> float:
    return 1 if unit is None else MS[unit] / MS["s"]
