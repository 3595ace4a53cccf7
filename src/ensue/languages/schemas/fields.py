"""The fields of what a schema describes, wherever they are in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ensue.languages.schemas.describe import described
from ensue.languages.schemas.program import (
    Array,
    Node,
    Number,
    Object,
    Scalar,
    Text,
    Tree,
    Values,
)

FIELD_DEPTH_MAX = 20


@dataclass(frozen=True, slots=True)
class FieldAt:
    """A field.

    Attributes:
        path: where it is, such as ``items[].sku``.
        name: its name, ``sku``.
        said: what it is, in words.
        types: the types that it may be of, as JSON Schema has them, and the formats of texts.
        required: whether it is always there, where that is that holds it.
    """

    path: str
    name: str
    said: str
    types: frozenset[str]
    required: bool


def fields_of(tree: Tree) -> Iterator[FieldAt]:
    """The fields of a tree, those of an object before those within them.

    One that is described by itself, such as a part of parts, is told of once.
    """
    yield from _fields(tree, tree.root, "", ())


def _fields(tree: Tree, node: Node, path: str, within: tuple[int, ...]) -> Iterator[FieldAt]:
    if len(within) >= FIELD_DEPTH_MAX:
        return
    for each in tree.resolved(node):
        if id(each) in within:
            continue
        inside = (*within, id(each))
        if isinstance(each, Array):
            for item in (*each.first, each.items):
                yield from _fields(tree, item, f"{path}[]", inside)
        elif isinstance(each, Object):
            for name, field in each.fields.items():
                place = f"{path}.{name}" if path else name
                types = frozenset(_types(tree, field.node))
                yield FieldAt(place, name, described(tree, field.node), types, field.required)
                yield from _fields(tree, field.node, place, inside)


def _types(tree: Tree, node: Node) -> Iterator[str]:
    for each in tree.resolved(node):
        match each:
            case Scalar(name):
                yield name
            case Number(is_integer=whole):
                yield from ("number", "integer") if whole else ("number",)
            case Text(format=name):
                yield from ("string",) if name is None else ("string", name)
            case Values(values):
                yield from map(_type_of, values)
            case Array():
                yield "array"
            case Object():
                yield "object"


def _type_of(value: object) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}
    return names.get(type(value), "array" if isinstance(value, list) else "object")
