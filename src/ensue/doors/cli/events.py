"""Executions, and the history of one, as people read them: a line for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# What a list of executions does not show: what follows from the rest, or is the same in each line.
_NOT_LISTED = ("id", "arn", "workflow", "definition", "input", "output", "cause")

# What an event tells, the most telling first.
_TOLD = ("output", "input", "parameters", "result")


def is_history(rows: Sequence[Mapping[str, object]]) -> bool:
    """Whether these are events of an execution, in the words of Step Functions."""
    return all("previousEventId" in row and "type" in row for row in rows)


def is_executions(rows: Sequence[Mapping[str, object]]) -> bool:
    """Whether these are executions of a workflow."""
    return all("arn" in row and "redrives" in row for row in rows)


def listed(execution: Mapping[str, object]) -> dict[str, object]:
    """An execution as a line: its name, how it is, and since when."""
    return {name: value for name, value in execution.items() if name not in _NOT_LISTED}


def told(event: Mapping[str, object]) -> dict[str, object]:
    """An event as a line: when, what, of which state or resource, and what it tells."""
    details = next((each for name, each in event.items() if name.endswith("Details")), None)
    found = details if isinstance(details, Mapping) else {}
    return {
        "id": event["id"],
        "at_ms": event["timestamp"],
        "type": event["type"],
        "of": found.get("name") or found.get("resource"),
        "told": _said(found),
    }


def _said(details: Mapping[str, object]) -> object:
    if "error" in details:
        cause = details.get("cause")
        return f"{details['error']}: {cause}" if cause else details["error"]
    return next((details[name] for name in _TOLD if details.get(name) is not None), None)
