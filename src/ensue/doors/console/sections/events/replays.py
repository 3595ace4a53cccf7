"""Archives and replays: what is kept longer, and what is delivered again."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import msgspec

from ensue.doors.console.sections.events.filtering import fault_of, plain_fault
from ensue.doors.console.sections.events.logs import bus_of, row_of, told
from ensue.doors.console.view import Done, View
from ensue.doors.console.visit import Visit
from ensue.words.errors import EnsueError

REPLAYS_SHOWN = 50
LOOKS = 5_000


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """A replay that somebody thinks of: what is in its form."""

    name: str | None = None
    since: str | None = None
    until: str | None = None
    pattern: str | None = None
    to: str | None = None
    rate: str | None = None
    whole: bool = False


async def show_replays(visit: Visit) -> View:
    """The archives, the replays with how far they are, and what one more would deliver."""
    asked, bus = visit.query(Asked), bus_of(visit)
    chosen = _chosen(visit)
    is_whole = visit.block is None  # else it is the replays that are looked at again
    preview, fault = await _preview(visit, asked, chosen) if is_whole else (None, None)
    everybody = [*bus.described(), *(each.name for each in bus.followers.all())]
    return View(
        "events/replays.html",
        f"Replays of {bus.ref.name}",
        {
            "log": told(bus.ref),
            "archives": await visit.operate(bus, "archives") if is_whole else [],
            "replays": await visit.operate(bus, "replays", {"limit": REPLAYS_SHOWN}),
            "preview": preview,
            "fault": fault,
        },
        {"asked": asked, "to": chosen, "everybody": everybody, "followers": _followers(bus)},
    )


async def start(visit: Visit) -> Done:
    """Start a replay."""
    given, bus = await visit.form(Asked), bus_of(visit)
    names = [each for each in (given.to or "").split(",") if each]
    started = await visit.operate(bus, "replay", _plan(given, names))
    return Done(
        f"The replay {started['name']} goes through {started['total']} events.",
        to=f"/events/{bus.ref.app}/{bus.ref.name}/replays",
    )


async def pause(visit: Visit) -> Done:
    """Let a replay stop where it is."""
    return await _switch(visit, "pause", "stops where it is")


async def resume(visit: Visit) -> Done:
    """Let a paused replay go on."""
    return await _switch(visit, "resume", "goes on")


async def cancel(visit: Visit) -> Done:
    """End a replay."""
    return await _switch(visit, "cancel", "is over; what it has delivered stays delivered")


async def _switch(visit: Visit, operation: str, said: str) -> Done:
    bus, replay = bus_of(visit), visit.path["replay"]
    await visit.operate(bus, operation, {"name": replay})
    return Done(f"The replay {replay} {said}.", f"/events/{bus.ref.app}/{bus.ref.name}/replays")


async def _preview(
    visit: Visit, asked: Asked, chosen: list[str]
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """What a replay would deliver, or what is wrong with what was asked for."""
    if asked.name is None:
        return None, None
    fault = fault_of(asked.pattern)
    if fault is not None:
        return None, fault
    bus = bus_of(visit)
    try:
        plan = _plan(asked, chosen)
        given = {name: each for name, each in plan.items() if name not in {"name", "rate"}}
        given |= {} if asked.whole else {"looks": LOOKS}
        found = await visit.operate(bus, "try-replay", given)
    except EnsueError as error:
        return None, plain_fault(error)
    sample = [row_of(visit, bus.ref, each) | {"replay": None} for each in found["sample"]]
    return {**found, "sample": sample}, None


def _plan(asked: Asked, names: list[str]) -> dict[str, Any]:
    said: dict[str, Any] = {
        "name": asked.name or "",
        "since": asked.since,
        "until": asked.until,
        "rate": asked.rate,
        "to": names,
        "pattern": msgspec.json.decode(asked.pattern) if asked.pattern else None,
    }
    return {name: each for name, each in said.items() if each is not None}


def _chosen(visit: Visit) -> list[str]:
    """The names in the query: each box that is ticked gives one."""
    query = visit.here.partition("?")[2]
    found = [text for name, text in parse_qsl(query) if name == "to"]
    return [each for text in found for each in text.split(",") if each]


def _followers(bus: Any) -> list[str]:  # noqa: ANN401 - a bus
    return [each.name for each in bus.followers.all()]
