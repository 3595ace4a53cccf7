"""What can be done to a destination from outside."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ensue.engine import pauses
from ensue.resources.destination.handle import Destination
from ensue.resources.destination.model import PEEK_MAX, Waiting
from ensue.resources.destination.store import GROUP_LENGTH_MAX
from ensue.words.kinds import Operation
from ensue.words.values import Json

Group = Annotated[str, msgspec.Meta(min_length=1, max_length=GROUP_LENGTH_MAX)]


class Send(msgspec.Struct, forbid_unknown_fields=True):
    """What to send, and when."""

    body: Any
    delay: Annotated[float, msgspec.Meta(ge=0)] = 0
    group: Group | None = None


class Call(msgspec.Struct, forbid_unknown_fields=True):
    """What to send."""

    body: Any


class Peek(msgspec.Struct, forbid_unknown_fields=True):
    """How many deliveries to look at."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=PEEK_MAX)] = 10


async def _send(destination: Destination, given: Send) -> dict[str, Json]:
    sent = await destination.send(given.body, delay=given.delay, group=given.group)
    return {"id": sent}


async def _call(destination: Destination, given: Call) -> Json:
    return await destination.call(given.body)


async def _peek(destination: Destination, given: Peek) -> list[Waiting]:
    return await destination.peek(given.limit)


OPERATIONS = (
    Operation("send", "Send a body, with retries.", Send, _send, writes=True),
    Operation("call", "Send a body now, once, and show the answer.", Call, _call, writes=True),
    Operation("peek", "Look at what is not answered yet.", Peek, _peek, writes=False),
    *pauses.OPERATIONS,
)
