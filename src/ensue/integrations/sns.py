"""SNS: topics of ours, by the API of SNS.

A message that a definition gives as an object is one for the subscribers too, where SNS has the
text of it. The subject travels as the attribute ``Subject``.

Source: SNS API reference, Publish and PublishBatch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from ensue.engine.transaction import Transaction
from ensue.integrations.answers import Wire
from ensue.integrations.faults import NOT_FOUND, Fault, Wording
from ensue.integrations.message_attributes import parse_attributes
from ensue.integrations.names import Resources, last_part
from ensue.integrations.parameters import ANY, LIST, OBJECT, TEXT, Parameters
from ensue.integrations.service import Action, Asked, Service
from ensue.resources import topic as topic_kind
from ensue.resources.topic import Topic
from ensue.words.errors import InvalidInput, LimitExceeded, TooLarge
from ensue.words.values import Json

SUBJECT: Final = "Subject"
XML_BYTES: Final = 222  # a PublishResponse without its two ids
BATCH_MAX = 10

_PUBLISH: Final = Parameters(
    required={"Message": ANY},
    optional={
        "TopicArn": TEXT,
        "TargetArn": TEXT,
        "Subject": TEXT,
        "MessageStructure": TEXT,
        "MessageAttributes": OBJECT,
        "MessageGroupId": TEXT,
        "MessageDeduplicationId": TEXT,
    },
    lacking={"PhoneNumber": "no text messages are sent; publish to a topic"},
)
_PUBLISH_BATCH: Final = Parameters(required={"TopicArn": TEXT, "PublishBatchRequestEntries": LIST})


def publish(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """Publish a message to a topic: every subscriber that wants it gets it, or nobody."""
    given = asked.arguments
    topic = _topic(asked.resources, given.get("TopicArn") or given.get("TargetArn"))
    return _published(tx, topic, given)


def publish_batch(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """Publish up to ten messages; those that are refused are told, and not published."""
    topic = _topic(asked.resources, asked.arguments.get("TopicArn"))
    entries = asked.arguments.get("PublishBatchRequestEntries")
    if not isinstance(entries, list) or not entries:
        raise Fault("EmptyBatchRequest", "The batch request doesn't contain any entries.")
    if len(entries) > BATCH_MAX:
        raise Fault(
            "TooManyEntriesInBatchRequest",
            "The batch request contains more entries than permissible.",
        )
    successful: list[Json] = []
    failed: list[Json] = []
    for entry in entries:
        given = entry if isinstance(entry, dict) else {}
        try:
            sent = tx.whole(lambda given=given: _published(tx, topic, given))  # type: ignore[misc]
        except Fault as fault:
            failed.append({
                "Id": given.get("Id"),
                "Code": fault.wire,
                "Message": fault.message,
                "SenderFault": True,
            })
        else:
            successful.append({"Id": given.get("Id"), **sent})
    return {"Failed": failed, "Successful": successful}


def _topic(resources: Resources, address: Json) -> Topic:
    if not isinstance(address, str) or not address:
        raise Fault("InvalidParameter", "Invalid parameter: TopicArn or TargetArn Reason: no value")
    found = resources.find("topic", last_part(address))
    if not isinstance(found, Topic):
        raise Fault("NotFound", "Topic does not exist", status=NOT_FOUND)
    return found


def _published(tx: Transaction, topic: Topic, given: Mapping[str, Json]) -> dict[str, Json]:
    message = given.get("Message")
    if message is None or message == "":
        raise Fault("InvalidParameter", "Invalid parameter: Empty message")
    if given.get("MessageStructure") == "json":
        message = _default_of(message)
    attributes: dict[str, Json] = {
        name: each.value for name, each in parse_attributes(given.get("MessageAttributes")).items()
    }
    if SUBJECT in given:
        attributes[SUBJECT] = given[SUBJECT]
    group, unique = given.get("MessageGroupId"), given.get("MessageDeduplicationId")
    try:
        message_id = topic_kind.publish(
            tx,
            topic.model,
            topic.subscriptions,
            message,
            attributes=attributes,
            group=None if group is None else str(group),
            deduplication_id=None if unique is None else str(unique),
        )
    except TooLarge:
        raise Fault("InvalidParameter", "Invalid parameter: Message too long") from None
    except LimitExceeded as fault:
        raise Fault("Throttled", str(fault), status=429) from None
    except InvalidInput as fault:
        raise Fault("InvalidParameter", f"Invalid parameter: {fault}") from None
    place = tx.facts.records.place(message_id)
    answer: dict[str, Json] = {"MessageId": message_id}
    if group is not None and place is not None:
        answer["SequenceNumber"] = f"{place.sequence:020}"
    return answer


def _default_of(message: Json) -> Json:
    """The message for all protocols, of one that says a message for each."""
    said = message
    if isinstance(message, str):
        try:
            said = msgspec.json.decode(message)
        except (msgspec.DecodeError, RecursionError):
            said = None
    if not isinstance(said, dict) or "default" not in said:
        raise Fault(
            "InvalidParameter",
            "Invalid parameter: Message Structure - No default entry in JSON message body",
        )
    return said["default"]


SERVICES: Final = (
    Service(
        "sns",
        "topic",
        {"publish": Action("publish", _PUBLISH, publish)},
        Wording("SNS", "AmazonSNS", "AmazonSNSException", is_optimised=True),
        Wire("text/xml", envelope=XML_BYTES),
        addressed="TopicArn",
        lacking="text messages, and a message of its own for each protocol",
    ),
    Service(
        "aws-sdk:sns",
        "topic",
        {
            "publish": Action("publish", _PUBLISH, publish),
            "publishBatch": Action("publishBatch", _PUBLISH_BATCH, publish_batch),
        },
        Wording("Sns", "Sns", "SnsException"),
        addressed="TopicArn",
        lacking="subscribing, and making topics: an app declares them",
    ),
)
