"""What can be done to an activity from outside: how workers get their tasks and answer them."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ensue.resources.activity.handle import Activity
from ensue.resources.activity.model import PEEK_MAX, WAIT_MS_MAX, WORKER_LENGTH_MAX
from ensue.words.kinds import Operation
from ensue.words.values import Json

_WORKER = msgspec.Meta(
    min_length=1,
    max_length=WORKER_LENGTH_MAX,
    description="What the worker calls itself, for the history.",
)
_WAIT = msgspec.Meta(
    ge=0, le=WAIT_MS_MAX, description="How many milliseconds to wait for a task at most."
)
_TOKEN = msgspec.Meta(min_length=1, max_length=2_048, description="The task's token.")
_OUTPUT = msgspec.Meta(description="The result of the task, a JSON value.")
_ERROR = msgspec.Meta(description="The name of the error, by which retriers and catchers choose.")
_CAUSE = msgspec.Meta(description="What happened, for people.")
_LIMIT = msgspec.Meta(ge=1, le=PEEK_MAX, description="How many at most.")
Token = Annotated[str, _TOKEN]


class Take(msgspec.Struct, forbid_unknown_fields=True):
    """Who takes a task, and how long it waits for one."""

    worker: Annotated[str, _WORKER] | None = None
    wait_ms: Annotated[int, _WAIT] = 0


class Succeed(msgspec.Struct, forbid_unknown_fields=True):
    """Which task is done, and its output."""

    token: Token
    output: Annotated[Any, _OUTPUT] = None


class Fail(msgspec.Struct, forbid_unknown_fields=True):
    """Which task could not be done, and why."""

    token: Token
    error: Annotated[str | None, _ERROR] = None
    cause: Annotated[str | None, _CAUSE] = None


class Heartbeat(msgspec.Struct, forbid_unknown_fields=True):
    """Which task somebody is still at."""

    token: Token


class Peek(msgspec.Struct, forbid_unknown_fields=True):
    """How many tasks to look at."""

    limit: Annotated[int, _LIMIT] = 10


async def _take(activity: Activity, given: Take) -> dict[str, Json]:
    task = await activity.take(worker=given.worker, wait=given.wait_ms / 1_000)
    return {} if task is None else {"token": task.token, "input": task.input}


async def _succeed(activity: Activity, given: Succeed) -> dict[str, Json]:
    await activity.succeed(given.token, given.output)
    return {}


async def _fail(activity: Activity, given: Fail) -> dict[str, Json]:
    await activity.fail(given.token, given.error, given.cause)
    return {}


async def _heartbeat(activity: Activity, given: Heartbeat) -> dict[str, Json]:
    await activity.heartbeat(given.token)
    return {}


async def _peek(activity: Activity, given: Peek) -> dict[str, Json]:
    found = await activity.peek(given.limit)
    return {"tasks": [{"input": each.input, "since_ms": each.since_ms} for each in found]}


OPERATIONS = (
    Operation("take", "Take the task that has waited longest.", Take, _take, writes=True),
    Operation("succeed", "Say that a task is done.", Succeed, _succeed, writes=True),
    Operation("fail", "Say that a task could not be done.", Fail, _fail, writes=True),
    Operation("heartbeat", "Say that one is still at a task.", Heartbeat, _heartbeat, writes=True),
    Operation("peek", "Look at the tasks that nobody has taken yet.", Peek, _peek, writes=False),
)
