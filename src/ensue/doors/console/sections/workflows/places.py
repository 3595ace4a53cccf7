"""The addresses and the workflows that these views have in common."""

from __future__ import annotations

from typing import Any

from ensue.doors.console.routing import filled
from ensue.doors.console.visit import Handle, Visit
from ensue.words import values
from ensue.words.errors import InvalidInput, InvalidValue
from ensue.words.names import Ref
from ensue.words.values import Json

KIND = "workflow"
WORKFLOW = "/workflows/{app}/{name}"
EXECUTION = f"{WORKFLOW}/{{execution}}"


def flows(visit: Visit) -> list[Ref]:
    """All workflows, by app and name."""
    return sorted(ref for ref in visit.platform.refs() if ref.kind == KIND)


def flow_of(visit: Visit) -> Handle:
    """The workflow of the address.

    Raises:
        NotFound: there is none.
    """
    return visit.resource(KIND)


def execution_address(ref: Ref, execution: str, **query: object) -> str:
    """The address of an execution, below ``/console``."""
    return filled(EXECUTION, {"app": ref.app, "name": ref.name, "execution": execution, **query})


def fork_address(ref: Ref, execution: str, **query: object) -> str:
    """The address where an execution is forked, below ``/console``."""
    path = f"{EXECUTION}/fork"
    return filled(path, {"app": ref.app, "name": ref.name, "execution": execution, **query})


def workflow_address(ref: Ref, **query: object) -> str:
    """The address of a workflow, below ``/console``."""
    return filled(WORKFLOW, {"app": ref.app, "name": ref.name, **query})


def decoded(text: str | None, field: str) -> Json:
    """The value of JSON that was typed; None for nothing.

    Raises:
        InvalidValue: it is no JSON; says where it is from.
    """
    if text is None or not text.strip():
        return None
    try:
        return values.decode(text)
    except InvalidInput as fault:
        raise InvalidValue(fault.message, at=field, hint=fault.hint) from None


def brief(visit: Visit, execution: dict[str, Any]) -> dict[str, Any]:
    """An execution as lists show it."""
    names = ("id", "name", "status", "started_ms", "ended_ms", "redrives", "version", "alias")
    shown = {name: execution[name] for name in names}
    shown["paused_ms"] = execution["paused_ms"]
    shown["error"] = execution["error"]
    shown["cause"] = None if execution["cause"] is None else visit.fault(execution["cause"])
    return shown
