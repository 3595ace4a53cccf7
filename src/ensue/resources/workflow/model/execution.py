"""What is known of an execution of a workflow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

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

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self.status == "RUNNING"


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
