"""The operators of filters, as Jayway's JsonPath has them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeAlias

from ensue.words.values import Json


class Missing:
    """That a path finds nothing."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()
Side: TypeAlias = "Json | Missing | re.Pattern[str]"
Operator: TypeAlias = Callable[[Side, Side], bool]


def is_number(value: object) -> bool:
    """Whether it is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def same(left: Json, right: Json) -> bool:
    """Whether two values are equal; true is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return left == right


def _equal(left: Side, right: Side) -> bool:
    if isinstance(left, Missing | re.Pattern) or isinstance(right, Missing | re.Pattern):
        return False
    if is_number(left) and isinstance(right, str):
        return _number_of(right) == left
    if isinstance(left, str) and is_number(right):
        return _number_of(left) == right and left == str(right)
    return same(left, right)


def _number_of(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _strictly_equal(left: Side, right: Side) -> bool:
    return is_number(left) == is_number(right) and _equal(left, right)


def _order(left: Side, right: Side) -> int | None:
    """-1, 0 or 1; None for what has no order."""
    if isinstance(left, bool) or isinstance(right, bool):
        return None
    if isinstance(left, int | float) and isinstance(right, int | float):
        return (left > right) - (left < right)
    if isinstance(left, str) and isinstance(right, str):
        return (left > right) - (left < right)
    return None


def _items(value: Side) -> list[Json]:
    return value if isinstance(value, list) else []


def _holds(items: list[Json], one: Side) -> bool:
    return any(_equal(item, one) for item in items)


def _contains(left: Side, right: Side) -> bool:
    if isinstance(left, str):
        return isinstance(right, str) and right in left
    return _holds(_items(left), right)


def _matches(left: Side, right: Side) -> bool:
    pattern, text = (right, left) if isinstance(right, re.Pattern) else (left, right)
    if not isinstance(pattern, re.Pattern):
        return False
    texts = _items(text) if isinstance(text, list) else [text]
    return any(isinstance(each, str) and pattern.fullmatch(each) is not None for each in texts)


def _size(left: Side, right: Side) -> bool:
    sized = isinstance(left, list | dict | str)
    return sized and is_number(right) and len(left) == right  # type: ignore[arg-type]


def _empty(left: Side, right: Side) -> bool:
    return isinstance(left, list | dict | str) and isinstance(right, bool) and (not left) is right


OPERATORS: Final[dict[str, Operator]] = {
    "==": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "===": _strictly_equal,
    "!==": lambda left, right: not _strictly_equal(left, right),
    "<": lambda left, right: _order(left, right) == -1,
    "<=": lambda left, right: _order(left, right) in {-1, 0},
    ">": lambda left, right: _order(left, right) == 1,
    ">=": lambda left, right: _order(left, right) in {0, 1},
    "=~": _matches,
    "in": lambda left, right: _holds(_items(right), left),
    "nin": lambda left, right: not _holds(_items(right), left),
    "subsetof": lambda left, right: all(_holds(_items(right), one) for one in _items(left)),
    "anyof": lambda left, right: any(_holds(_items(right), one) for one in _items(left)),
    "noneof": lambda left, right: not any(_holds(_items(right), one) for one in _items(left)),
    "all": lambda left, right: all(_holds(_items(left), one) for one in _items(right)),
    "contains": _contains,
    "size": _size,
    "empty": _empty,
}
