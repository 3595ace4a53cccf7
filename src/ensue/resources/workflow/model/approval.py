"""What is known of a wait that somebody is to end: an approval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ensue.words.values import Json

REJECTED = "Rejected"

ApprovalKind = Literal["token", "event"]


@dataclass(frozen=True, slots=True)
class Approval:
    """A state of an execution that waits until somebody outside says how it is to go on.

    Attributes:
        id: names the wait, not its token; another wait of the same state has another one.
        workflow: the workflow's name.
        execution: the execution's name.
        state: the state that waits, or the step.
        kind: ``token``: it waits for its token; ``event``: for an event of the name ``state``.
        title: what is to be decided, in a few words.
        called: what was asked, such as ``queue approvals``; empty for nothing.
        since_ms: since when it waits, in ms since 1970.
        until_ms: when it gives up; None for never.
        data: what is to be decided on; tokens in it are hidden.
        form: the JSON Schema of the answer, where that is declared; None for any JSON value.
    """

    id: str
    workflow: str
    execution: str
    state: str
    kind: ApprovalKind
    title: str
    called: str
    since_ms: int
    until_ms: int | None
    data: Json
    form: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Asking:
    """A state of a workflow at which executions wait for somebody.

    Attributes:
        state: the state's name, or the step's.
        waiting: how many wait there, up to 1,000.
    """

    state: str
    waiting: int


@dataclass(frozen=True, slots=True)
class ApprovalPage:
    """What of a workflow waits for somebody.

    Attributes:
        states: where it waits, by name; at most 100.
        approvals: the waits of this page: state by state, in each those of the oldest executions
            first.
        next: where the list goes on; None at its end.
    """

    states: tuple[Asking, ...]
    approvals: tuple[Approval, ...]
    next: str | None = None
