"""The states that an execution was in, from its history as Step Functions shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ensue.observe.detail import State, shown

_SCHEDULED = ("TaskScheduled", "LambdaFunctionScheduled", "ActivityScheduled")


def states_of(events: Iterable[Mapping[str, Any]]) -> list[State]:
    """The states in the order in which they were entered.

    What happens in one is told by events that follow from its entry, directly or by others.
    """
    states: list[State] = []
    owners: dict[int, int] = {}
    for event in events:
        kind, at_ms = str(event["type"]), int(event["timestamp"])
        details = _details(event)
        if kind.endswith("StateEntered"):
            owners[event["id"]] = len(states)
            given = shown(details.get("input"))
            word = kind.removesuffix("StateEntered")
            states.append(State(str(details.get("name")), word, at_ms, input=given))
            continue
        owner = owners.get(event["previousEventId"])
        if owner is None:
            continue
        state = states[owner]
        if kind.endswith("StateExited"):
            states[owner] = replace(state, exited_ms=at_ms, output=shown(details.get("output")))
            continue
        owners[event["id"]] = owner
        states[owner] = _told(state, kind, details)
    return states


def _told(state: State, kind: str, details: Mapping[str, Any]) -> State:
    if kind in _SCHEDULED:
        return replace(state, tries=state.tries + 1)
    if "error" in details or "cause" in details:
        said = filter(None, (details.get("error"), details.get("cause")))
        return replace(state, error=": ".join(map(str, said)) or kind)
    return state


def _details(event: Mapping[str, Any]) -> Mapping[str, Any]:
    for name, value in event.items():
        if name.endswith("EventDetails") and isinstance(value, Mapping):
            return value
    return {}
