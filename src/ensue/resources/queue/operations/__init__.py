"""What can be done to a queue from outside."""

from __future__ import annotations

from typing import Annotated, Any, Literal, cast

import msgspec

from ensue.engine import pauses
from ensue.engine.deduplication import DEDUPLICATION_ID_LENGTH_MAX
from ensue.engine.pieces import PieceDetails
from ensue.engine.turns import PRIORITY_MAX, TENANT_LENGTH_MAX
from ensue.resources.queue.handle import Queue
from ensue.resources.queue.model import (
    GROUP_LENGTH_MAX,
    HELD_KEYS_MAX,
    HOLDER_LENGTH_MAX,
    LEASES_MAX,
    PEEK_MAX,
    RECEIVE_MAX,
    STANDING_MAX,
    HeldKey,
    LeaseInfo,
    Message,
    Received,
    SentMessage,
    StandingPage,
)
from ensue.resources.queue.operations import letters
from ensue.words.kinds import Kind, Operation
from ensue.words.units import TIME_MS_MAX
from ensue.words.values import Json

Group = Annotated[str, msgspec.Meta(min_length=1, max_length=GROUP_LENGTH_MAX)]
Once = Annotated[str, msgspec.Meta(min_length=1, max_length=DEDUPLICATION_ID_LENGTH_MAX)]
Tenant = Annotated[str, msgspec.Meta(min_length=1, max_length=TENANT_LENGTH_MAX)]
Holder = Annotated[str, msgspec.Meta(min_length=1, max_length=HOLDER_LENGTH_MAX)]


class Send(msgspec.Struct, forbid_unknown_fields=True):
    """A message to send."""

    body: Any
    delay: Annotated[float, msgspec.Meta(ge=0)] = 0
    due_ms: Annotated[int, msgspec.Meta(ge=0, le=TIME_MS_MAX)] | None = None
    group: Group | None = None
    attributes: dict[str, Any] = {}
    deduplication_id: Once | None = None
    priority: Annotated[int, msgspec.Meta(ge=0, le=PRIORITY_MAX)] = 0
    tenant: Tenant | None = None


class SendBatch(msgspec.Struct, forbid_unknown_fields=True):
    """Messages to send, each with what `send` takes; all of them or none with ``whole``."""

    messages: list[Any]
    whole: bool = False


class Withdraw(msgspec.Struct, forbid_unknown_fields=True):
    """Which message."""

    id: str


class Peek(msgspec.Struct, forbid_unknown_fields=True):
    """How many messages to look at."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=PEEK_MAX)] = 10


class Receive(msgspec.Struct, forbid_unknown_fields=True):
    """How many messages to receive, and for how long; times are in seconds."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=RECEIVE_MAX)] = 1
    wait: Annotated[
        float, msgspec.Meta(ge=0, le=20, description="How many seconds to wait for the first.")
    ] = 0
    visibility: Annotated[float, msgspec.Meta(ge=0.001, le=43_200)] = 30
    holder: Holder | None = None


class Settle(msgspec.Struct, forbid_unknown_fields=True):
    """The handles of what is done."""

    handles: list[str]


class Extend(msgspec.Struct, forbid_unknown_fields=True):
    """Which receive, and how many seconds from now its lease ends."""

    handle: str
    visibility: Annotated[float, msgspec.Meta(ge=0, le=43_200)]


class Purge(msgspec.Struct, forbid_unknown_fields=True):
    """Whether to say only how many messages would be forgotten."""

    preview: bool = False


State = Literal["in flight", "due", "later", "held"]


class OfState(msgspec.Struct, forbid_unknown_fields=True):
    """How the messages stand, how many, behind which."""

    state: Annotated[
        State, msgspec.Meta(description="in flight, due, later (delayed or retried), or held.")
    ] = "due"
    limit: Annotated[int, msgspec.Meta(ge=1, le=STANDING_MAX)] = 50
    after: str | None = None


class HeldKeys(msgspec.Struct, forbid_unknown_fields=True):
    """How many groups to show."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=HELD_KEYS_MAX)] = 50


class OfMessage(msgspec.Struct, forbid_unknown_fields=True):
    """Which message."""

    id: str


class Leases(msgspec.Struct, forbid_unknown_fields=True):
    """How many leases to show."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=LEASES_MAX)] = 100


