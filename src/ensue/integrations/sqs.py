"""SQS: queues of ours, by the API of SQS.

A body that a definition gives as an object is one in the queue too, where SQS has the text of it.

Source: SQS API reference, SendMessage and SendMessageBatch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Final

from ensue.engine.transaction import Transaction
from ensue.integrations.answers import Wire
from ensue.integrations.faults import Fault, Wording, invalid
from ensue.integrations.message_attributes import checksum, parse_attributes
from ensue.integrations.names import ACCOUNT, REGION, Resources, last_part
from ensue.integrations.parameters import ANY, LIST, NUMBER, OBJECT, TEXT, Parameters
from ensue.integrations.service import Action, Asked, Service
from ensue.resources import queue as queue_kind
from ensue.resources.queue import Queue, SendOptions
from ensue.words import values
from ensue.words.errors import InvalidInput, LimitExceeded, TooLarge
from ensue.words.values import Json

BATCH_MAX = 10
_MESSAGE: Final = {
    "MessageGroupId": TEXT,
    "MessageDeduplicationId": TEXT,
    "DelaySeconds": NUMBER,
    "MessageAttributes": OBJECT,
}
_SEND: Final = Parameters(
    required={"QueueUrl": TEXT, "MessageBody": ANY},
    optional=_MESSAGE,
    lacking={"MessageSystemAttributes": "a message has the trace of the transaction that sent it"},
)
_SEND_BATCH: Final = Parameters(required={"QueueUrl": TEXT, "Entries": LIST})
_QUEUE_URL: Final = Parameters(
    required={"QueueName": TEXT}, optional={"QueueOwnerAWSAccountId": TEXT}
)


def send_message(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """Send a message to a queue."""
    given = asked.arguments
    queue = _queue(asked.resources, given.get("QueueUrl"), "QueueUrl")
    return _sent(tx, queue, given, md5="MD5")


def send_in_sdk(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """Send a message to a queue; the answer's names are those of the SDK."""
    given = asked.arguments
    queue = _queue(asked.resources, given.get("QueueUrl"), "QueueUrl")
    return _sent(tx, queue, given, md5="Md5")


def send_message_batch(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """Send up to ten messages to a queue; those that are refused are told, and not sent."""
    queue = _queue(asked.resources, asked.arguments.get("QueueUrl"), "QueueUrl")
    entries = asked.arguments.get("Entries")
    if not isinstance(entries, list) or not entries:
        raise Fault(
            "EmptyBatchRequest",
            "There should be at least one SendMessageBatchRequestEntry in the request.",
            wire="AWS.SimpleQueueService.EmptyBatchRequest",
        )
    if len(entries) > BATCH_MAX:
        raise Fault(
            "TooManyEntriesInBatchRequest",
            f"Maximum number of entries per request are {BATCH_MAX}. You have sent {len(entries)}.",
            wire="AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
        )
    successful: list[Json] = []
    failed: list[Json] = []
    seen: set[str] = set()
    for entry in entries:
        given = entry if isinstance(entry, dict) else {}
        name = given.get("Id")
        if not isinstance(name, str) or name in seen:
            raise Fault(
                "BatchEntryIdsNotDistinct",
                f"Id {values.shown(name)} repeated.",
                wire="AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
            )
        seen.add(name)
        try:
            sent = tx.whole(lambda given=given: _sent(tx, queue, given, md5="Md5"))  # type: ignore[misc]
        except Fault as fault:
            failed.append({
                "Id": name,
                "Code": fault.wire,
                "Message": fault.message,
                "SenderFault": True,
            })
        else:
            successful.append({"Id": name, **sent})
    answer: dict[str, Json] = {"Successful": successful}
    return answer | {"Failed": failed} if failed else answer


def get_queue_url(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """The URL by which definitions name a queue."""
    del tx
    queue = _queue(asked.resources, asked.arguments.get("QueueName"), "QueueName")
    return {"QueueUrl": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{queue.ref.name}"}


def _queue(resources: Resources, address: Json, what: str) -> Queue[Any]:
    if not isinstance(address, str) or not address:
        raise invalid(f"The request must contain the parameter {what}.", code="MissingParameter")
    found = resources.find("queue", last_part(address))
    if not isinstance(found, Queue):
        raise Fault(
            "QueueDoesNotExist",
            "The specified queue does not exist.",
            wire="AWS.SimpleQueueService.NonExistentQueue",
        )
    return found


def _sent(
    tx: Transaction, queue: Queue[Any], given: Mapping[str, Json], *, md5: str
) -> dict[str, Json]:
    body = given.get("MessageBody")
    if body is None or body == "":
        raise invalid(
            "The request must contain the parameter MessageBody.", code="MissingParameter"
        )
    attributes = parse_attributes(given.get("MessageAttributes"))
    text = body if isinstance(body, str) else values.encode(body)
    options: SendOptions = {}
    group, unique = given.get("MessageGroupId"), given.get("MessageDeduplicationId")
    delay = given.get("DelaySeconds")
    if group is not None:
        options["group"] = str(group)
    if unique is not None:
        options["deduplication_id"] = str(unique)
    if isinstance(delay, int | float):
        options["delay"] = float(delay)
    if attributes:
        options["attributes"] = {name: each.value for name, each in attributes.items()}
    message_id = _refusing(lambda: queue_kind.send(tx, queue.model, body, **options))
    answer: dict[str, Json] = {
        f"{md5}OfMessageBody": hashlib.md5(text.encode(), usedforsecurity=False).hexdigest(),
        "MessageId": message_id,
    }
    if attributes:
        answer[f"{md5}OfMessageAttributes"] = checksum(attributes)
    place = tx.facts.records.place(message_id)
    if group is not None and place is not None:
        answer["SequenceNumber"] = f"{place.sequence:020}"
    return answer


def _refusing(send: Callable[[], str]) -> str:
    try:
        return send()
    except TooLarge:
        raise invalid(
            f"One or more parameters are invalid. Reason: Message must be shorter than"
            f" {values.VALUE_BYTES_MAX} bytes.",
            code="InvalidParameterValue",
        ) from None
    except LimitExceeded as fault:
        raise Fault("RequestThrottled", str(fault), status=403) from None
    except InvalidInput as fault:
        raise invalid(str(fault), code="InvalidParameterValue") from None


SERVICES: Final = (
    Service(
        "sqs",
        "queue",
        {"sendMessage": Action("sendMessage", _SEND, send_message)},
        Wording("SQS", "AmazonSQS", "AmazonSQSException", is_optimised=True),
        Wire("application/x-amz-json-1.0"),
        addressed="QueueUrl",
    ),
    Service(
        "aws-sdk:sqs",
        "queue",
        {
            "sendMessage": Action("sendMessage", _SEND, send_in_sdk),
            "sendMessageBatch": Action("sendMessageBatch", _SEND_BATCH, send_message_batch),
            "getQueueUrl": Action("getQueueUrl", _QUEUE_URL, get_queue_url),
        },
        Wording("Sqs", "Sqs", "SqsException"),
        addressed="QueueUrl",
        lacking="receiving, which consumers do, and making queues: an app declares them",
    ),
)
