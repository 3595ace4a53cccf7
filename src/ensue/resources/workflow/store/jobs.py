"""The work of a workflow: what its consumer is to tell an execution."""

from __future__ import annotations

from typing import Any, Final

import msgspec

BEGIN: Final = "begin"
GO: Final = "go"
TIME: Final = "time"
OVER: Final = "over"
SUCCEEDED: Final = "succeeded"
FAILED: Final = "failed"
ENDED: Final = "ended"
STARTED: Final = "started"


class Job(msgspec.Struct, array_like=True, omit_defaults=True):
    """One thing to tell an execution, as the body of a piece of work.

    Attributes:
        kind: BEGIN; GO: go on where the last transaction came to its bound; TIME: a branch's timer;
            OVER: the execution's; SUCCEEDED and FAILED: how a task ended; STARTED: that someone
            works at it; ENDED: that the execution that it waits for has ended.
        execution: the execution's number.
        branch: which branch of it.
        attempt: what the branch waited for; of another attempt it is stale.
        output: what the task answered; of ENDED the number of the other execution; of STARTED who
            works.
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
