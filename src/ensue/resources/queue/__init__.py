"""The queue: work that waits for one consumer."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ensue.resources.queue.handle import Queue
from ensue.resources.queue.model import Message
from ensue.resources.queue.store import redrive, send
from ensue.words.kinds import Kind, Operation
from ensue.words.values import Json

__all__ = ["KIND", "Message", "Queue", "redrive", "send"]


class Send(msgspec.Struct, forbid_unknown_fields=True):
    """A message to send."""

    body: Any
    delay: Annotated[float, msgspec.Meta(ge=0)] = 0
    group: Annotated[str, msgspec.Meta(min_length=1, max_length=128)] | None = None
    attributes: dict[str, Any] = {}


class Peek(msgspec.Struct, forbid_unknown_fields=True):
    """How many messages to look at."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 10


class Redrive(msgspec.Struct, forbid_unknown_fields=True):
    """How many messages to move."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 10_000


async def _send(queue: Queue, given: Send) -> dict[str, Json]:
    sent = await queue.send(
        given.body, delay=given.delay, group=given.group, attributes=given.attributes
    )
    return {"id": sent}


async def _peek(queue: Queue, given: Peek) -> list[Message]:
    return await queue.peek(given.limit)


async def _redrive(queue: Queue, given: Redrive) -> dict[str, Json]:
    return {"moved": await queue.redrive(given.limit)}


async def _status(queue: Queue) -> dict[str, Json]:
    return await queue.depth()


KIND = Kind(
    name="queue",
    plural="queues",
    summary="Messages, each handled by one consumer, with a dead-letter queue.",
    aws="SQS",
    operations=(
        Operation("send", "Send a message.", Send, _send, writes=True),
        Operation("peek", "Look at messages without receiving them.", Peek, _peek, writes=False),
        Operation(
            "redrive",
            "Move a dead-letter queue's messages back to where they came from.",
            Redrive,
            _redrive,
            writes=True,
        ),
    ),
    status=_status,
)
