"""Tools: typed functions that a model may have called.

The signature says what the model must give: it is told as JSON Schema, and what the model gives is
checked against it before the function runs.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any, get_type_hints

import msgspec

from ensue.words.errors import InvalidDeclaration
from ensue.words.shapes import Shape, as_plain
from ensue.words.values import Json

TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}\Z")  # what the Chat Completions API takes
GIVEN = frozenset({"tx", "ctx"})


class Tool:
    """A typed function that a model may have called.

    ``def f(..., tx)`` is a transaction, ``async def f(...)`` an action. Either is one recorded step
    of the workflow that uses it. ``async def f(..., ctx)`` is part of the workflow itself: it takes
    steps of its own, and may wait for somebody.

    Args:
        function: the function; all its arguments but ``tx`` and ``ctx`` are the model's.
        name: by which the model calls it; the function's by default.
        description: what it does and when to use it, for the model; by default the first paragraph
            of the function's docstring.

    Attributes:
        name: by which the model calls it.
        description: what the model is told of it.
        parameters: the JSON Schema of its arguments.

    Raises:
        InvalidDeclaration: an argument has no type or one that JSON cannot hold, nothing says what
            it does, or a model could not name it.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        name: str | None = None,
        description: str | None = None,
    ) -> None:
        self.function = function
        self.name = function.__name__ if name is None else name
        at = f"tool {self.name}"
        if not TOOL_NAME.match(self.name):
            raise InvalidDeclaration(
                f"expected a name of 1 to 64 letters, digits, _ and -, got {self.name!r}", at=at
            )
        self.description = description or _first_paragraph(function)
        if not self.description:
            raise InvalidDeclaration(
                "expected a docstring or a description: the model chooses tools by it", at=at
            )
        signature = inspect.signature(function)
        self.is_action = inspect.iscoroutinefunction(function)
        self.takes_ctx = "ctx" in signature.parameters
        self.takes_tx = "tx" in signature.parameters
        _check_kind(self, at)
        self._kind = _struct_of(self.name, function, signature, at)
        self._shape: Shape[msgspec.Struct] = Shape(self._kind, at)
        self.parameters = _schema_of(self._kind)

    def read(self, arguments: str) -> dict[str, Json]:
        """The arguments that a model gave, in plain values, with defaults filled in.

        Raises:
            InvalidValue: they are no JSON, or do not fit the signature; says where.
        """
        found = as_plain(self._shape.read(arguments or "{}"))
        assert isinstance(found, dict)  # noqa: S101 - it is of a struct
        return found

    def typed(self, arguments: dict[str, Json]) -> dict[str, Any]:
        """Plain arguments as the function takes them."""
        taken = self._shape.take(arguments)
        return {name: getattr(taken, name) for name in self._kind.__struct_fields__}

    def __repr__(self) -> str:
        return f"Tool({self.name})"


def _check_kind(tool: Tool, at: str) -> None:
    if tool.takes_tx and tool.is_action:
        raise InvalidDeclaration("expected a def, for only a def has a transaction", at=at)
    if tool.takes_ctx and not tool.is_action:
        raise InvalidDeclaration("expected an async def, for it has a workflow's ctx", at=at)
    if not tool.is_action and not tool.takes_tx:
        raise InvalidDeclaration(
            "expected a def whose last argument is tx, or an async def",
            at=at,
            hint="A def is a transaction; what talks to the world is an async def.",
        )


def _first_paragraph(function: Callable[..., Any]) -> str:
    said = inspect.getdoc(function) or ""
    return " ".join(said.partition("\n\n")[0].split())


def _struct_of(
    name: str, function: Callable[..., Any], signature: inspect.Signature, at: str
) -> type[msgspec.Struct]:
    """A struct with a field for each argument that the model gives."""
    try:
        hints = get_type_hints(function, include_extras=True)
    except NameError as fault:
        raise InvalidDeclaration(f"expected types that can be found: {fault}", at=at) from None
    fields: list[Any] = []
    for each in signature.parameters.values():
        if each.name in GIVEN:
            continue
        if each.kind in {each.VAR_POSITIONAL, each.VAR_KEYWORD, each.POSITIONAL_ONLY}:
            raise InvalidDeclaration(f"expected arguments with names, got {each}", at=at)
        if each.name not in hints:
            raise InvalidDeclaration(f"expected a type for {each.name}", at=at)
        kind = hints[each.name]
        has_default = each.default is not each.empty
        fields.append((each.name, kind, each.default) if has_default else (each.name, kind))
    try:
        return msgspec.defstruct(name, fields, forbid_unknown_fields=True, kw_only=True)
    except TypeError as fault:
        raise InvalidDeclaration(f"expected other defaults: {fault}", at=at) from None


def _schema_of(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """The JSON Schema of a struct: an object with its fields, and what they refer to."""
    [_], parts = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    schema: dict[str, Any] = dict(parts.pop(kind.__name__))
    schema.pop("title", None)
    return schema | ({"$defs": parts} if parts else {})
