"""The JSON schemas of the types that descriptions name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import msgspec

from ensue.words.shapes import TypeForm, is_foreign

REF = "#/components/schemas/{name}"

Schema: TypeAlias = dict[str, Any]


class Schemas:
    """The JSON schemas of types, with what they share in ``components``.

    Args:
        kinds: all types that will be asked for.
    """

    def __init__(self, kinds: Iterable[TypeForm]) -> None:
        able = [kind for kind in kinds if _has_schema(kind)]
        found, self.components = _schemas_of(able)
        # By identity: of equal types such as `int` and `Annotated[int, ...]` each has its own.
        self._found = dict(zip(map(id, able), found, strict=True))

    def of(self, kind: TypeForm) -> Schema:
        """The schema of a type; that of anything for a type that JSON Schema has no words for."""
        return self._found.get(id(kind), {})


def _schemas_of(kinds: Sequence[TypeForm]) -> tuple[Sequence[Schema], dict[str, Schema]]:
    below: dict[str, Schema] = {}

    def hook(kind: type) -> Schema:
        if issubclass(kind, dict):
            return {"type": "object"}
        if is_foreign(kind):
            # A model of pydantic tells its own, with those of the models in it.
            told = getattr(kind, "model_json_schema")  # noqa: B009 - it has no type
            schema: Schema = told(ref_template=REF.format(name="{model}"))
            below.update(schema.pop("$defs", {}))
            return schema
        raise NotImplementedError

    found, components = msgspec.json.schema_components(kinds, schema_hook=hook, ref_template=REF)
    return [_as_sent(each) for each in found], below | _as_sent(dict(components))


def _as_sent(said: Any) -> Any:  # noqa: ANN401 - any part of a schema
    """A schema as values are sent: a decimal is a number, where msgspec would write a text."""
    if isinstance(said, list | tuple):
        return [_as_sent(each) for each in said]
    if not isinstance(said, dict):
        return said
    if said.get("type") == "string" and said.get("format") == "decimal":
        return {**said, "type": "number"}
    return {name: _as_sent(each) for name, each in said.items()}


def _has_schema(kind: TypeForm) -> bool:
    try:
        _schemas_of([kind])
    except (TypeError, NameError, ValueError, NotImplementedError, RecursionError):
        return False
    return True
