"""Templates to programs, with located errors."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from ensue.languages.transformers.pieces import (
    joined,
    key_text,
    line_and_column,
    merged,
    string,
    text_of,
)
from ensue.languages.transformers.places import Places, alone
from ensue.languages.transformers.program import Part, Program, Value
from ensue.languages.transformers.scan import Scanner
from ensue.words.errors import InvalidExpression
from ensue.words.values import VALUE_DEPTH_MAX, shown, step

TEMPLATE_CHARS_MAX = 8_192

_SCALAR = re.compile(r"true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


def parse(template: object, places: Places) -> Program:
    """The program of a template.

    A text that begins with a brace, a bracket or a quote is JSON with places; one that is a place
    is its value; any other is text. What is no text is a JSON value whose texts may hold places.

    Raises:
        InvalidExpression: something in it is no template; says where.
    """
    if isinstance(template, str):
        text_of(template, "$")
        _check_length(len(template))
        return Program(merged(_of_text(template, places)))
    program = Program(merged(_of_value(template, places, "$", 0)))
    _check_length(sum(len(part) for part in program.parts if isinstance(part, str)))
    return program


def _check_length(length: int) -> None:
    if length > TEMPLATE_CHARS_MAX:
        message = f"expected a template of at most {TEMPLATE_CHARS_MAX} characters, got {length}"
        raise InvalidExpression(message, at="$")


def _of_text(template: str, places: Places) -> list[Part]:
    text = template.strip()
    start = template.index(text)
    if not text:
        raise InvalidExpression("expected a template, got an empty text", at="line 1 column 1")
    if text[0] in "{[":
        return Scanner(template, places).document()
    if text[0] == '"':
        return Scanner(template, places).lines()
    name = alone(text)
    if name is not None:
        return [Value(places.place(name, line_and_column(template, start)), 0)]
    if _SCALAR.fullmatch(text):
        return [text_of(json.loads(text), line_and_column(template, start))]
    return string(places.pieces(text, lambda offset: line_and_column(template, start + offset)))


def _of_value(value: object, places: Places, at: str, levels: int) -> list[Part]:
    if isinstance(value, str):
        text_of(value, at)
        name = alone(value)
        if name is not None:
            return [Value(places.place(name, at), levels)]
        return string(places.pieces(value, lambda _: at))
    if not isinstance(value, Mapping | list | tuple):
        return [text_of(value, at)]
    if levels >= VALUE_DEPTH_MAX:
        raise InvalidExpression(f"expected at most {VALUE_DEPTH_MAX} levels", at=at)
    if isinstance(value, Mapping):
        return _of_object(value, places, at, levels)
    items = [_of_value(each, places, step(at, n), levels + 1) for n, each in enumerate(value)]
    return ["[", *joined(items), "]"]


def _of_object(value: Mapping[object, object], places: Places, at: str, levels: int) -> list[Part]:
    members: list[list[Part]] = []
    for name, each in value.items():
        if not isinstance(name, str) or "<" in name:
            raise InvalidExpression(
                f"expected names to be strings without places, got {shown(name)}", at=at
            )
        text_of(name, at)
        below = _of_value(each, places, step(at, name), levels + 1)
        members.append([key_text(name, only=len(value) == 1), *below])
    return ["{", *joined(members), "}"]
