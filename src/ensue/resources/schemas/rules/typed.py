"""The schema of a Python type."""

from __future__ import annotations

from typing import Any

import msgspec

from ensue.languages.schemas.write import DIALECT
from ensue.words.errors import InvalidDeclaration
from ensue.words.shapes import Shape, TypeForm, is_foreign, is_structured
from ensue.words.values import Json


def schema_of(kind: TypeForm, at: str) -> dict[str, Json]:
    """The JSON Schema of what a type reads: a dataclass, Body, TypedDict or pydantic model.

    Raises:
        InvalidDeclaration: it has no fields, or JSON cannot hold it.
    """
    Shape(kind, at)
    if not is_structured(kind):
        raise InvalidDeclaration(f"expected a type with fields, got {kind!r}", at=at)
    try:
        made = _foreign(kind) if is_foreign(kind) else msgspec.json.schema(kind, schema_hook=_hook)
    except (TypeError, ValueError) as fault:
        raise InvalidDeclaration(
            f"expected a type that a JSON Schema can describe: {fault}", at=at
        ) from None
    return {"$schema": DIALECT, **made}


def _foreign(kind: Any) -> dict[str, Any]:  # noqa: ANN401 - a model of pydantic
    made: dict[str, Any] = kind.model_json_schema(mode="validation")
    return made


def _hook(kind: type[Any]) -> dict[str, Any]:
    """The schema of a model within another type; what it refers to is beside it there."""
    if not is_foreign(kind):
        raise NotImplementedError(f"expected a type with a schema, got {kind.__name__}")
    made = _foreign(kind)
    # A reference would be looked for in the whole: it is anything instead.
    return made if "$defs" not in made else {"type": "object", "title": made.get("title", "")}
