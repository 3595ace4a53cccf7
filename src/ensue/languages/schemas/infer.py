"""A value to the tree that it fits most closely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce

from ensue.languages.schemas.formats import FORMATS, format_of
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
_TEXTS = {name: Node((Text(name),)) for name in (None, *FORMATS)}


def infer(value: object) -> Tree:
    """The tree of one value, such as an event's detail.

    Args:
        value: plain values: dicts, lists, texts, numbers, booleans and None.
    """
    return Tree(bounded(_Inference().node(value, LEVELS_MAX)))


class _Inference:
    """What was seen of a value. Equal nodes are one, so that a list of many alike is merged fast.

    Attributes:
        _known: the nodes with others within, by these.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], Node] = {}

    def node(self, value: object, levels: int) -> Node:
        if not isinstance(value, Mapping | list | tuple):
            return _plain(value)
        if levels == 0:
            return ANYTHING
        if isinstance(value, Mapping):
            return self._object(value, levels - 1)
        return self._array(value, levels - 1)

    def _object(self, value: Mapping[str, object], levels: int) -> Node:
        nodes = {str(name): self.node(each, levels) for name, each in value.items()}
        key = ("object", *((name, id(node)) for name, node in nodes.items()))
        found = self._known.get(key)
        if found is None:
            fields = {name: Field(node, required=True) for name, node in nodes.items()}
            found = self._known[key] = Node((Object(fields),))
        return found

    def _array(self, value: Sequence[object], levels: int) -> Node:
        nodes = {id(node): node for node in (self.node(each, levels) for each in value)}
        key = ("array", *nodes)
        found = self._known.get(key)
        if found is None:
            items = reduce(united, nodes.values(), NOTHING)
            found = self._known[key] = Node((Array(items),))
        return found


def _plain(value: object) -> Node:
    if isinstance(value, str):
        return _TEXTS[format_of(value)]
    if value is None:
        return _NULL
    if isinstance(value, bool):
        return _BOOLEAN
    return _INTEGER if isinstance(value, int) else _NUMBER
