"""Two schemas that must both hold, as one: what `allOf` says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_Keywords = dict[str, Any]

_MORE = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_LESS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")


def both(one: Mapping[str, Any], other: Mapping[str, Any]) -> _Keywords | None:
    """One schema that says what two say; None where no plain one does."""
    if _members_cross(one, other) or _members_cross(other, one):
        return None
    said: _Keywords = dict(one)
    for keyword, value in other.items():
        if keyword not in said or said[keyword] == value:
            said[keyword] = value
            continue
        join = _JOINS.get(keyword)
        if join is None:
            return None
        said[keyword] = join(said[keyword], value)
    return said


def _members_cross(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether one forbids, or describes, members by their not being among its own."""
    if not {"additionalProperties", "items", "unevaluatedProperties"} & one.keys():
        return False
    inner = {"properties", "patternProperties", "prefixItems", "additionalProperties", "items"}
    return bool(inner & other.keys()) and one != other


def _properties(one: _Keywords, other: _Keywords) -> _Keywords:
    named = {**one, **other}
    for name in one.keys() & other.keys():
        if one[name] != other[name]:
            named[name] = {"allOf": [one[name], other[name]]}
    return named


def _types(one: Any, other: Any) -> list[str]:  # noqa: ANN401 - a name or a list of names
    ones, others = _listed(one), _listed(other)
    kept = {each for each in ones if each in others or (each == "integer" and "number" in others)}
    kept |= {each for each in others if each == "integer" and "number" in ones}
    return sorted(kept)


def _listed(types: Any) -> list[str]:  # noqa: ANN401 - as above
    return [types] if isinstance(types, str) else list(types)


def _first(one: Any, _: Any) -> Any:  # noqa: ANN401 - an annotation
    return one


_JOINS: dict[str, Callable[[Any, Any], Any]] = {
    "properties": _properties,
    "$defs": lambda one, other: {**other, **one},
    "required": lambda one, other: sorted({*one, *other}),
    "type": _types,
    "enum": lambda one, other: [each for each in one if each in other],
    "allOf": lambda one, other: [*one, *other],
    **dict.fromkeys(_MORE, max),
    **dict.fromkeys(_LESS, min),
    **dict.fromkeys(("title", "description", "default", "examples", "$comment", "$schema"), _first),
}
