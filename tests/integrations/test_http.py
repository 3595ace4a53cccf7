"""Requests of a task's own, under the connection of a destination."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integrations.conftest import World

CONNECTION = "arn:aws:events:us-east-2:123456789012:connection/Bank/81210c42-8af1-456b-9c4a"
ASKED = {
    "ApiEndpoint": "https://bank.example/v1/customers",
    "Method": "POST",
    "Authentication": {"ConnectionArn": CONNECTION},
}


def test_a_request_is_sent_under_the_connection_and_answered(world: World) -> None:
    answer = world.do(
        "http:invoke",
        ASKED
        | {
            "Headers": {"X-Trace": "t1"},
            "QueryParameters": {"a": "b c", "many": [1, 2]},
            "RequestBody": {"n": 1},
        },
        key="key-7",
    )

    [request] = world.requests
    assert str(request.url) == "https://bank.example/v1/customers?a=b%20c&many=1&many=2"
    assert request.content == b'{"n":1}'
    assert request.headers["x-api-key"] == "s3cret-key"
    assert request.headers["idempotency-key"] == "key-7"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["x-trace"] == "t1"
    assert (answer["StatusCode"], answer["StatusText"]) == (200, "OK")
    assert answer["Headers"]["content-type"] == ["application/json"]


def test_a_secret_that_comes_back_is_hidden(world: World) -> None:
    answer = world.do("http:invoke", ASKED)

    assert answer["ResponseBody"] == {"paid": True, "key": "***"}
    assert "s3cret-key" not in str(answer)


def test_a_body_is_sent_as_a_form_where_that_is_asked_for(world: World) -> None:
    world.do(
        "http:invoke",
        ASKED
        | {
            "RequestBody": {"a": [1, 2], "b": {"c": "d e"}},
            "Transform": {
                "RequestBodyEncoding": "URL_ENCODED",
                "RequestEncodingOptions": {"ArrayFormat": "REPEAT"},
            },
        },
    )

    [request] = world.requests
    assert request.content == b"a=1&a=2&b%5Bc%5D=d%20e"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"QueryParameters": {"status": "503"}}, "States.Http.StatusCode.503"),
        ({"QueryParameters": {"status": "404"}}, "States.Http.StatusCode.404"),
        (
            {"Authentication": {"ConnectionArn": "arn:aws:events:r:a:connection/None/1"}},
            "Events.ConnectionResource.ResourceNotFound",
        ),
        ({"Authentication": None}, "States.Runtime"),
        ({"Method": "BREW"}, "States.Runtime"),
        ({"Headers": {"Authorization": "mine"}}, "States.Runtime"),
        ({"ApiEndpoint": "ftp://bank.example"}, "States.Runtime"),
    ],
)
def test_each_failure_has_the_name_that_step_functions_has_for_it(
    world: World, more: Any, error: str
) -> None:
    assert world.fault("http:invoke", ASKED | more).error == error


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/v1", "http://bank.example/v1", "https://bank.example:444/v1"],
)
def test_a_secret_is_shown_to_its_own_destination_only(world: World, url: str) -> None:
    fault = world.fault("http:invoke", ASKED | {"ApiEndpoint": url})

    assert fault.error == "Events.ConnectionResource.AccessDenied"
    assert world.requests == []


def test_no_answer_is_an_error_of_the_socket(world: World) -> None:
    world.refuses = True

    assert world.fault("http:invoke", ASKED).error == "States.Http.Socket"
