"""The context object: what ``$$`` and ``$states.context`` tell of the execution and the state."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ensue.languages.states.branches import Branch, Branches
from ensue.languages.states.execution import ExecutionFacts
from ensue.languages.states.program import State
from ensue.words.values import Json


def context_of(
    branch: Branch, state: State, branches: Branches, execution: ExecutionFacts
) -> dict[str, Json]:
    """The context object as a state sees it."""
    if execution.context is not None:
        return execution.context
    context: dict[str, Any] = {
        "Execution": _execution(execution),
        "StateMachine": {"Id": execution.machine_id, "Name": execution.machine_name},
        "State": _state(branch, state),
    }
    if branch.token is not None:
        context["Task"] = {"Token": branch.token}
    item = _item(branch, branches)
    if item is not None:
        context["Map"] = {"Item": item}
    return context


def with_item(context: dict[str, Json], index: int, item: Json, key: str | None) -> dict[str, Json]:
    """The context object in which a Map makes the input of one iteration."""
    return {**context, "Map": {"Item": _item_of(index, item, key)}}


def told_time(at_ms: int) -> str:
    """A time as the context object writes it: ``2026-01-31T09:30:00.125Z``."""
    at = datetime.fromtimestamp(at_ms // 1000, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z"


def _execution(execution: ExecutionFacts) -> dict[str, Json]:
    told: dict[str, Json] = {
        "Id": execution.id,
        "Input": execution.input,
        "StartTime": told_time(execution.started_ms),
        "Name": execution.name,
        "RoleArn": execution.role,
        "RedriveCount": execution.redrives,
    }
    if execution.redriven_ms is not None:
        told["RedriveTime"] = told_time(execution.redriven_ms)
    return told


def _state(branch: Branch, state: State) -> dict[str, Json]:
    told: dict[str, Json] = {"Name": state.name, "EnteredTime": told_time(branch.entered_ms)}
    if state.tries:
        told["RetryCount"] = sum(branch.retries)
    return told


def _item(branch: Branch, branches: Branches) -> dict[str, Json] | None:
    """The item of the iteration that a branch is in, however deep."""
    seen: Branch | None = branch
    while seen is not None and seen.parent is not None:
        if seen.iterates:
            return _item_of(seen.index, seen.item, seen.key)
        seen = branches.get(seen.parent)
    return None


def _item_of(index: int, item: Json, key: str | None) -> dict[str, Json]:
    told: dict[str, Json] = {"Index": index, "Value": item}
    return told if key is None else {**told, "Key": key}
