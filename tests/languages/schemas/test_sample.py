from __future__ import annotations

import pytest

from ensue.engine.ids import seeded_random
from ensue.languages.schemas import infer, parse, sample
from ensue.words.errors import InvalidInput

UNDRAWABLE = {"type": "string", "pattern": "^[A-Z]$"}


def drawn(schema, seed=1, **options):
    return sample(parse(schema), seeded_random(seed), **options)


def test_the_same_seed_draws_the_same_and_another_one_another():
    schema = {"type": "array", "items": {"type": "string", "format": "uuid"}, "minItems": 3}

    assert drawn(schema, 1) == drawn(schema, 1) != drawn(schema, 2)


def test_what_cannot_be_drawn_is_left_out_where_it_may_be():
    schema = {"type": "object", "properties": {"a": UNDRAWABLE, "b": {"const": 1}}}

    assert drawn(schema) == {"b": 1}
    with pytest.raises(InvalidInput) as caught:
        drawn({**schema, "required": ["a"]})
    assert caught.value.at == "$.a"
    assert "pattern" in str(caught.value)


def test_what_cannot_be_drawn_is_an_example_or_the_default():
    assert drawn({**UNDRAWABLE, "examples": ["A"]}) == "A"
    assert drawn({"type": "string", "format": "regex", "default": "a+"}) == "a+"
    assert drawn({"not": {"type": "null"}, "default": 3}) == 3


def test_a_schema_that_names_itself_comes_to_an_end_or_says_that_it_does_not():
    tree = {
        "$ref": "#/$defs/node",
        "$defs": {
            "node": {
                "type": "object",
                "properties": {"next": {"$ref": "#/$defs/node"}, "id": {"type": "integer"}},
            }
        },
    }
    found = drawn(tree)
    while "next" in found:
        found = found["next"]

    tree["$defs"]["node"]["required"] = ["next"]
    with pytest.raises(InvalidInput, match="names itself"):
        drawn(tree)


def test_elements_are_unlike_and_numbers_multiples_where_they_must_be():
    booleans = {"type": "array", "items": {"type": "boolean"}, "uniqueItems": True}

    assert sorted(drawn({**booleans, "minItems": 2})) == [False, True]
    with pytest.raises(InvalidInput, match="unlike"):
        drawn({**booleans, "minItems": 3})
    assert drawn({"type": "integer", "multipleOf": 7, "minimum": 50, "maximum": 56}) == 56


@pytest.mark.parametrize(
    "schema",
    [
        False,
        {"type": "integer", "minimum": 1.2, "maximum": 1.8},
        {"type": "number", "exclusiveMinimum": 1, "maximum": 1},
        {"type": "object", "additionalProperties": False, "minProperties": 1},
        {"oneOf": [{"type": "integer"}, {"type": "number", "multipleOf": 1}]},
    ],
)
def test_what_nothing_fits_says_so(schema):
    with pytest.raises(InvalidInput):
        drawn(schema)


def test_a_sample_of_what_was_inferred_has_the_same_shape():
    event = {"id": "a", "at": "2026-01-31", "lines": [{"sku": "x"}], "note": None, "tags": []}

    assert infer(drawn_of := sample(infer(event), seeded_random(4))) == infer(event), drawn_of
