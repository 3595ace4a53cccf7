"""Tools: typed functions, as a model is told of them and calls them."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
import pytest

from ensue import InvalidDeclaration, InvalidValue, Meta, Tool, Tx


class Line(msgspec.Struct):
    sku: str
    count: Annotated[int, Meta(ge=1)] = 1


def refund(
    order: Annotated[str, Meta(description="The order's id.")],
    lines: list[Line],
    tx: Tx,
    reason: Literal["late", "broken"] = "late",
) -> dict[str, object]:
    """Refund what was
    paid for an order.

    More for programmers.
    """
    return {"order": order, "lines": lines, "reason": reason}


def test_a_model_is_told_the_signature_as_json_schema_and_the_first_paragraph():
    tool = Tool(refund)

    assert (tool.name, tool.description) == ("refund", "Refund what was paid for an order.")
    assert tool.parameters == {
        "type": "object",
        "properties": {
            "order": {"type": "string", "description": "The order's id."},
            "lines": {"type": "array", "items": {"$ref": "#/$defs/Line"}},
            "reason": {"enum": ["broken", "late"], "default": "late"},
        },
        "required": ["order", "lines"],
        "additionalProperties": False,
        "$defs": {
            "Line": {
                "title": "Line",
                "type": "object",
                "properties": {
                    "sku": {"type": "string"},
                    "count": {"type": "integer", "minimum": 1, "default": 1},
                },
                "required": ["sku"],
            }
        },
    }


def test_what_a_model_gives_is_plain_with_defaults_and_typed_for_the_function():
    tool = Tool(refund)

    plain = tool.read('{"order": "o-1", "lines": [{"sku": "tea"}]}')

    assert plain == {"order": "o-1", "lines": [{"sku": "tea", "count": 1}], "reason": "late"}
    assert tool.typed(plain) == {"order": "o-1", "lines": [Line("tea")], "reason": "late"}


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ('{"order": "o-1"', "expected JSON"),
        ('{"order": "o-1"}', "lines"),
        ('{"order": 7, "lines": []}', r"\$\.order"),
        ('{"order": "o-1", "lines": [{"sku": "tea", "count": 0}]}', r"\$\.lines\[0\]\.count"),
        ('{"order": "o-1", "lines": [], "tx": 1}', "tx"),
        ('{"order": "o-1", "lines": [], "reason": "whim"}', "reason"),
    ],
)
def test_what_does_not_fit_the_signature_is_refused_with_its_place(arguments, fault):
    with pytest.raises(InvalidValue, match=fault):
        Tool(refund).read(arguments)


def test_no_arguments_at_all_are_an_empty_object():
    async def now() -> str:
        """Say what time it is."""
        return "noon"

    assert Tool(now).read("") == {}


async def silent(order: str) -> str:
    return order


async def untyped(order) -> str:
    """Do."""
    return order


async def many(*orders: str) -> str:
    """Do."""
    return orders[0]


async def with_tx(order: str, tx: Tx) -> str:
    """Do."""
    return order


def plain(order: str) -> str:
    """Do."""
    return order


@pytest.mark.parametrize(
    ("function", "fault"),
    [
        (silent, "docstring"),
        (untyped, "type for order"),
        (many, "with names"),
        (with_tx, "expected a def"),
        (plain, "last argument is tx"),
    ],
)
def test_a_function_that_can_be_no_tool_is_refused(function, fault):
    with pytest.raises(InvalidDeclaration, match=fault):
        Tool(function)


def test_a_tool_may_have_another_name_and_description():
    tool = Tool(silent, name="show-order", description="Show an order.")

    assert (tool.name, tool.description) == ("show-order", "Show an order.")
    with pytest.raises(InvalidDeclaration, match="letters, digits"):
        Tool(silent, name="show order", description="Show an order.")
