"""A tree to JSON Schema 2020-12, in one order of keywords."""

from __future__ import annotations

import json

from ensue.languages.schemas.program import (
    Alternative,
    Array,
    Json,
    Named,
    Node,
    Number,
    Object,
    Scalar,
    Text,
    Tree,
    Values,
)

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def write(tree: Tree, *, title: str | None = None, closed: bool = False) -> dict[str, Json]:
    """The schema of a tree.

    Args:
        tree: the tree.
        title: what the whole is called.
        closed: whether objects take no other names than those that the tree has.
    """
    root = _Writer(closed=closed).node(tree.root)
    said: dict[str, Json] = {"$schema": DIALECT}
    if title is not None:
        said["title"] = title
    said |= root if isinstance(root, dict) else {"not": {}}
    if tree.definitions:
        for pointer, node in tree.definitions.items():
            _place(said, pointer, _Writer(closed=closed).node(node))
    return said


def _place(said: dict[str, Json], pointer: str, schema: Json) -> None:
    """Put a definition to where its pointer points."""
    steps = [each.replace("~1", "/").replace("~0", "~") for each in pointer.split("/")[1:]]
    inner = said
    for step in steps[:-1]:
        below = inner.setdefault(step, {})
        if not isinstance(below, dict):
            return
        inner = below
    if steps and steps[-1] not in inner:
        inner[steps[-1]] = schema


class _Writer:
    def __init__(self, *, closed: bool) -> None:
        self._closed = closed

    def node(self, node: Node) -> Json:
        """What a node says: an object, or false where nothing fits."""
        told = {"title": node.title, "description": node.description}
        said: dict[str, Json] = {name: text for name, text in told.items() if text is not None}
        if node.default is not None:
            said["default"] = node.default[0]
        if node.examples:
            said["examples"] = list(node.examples)
        said |= _also(node.also)
        if node.is_anything:
            return said
        if not node.alternatives:
            return False
        return said | self._alternatives(node)

    def _alternatives(self, node: Node) -> dict[str, Json]:
        if len(node.alternatives) == 1:
            return self._alternative(node.alternatives[0])
        written = [self._alternative(each) for each in node.alternatives]
        types = [each.get("type") for each in written]
        names = {name for each in written for name in each if name != "type"}
        alone = sum(len(each) > 1 for each in written) <= 1
        if (
            alone
            and all(isinstance(each, str) for each in types)
            and len(set(map(str, types))) == len(types)
        ):
            # Keywords of one type say nothing of the others, so one object says it all.
            named: list[Json] = [*sorted(str(each) for each in types)]
            said: dict[str, Json] = {"type": named}
            for each in written:
                said |= {name: each[name] for name in each if name in names}
            return said
        together: list[Json] = [*written]
        return {"oneOf" if node.exclusive else "anyOf": together}

    def _alternative(self, each: Alternative) -> dict[str, Json]:
        match each:
            case Array():
                return self._array(each)
            case Object():
                return self._object(each)
            case Number():
                return _number(each)
            case Text():
                return _text(each)
        return _plain(each)

    def _array(self, each: Array) -> dict[str, Json]:
        said: dict[str, Json] = {"type": "array"}
        if each.first:
            said["prefixItems"] = [self.node(inner) for inner in each.first]
        if not each.items.is_anything:
            said["items"] = self.node(each.items)
        return said | _sizes(each.least, each.most, "Items") | _also(each.also)

    def _object(self, each: Object) -> dict[str, Json]:
        said: dict[str, Json] = {"type": "object"}
        if each.fields:
            said["properties"] = {
                name: self.node(field.node) for name, field in each.fields.items()
            }
        required: list[Json] = [name for name in sorted(each.fields) if each.fields[name].required]
        if required:
            said["required"] = required
        if each.others is not None:
            said["additionalProperties"] = self.node(each.others)
        elif self._closed:
            said["additionalProperties"] = False
        return said | _sizes(each.least, each.most, "Properties") | _also(each.also)


def _plain(each: Scalar | Named | Values) -> dict[str, Json]:
    match each:
        case Scalar(kind):
            return {"type": kind}
        case Named(pointer):
            return {"$ref": pointer}
    only = each.values[0] if len(each.values) == 1 else None
    return {"const": only} if len(each.values) == 1 else {"enum": list(each.values)}


def _number(each: Number) -> dict[str, Json]:
    said: dict[str, Json] = {"type": "integer" if each.is_integer else "number"}
    bounds = {
        "minimum": each.low,
        "maximum": each.high,
        "exclusiveMinimum": each.above,
        "exclusiveMaximum": each.below,
    }
    said |= {name: bound for name, bound in bounds.items() if bound is not None}
    return said | _also(each.also)


def _text(each: Text) -> dict[str, Json]:
    said: dict[str, Json] = {"type": "string"}
    if each.format is not None:
        said["format"] = each.format
    return said | _sizes(each.least, each.most, "Length") | _also(each.also)


def _sizes(least: int, most: int | None, what: str) -> dict[str, Json]:
    said: dict[str, Json] = {f"min{what}": least} if least else {}
    return said if most is None else {**said, f"max{what}": most}


def _also(also: frozenset[str]) -> dict[str, Json]:
    said: dict[str, Json] = {}
    for text in sorted(also):
        said |= json.loads(text)
    return said
