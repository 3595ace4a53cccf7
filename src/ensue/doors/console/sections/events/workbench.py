"""The workbench: a pattern on the newest events, or an event on all rules."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ensue.doors.console.sections.events.copies import code_of
from ensue.doors.console.sections.events.event import event_of
from ensue.doors.console.sections.events.filtering import fault_of, plain_fault
from ensue.doors.console.sections.events.logs import (
    Place,
    bus_of,
    masked_event,
    row_of,
    told,
)
from ensue.doors.console.view import View
from ensue.doors.console.visit import Visit
from ensue.observe.again import literal
from ensue.words.errors import EnsueError, InvalidValue

EVENTS_SHOWN = 50
START = '{\n  "detail-type": [{"prefix": ""}]\n}'


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """Which pattern, on how many events; or which event, and what it is changed to."""

    pattern: str | None = None
    last: Annotated[int, msgspec.Meta(ge=10, le=1_000)] = 100
    event: str | None = None
    changed: str | None = None
    rule: str | None = None


async def show_workbench(visit: Visit) -> View:
    """What a pattern matches of the newest events, or what each rule does with one event."""
    asked = visit.query(Asked)
    bus = bus_of(visit)
    if asked.event is not None or asked.changed is not None:
        return await _of_event(visit, asked)
    rules = bus.described()
    chosen = rules.get(asked.rule, {}).get("pattern") if asked.rule else None
    pattern = asked.pattern if asked.pattern is not None else _text(chosen)
    fault = fault_of(pattern)
    tried: dict[str, Any] | None = None
    if fault is None:
        given = {"pattern": pattern.strip() or None, "last": asked.last, "show": EVENTS_SHOWN}
        tried = await visit.operate(bus, "try-pattern", given)
        tried = _shown(visit, Place(bus, None), tried)
    return View(
        "events/workbench.html",
        f"Workbench of {bus.ref.name}",
        {
            "log": told(bus.ref),
            "pattern": pattern,
            "last": asked.last,
            "fault": fault,
            "tried": tried,
            "code": _code(visit, bus, pattern) if fault is None else None,
        },
        {"rules": [name for name, each in rules.items() if each.get("pattern")], "asked": asked},
    )


async def _of_event(visit: Visit, asked: Asked) -> View:
    bus = bus_of(visit)
    text, fault, trials = asked.changed, None, []
    if text is None:
        event = await event_of(visit, Place(bus, None), str(asked.event))
        text = msgspec.json.format(
            msgspec.json.encode(masked_event(visit, bus.ref, event)), indent=2
        ).decode()
    try:
        found = await visit.operate(bus, "try-event", {"event": msgspec.json.decode(text)})
        trials = [_trial(visit, each) for each in found]
    except msgspec.DecodeError as error:
        fault = plain_fault(InvalidValue(f"expected the JSON of an event: {error}"))
    except EnsueError as error:
        fault = plain_fault(error)
    return View(
        "events/try_event.html",
        f"An event on the rules of {bus.ref.name}",
        {"log": told(bus.ref), "text": text, "fault": fault, "rules": trials},
        {"asked": asked},
    )


def _shown(visit: Visit, place: Place, tried: dict[str, Any]) -> dict[str, Any]:
    """A trial, as it may be shown: each event as a line."""
    looked = tried["looked"]
    return {
        **tried,
        "share": None if not looked else round(tried["matched"] / looked, 4),
        "events": [
            {
                **row_of(visit, place.ref, each["event"]),
                "matched": each["matched"],
                "reasons": [_reason(visit, reason) for reason in each["reasons"]],
            }
            for each in tried["events"]
        ],
        "missed": [_reason(visit, each) for each in tried["missed"]],
    }


def _trial(visit: Visit, trial: dict[str, Any]) -> dict[str, Any]:
    return {
        **trial,
        "reasons": [_reason(visit, each) for each in trial["reasons"]],
        "targets": [{**each, "input": visit.payload(each["input"])} for each in trial["targets"]],
    }


def _reason(visit: Visit, reason: dict[str, Any]) -> dict[str, Any]:
    return {**reason, "found": visit.payload(reason["found"])}


def _text(pattern: Any) -> str:  # noqa: ANN401 - JSON
    if pattern is None:
        return START
    return msgspec.json.format(msgspec.json.encode(pattern), indent=2).decode()


def _code(visit: Visit, bus: Any, pattern: str) -> str | None:  # noqa: ANN401 - a bus
    """The pattern as a rule, in Python."""
    if not pattern.strip():
        return None
    code = code_of(visit, bus.ref)
    name = code.resource[1] if code is not None and code.resource is not None else "bus"
    app = code.apps[0][1] if code is not None else "app"
    said = literal(msgspec.json.decode(pattern), 4)
    return (
        f'found = {app}.queue("found")\n{name}.rule(\n    "found",\n    {said},\n    to=found,\n)'
    )
