"""One event, message or record: what it says, who got it, and how it is published again."""

from __future__ import annotations

from typing import Any

import msgspec

from ensue.app.watching import position_of
from ensue.doors.console.sections.events.copies import copies_of
from ensue.doors.console.sections.events.logs import (
    HELD,
    Place,
    masked_event,
    place_of,
    row_of,
    told,
)
from ensue.doors.console.view import View
from ensue.doors.console.visit import Visit, plain
from ensue.words.errors import EnsueError, NotFound


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """Of what kind of log, where its name does not say it."""

    kind: str | None = None


async def show_event(visit: Visit) -> View:
    """One of what was published."""
    place = place_of(visit, visit.query(Asked).kind)
    event = await event_of(visit, place, visit.path["id"])
    ref = place.ref
    explained: list[dict[str, Any]] = []
    if ref.kind != "stream":
        explained = await visit.operate(place.handle, "explain", {"id": event["id"]})
    shown = masked_event(visit, ref, event)
    return View(
        "events/event.html",
        str(row_of(visit, ref, event)["title"]),
        {
            "log": told(ref),
            "event": shown,
            **await _took(visit, event["id"]),
            "copies": await copies_of(visit, ref, shown, explained),
        },
        {
            "kind": place.kind,
            "row": row_of(visit, ref, event),
            "subject": await _subject(visit, place, event),
        },
    )


async def event_of(visit: Visit, place: Place, sought: str) -> dict[str, Any]:
    """What was published under an id.

    Raises:
        NotFound: it is not kept there any more, or never was.
    """
    position = position_of(visit.platform, place.ref, sought)
    if position is not None:
        given = {"after": position - 1, "limit": 1}
        answer = await visit.operate(place.handle, "tail", given)
        found: list[dict[str, Any]] = answer[HELD[place.ref.kind]]
        if found and found[0]["id"] == sought:
            return found[0]
    raise NotFound(
        f"{place.ref} does not keep {sought}",
        hint="What is over is forgotten in time; an archive keeps it longer.",
    )


async def _took(visit: Visit, sought: str) -> dict[str, Any]:
    """Who got it and who did not, with the field that failed; how many are not told of."""
    found: dict[str, Any] = plain(await visit.platform.deliveries(sought))
    return {
        "receivers": [
            {
                **{name: each[name] for name in ("by", "name", "outcome", "to")},
                "why": each["why"] if each["outcome"] != "not matched" else "",
                "mismatches": [
                    {**one, "found": visit.payload(one["found"])} for one in each["mismatches"]
                ],
                "got": [
                    {**one, "error": None if one["error"] is None else visit.fault(one["error"])}
                    for one in each["got"]
                ],
            }
            for each in found["receivers"]
        ],
        "more": found["more"],
    }


async def _subject(visit: Visit, place: Place, event: dict[str, Any]) -> dict[str, str] | None:
    """The registry and the subject of an event's schema, where there is one."""
    name = place.handle.declared().get("schemas") if place.ref.kind == "bus" else None
    if name is None:
        return None
    subject = f"{event['source']}@{event['detail-type']}"
    try:
        registry = visit.resource("schemas", name, place.ref.app)
        await visit.operate(registry, "versions", {"subject": subject})
    except EnsueError:
        return None
    return {"app": place.ref.app, "name": name, "subject": subject}
