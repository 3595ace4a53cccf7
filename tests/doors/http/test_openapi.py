from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from ensue.catalog import KINDS
from tests.doors.http.sample import ask

METHODS = {"get", "post", "put", "patch", "delete"}
TYPES = {"string", "integer", "number", "boolean", "array", "object", "null"}


@pytest.fixture(scope="module")
def described(lasting_shop):
    return lasting_shop.get("/openapi.json").body


def operations(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in described["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def parts(value: object) -> Iterator[dict[str, Any]]:
    """Every object in a document."""
    if isinstance(value, dict):
        yield value
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inside:
        yield from parts(each)


def test_it_is_of_openapi_3_1(described):
    assert re.fullmatch(r"3\.1\.\d+", described["openapi"])
    assert set(described) <= {"openapi", "info", "paths", "components", "tags", "security"}
    assert {"title", "version"} <= set(described["info"])
    assert all(
        re.fullmatch(r"[A-Za-z0-9._-]+", name) for name in described["components"]["schemas"]
    )


def test_every_reference_leads_somewhere(described):
    found = [part["$ref"] for part in parts(described) if "$ref" in part]
    assert found
    for reference in found:
        assert reference.startswith("#/")
        at = described
        for step in reference[2:].split("/"):
            at = at[step.replace("~1", "/").replace("~0", "~")]
        assert isinstance(at, dict)


def test_operation_ids_are_unique_and_each_operation_has_responses(described):
    found = list(operations(described))
    ids = [operation["operationId"] for _, _, operation in found]
    assert len(set(ids)) == len(ids)
    tags = {tag["name"] for tag in described["tags"]}
    for _, method, operation in found:
        assert method in METHODS
        assert set(operation["tags"]) <= tags
        assert operation["responses"]
        for status, response in operation["responses"].items():
            assert status == "default" or re.fullmatch(r"[1-5]\d\d", status)
            assert "$ref" in response or response["description"]


def test_the_parameters_of_a_path_are_those_in_it(described):
    templates = [re.sub(r"\{[^}]*\}", "{}", path) for path in described["paths"]]
    assert len(set(templates)) == len(templates)
    for path, _, operation in operations(described):
        parameters = operation.get("parameters", [])
        assert len({(each["name"], each["in"]) for each in parameters}) == len(parameters)
        in_path = {each["name"] for each in parameters if each["in"] == "path"}
        assert in_path == set(re.findall(r"\{([^}]*)\}", path))
        for each in parameters:
            assert each["in"] in {"path", "query", "header"}
            assert each["required"] or each["in"] in {"query", "header"}
            assert isinstance(each.get("schema", each.get("content")), dict)


def test_schemas_use_the_types_of_json_schema(described):
    for part in parts(described["components"]["schemas"]):
        kind = part.get("type")
        if isinstance(kind, str) and "in" not in part:
            assert kind in TYPES


def test_gets_have_no_body_and_every_app_route_is_there(described):
    for _, method, operation in operations(described):
        assert method != "get" or "requestBody" not in operation
    assert {"/hello", "/orders", "/orders/{order}", "/search"} <= set(described["paths"])
    # Two names for one parameter are one path.
    assert set(described["paths"]["/orders/{order}"]) == {"get", "put", "delete"}


def test_words_come_from_docstrings_without_what_is_for_programmers(described):
    hello = described["paths"]["/hello"]["get"]
    assert (hello["summary"], hello["description"]) == ("Say hello.", "To whoever asks.")


def test_bounds_defaults_and_statuses_are_told(described):
    placed = described["paths"]["/orders"]["post"]
    assert placed["requestBody"]["required"]
    assert set(placed["responses"]) == {"201", "400", "409", "413", "415", "422", "default"}
    assert placed["responses"]["409"]["description"] == "there is one already"
    order = described["components"]["schemas"]["NewOrder"]
    assert order["properties"]["quantity"] == {"type": "integer", "minimum": 1, "maximum": 1_000}
    assert order["additionalProperties"] is False
    listed = described["paths"]["/customers/{customer}/orders"]["get"]
    limit = next(each for each in listed["parameters"] if each["name"] == "limit")
    assert (limit["schema"]["default"], limit["schema"]["maximum"]) == (10, 100)
    assert "204" in described["paths"]["/orders/{order}"]["delete"]["responses"]


def test_every_operation_of_the_catalog_is_in_it(described):
    for kind in KINDS.values():
        for operation in kind.operations:
            path = f"/_ensue/{kind.plural}/{{name}}/{operation.name}"
            is_asked = not (operation.writes or operation.private)
            assert ("get" in described["paths"][path]) is is_asked
            assert described["paths"][path]["post"]["requestBody"]


def test_the_key_is_told_where_there_is_one(lasting_shop, described):
    assert "security" not in described
    header = (b"x-api-key", b"k")
    locked = ask(lasting_shop, "GET", "/openapi.json", b"", [header], key="k").body
    schemes = set(locked["components"]["securitySchemes"])
    assert {name for each in locked["security"] for name in each} == schemes
    assert locked["paths"]["/_ensue/health"]["get"]["security"] == []
