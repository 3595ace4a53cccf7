"""The description of each app is valid OpenAPI 3.1, and says what a reader wants to know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis

from ensue.testing import running
from tests.apps.found import FOLDERS, app_of

HOUSE = "/_ensue"


@pytest.fixture(params=FOLDERS, scope="module")
def described(request) -> dict[str, Any]:
    """The description of an app that runs alone."""
    with running(app_of(request.param)) as t:
        return t.get("/openapi.json").body


def operations(described: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The operations of the app itself."""
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            if not path.startswith(HOUSE):
                yield f"{method.upper()} {path}", operation


def test_it_is_valid_openapi(described):
    schemathesis.openapi.from_dict(described).validate()


def test_each_operation_says_in_a_sentence_what_it_does(described):
    silent = [name for name, each in operations(described) if not each.get("summary")]
    assert silent == []


def test_each_body_and_each_answer_has_a_media_type(described):
    for name, operation in operations(described):
        assert "requestBody" not in operation or operation["requestBody"]["content"], name
        for status, response in operation["responses"].items():
            has_body = "content" in response or "$ref" in response
            assert has_body or int(status) < 400, f"{name}: {status}"


def test_each_error_is_described_with_an_example(described):
    for name, response in described["components"]["responses"].items():
        assert response["content"]["application/json"]["example"], name
