"""Functions by the API of Lambda, and by their ARNs."""

from __future__ import annotations

import json

import pytest

from tests.integrations.conftest import World

RESERVE = "arn:aws:lambda:us-east-1:123456789012:function:reserve"
CHARGE = "arn:aws:lambda:us-east-1:123456789012:function:charge:live"


@pytest.mark.parametrize("name", ["reserve", RESERVE, f"{RESERVE}:$LATEST", "1:function:reserve"])
def test_a_function_is_invoked_by_any_form_of_its_name(world: World, name: str) -> None:
    answer = world.do("lambda:invoke", {"FunctionName": name, "Payload": {"n": 1}})

    assert answer["Payload"] == {"reserved": {"n": 1}}
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert answer["SdkHttpMetadata"]["HttpStatusCode"] == 200


def test_a_function_named_by_its_arn_answers_as_it_is(world: World) -> None:
    assert world.do(RESERVE, {"n": 1}) == {"reserved": {"n": 1}}
    assert world.do(CHARGE, {"n": 2}) == {"charged": {"n": 2}}


def test_a_def_is_inside_and_an_async_def_outside(world: World) -> None:
    assert world.is_inside(RESERVE)
    assert not world.is_inside(CHARGE)
    assert world.is_inside("lambda:invoke", {"FunctionName": "reserve"})
    assert not world.is_inside("lambda:invoke", {"FunctionName": CHARGE})


@pytest.mark.parametrize("name", ["reserve", "charge"])
def test_what_a_function_raises_is_told_as_lambda_does(world: World, name: str) -> None:
    asked = {"FunctionName": name, "Payload": {"declined": True}}

    fault = world.fault("lambda:invoke", asked)

    assert fault.error == "CardDeclined"
    cause = json.loads(str(fault.cause))
    assert (cause["errorMessage"], cause["errorType"]) == ("no money", "CardDeclined")
    assert f"in {name}" in cause["stackTrace"][-1]


def test_a_function_that_raises_leaves_nothing_of_what_it_did(world: World) -> None:
    world.fault(RESERVE, {"declined": True})
    assert world.item("stock", "LX") is None

    world.do(RESERVE, {})
    assert world.item("stock", "LX") == {"model": "LX", "quantity": 1}


def test_an_invocation_as_an_event_is_work_of_the_function(world: World) -> None:
    asked = {"FunctionName": "charge", "InvocationType": "Event", "Payload": {"n": 1}}

    assert world.is_inside("lambda:invoke", asked)
    assert world.do("lambda:invoke", asked)["StatusCode"] == 202


def test_the_payload_of_the_sdk_integration_is_a_text(world: World) -> None:
    answer = world.do("aws-sdk:lambda:invoke", {"FunctionName": "reserve", "Payload": '{"n": 1}'})

    assert answer == {
        "ExecutedVersion": "$LATEST",
        "Payload": '{"reserved":{"n":1}}',
        "StatusCode": 200,
    }


def test_a_function_that_is_not_there_is_an_error_of_lambda(world: World) -> None:
    fault = world.fault("lambda:invoke", {"FunctionName": "nobody"})

    assert fault.error == "Lambda.ResourceNotFoundException"
    assert str(fault.cause).startswith(
        "Function not found: arn:aws:lambda:us-east-1:000000000000:function:nobody (Service:"
        " AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException;"
    )
