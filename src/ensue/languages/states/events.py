"""What happened in an execution: one event after another, as Step Functions tells it.

A value in the details (``input``, ``output``, ``parameters``, an assigned variable) is kept as a
value; ``told`` writes it as JSON text, which is what Step Functions shows.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec

from ensue.words import values
from ensue.words.values import Json

_ENTERED: Final = "stateEnteredEventDetails"
_EXITED: Final = "stateExitedEventDetails"
_NO_DETAILS: Final = frozenset(
    {"MapRunSucceeded", "MapStateFailed", "MapStateSucceeded"}
    | {"ParallelStateFailed", "ParallelStateStarted", "ParallelStateSucceeded"}
    | {"MapStateAborted", "ParallelStateAborted", "TaskStateAborted", "WaitStateAborted"}
    | {"LambdaFunctionStarted"}
)
_TEXTS: Final = ("input", "output", "parameters")
# Where a state went, when that is not its Next. Kept to know where an execution stood; not shown.
TO: Final = "to"


class Event(NamedTuple):
    """One event of an execution's history.

    Attributes:
        type: its kind, a HistoryEventType of Step Functions: ``TaskStateEntered``.
        id: its number within the execution, from 1.
        previous: the id of the event that it follows from; 0 for none.
        at_ms: when.
        details: the fields of its kind, by their names in Step Functions.
        branch: the id of the branch that it happened in; 0 for the top.
    """

    type: str
    id: int
    previous: int
    at_ms: int
    details: dict[str, Any]
    branch: int = 0


def details_name(kind: str) -> str | None:
    """The name under which Step Functions shows the details of a kind; None for no details."""
    if kind.endswith("StateEntered"):
        return _ENTERED
    if kind.endswith("StateExited"):
        return _EXITED
    if kind in _NO_DETAILS:
        return None
    return f"{kind[0].lower()}{kind[1:]}EventDetails"


def told(event: Event) -> dict[str, Json]:
    """An event as Step Functions shows it, but for its time in milliseconds: ``timestamp``."""
    shown: dict[str, Json] = {
        "id": event.id,
        "previousEventId": event.previous,
        "timestamp": event.at_ms,
        "type": event.type,
    }
    name = details_name(event.type)
    if name is not None:
        shown[name] = _told_details(event.details)
    return shown


def _told_details(details: dict[str, Any]) -> dict[str, Json]:
    shown: dict[str, Json] = {}
    for name, value in details.items():
        if name in _TEXTS:
            shown[name] = _text(value)
            if name != "parameters":
                shown[f"{name}Details"] = {"truncated": False}
        elif name == TO:
            continue
        elif name == "assignedVariables":
            shown[name] = {variable: _text(held) for variable, held in value.items()}
            shown["assignedVariablesDetails"] = {"truncated": False}
        else:
            shown[name] = value
    return shown


def _text(value: Json) -> str:
    return msgspec.json.encode(values.as_json(value)).decode()
