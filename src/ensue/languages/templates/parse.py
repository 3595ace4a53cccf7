"""Templates to trees."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from ensue.languages.templates.program import (
    Fields,
    Items,
    Literal,
    Node,
    Reference,
    Step,
    Text,
)
from ensue.words import values
from ensue.words.errors import InvalidDeclaration, InvalidValue
from ensue.words.values import shown, step

SPREAD = "..."
MAX_TEMPLATE_LEVELS = 32

_PIECE = re.compile(r"\{\{|\}\}|\{[^{}]*\}|[^{}]+|[{}]")
_REFERENCE = re.compile(
    r"\{(?P<root>[A-Za-z_][A-Za-z0-9_]*)"
    r"(?P<steps>(?:\.[A-Za-z_][A-Za-z0-9_-]*|\[[0-9]{1,6}\])*)(?P<optional>\?)?\}"
)
_STEP = re.compile(r"\.([^.\[]+)|\[([0-9]+)\]")


def parse(template: object, roots: Collection[str], at: str = "$", depth: int = 0) -> Node:
    """The tree of a template.

    Raises:
        InvalidDeclaration: something in it is no template; says where.
    """
    if depth > MAX_TEMPLATE_LEVELS:
        raise InvalidDeclaration(f"expected at most {MAX_TEMPLATE_LEVELS} levels", at=at)
    if isinstance(template, str):
        return _text(template, roots, at)
    if isinstance(template, Mapping):
        return Fields(tuple(_fields(template, roots, at, depth)))
    if isinstance(template, list | tuple):
        return Items(
            tuple(
                parse(each, roots, step(at, place), depth + 1)
                for place, each in enumerate(template)
            )
        )
    try:
        values.check(template, at)
    except InvalidValue as fault:
        raise InvalidDeclaration(fault.message, at=fault.at, hint=fault.hint) from None
    return Literal(template)  # type: ignore[arg-type] # it was looked at


def _fields(
    template: Mapping[object, object], roots: Collection[str], at: str, depth: int
) -> Iterator[tuple[str | None, Node]]:
    for name, value in template.items():
        if not isinstance(name, str):
            raise InvalidDeclaration(f"expected names to be strings, got {name!r}", at=at)
        below = step(at, name)
        node = parse(value, roots, below, depth + 1)
        if name != SPREAD:
            yield name, node
            continue
        for each in node.items if isinstance(node, Items) else (node,):
            if not isinstance(each, Reference | Fields):
                raise InvalidDeclaration('expected an object to spread, such as "{body}"', at=below)
            yield None, each


def _text(template: str, roots: Collection[str], at: str) -> Node:
    parts: list[str | Reference] = []
    for found in _PIECE.finditer(template):
        piece = found[0]
        if piece in {"{{", "}}"}:
            parts.append(piece[0])
        elif piece[0] in "{}":
            parts.append(_reference(piece, template, roots, at))
        else:
            parts.append(piece)
    if len(parts) == 1 and isinstance(parts[0], Reference):
        return parts[0]
    if all(isinstance(part, str) for part in parts):
        return Literal("".join(str(part) for part in parts))
    return Text(tuple(parts))


def _reference(piece: str, template: str, roots: Collection[str], at: str) -> Reference:
    found = _REFERENCE.fullmatch(piece)
    if found is None:
        raise InvalidDeclaration(
            f"expected a place such as {{body.name}}, got {piece} in {shown(template)}",
            at=at,
            hint="Write {{ and }} for braces that are text.",
        )
    if found["root"] not in roots:
        raise InvalidDeclaration(
            f"expected one of {', '.join(sorted(roots))}, got {found['root']}", at=at
        )
    steps: tuple[Step, ...] = tuple(
        each[1] or int(each[2]) for each in _STEP.finditer(found["steps"])
    )
    return Reference(found["root"], steps, found["optional"] is not None)
