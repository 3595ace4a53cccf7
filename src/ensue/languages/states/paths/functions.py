"""The functions at the end of a path: ``$.lines.length()``."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import fmean, pstdev
from typing import Final

from ensue.languages.states.paths.comparison import MISSING, Missing
from ensue.languages.states.paths.program import Call
from ensue.words.values import Json


def apply(call: Call, value: Json) -> Json | Missing:
    """What the function gives of the value; MISSING where it does not apply."""
    if call.function in _OF_NUMBERS:
        items = value if isinstance(value, list) else []
        numbers = [
            float(item)
            for item in items
            if isinstance(item, int | float) and not isinstance(item, bool)
        ]
        found = _OF_NUMBERS[call.function](numbers) if numbers else math.inf
        return found if math.isfinite(found) else MISSING
    if call.function in {"length", "size"}:
        return len(value) if isinstance(value, list | dict | str) else MISSING
    if call.function == "keys":
        return list(value) if isinstance(value, dict) else MISSING
    place = {"first": 0, "last": -1}.get(call.function, call.argument)
    if not isinstance(value, list) or place is None or not -len(value) <= place < len(value):
        return MISSING
    return value[place]


_OF_NUMBERS: Final[dict[str, Callable[[list[float]], float]]] = {
    "min": min,
    "max": max,
    "avg": fmean,
    "stddev": pstdev,
    "sum": sum,
}
