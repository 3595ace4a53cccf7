"""What is done to schedules: they are paused, fired, made, changed and forgotten."""

from __future__ import annotations

from typing import Any

import msgspec

from ensue.doors.console.view import Done
from ensue.doors.console.visit import Handle, Visit
from ensue.words import values


class Named(msgspec.Struct):
    """Which schedule."""

    name: str


class Given(msgspec.Struct):
    """A schedule as a form has it; ``body`` is JSON."""

    name: str
    expression: str
    to: str
    timezone: str = "UTC"
    body: str = "null"
    window: str = "0s"
    missed: str = "once"
    after: str = "keep"


async def pause(visit: Visit) -> Done:
    """Let a schedule fire no more."""
    return await _do(visit, "pause", "{name} is paused: what is due meanwhile is left out")


async def resume(visit: Visit) -> Done:
    """Let a schedule fire again."""
    return await _do(visit, "resume", "{name} fires again, from now on")


async def fire(visit: Visit) -> Done:
    """Fire a schedule out of turn."""
    return await _do(visit, "fire", "{name} was fired, out of turn")


async def delete(visit: Visit) -> Done:
    """Forget a schedule."""
    given = await visit.form(Named)
    group = visit.resource("schedule")
    await visit.operate(group, "delete", {"name": given.name})
    return Done(f"{given.name} is deleted", _home(group))


async def create(visit: Visit) -> Done:
    """Make a schedule."""
    given = await visit.form(Given)
    group = visit.resource("schedule")
    await visit.operate(group, "create", _parameters(given))
    return Done(f"{given.name} is made", _address(group, given.name))


async def update(visit: Visit) -> Done:
    """Change a schedule."""
    given = await visit.form(Given)
    group = visit.resource("schedule")
    await visit.operate(group, "update", _parameters(given))
    return Done(f"{given.name} is changed", _address(group, given.name))


def _parameters(given: Given) -> dict[str, Any]:
    said: dict[str, Any] = msgspec.to_builtins(given)
    return {**said, "body": values.decode(given.body)}


async def _do(visit: Visit, operation: str, said: str) -> Done:
    given = await visit.form(Named)
    group = visit.resource("schedule")
    await visit.operate(group, operation, {"name": given.name})
    return Done(said.format(name=given.name), _address(group, given.name))


def _home(group: Handle) -> str:
    return f"/schedules/{group.ref.app}/{group.ref.name}"


def _address(group: Handle, name: str) -> str:
    return f"{_home(group)}/one?schedule={name}"
