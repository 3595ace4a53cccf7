"""What a run wants done: the runner does it, and answers with a signal (signals.py)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from ensue.languages.states.map_runs import MapPlan
from ensue.languages.states.resource_names import TaskResource
from ensue.words.values import Json

WAIT: Final = "wait"
RETRY: Final = "retry"


class Perform(NamedTuple):
    """Do a task; answer with Succeeded, Failed or TimedOut, and before with Started or Submitted.

    Attributes:
        branch: the branch that waits for it.
        attempt: what its answer must name.
        state: the name of its state.
        retries: how often this state has been tried before: 0 for the first time.
        resource: what to call.
        arguments: what with.
        timeout_ms: after this long without an end: TimedOut; None for never.
        heartbeat_ms: after this long without a heartbeat: TimedOut; None for never.
        credentials: as whom; None for as the execution.
        token: what ends it, where it waits for its token, is an activity's, or lasts and reads
            its token: then its end comes by itself or by the token, whichever is first.
    """

    branch: int
    attempt: int
    state: str
    retries: int
    resource: TaskResource
    arguments: Json
    timeout_ms: int | None = None
    heartbeat_ms: int | None = None
    credentials: Json = None
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Sleep:
    """Answer with Woken when it is time.

    Attributes:
        branch: the branch that sleeps.
        attempt: what the answer must name.
        until_ms: when; may have passed.
        reason: "wait" for a Wait state, "retry" for the delay before another try.
    """

    branch: int
    attempt: int
    until_ms: int
    reason: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """Nobody waits for what this branch wanted any more: a sibling failed, or all is over.

    Attributes:
        branch: the branch, which is gone.
        attempt: what was still wanted.
    """

    branch: int
    attempt: int


@dataclass(frozen=True, slots=True)
class StartMapRun:
    """Do a map run; answer with Succeeded, the state's result, or with Failed.

    Attributes:
        branch: the branch that waits for it.
        attempt: what its answer must name.
        plan: what it is to do.
    """

    branch: int
    attempt: int
    plan: MapPlan


Command: TypeAlias = Perform | Sleep | Cancel | StartMapRun
