"""A tree in words, for messages."""

from __future__ import annotations

from collections.abc import Iterable

from ensue.languages.schemas.program import (
    Alternative,
    Array,
    Node,
    Number,
    Object,
    Scalar,
    Text,
    Tree,
    Values,
)
from ensue.words.values import shown

VALUES_SHOWN = 8


def described(tree: Tree, node: Node) -> str:
    """What fits a node, in words."""
    if tree.says_nothing(node):
        return "any value"
    return in_words(tree.resolved(node))


def in_words(alternatives: Iterable[Alternative]) -> str:
    """Alternatives in words."""
    return " or ".join(dict.fromkeys(map(one_in_words, alternatives))) or "no value"


def one_in_words(each: Alternative) -> str:
    """An alternative in words."""
    match each:
        case Scalar(kind):
            return "null" if kind == "null" else "true or false"
        case Number(is_integer=whole):
            return "an integer" if whole else "a number"
        case Text(format=name):
            return "a text" if name is None else f"a text of format {name}"
        case Values(values):
            return _values(values)
    return {Array: "a list", Object: "an object"}.get(type(each), "any value")


def _values(values: tuple[object, ...]) -> str:
    said = ", ".join(shown(value) for value in values[:VALUES_SHOWN])
    more = ", …" if len(values) > VALUES_SHOWN else ""
    return f"{'one of ' if len(values) > 1 else ''}{said}{more}"
