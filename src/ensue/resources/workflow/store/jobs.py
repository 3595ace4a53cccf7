"""The work of a workflow: what its consumer is to tell an execution."""

from __future__ import annotations

from typing import Any, Final

import msgspec

BEGIN: Final = "begin"
GO: Final = "go"
TIME: Final = "time"
OVER: Final = "over"
SUBMITTED: Final = "submitted"
SUCCEEDED: Final = "succeeded"
FAILED: Final = "failed"
STARTED: Final = "started"
STOP: Final = "stop"


class Job(msgspec.Struct, array_like=True, omit_defaults=True):
    """One thing to tell an execution, as the body of a piece of work.

    Attributes:
        kind: BEGIN; GO: go on where the last transaction came to its bound; TIME: a branch's timer;
            OVER: the execution's; STOP: nobody wants it any more; SUCCEEDED and FAILED: how a task
            ended; STARTED: that someone works at it; SUBMITTED: that its request is out.
        execution: the execution's number.
        branch: which branch of it.
        attempt: what the branch waited for; of another attempt it is stale.
        output: what the task answered; of STARTED who works; of TIME of a task when it has taken
            too long, and how long it may be silent: two numbers of ms, null for none.
        error: the name of the task's error; None for none.
        cause: its cause; None for none.
    """

    kind: str
    execution: int
    branch: int = 0
    attempt: int = 0
    output: Any = None
    error: str | None = None
    cause: str | None = None


_encode: Final = msgspec.json.Encoder(decimal_format="number").encode
_decode: Final = msgspec.json.Decoder(Job).decode


def job_text(job: Job) -> str:
    """A job as the body of a piece of work."""
    return _encode(job).decode()


def job_of(text: str) -> Job:
    """The job in the body of a piece of work."""
    return _decode(text)


class Task(msgspec.Struct, array_like=True, omit_defaults=True):
    """A task to be done outside, as the body of a piece of work.

    Attributes:
        execution: the execution's number.
        branch: which branch of it waits.
        attempt: what the answer must name.
        resource: the text of what to call.
        arguments: what with.
        name: the execution's name.
        state: the state's name.
        entered: the event of its entry, for the idempotency key.
        retries: how often it was tried before.
        token: what ends the task, where it waits for a token.
        timeout_ms: how long it may take; None for no bound of its own.
        heartbeat_ms: how long it may be silent; None for as long as it likes.
        credentials: as whom.
    """

    execution: int
    branch: int
    attempt: int
    resource: str
    arguments: Any
    name: str
    state: str
    entered: int
    retries: int = 0
    token: str | None = None
    timeout_ms: int | None = None
    heartbeat_ms: int | None = None
    credentials: Any = None


_decode_task: Final = msgspec.json.Decoder(Task).decode


def task_text(task: Task) -> str:
    """A task as the body of a piece of work."""
    return _encode(task).decode()


def task_of(text: str) -> Task:
    """The task in the body of a piece of work."""
    return _decode_task(text)


class Express(msgspec.Struct, array_like=True):
    """An express execution to run, as the body of a piece of work.

    Attributes:
        name: its name.
        started_ms: when it was started.
        input: what with.
        definition: the number of the definition that it keeps to; 0 for the present one.
        version: the version that it was started with; None for none.
        alias: the alias that chose that; None for none.
    """

    name: str
    started_ms: int
    input: Any
    definition: int = 0
    version: int | None = None
    alias: str | None = None


_decode_express: Final = msgspec.json.Decoder(Express).decode


def express_text(express: Express) -> str:
    """An express execution as the body of a piece of work."""
    return _encode(express).decode()


def express_of(text: str) -> Express:
    """The express execution in the body of a piece of work."""
    return _decode_express(text)
