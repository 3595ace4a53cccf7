"""One box for everything: ids, keys, names; and what began lately."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ensue.doors.console.rendering import url
from ensue.doors.console.sections.why.telling import told_node
from ensue.doors.console.view import View
from ensue.doors.console.visit import Visit, plain
from ensue.observe.search import LOOKED_AT, NOT_LOOKED_AT, TEXT_LENGTH_MAX, Found

BEGUN_SHOWN = 20


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """What is looked for."""

    q: Annotated[str, msgspec.Meta(max_length=TEXT_LENGTH_MAX)] = ""


async def show_start(visit: Visit) -> View:
    """What a text may stand for; without one what began lately."""
    asked = visit.query(Asked)
    found = [] if not asked.q.strip() else _found(visit, asked.q)
    begun = [] if asked.q.strip() else visit.platform.beginnings(BEGUN_SHOWN)
    return View(
        "why/start.html",
        f"{asked.q} · Why" if asked.q else "Why",
        {"q": asked.q, "found": found, "begun": [plain(told_node(each, visit)) for each in begun]},
        {"looked_at": LOOKED_AT, "not_looked_at": NOT_LOOKED_AT},
    )


async def search(visit: Visit) -> View:
    """The same for the palette, by its twin."""
    asked = visit.query(Asked)
    return View(
        "why/start.html",
        "Search",
        {"found": _found(visit, asked.q)},
        {"q": asked.q, "begun": [], "looked_at": LOOKED_AT, "not_looked_at": NOT_LOOKED_AT},
    )


def _found(visit: Visit, text: str) -> list[dict[str, Any]]:
    return [
        {
            "title": _title(visit, each),
            "kind": each.kind,
            "where": each.where,
            "address": _address(visit, each),
            "ref": None if each.ref is None else plain(each.ref),
            "id": each.id,
        }
        for each in visit.platform.search(text)
    ]


def _title(visit: Visit, found: Found) -> str:
    """What is found, without the payloads that its note may tell."""
    if found.id is None or not visit.masked:
        return found.title
    return found.title.partition(" ")[0]


def _address(visit: Visit, found: Found) -> str:
    """Where something that was found is shown."""
    if found.id is not None or (found.kind == "item" and found.key is not None):
        return url("/why/{id:path}", id=found.id or found.key)
    if found.kind == "rule" and found.ref is not None:
        return url("/events/{app}/{name}/rules", app=found.ref.app, name=found.ref.name)
    return url("/map") if found.ref is None else visit.address(found.ref)