async def _send(queue: Queue, given: Send) -> dict[str, Json]:
    sent = await queue.send(
        given.body,
        delay=given.delay,
        due_ms=given.due_ms,
        group=given.group,
        attributes=given.attributes,
        deduplication_id=given.deduplication_id,
        priority=given.priority,
        tenant=given.tenant,
    )
    return {"id": sent}


async def _send_batch(queue: Queue, given: SendBatch) -> dict[str, object]:
    messages = cast("list[SentMessage]", given.messages)
    answers = await queue.send_batch(messages, whole=given.whole)
    failed = [each for each in answers if not isinstance(each, str)]
    ids = [each if isinstance(each, str) else None for each in answers]
    return {"ids": ids, "failed": failed}


async def _withdraw(queue: Queue, given: Withdraw) -> dict[str, Json]:
    return {"withdrawn": await queue.withdraw(given.id)}


async def _peek(queue: Queue, given: Peek) -> list[Message]:
    return await queue.peek(given.limit)


async def _receive(queue: Queue, given: Receive) -> list[Received]:
    return await queue.receive(
        given.limit, wait=given.wait, visibility=given.visibility, holder=given.holder
    )


async def _settle(queue: Queue, given: Settle) -> dict[str, object]:
    failed = await queue.settle_batch(given.handles)
    return {"settled": len(given.handles) - len(failed), "failed": failed}


async def _extend(queue: Queue, given: Extend) -> dict[str, Json]:
    await queue.change_visibility(given.handle, given.visibility)
    return {"visibility": given.visibility}


async def _messages(queue: Queue, given: OfState) -> StandingPage:
    return await queue.standing(given.state, limit=given.limit, after=given.after)


async def _held(queue: Queue, given: HeldKeys) -> list[HeldKey]:
    return await queue.held(given.limit)


async def _message(queue: Queue, given: OfMessage) -> PieceDetails:
    return await queue.message(given.id)


async def _purge(queue: Queue, given: Purge) -> dict[str, Json]:
    if given.preview:
        return {"purges": (await queue.depth())["waiting"]}
    return {"purged": await queue.purge()}


async def _leases(queue: Queue, given: Leases) -> list[LeaseInfo]:
    return await queue.leases(given.limit)


async def _status(queue: Queue) -> dict[str, Json]:
    found = await queue.depth() | queue.paused()
    return {name: found[name] for name in found if found[name] or name not in {"delayed", "held"}}


KIND = Kind(
    name="queue",
    plural="queues",
    summary="Messages, each handled by one consumer, with a dead-letter queue.",
    aws="SQS",
    operations=(
        Operation("send", "Send a message.", Send, _send, writes=True),
        Operation(
            "send-batch", "Send messages in one transaction.", SendBatch, _send_batch, writes=True
        ),
        Operation("withdraw", "Take a message back that waits.", Withdraw, _withdraw, writes=True),
        Operation("peek", "Look at messages without receiving them.", Peek, _peek, writes=False),
        Operation("receive", "Receive messages by hand.", Receive, _receive, writes=True),
        Operation("settle", "Say that received messages are done.", Settle, _settle, writes=True),
        Operation(
            "extend",
            "Change how long nobody else receives a message; 0 gives it back.",
            Extend,
            _extend,
            writes=True,
        ),
        Operation(
            "leases", "Show what is in flight, and who has it.", Leases, _leases, writes=False
        ),
        Operation(
            "messages",
            "Show messages by how they stand: in flight, due, due later, held.",
            OfState,
            _messages,
            writes=False,
        ),
        Operation(
            "held",
            "Show which message groups are held up, and by what.",
            HeldKeys,
            _held,
            writes=False,
        ),
        Operation(
            "message",
            "Show a message: how it stands, and how it was tried.",
            OfMessage,
            _message,
            writes=False,
        ),
        Operation("purge", "Forget every message that waits.", Purge, _purge, writes=True),
        *letters.OPERATIONS,
        *pauses.OPERATIONS,
    ),
    status=_status,
    wiring=Queue.wiring,
)
