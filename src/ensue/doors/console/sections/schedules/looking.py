"""Schedules: what comes in the next day, what came of the last firings, what was missed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec

from ensue.doors.console.sections.schedules.axis import axis
from ensue.doors.console.view import View
from ensue.doors.console.visit import Handle, Visit, plain
from ensue.words.errors import InvalidInput
from ensue.words.names import Ref

PAGE = 50
LANES = 16
NEXT = 10
LATER = 20
NOTES = 10


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """Which schedules: in which state, behind which name."""

    state: str = ""
    after: str = ""


class One(msgspec.Struct, forbid_unknown_fields=True):
    """Which schedule."""

    schedule: str


class Tried(msgspec.Struct, forbid_unknown_fields=True):
    """An expression that is tried, and on whose clock."""

    expression: Annotated[str, msgspec.Meta(max_length=256)] = ""
    timezone: Annotated[str, msgspec.Meta(max_length=64)] = "UTC"


async def list_schedules(visit: Visit) -> View:
    """The schedules of all apps, and what else waits for its time."""
    groups, lanes = [], []
    for ref in (each for each in visit.platform.refs() if each.kind == "schedule"):
        group = visit.resource("schedule", ref.name, ref.app)
        groups.append(await _group(visit, group, Asked()))
        lanes += await _lanes(visit, group)
    lanes.sort(key=lambda lane: lane["moments_ms"][:1])
    later = [
        {"id": each.id, "of": _ref(each.of), "due_ms": each.due_ms, "sent_ms": each.sent_ms}
        for each in visit.platform.time.later(LATER)
    ]
    return View(
        "schedules/list.html",
        "Schedules",
        {"groups": groups, "upcoming": lanes[:LANES], "later": later},
        {"axis": axis(lanes[:LANES], visit.platform.time.now_ms())},
    )


async def show_group(visit: Visit) -> View:
    """The schedules of one group."""
    asked = visit.query(Asked)
    group = visit.resource("schedule")
    lanes = await _lanes(visit, group)
    targets = [
        f"{ref.kind}/{ref.name}"
        for ref in visit.platform.refs()
        if ref.app == group.ref.app and ref.kind in {"queue", "function", "topic", "mail"}
    ]
    return View(
        "schedules/group.html",
        f"schedules {group.ref.name}",
        {"group": await _group(visit, group, asked), "upcoming": lanes[:LANES]},
        {
            "axis": axis(lanes[:LANES], visit.platform.time.now_ms()),
            "asked": asked,
            "targets": targets,
        },
    )


async def show_schedule(visit: Visit) -> View:
    """One schedule: its next firings, its last ones, and what it missed."""
    name = visit.query(One).schedule
    group = visit.resource("schedule")
    found = await visit.operate(group, "get", {"name": name})
    following = await visit.operate(group, "next", {"name": name, "count": NEXT})
    runs = await visit.operate(group, "runs", {"name": name})
    missed = await visit.operate(group, "missed", {"name": name})
    found["body"] = visit.payload(found["body"])
    return View(
        "schedules/schedule.html",
        f"schedule {name}",
        {
            "group": _ref(group.ref),
            "schedule": found,
            "next": [{"at": at, "at_ms": _ms(at)} for at in following],
            "runs": runs,
            "missed": missed,
        },
    )


async def preview(visit: Visit) -> View:
    """When an expression is due next, or what is wrong with it: asked for while it is typed."""
    tried = visit.query(Tried)
    group = visit.resource("schedule")
    given = {"expression": tried.expression, "timezone": tried.timezone, "count": 5}
    try:
        found = await visit.operate(group, "preview", given) if tried.expression else []
        fault = None
    except InvalidInput as wrong:
        found, fault = [], wrong.as_dict()
    return View(
        "schedules/preview.html",
        "preview",
        {"next": [{"at": at, "at_ms": _ms(at)} for at in found], "fault": fault},
    )


async def _group(visit: Visit, group: Handle, asked: Asked) -> dict[str, Any]:
    given: dict[str, Any] = {"after": asked.after, "limit": PAGE}
    if asked.state:
        given["state"] = asked.state
    found = await visit.operate(group, "list", given)
    for each in found:
        each["body"] = visit.payload(each["body"])
    return {
        **_ref(group.ref),
        "status": plain(await group.counts()),
        "schedules": found,
        "next": found[-1]["name"] if len(found) == PAGE else None,
        "missed": await visit.operate(group, "missed", {"limit": NOTES}),
    }


async def _lanes(visit: Visit, group: Handle) -> list[dict[str, Any]]:
    found = await visit.operate(group, "upcoming", {"within": "1d"})
    return [{**_ref(group.ref), "group": group.ref.name, **each} for each in found]


def _ref(ref: Ref) -> dict[str, str]:
    return {"app": ref.app, "kind": ref.kind, "name": ref.name}


def _ms(at: str) -> int:
    return round(datetime.fromisoformat(at).timestamp() * 1_000)
