"""Code from schemas: it compiles, a type checker passes it, and it reads events of the schema."""

from __future__ import annotations

import subprocess
import sys
import types

import msgspec
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from ensue.engine.ids import seeded_random
from ensue.languages.schemas import code, infer, parse, sample
from ensue.words.errors import InvalidInput
from tests.languages.schemas.strategies import OBJECT_SCHEMAS

ORDER = {
    "title": "Order placed",
    "description": "An order was placed.",
    "type": "object",
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "at": {"type": "string", "format": "date-time"},
        "day": {"type": "string", "format": "date"},
        "class": {"type": "string"},
        "ship-to": {"$ref": "#/$defs/address"},
        "bill to": {"anyOf": [{"$ref": "#/$defs/address"}, {"type": "null"}]},
        "status": {"enum": ["new", "paid"], "description": 'What "it" is.'},
        "quantity": {"type": "integer", "minimum": 1, "maximum": 1000},
        "lines": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "object", "properties": {"sku": {"type": "string"}}},
        },
        "stock": {"type": "object", "additionalProperties": {"type": "number"}},
        "pair": {
            "type": "array",
            "prefixItems": [{"type": "string"}, {"type": "integer"}],
            "minItems": 2,
            "maxItems": 2,
        },
        "payment": {
            "oneOf": [
                {
                    "type": "object",
                    "properties": {"by": {"const": "card"}, "number": {"type": "string"}},
                    "required": ["by", "number"],
                },
                {
                    "type": "object",
                    "properties": {"by": {"const": "transfer"}, "iban": {"type": "string"}},
                    "required": ["by", "iban"],
                },
            ]
        },
        "note": {"type": ["string", "null"]},
        "urgent": {"type": "boolean", "default": False},
        "any": {},
    },
    "required": ["id", "quantity", "payment"],
    "$defs": {
        "address": {
            "type": "object",
            "properties": {"street": {"type": "string"}, "next": {"$ref": "#/$defs/address"}},
            "required": ["street"],
        }
    },
}
TELLS = {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}


def run(text):
    module = types.ModuleType("made")
    sys.modules["made"] = module
    exec(compile(text, "made.py", "exec"), module.__dict__)  # noqa: S102 - the code is under test
    return module


def test_fields_of_a_struct_have_types_defaults_and_the_names_that_events_have():
    made = run(code(parse(ORDER), "OrderPlaced"))
    detail = sample(parse(ORDER), seeded_random(3))

    order = msgspec.convert(detail, made.OrderPlaced)

    assert str(order.id) == detail["id"]
    assert order.class_ == detail["class"]
    assert order.ship_to.street == detail["ship-to"]["street"]
    assert type(order.payment).__name__ in {"OrderPlacedPaymentCard", "OrderPlacedPaymentTransfer"}
    assert msgspec.to_builtins(order)["ship-to"]["street"] == detail["ship-to"]["street"]
    least = {"id": detail["id"], "quantity": 1, "payment": detail["payment"]}
    assert msgspec.convert(least, made.OrderPlaced).urgent is False


@pytest.mark.parametrize("style", ["struct", "typeddict"])
def test_a_type_checker_passes_the_code_as_strictly_as_it_can(style, tmp_path):
    path = tmp_path / "made.py"
    path.write_text(code(parse(ORDER), "OrderPlaced", style=style))

    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), path],
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("style", ["dataclass", "typeddict", "struct"])
def test_each_style_reads_a_sample(style):
    detail = {"id": "a", "total": 3.5, "lines": [{"sku": "x", "count": 2}], "note": None}
    tree = infer(detail)

    made = run(code(tree, "OrderPlaced", style=style))

    read = msgspec.convert(sample(tree, seeded_random(1)), made.OrderPlaced)
    assert read is not None


def test_a_dataclass_refuses_a_name_that_is_no_identifier():
    with pytest.raises(InvalidInput, match="identifiers") as caught:
        code(infer({"ship-to": 1}), "Order", style="dataclass")

    assert caught.value.at == '$ of Order["ship-to"]'


def test_text_from_a_schema_cannot_leave_the_docstring_or_a_string():
    evil = '"""\nimport os\n"""\\'
    schema = {
        "type": "object",
        "description": evil,
        "properties": {
            evil: {"type": "string", "description": evil},
            "kind": {"enum": [evil, "'", '"', "\\"]},
        },
    }

    made = run(code(parse(schema), evil, style="typeddict", said=evil))
    assert not hasattr(made, "os")
    with pytest.raises(InvalidInput, match="quotes"):
        code(parse(schema), evil)
    schema["properties"]["ship-to 😀"] = schema["properties"].pop(evil)
    made = run(code(parse(schema), evil, said=evil))
    assert not hasattr(made, "os")
    assert "ship-to 😀" in msgspec.to_builtins(made.ImportOs())


@settings(max_examples=60, deadline=None)
@given(OBJECT_SCHEMAS, st.integers(0, 50), st.booleans())
def test_code_of_any_schema_reads_any_sample_of_it(schema, seed, whole):
    tree = parse(schema)
    try:
        detail = sample(tree, seeded_random(seed), whole=whole)
    except InvalidInput:
        reject()

    for style in ("struct", "typeddict"):
        made = run(code(tree, "Thing", style=style))
        msgspec.convert(detail, made.Thing)
