"""The fields of what a schema describes."""

from __future__ import annotations

from ensue.languages.schemas import fields_of, parse

ORDER = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "total": {"type": ["integer", "null"]},
        "items": {
            "type": "array",
            "items": {"type": "object", "properties": {"sku": {"enum": ["a", 1]}}},
        },
        "part": {"$ref": "#/$defs/Part"},
        "any": {},
    },
    "required": ["id"],
    "$defs": {
        "Part": {"type": "object", "properties": {"parts": {"$ref": "#/$defs/Part"}}},
    },
}


def found():
    return {each.path: each for each in fields_of(parse(ORDER))}


def test_each_field_is_told_of_with_its_place_also_in_lists():
    assert list(found()) == ["id", "total", "items", "items[].sku", "part", "part.parts", "any"]


def test_a_field_has_types_formats_and_words_for_them():
    told = found()
    assert told["id"].types == {"string", "uuid"}
    assert told["total"].types == {"integer", "number", "null"}
    assert told["items"].types == {"array"}
    assert told["items[].sku"].types == {"string", "integer"}
    assert told["part"].types == {"object"}
    assert (told["any"].types, told["any"].said) == (frozenset(), "any value")
    assert told["id"].required
    assert not told["total"].required
