"""What is known of an execution of a workflow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ensue.words.values import Json

NAME_LENGTH_MAX = 80

_NAME = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]+\Z")


@dataclass(frozen=True, slots=True)
class Execution:
    """An execution as it is shown.

    Attributes:
        id: its record id, one of the store.
        arn: its name for those who speak AWS.
        workflow: the workflow's name.
        name: its own, one of its workflow.
        status: ``RUNNING``, ``SUCCEEDED``, ``FAILED``, ``TIMED_OUT`` or ``ABORTED``.
        input: what it was started with.
        output: what it came to; None while it runs, and where it did not succeed.
        error: the name of the error that ended it; None for none.
        cause: what happened then, for people.
        started_ms: when it started, in ms since 1970.
        ended_ms: when it ended; None while it runs.
        definition: the number of the definition that it keeps to.
        redrives: how often it was set going again after it had failed.
        warnings: the limits that it has come near, each told once.
        version: the version that it was started with; None for the definition of the app then.
        alias: the alias that chose the version; None for none.
        paused_ms: since when it does not go on, though it runs; None when it does.
        forked_from: the record id of the execution that it was forked from; None for none.
        forked_at: the id of the event at which it left that; its history is the same before.
    """

    id: str
    arn: str
    workflow: str
    name: str
    status: str
    input: Json
    output: Json
    error: str | None
    cause: str | None
    started_ms: int
    ended_ms: int | None
    definition: int
    redrives: int = 0
    warnings: tuple[str, ...] = ()
    version: int | None = None
    alias: str | None = None
    paused_ms: int | None = None
    forked_from: str | None = None
    forked_at: int | None = None

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self.status == "RUNNING"


@dataclass(frozen=True, slots=True)
class ExecutionChange:
    """A change of an execution's status, as a function of `App.on_execution` gets it.

    Attributes:
        id: the execution's record id.
        workflow: the workflow's name.
        name: the execution's name.
        status: its status since: ``RUNNING``, ``SUCCEEDED``, ``FAILED``, ``TIMED_OUT`` or
            ``ABORTED``.
        started_ms: when it started, in ms since 1970.
        ended_ms: when it ended; None while it runs.
        input: what it was started with, when it starts; None else.
        output: what it came to, when it has succeeded.
        error: the name of the error that ended it.
        cause: what happened then, for people.
    """

    id: str
    workflow: str
    name: str
    status: str
    started_ms: int
    ended_ms: int | None = None
    input: Json = None
    output: Json = None
    error: str | None = None
    cause: str | None = None

    @classmethod
    def of(cls, workflow: str, said: Json) -> ExecutionChange:
        """The change that a record of the workflow's log tells."""
        told: Mapping[str, Any] = said if isinstance(said, dict) else {}
        return cls(
            id=str(told.get("id", "")),
            workflow=workflow,
            name=str(told.get("name", "")),
            status=str(told.get("status", "")),
            started_ms=told.get("startDate", 0),
            ended_ms=told.get("stopDate"),
            input=told.get("input"),
            output=told.get("output"),
            error=told.get("error"),
            cause=told.get("cause"),
        )


@dataclass(frozen=True, slots=True)
class ExecutionPage:
    """Executions of a list.

    Attributes:
        executions: without their input and output.
        next: where the list goes on; None at its end.
    """

    executions: tuple[Execution, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Events of an execution.

    Attributes:
        events: as Step Functions shows them.
        next: the id behind which the history goes on; None at its end.
    """

    events: tuple[Mapping[str, Json], ...]
    next: int | None = None


def is_execution_name(name: object) -> bool:
    """Whether an execution may be called so: 1 to 80 characters, no blanks, none of ``<>{}[]?*``
    ``"#%\\^|~`$&,;:/`` and no control characters."""
    return isinstance(name, str) and len(name) <= NAME_LENGTH_MAX and bool(_NAME.match(name))
