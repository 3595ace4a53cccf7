"""The history of an execution as people read it: a line for each event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# What an event tells, the most telling first.
_TOLD = ("output", "input", "parameters", "result")


def is_history(rows: Sequence[Mapping[str, object]]) -> bool:
    """Whether these are events of an execution, in the words of Step Functions."""
    return all("previousEventId" in row and "type" in row for row in rows)


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
