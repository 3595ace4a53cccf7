"""What a task calls, from its text."""

from __future__ import annotations

import pytest

from ensue.languages.states.resource_names import TaskResource, parse_resource
from ensue.words.errors import InvalidValue

FUNCTION = "arn:aws:lambda:eu-west-1:111111111111:function:reserve"


@pytest.mark.parametrize(
    ("text", "service", "action", "mode"),
    [
        ("arn:aws:states:::dynamodb:updateItem", "dynamodb", "updateItem", "request-response"),
        (
            "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "sqs",
            "sendMessage",
            "wait-for-task-token",
        ),
        ("arn:aws:states:::states:startExecution.sync", "states", "startExecution", "sync"),
        ("arn:aws:states:::states:startExecution.sync:2", "states", "startExecution", "sync:2"),
        ("arn:aws:states:::aws-sdk:s3:getObject", "aws-sdk:s3", "getObject", "request-response"),
        ("arn:aws:states:::http:invoke", "http", "invoke", "request-response"),
        ("arn:aws:states:::lambda:invoke", "lambda", "invoke", "request-response"),
        ("arn:aws-cn:states:::sns:publish", "sns", "publish", "request-response"),
        (
            "arn:aws:states:::apigateway:invoke.waitForTaskToken",
            "apigateway",
            "invoke",
            "wait-for-task-token",
        ),
        ("ensue:queue:payments", "ensue", "queue:payments", "request-response"),
        ("ensue:workflow:ship.sync", "ensue", "workflow:ship", "sync"),
        ("ensue:queue:review.waitForTaskToken", "ensue", "queue:review", "wait-for-task-token"),
    ],
)
def test_a_resource_is_a_service_an_action_and_a_mode(text, service, action, mode):
    assert parse_resource(text) == TaskResource(text, service, action, mode)


def test_a_function_is_named_by_its_arn_with_or_without_a_version():
    assert parse_resource(FUNCTION) == TaskResource(FUNCTION, "lambda", "reserve")
    assert parse_resource(f"{FUNCTION}:live").version == "live"
    assert parse_resource(FUNCTION).is_function
    assert not parse_resource("arn:aws:states:::lambda:invoke").is_function


def test_an_activity_is_named_by_its_arn_and_ended_by_its_token():
    found = parse_resource("arn:aws:states:eu-west-1:111111111111:activity:review")

    assert (found.service, found.action) == ("activity", "review")
    assert found.wants_token


def test_a_resource_of_ours_has_a_kind_and_a_name_that_may_name_its_app():
    found = parse_resource("ensue:workflow:shop/ship.sync")

    assert (found.kind, found.name, found.mode) == ("workflow", "shop/ship", "sync")


@pytest.mark.parametrize(
    ("text", "kind", "resource"),
    [
        (
            "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "sqs",
            "sendMessage.waitForTaskToken",
        ),
        ("arn:aws:states:::aws-sdk:s3:listObjects", "aws-sdk:s3", "listObjects"),
        ("arn:aws:states:::states:startExecution.sync:2", "states", "startExecution.sync:2"),
        ("ensue:queue:payments", "ensue", "queue:payments"),
    ],
)
def test_history_names_the_service_and_the_action_with_its_mode(text, kind, resource):
    found = parse_resource(text)

    assert (found.resource_type, found.resource) == (kind, resource)


@pytest.mark.parametrize("text", ["", "reserve", "arn:aws:sqs:eu-west-1:1:q", "ensue:queue", 7])
def test_a_text_that_names_no_resource_is_refused(text):
    with pytest.raises(InvalidValue, match="expected the name of a resource"):
        parse_resource(text)
