"""What is done to executions: started, redriven, stopped, paused, told."""

from __future__ import annotations

from typing import Any

import msgspec

from ensue.doors.console.sections.workflows.places import (
    decoded,
    execution_address,
    flow_of,
)
from ensue.doors.console.view import Done
from ensue.doors.console.visit import Visit


class Started(msgspec.Struct, forbid_unknown_fields=True):
    """What to start with."""

    input: str = ""
    name: str | None = None
    version: str | None = None


class Stopped(msgspec.Struct, forbid_unknown_fields=True):
    """Why."""

    cause: str | None = None


class Sent(msgspec.Struct, forbid_unknown_fields=True):
    """Which event."""

    event: str
    body: str = ""


async def start(visit: Visit) -> Done:
    """Start an execution."""
    flow, given = flow_of(visit), await visit.form(Started)
    asked: dict[str, Any] = {"input": decoded(given.input, "form.input")}
    if given.name:
        asked["name"] = given.name
    if given.version:
        number = int(given.version) if given.version.isdecimal() else given.version
        asked["version"] = number
    started = await visit.operate(flow, "start", asked)
    return Done(f"{started['name']} has started", execution_address(flow.ref, started["name"]))


async def redrive(visit: Visit) -> Done:
    """Let it go on from what failed."""
    return await _done(visit, "redrive", "goes on from what failed")


async def stop(visit: Visit) -> Done:
    """Stop it."""
    given = await visit.form(Stopped)
    more = {"cause": given.cause} if given.cause else {}
    return await _done(visit, "stop", "is stopped", more)


async def pause_execution(visit: Visit) -> Done:
    """Let it wait."""
    return await _done(visit, "pause-execution", "is paused")


async def resume_execution(visit: Visit) -> Done:
    """Let it go on."""
    return await _done(visit, "resume-execution", "goes on")


async def send_event(visit: Visit) -> Done:
    """Send it an event."""
    flow, given = flow_of(visit), await visit.form(Sent)
    name = visit.path["execution"]
    asked = {"execution": name, "event": given.event, "body": decoded(given.body, "form.body")}
    await visit.operate(flow, "send-event", asked)
    return Done(f"{given.event} is sent to {name}", execution_address(flow.ref, name))


async def _done(
    visit: Visit, operation: str, said: str, more: dict[str, Any] | None = None
) -> Done:
    flow, name = flow_of(visit), visit.path["execution"]
    await visit.operate(flow, operation, {"name": name, **(more or {})})
    return Done(f"{name} {said}", execution_address(flow.ref, name))
