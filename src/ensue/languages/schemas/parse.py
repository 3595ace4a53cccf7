"""JSON Schema 2020-12 to the tree."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeAlias

from ensue.languages.schemas.conjunction import both
from ensue.languages.schemas.program import (
    ANYTHING,
    NOTHING,
    Alternative,
    Array,
    Field,
    Named,
    Node,
    Number,
    Object,
    Scalar,
    Text,
    Tree,
    Values,
    kind_of,
)
from ensue.words.errors import InvalidValue

PARSED_LEVELS_MAX = 64

Schema: TypeAlias = "Mapping[str, Any] | bool"
_Schema = Mapping[str, Any]

_ANNOTATIONS = frozenset({
    "$schema", "$id", "$comment", "$defs", "definitions", "$anchor", "$vocabulary",
    "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly",
    "discriminator", "contentEncoding", "contentMediaType", "contentSchema",
})  # fmt: skip
_OF_NUMBERS = frozenset({
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
})
_OF_TEXTS = frozenset({"format", "minLength", "maxLength", "pattern"})
_OF_ARRAYS = frozenset({
    "items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains", "minContains",
    "maxContains", "unevaluatedItems",
})  # fmt: skip
_OF_OBJECTS = frozenset({
    "properties", "required", "additionalProperties", "minProperties", "maxProperties",
    "patternProperties", "propertyNames", "dependentRequired", "dependentSchemas",
    "unevaluatedProperties",
})  # fmt: skip
_CHOICES = frozenset({"type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref"})
_TYPED = _OF_NUMBERS | _OF_TEXTS | _OF_ARRAYS | _OF_OBJECTS
_TYPES = ("array", "boolean", "null", "number", "object", "string")


def parse(schema: Schema) -> Tree:
    """Read a schema that the meta-schema takes.

    A ``$ref`` within the schema is followed; any other is kept as it was written.

    Raises:
        InvalidValue: a ``$ref`` leads nowhere, or it is nested too deeply; says where.
    """
    reader = _Reader(schema)
    root = reader.node(schema, "$", 0)
    return Tree(root, reader.definitions())


class _Reader:
    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._pending: list[str] = []
        self._definitions: dict[str, Node] = {}

    def definitions(self) -> dict[str, Node]:
        """What was named, read; that may name more."""
        while self._pending:
            pointer = self._pending.pop()
            if pointer not in self._definitions:
                self._definitions[pointer] = NOTHING  # it may name itself
                self._definitions[pointer] = self.node(self._target(pointer), pointer, 0)
        return dict(sorted(self._definitions.items()))

    def node(self, schema: Any, at: str, levels: int) -> Node:  # noqa: ANN401 - checked below
        """What a schema says of one place."""
        if levels > PARSED_LEVELS_MAX:
            raise InvalidValue(f"expected at most {PARSED_LEVELS_MAX} levels of schema", at=at)
        if isinstance(schema, bool):
            return ANYTHING if schema else NOTHING
        if not isinstance(schema, Mapping):
            raise InvalidValue(f"expected a schema, got {type(schema).__name__}", at=at)
        told, opaque = self._conjoined(schema, at, frozenset())
        alternatives, exclusive = self._choices(told, at, levels)
        also = opaque | _texts_of(told, told.keys() - _ANNOTATIONS - _CHOICES - _TYPED)
        return Node(
            alternatives or (),
            is_anything=alternatives is None,
            exclusive=exclusive,
            also=also,
            title=_text_or_none(schema.get("title")),
            description=_text_or_none(schema.get("description")),
            default=(schema["default"],) if "default" in schema else None,
            examples=tuple(schema.get("examples", ())),
        )

    def _conjoined(
        self, schema: _Schema, at: str, seen: frozenset[str]
    ) -> tuple[dict[str, Any], frozenset[str]]:
        """A schema with what its ``allOf`` and its ``$ref`` say beside it."""
        told = {name: value for name, value in schema.items() if name != "allOf"}
        parts = list(schema.get("allOf", ()))
        reference = told.get("$ref")
        is_alone = not parts and not (told.keys() - _ANNOTATIONS - {"$ref"})
        if isinstance(reference, str) and reference.startswith("#") and not is_alone:
            del told["$ref"]
            parts.insert(0, {"$ref": reference})
        opaque: set[str] = set()
        for part in parts:
            joined = self._joined(told, part, at, seen)
            if joined is None:
                opaque.add(_text_of("allOf", [part]))
            else:
                told, more = joined
                opaque |= more
        return told, frozenset(opaque)

    def _joined(
        self,
        told: dict[str, Any],
        part: Any,  # noqa: ANN401 - a schema
        at: str,
        seen: frozenset[str],
    ) -> tuple[dict[str, Any], frozenset[str]] | None:
        if not isinstance(part, Mapping):
            return (told, frozenset()) if part is True else None
        reference = part.get("$ref")
        if isinstance(reference, str):
            target = self._target(reference) if reference.startswith("#") else None
            if reference in seen or not isinstance(target, Mapping) or len(part) > 1:
                return None
            part, seen = target, seen | {reference}
        inner, opaque = self._conjoined(part, at, seen)
        joined = both(told, inner)
        return None if joined is None else (joined, opaque)

    def _target(self, pointer: str) -> Any:  # noqa: ANN401 - whatever is there
        found: Any = self._schema
        for step in pointer.split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            if isinstance(found, Mapping) and name in found:
                found = found[name]
            elif isinstance(found, list) and name.isdigit() and int(name) < len(found):
                found = found[int(name)]
            else:
                raise InvalidValue(f"expected a $ref to what is there, got {pointer}", at="$")
        return found

    def _choices(
        self, told: dict[str, Any], at: str, levels: int
    ) -> tuple[tuple[Alternative, ...] | None, bool]:
        """The alternatives that a schema offers; None for anything."""
        reference = told.get("$ref")
        if isinstance(reference, str):
            if not reference.startswith("#") or (reference != "#" and "/" not in reference):
                return None, False
            self._target(reference)
            self._pending.append(reference)
            return (Named(reference),), False
        if "const" in told or "enum" in told:
            values = [told["const"]] if "const" in told else told["enum"]
            return (Values(tuple(each for each in values if _has_type(each, told))),), False
        for keyword in ("oneOf", "anyOf"):
            if keyword in told:
                rest = {name: told[name] for name in told if name != keyword}
                nodes = [
                    self._branch(rest, each, f"{at}.{keyword}[{index}]", levels)
                    for index, each in enumerate(told[keyword])
                ]
                if any(each.is_anything for each in nodes):
                    return None, False
                found = tuple(each for node in nodes for each in node.alternatives)
                return found, keyword == "oneOf" and len(found) > 1
        return self._typed(told, at, levels), False

    def _branch(self, rest: _Schema, branch: Any, at: str, levels: int) -> Node:  # noqa: ANN401
        """A branch of a choice, with what is said beside the choice."""
        beside = {name: rest[name] for name in rest if name not in _ANNOTATIONS}
        if not beside or not isinstance(branch, Mapping):
            return self.node(branch, at, levels + 1)
        return self.node({"allOf": [beside, branch]}, at, levels + 1)

    def _typed(self, told: dict[str, Any], at: str, levels: int) -> tuple[Alternative, ...] | None:
        types = told.get("type")
        if types is None and not told.keys() & _TYPED:
            return None
        named = [types] if isinstance(types, str) else types or _TYPES
        kept = [each for each in named if not (each == "integer" and "number" in named)]
        found = [self._of_type(each, told, at, levels) for each in kept]
        return tuple(sorted(found, key=kind_of))

    def _of_type(self, name: str, told: dict[str, Any], at: str, levels: int) -> Alternative:
        if name in {"number", "integer"}:
            return Number(
                name == "integer",
                told.get("minimum"),
                told.get("maximum"),
                told.get("exclusiveMinimum"),
                told.get("exclusiveMaximum"),
                _texts_of(told, {"multipleOf"}),
            )
        if name == "string":
            return Text(
                told.get("format"),
                int(told.get("minLength", 0)),
                told.get("maxLength"),
                _texts_of(told, {"pattern"}),
            )
        if name == "array":
            return self._array(told, at, levels)
        return self._object(told, at, levels) if name == "object" else Scalar(name)

    def _array(self, told: dict[str, Any], at: str, levels: int) -> Array:
        first = tuple(
            self.node(each, f"{at}.prefixItems[{index}]", levels + 1)
            for index, each in enumerate(told.get("prefixItems", ()))
        )
        known = {"items", "prefixItems", "minItems", "maxItems"}
        return Array(
            self.node(told.get("items", True), f"{at}.items", levels + 1),
            first,
            int(told.get("minItems", 0)),
            told.get("maxItems"),
            _texts_of(
                {name: told[name] for name in told if told[name] is not False}, _OF_ARRAYS - known
            ),
        )

    def _object(self, told: dict[str, Any], at: str, levels: int) -> Object:
        known = {"properties", "required", "additionalProperties", "minProperties", "maxProperties"}
        also = _texts_of(told, _OF_OBJECTS - known)
        others = None
        if "patternProperties" in told:
            # Which names are others depends on it.
            also |= _texts_of(told, {"additionalProperties"})
        elif "additionalProperties" in told:
            others = self.node(
                told["additionalProperties"], f"{at}.additionalProperties", levels + 1
            )
        required = frozenset(told.get("required", ()))
        fields = {
            name: Field(self.node(each, f"{at}.properties.{name}", levels + 1), name in required)
            for name, each in told.get("properties", {}).items()
        }
        for name in sorted(required - fields.keys()):
            fields[name] = Field(ANYTHING if others is None else others, required=True)
        return Object(
            fields,
            others if others is None or not others.is_anything else None,
            int(told.get("minProperties", 0)),
            told.get("maxProperties"),
            also,
        )


def _has_type(value: object, told: _Schema) -> bool:
    types = told.get("type")
    if types is None:
        return True
    found = {
        type(None): ("null",),
        bool: ("boolean",),
        int: ("integer", "number"),
        float: ("number",),
        str: ("string",),
        list: ("array",),
    }.get(type(value), ("object",))
    return any(each in found for each in ([types] if isinstance(types, str) else types))


def _texts_of(told: _Schema, names: Any) -> frozenset[str]:  # noqa: ANN401 - any set of names
    """Keywords as they were written; those that belong together in one text."""
    found = {name for name in names if name in told}
    together = [{"if", "then", "else"}, {"contains", "minContains", "maxContains"},
                {"patternProperties", "additionalProperties"}]  # fmt: skip
    texts: set[str] = set()
    for group in together:
        if len(found & group) > 1:
            texts.add(
                json.dumps({name: told[name] for name in sorted(found & group)}, sort_keys=True)
            )
            found -= group
    return frozenset(texts | {_text_of(name, told[name]) for name in found})


def _text_of(name: str, value: object) -> str:
    return json.dumps({name: value}, sort_keys=True)


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None
