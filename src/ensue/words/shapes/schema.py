"""The JSON Schema of a type: for forms, and for whoever is to give a value of it."""

from __future__ import annotations

from typing import Any

import msgspec

from ensue.words.errors import InvalidDeclaration
from ensue.words.shapes.expected import TypeForm
from ensue.words.shapes.foreign import is_foreign

REF = "#/$defs/{name}"


def json_schema(kind: TypeForm, at: str | None = None) -> dict[str, Any]:
    """The JSON Schema of a type, with those of the types within it in ``$defs``.

    Args:
        kind: the type.
        at: who names it, for the error.

    Raises:
        InvalidDeclaration: JSON Schema has no words for it.
    """
    below: dict[str, Any] = {}

    def hook(found: type) -> dict[str, Any]:
        if issubclass(found, dict):
            return {"type": "object"}
        if is_foreign(found):
            # A model of pydantic tells its own, with those of the models in it.
            told = getattr(found, "model_json_schema")  # noqa: B009 - it has no type
            schema: dict[str, Any] = told(ref_template=REF.format(name="{model}"))
            below.update(schema.pop("$defs", {}))
            return schema
        raise NotImplementedError

    try:
        [schema], parts = msgspec.json.schema_components([kind], schema_hook=hook, ref_template=REF)
    except (TypeError, NameError, ValueError, NotImplementedError, RecursionError) as fault:
        raise InvalidDeclaration(
            f"expected a type that JSON Schema can describe: {fault}", at=at
        ) from None
    shared = {**parts, **below}
    name = schema["$ref"].removeprefix("#/$defs/") if set(schema) == {"$ref"} else None
    if name in shared:
        schema = shared[name]
        if REF.format(name=name) not in str(shared):
            del shared[name]
    return {**schema, **({"$defs": shared} if shared else {})}
