"""Queues by the API of SQS, topics by that of SNS, buses by that of EventBridge."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from tests.integrations.conftest import World

URL = "https://sqs.us-east-1.amazonaws.com/123456789012/payments"
TOPIC = "arn:aws:sns:us-east-1:123456789012:low-stock"


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def test_wi_11_a_message_is_sent_with_the_object_that_is_its_body(world: World) -> None:
    sent = world.do("sqs:sendMessage", {"QueueUrl": URL, "MessageBody": {"order": 7}})

    [message] = world.messages("payments")
    assert message.body == {"order": 7}
    assert message.id == sent["MessageId"]
    assert sent["MD5OfMessageBody"] == md5('{"order":7}')
    assert sent["SdkHttpMetadata"]["HttpStatusCode"] == 200
    assert list(sent["SdkHttpMetadata"]["AllHttpHeaders"]) == [
        "x-amzn-RequestId",
        "connection",
        "Content-Length",
        "Date",
        "Content-Type",
    ]


def test_a_message_carries_group_delay_and_attributes(world: World) -> None:
    sent = world.do(
        "sqs:sendMessage.waitForTaskToken",
        {
            "QueueUrl": "payments.fifo",
            "MessageBody": "a text",
            "MessageGroupId": "349",
            "MessageDeduplicationId": "once",
            "DelaySeconds": 5,
            "MessageAttributes": {
                "kind": {"DataType": "String", "StringValue": "refund"},
                "n": {"DataType": "Number", "StringValue": "7"},
                "raw": {"DataType": "Binary", "BinaryValue": "AP8="},
            },
        },
    )
    world.do(
        "sqs:sendMessage",
        {"QueueUrl": URL, "MessageBody": "again", "MessageDeduplicationId": "once"},
    )

    [message] = world.messages("payments")
    assert (message.body, message.group) == ("a text", "349")
    assert message.attributes == {"kind": "refund", "n": 7, "raw": b"\x00\xff"}
    assert sent["MD5OfMessageBody"] == md5("a text")
    assert len(sent["SequenceNumber"]) == 20


def test_the_checksum_of_attributes_is_that_of_sqs(world: World) -> None:
    sent = world.do(
        "sqs:sendMessage",
        {
            "QueueUrl": URL,
            "MessageBody": "x",
            "MessageAttributes": {"a": {"DataType": "String", "StringValue": "b"}},
        },
    )

    parts = b"\0\0\0\1a" + b"\0\0\0\6String" + b"\1" + b"\0\0\0\1b"
    assert sent["MD5OfMessageAttributes"] == hashlib.md5(parts, usedforsecurity=False).hexdigest()


@pytest.mark.parametrize(
    ("resource", "arguments", "error", "said"),
    [
        (
            "sqs:sendMessage",
            {"QueueUrl": "https://sqs/1/nowhere", "MessageBody": "x"},
            "SQS.QueueDoesNotExistException",
            (
                "The specified queue does not exist. (Service: AmazonSQS; Status Code: 400; Error"
                " Code: AWS.SimpleQueueService.NonExistentQueue; Request ID: "
            ),
        ),
        (
            "aws-sdk:sqs:sendMessage",
            {"QueueUrl": "nowhere", "MessageBody": "x"},
            "Sqs.QueueDoesNotExistException",
            "The specified queue does not exist. (Service: Sqs, Status Code: 400, Request ID: ",
        ),
        (
            "sqs:sendMessage",
            {"QueueUrl": URL, "MessageBody": None},
            "SQS.AmazonSQSException",
            "The request must contain the parameter MessageBody.",
        ),
        (
            "aws-sdk:sqs:sendMessage",
            {
                "QueueUrl": URL,
                "MessageBody": "x",
                "MessageAttributes": {"a": {"DataType": "Text", "StringValue": "b"}},
            },
            "Sqs.SqsException",
            "The message attribute 'a' has an invalid message attribute type",
        ),
        (
            "sqs:sendMessage",
            {"QueueUrl": URL, "Body": "x"},
            "States.Runtime",
            "The Parameters '",
        ),
        (
            "sns:publish",
            {"TopicArn": "arn:aws:sns:us-east-1:1:nowhere", "Message": "x"},
            "SNS.NotFoundException",
            "Topic does not exist (Service: AmazonSNS; Status Code: 404; Error Code: NotFound;",
        ),
        (
            "aws-sdk:sns:publish",
            {"TopicArn": "nowhere", "Message": "x"},
            "Sns.NotFoundException",
            "Topic does not exist (Service: Sns, Status Code: 404,",
        ),
        (
            "sns:publish",
            {"TopicArn": TOPIC, "Message": ""},
            "SNS.InvalidParameterException",
            "Invalid parameter: Empty message",
        ),
    ],
)
def test_each_refusal_has_the_name_that_aws_has_for_it(
    world: World, resource: str, arguments: Any, error: str, said: str
) -> None:
    fault = world.fault(resource, arguments)

    assert fault.error == error
    assert str(fault.cause).startswith(said)


def test_a_queue_that_is_full_throttles(world: World) -> None:
    world.do("sqs:sendMessage", {"QueueUrl": "few", "MessageBody": "x"})

    fault = world.fault("sqs:sendMessage", {"QueueUrl": "few", "MessageBody": "y"})

    assert fault.error == "SQS.RequestThrottledException"


def test_a_batch_says_what_was_sent_and_what_was_not(world: World) -> None:
    answer = world.do(
        "aws-sdk:sqs:sendMessageBatch",
        {
            "QueueUrl": URL,
            "Entries": [
                {"Id": "a", "MessageBody": "one"},
                {"Id": "b", "MessageBody": ""},
            ],
        },
    )

    assert [each["Id"] for each in answer["Successful"]] == ["a"]
    assert answer["Successful"][0]["Md5OfMessageBody"] == md5("one")
    assert [(each["Id"], each["Code"]) for each in answer["Failed"]] == [("b", "MissingParameter")]
    assert len(world.messages("payments")) == 1


def test_the_url_of_a_queue_names_it(world: World) -> None:
    url = world.do("aws-sdk:sqs:getQueueUrl", {"QueueName": "payments"})["QueueUrl"]

    world.do("sqs:sendMessage", {"QueueUrl": url, "MessageBody": "x"})

    assert len(world.messages("payments")) == 1


def test_wi_13_a_topic_gets_the_message_with_its_subject(world: World) -> None:
    answer = world.do(
        "sns:publish",
        {
            "TopicArn": TOPIC,
            "Message": {"model": "LX"},
            "Subject": "Low stock",
            "MessageAttributes": {"left": {"DataType": "Number", "StringValue": "3"}},
        },
    )

    [message] = world.messages("alerts")
    assert message.body == {"model": "LX"}
    assert message.attributes == {"left": 3, "Subject": "Low stock"}
    assert answer["MessageId"]
    assert answer["SdkHttpMetadata"]["HttpHeaders"]["Content-Type"] == "text/xml"


def test_a_message_for_each_protocol_is_the_one_for_all(world: World) -> None:
    said = json.dumps({"default": "for all", "email": "for mail"})

    world.do("sns:publish", {"TopicArn": TOPIC, "Message": said, "MessageStructure": "json"})

    assert [each.body for each in world.messages("alerts")] == ["for all"]


def test_a_batch_of_publications_says_what_was_refused(world: World) -> None:
    answer = world.do(
        "aws-sdk:sns:publishBatch",
        {
            "TopicArn": TOPIC,
            "PublishBatchRequestEntries": [{"Id": "a", "Message": "x"}, {"Id": "b"}],
        },
    )

    assert [each["Id"] for each in answer["Successful"]] == ["a"]
    assert [(each["Id"], each["Code"]) for each in answer["Failed"]] == [("b", "InvalidParameter")]


ENTRY = {"Source": "shop", "DetailType": "OrderPaid", "EventBusName": "events"}


def test_events_are_put_with_the_execution_among_their_resources(world: World) -> None:
    answer = world.do(
        "events:putEvents",
        {
            "Entries": [
                ENTRY | {"Detail": {"id": 1}, "Resources": ["order/1"]},
                ENTRY | {"Detail": '{"id": 2}'},
            ]
        },
    )

    first, second = [each.body for each in world.messages("seen")]
    assert answer["FailedEntryCount"] == 0
    assert [each["EventId"] for each in answer["Entries"]] == [first["id"], second["id"]]
    assert first["resources"] == [
        "order/1",
        "arn:aws:states:us-east-1:000000000000:stateMachine:checkout",
        "arn:aws:states:us-east-1:000000000000:execution:checkout:one",
    ]
    assert (first["detail"], second["detail"]) == ({"id": 1}, {"id": 2})


def test_one_refused_entry_fails_the_task_and_no_event_stays(world: World) -> None:
    entries = [ENTRY | {"Detail": {"id": 1}}, ENTRY | {"Detail": "no json"}]

    fault = world.fault("events:putEvents", {"Entries": entries})

    assert fault.error == "EventBridge.FailedEntry"
    answer = json.loads(str(fault.cause))
    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][1]["ErrorCode"] == "MalformedDetail"
    assert world.messages("seen") == []


def test_the_sdk_integration_tells_of_refused_entries_in_its_answer(world: World) -> None:
    answer = world.do(
        "aws-sdk:eventbridge:putEvents",
        {
            "Entries": [
                ENTRY | {"Detail": "{}"},
                ENTRY | {"Detail": "{}", "EventBusName": "nowhere"},
                ENTRY,
            ]
        },
    )

    assert [each.get("ErrorCode") for each in answer["Entries"]] == [
        None,
        "ResourceNotFoundException",
        "InvalidArgument",
    ]
    [event] = [each.body for each in world.messages("seen")]
    assert event["resources"] == []


def test_an_entry_without_a_bus_is_for_the_only_one(world: World) -> None:
    entry = {"Source": "shop", "DetailType": "x", "Detail": {}}

    world.do("events:putEvents", {"Entries": [entry, entry | {"EventBusName": "default"}]})

    assert len(world.messages("seen")) == 2
