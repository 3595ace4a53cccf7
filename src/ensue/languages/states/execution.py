"""An execution, as a run sees it: what it is given, what it has come to, how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec

from ensue.words.values import Json

Status = Literal["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]
SUCCEEDED: Final = "SUCCEEDED"
FAILED: Final = "FAILED"
TIMED_OUT: Final = "TIMED_OUT"
ABORTED: Final = "ABORTED"


@dataclass(slots=True)
class ExecutionFacts:
    """What the context object tells of an execution.

    Attributes:
        id: its ARN.
        name: its name.
        started_ms: when it started.
        role: the ARN of the role it has.
        machine_id: the ARN of its state machine.
        machine_name: the name of its state machine.
        input: what it was started with. Read only by a machine that reads the context object, so
            a runner may load it then: by a property of a class derived from this one.
        redrives: how often it was set going again.
        redriven_ms: when it last was; None for never.
        context: the whole context object, where it is given; None where it is told.
    """

    id: str
    name: str
    started_ms: int
    role: str = ""
    machine_id: str = ""
    machine_name: str = ""
    input: Any = None
    redrives: int = 0
    redriven_ms: int | None = None
    context: dict[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an execution ended.

    Attributes:
        status: SUCCEEDED, FAILED, TIMED_OUT or ABORTED.
        output: what it gives, when it succeeded.
        error: the name of the error, else; None for none.
        cause: its cause; None for none.
    """

    status: Status
    output: Json = None
    error: str | None = None
    cause: str | None = None


class Progress(msgspec.Struct, omit_defaults=True):
    """What a run must remember beside its branches, from one transaction to the next.

    Attributes:
        next_event: the id of the next event.
        next_branch: the id of the next branch.
        ready: the branches that can go on now, in their order.
        cancelled: commands that are not taken yet: branch and attempt of each Cancel.
        warned: the kinds of warnings given so far.
    """

    next_event: int = 1
    next_branch: int = 1
    ready: list[int] = []
    cancelled: list[tuple[int, int]] = []
    warned: list[str] = []


@dataclass(frozen=True, slots=True)
class Warned:
    """A limit is near, and has not bitten yet.

    Attributes:
        kind: ``payload`` or ``history``.
        message: what is near what.
        state: the state that it was seen in; None for the execution.
    """

    kind: str
    message: str
    state: str | None = None
