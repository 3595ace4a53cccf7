"""A value to the tree that it fits most closely."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

from ensue.languages.schemas.formats import format_of
from ensue.languages.schemas.merge import bounded, united
from ensue.languages.schemas.program import (
    ANYTHING,
    NOTHING,
    Array,
    Field,
    Node,
    Number,
    Object,
    Scalar,
    Text,
    Tree,
)

LEVELS_MAX = 20

_NULL = Node((Scalar("null"),))
_BOOLEAN = Node((Scalar("boolean"),))
_INTEGER = Node((Number(is_integer=True),))
_NUMBER = Node((Number(),))
_TEXT = Node((Text(),))


def infer(value: object) -> Tree:
    """The tree of one value, such as an event's detail.

    Args:
        value: plain values: dicts, lists, texts, numbers, booleans and None.
    """
    return Tree(bounded(_node(value, LEVELS_MAX)))


def _node(value: object, levels: int) -> Node:
    if isinstance(value, str):
        found = format_of(value)
        return _TEXT if found is None else Node((Text(found),))
    if value is None:
        return _NULL
    if isinstance(value, bool):
        return _BOOLEAN
    if isinstance(value, int):
        return _INTEGER
    if not isinstance(value, Mapping | list | tuple):
        return _NUMBER
    return ANYTHING if levels == 0 else _nested(value, levels - 1)


def _nested(value: Mapping[str, object] | list[object] | tuple[object, ...], levels: int) -> Node:
    if isinstance(value, Mapping):
        fields = {
            str(name): Field(_node(each, levels), required=True) for name, each in value.items()
        }
        return Node((Object(fields),))
    return Node((Array(reduce(united, [_node(each, levels) for each in value], NOTHING)),))
