"""The types of values, and when two values are equal or ordered.

Values of two types are never equal and never ordered. A bool is no number. An int, a Decimal and
a float are all numbers: a float counts as the decimal that it prints as, so that 0.1 and
Decimal("0.1") are equal and nothing depends on binary fractions.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Final, TypeAlias, cast

Item: TypeAlias = Mapping[str, object]
Values: TypeAlias = Mapping[str, object]


class Absent(Enum):
    """The type of what stands where an attribute is not."""

    MISSING = "missing"


MISSING: Final = Absent.MISSING

# DynamoDB's names of the types, as attribute_type knows them.
TYPE_NAMES = ("S", "SS", "N", "NS", "B", "BS", "BOOL", "NULL", "L", "M")
ORDERED_KINDS = ("N", "S", "B")

# Python's operators, for two values that are known to be of one ordered kind.
Ordering: TypeAlias = Callable[[object, object], bool]
ORDERINGS: dict[str, Ordering] = {
    "<": cast("Ordering", operator.lt),
    "<=": cast("Ordering", operator.le),
    ">": cast("Ordering", operator.gt),
    ">=": cast("Ordering", operator.ge),
}

_SET = "set"
_UNKNOWN = "unknown"
_KINDS: dict[type, str] = {
    int: "N",
    float: "N",
    Decimal: "N",
    str: "S",
    bytes: "B",
    bool: "BOOL",
    type(None): "NULL",
    list: "L",
    dict: "M",
    set: _SET,
    frozenset: _SET,
}
# bool before int: each is the first class that fits.
_CLASSES: tuple[tuple[type, str], ...] = (
    (bool, "BOOL"),
    (int, "N"),
    (float, "N"),
    (Decimal, "N"),
    (str, "S"),
    (bytes, "B"),
    (list, "L"),
    (set, _SET),
    (frozenset, _SET),
    (Mapping, "M"),
)
# Two values of one of these types compare as Python compares them.
PLAIN_TYPES = frozenset({int, str, bytes, float})


def kind_of(value: object) -> str:
    """DynamoDB's name of the value's type; ``unknown`` for what is no value.

    A set is known by its elements: an empty set and a set of mixed elements are unknown.
    """
    kind = _family(value)
    return set_kind(value) if kind == _SET else kind


def set_kind(value: object) -> str:
    """``SS``, ``NS`` or ``BS`` for a set of strings, numbers or binaries; else ``unknown``."""
    if not isinstance(value, set | frozenset):
        return _UNKNOWN
    kinds = {_family(element) for element in value}
    kind = kinds.pop() if len(kinds) == 1 else _UNKNOWN
    return f"{kind}S" if kind in ORDERED_KINDS else _UNKNOWN


def type_name(value: object) -> str:
    """The type as an error shows it: DynamoDB's name, or else Python's."""
    kind = kind_of(value)
    return type(value).__name__ if kind == _UNKNOWN else kind


def equal(left: object, right: object) -> bool:
    """Whether two values are the same value of the same type; two missing ones are not."""
    if type(left) is type(right) and type(left) in PLAIN_TYPES:
        return left == right
    # A list of pairs still to compare, and no recursion: depth is the caller's data.
    pairs = [(left, right)]
    while pairs:
        a, b = pairs.pop()
        kind = _family(a)
        if kind == _UNKNOWN or kind != _family(b):
            return False
        if isinstance(a, list) and isinstance(b, list):
            if len(a) != len(b):
                return False
            pairs.extend(zip(a, b, strict=True))
        elif isinstance(a, Mapping) and isinstance(b, Mapping):
            if a.keys() != b.keys():
                return False
            pairs.extend((a[name], b[name]) for name in a)
        elif not (_same_number(a, b) if kind == "N" else a == b):
            return False
    return True


def ordered(compare: Ordering, left: object, right: object) -> bool:
    """``compare(left, right)`` where both are numbers, strings or binaries, else False."""
    if type(left) is type(right) and type(left) in PLAIN_TYPES:
        return compare(left, right)
    kind = _family(left)
    if kind not in ORDERED_KINDS or kind != _family(right):
        return False
    if kind != "N":
        return compare(left, right)
    try:
        return compare(_exact(left), _exact(right))
    except InvalidOperation:  # one of them is not a number (NaN)
        return False


def contains(container: object, element: object) -> bool:
    """Whether a string or binary holds a part, or a set or list an element."""
    if isinstance(container, str):
        return isinstance(element, str) and element in container
    if isinstance(container, bytes):
        return isinstance(element, bytes) and element in container
    if isinstance(container, set | frozenset):
        return _family(element) in ORDERED_KINDS and element in container
    if isinstance(container, list):
        return any(equal(each, element) for each in container)
    return False


def begins_with(value: object, prefix: object) -> bool:
    """Whether a string or binary begins with another of its type."""
    if isinstance(value, str):
        return isinstance(prefix, str) and value.startswith(prefix)
    return isinstance(value, bytes) and isinstance(prefix, bytes) and value.startswith(prefix)


def size_of(value: object) -> object:
    """Characters, bytes or elements; MISSING where the type has no size."""
    if isinstance(value, str | bytes | list | set | frozenset | Mapping):
        return len(value)
    return MISSING


def as_decimal(number: object) -> Decimal:
    """The number as a decimal, exactly; a float as the decimal that it prints as."""
    if isinstance(number, float):
        return Decimal(repr(float(number)))
    return Decimal(number) if isinstance(number, int | Decimal) else Decimal("NaN")


def _family(value: object) -> str:
    kind = _KINDS.get(type(value))
    if kind is not None:
        return kind
    for each, name in _CLASSES:
        if isinstance(value, each):
            return name
    return _UNKNOWN


def _same_number(left: object, right: object) -> bool:
    try:
        return _exact(left) == _exact(right)
    except InvalidOperation:  # a signalling NaN
        return False


def _exact(number: object) -> Decimal | int:
    # Python compares int and Decimal exactly as they are; only a float is rewritten.
    if isinstance(number, int) and not isinstance(number, bool):
        return number
    return as_decimal(number)
