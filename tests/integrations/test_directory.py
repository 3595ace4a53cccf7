"""How what a task names is found, and what is said of what is not there."""

from __future__ import annotations

from typing import Any

import pytest

from ensue.integrations import SERVICES
from ensue.integrations.names import folded, last_part
from ensue.languages.states.resource_names import parse_resource
from ensue.words.errors import NotFound
from tests.integrations.conftest import World


@pytest.mark.parametrize(
    ("resource", "said"),
    [
        ("dynamo:putItem", "no integration called dynamo, at "),
        ("dynamodb:putItems", "no action of dynamodb called putItems"),
        ("dynamodb:query", "no action of dynamodb called query"),
        ("aws-sdk:s3:getObjects", "no action of aws-sdk:s3 called getObjects"),
        ("dynamodb:putItem.waitForTaskToken", "no dynamodb:putItem.waitForTaskToken"),
        ("sqs:sendMessage.sync", "no sqs:sendMessage.sync"),
        ("arn:aws:lambda:us-east-1:1:function:reserv", "no function reserv"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(world: World, resource: str, said: str) -> None:
    text = resource if resource.startswith("arn:") else f"arn:aws:states:::{resource}"

    with pytest.raises(NotFound) as caught:
        world.integrations.find(parse_resource(text))

    assert said.partition(", at ")[0] in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("resource", "state", "faults"),
    [
        (
            "sqs:sendMessage",
            {"Parameters": {"QueueUrl": "payments", "MessageBody.$": "$.body"}},
            [],
        ),
        (
            "sqs:sendMessage",
            {"Arguments": {"QueueUrl": "{% $url %}", "MessageBody": "{% $states.input %}"}},
            [],
        ),
        ("sqs:sendMessage", {"Arguments": "{% $states.input %}"}, []),
        (
            "sqs:sendMessage",
            {"Parameters": {"QueueUrl": "https://sqs/1/payment", "MessagBody": "x"}},
            [
                ("Parameters/MessageBody", "The field 'MessageBody' is required but was missing"),
                (
                    "Parameters/MessagBody",
                    (
                        "The field 'MessagBody' is not supported by Step Functions. Did you mean"
                        " 'MessageBody'?"
                    ),
                ),
                (
                    "Parameters/QueueUrl",
                    "there is no queue https://sqs/1/payment; did you mean payments?",
                ),
            ],
        ),
        (
            "dynamodb:getItem",
            {"Parameters": {"TableName": 7, "AttributesToGet": [], "Key.$": "$.key"}},
            [
                (
                    "Parameters/AttributesToGet",
                    (
                        "The field 'AttributesToGet' is not supported: it is of DynamoDB's API"
                        " before expressions; write an expression"
                    ),
                ),
                ("Parameters/TableName", "The value for the field 'TableName' must be a STRING"),
            ],
        ),
        ("lambda:invoke", {"Parameters": {"FunctionName": "reserve", "Payload.$": "$"}}, []),
        (
            "states:startExecution",
            {"Arguments": {"StateMachineArn": "arn:aws:states:us-east-1:1:stateMachine:ship"}},
            [
                (
                    "Arguments/StateMachineArn",
                    "there is no workflow arn:aws:states:us-east-1:1:stateMachine:ship",
                )
            ],
        ),
    ],
)
def test_the_faults_of_a_task_are_told_before_it_runs(
    world: World, resource: str, state: Any, faults: Any
) -> None:
    found = world.integrations.faults(parse_resource(f"arn:aws:states:::{resource}"), state)

    assert list(found) == faults


@pytest.mark.parametrize("service", SERVICES.values(), ids=lambda service: service.name)
def test_every_action_is_inside_or_outside_and_takes_what_it_says(service: Any) -> None:
    for name, action in service.actions.items():
        assert name == action.name
        assert action.inside or action.outside
        parameters = action.parameters
        kinds = [
            set(parameters.required),
            set(parameters.optional),
            set(parameters.passed_over),
            set(parameters.lacking),
        ]
        assert sum(map(len, kinds)) == len(set().union(*kinds))


def test_an_address_ends_with_the_name_of_a_resource() -> None:
    assert last_part("https://sqs.us-east-1.amazonaws.com/1/orders") == "orders"
    assert last_part("arn:aws:sns:us-east-1:1:low-stock") == "low-stock"
    assert last_part("orders") == "orders"
    assert folded("CustomerPaymentSession") == folded("customer-payment-session")
    assert folded("orders.fifo") == "orders"


def test_what_comes_before_an_error_stays_and_what_fails_leaves_nothing(world: World) -> None:
    item = {"TableName": "stock", "Item": {"model": {"S": "LX"}}}
    world.do("dynamodb:putItem", item)

    world.fault(
        "aws-sdk:dynamodb:batchWriteItem",
        {
            "RequestItems": {
                "stock": [
                    {"PutRequest": {"Item": {"model": {"S": "GT"}}}},
                    {"PutRequest": {"Item": {"no key": {"S": "x"}}}},
                ]
            }
        },
    )

    assert world.item("stock", "LX") == {"model": "LX"}
    assert world.item("stock", "GT") is None
