"""Trees and given values to the value that a template stands for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from ensue.languages.templates.program import Fields, Items, Literal, Node, Reference, Step, Text
from ensue.words import values
from ensue.words.errors import InvalidValue
from ensue.words.values import Json, shown, step

Given = Mapping[str, Callable[[], Json]]


class Nothing:
    """That there is nothing at an optional place."""


NOTHING: Final = Nothing()


def run(node: Node, given: Given) -> Json | Nothing:
    """The value of a tree; NOTHING when all of it is one optional place where nothing is.

    Raises:
        InvalidValue: there is nothing where something must be, or no object to spread; says where.
    """
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Reference):
        return _found(node, given)
    if isinstance(node, Text):
        return "".join([
            each if isinstance(each, str) else _said(each, given) for each in node.parts
        ])
    if isinstance(node, Items):
        found = [run(each, given) for each in node.items]
        return [each for each in found if not isinstance(each, Nothing)]
    return _object(node, given)


def _object(node: Fields, given: Given) -> Json:
    made: dict[str, Json] = {}
    for name, inner in node.fields:
        value = run(inner, given)
        if isinstance(value, Nothing):
            continue
        if name is not None:
            made[name] = value
        elif isinstance(value, dict):
            made.update(value)
        else:
            raise InvalidValue(f"expected an object, got {shown(value)}", at=_at(inner))
    return made


def _found(reference: Reference, given: Given) -> Json | Nothing:
    value: Json = given[reference.root]()
    for each in reference.steps:
        inside = _inside(value, each)
        if isinstance(inside, Nothing):
            if reference.optional:
                return NOTHING
            raise InvalidValue(f"expected {each}, got nothing", at=_at(reference))
        value = inside
    return NOTHING if value is None and reference.optional else value


def _inside(value: Json, place: Step) -> Json | Nothing:
    if isinstance(place, str):
        return value.get(place, NOTHING) if isinstance(value, dict) else NOTHING
    if isinstance(value, list) and place < len(value):
        return value[place]
    return NOTHING


def _said(reference: Reference, given: Given) -> str:
    value = _found(reference, given)
    if isinstance(value, Nothing):
        return ""
    return value if isinstance(value, str) else values.encode(values.as_json(value))


def _at(node: Node) -> str:
    """Where a place is, as errors of requests say it: a body is ``$``."""
    if not isinstance(node, Reference):
        return "$"
    at = "$" if node.root == "body" else node.root
    for each in node.steps:
        at = step(at, each)
    return at
