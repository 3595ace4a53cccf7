"""The audit log: who changed what in the console."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ensue.doors.console.section import Page, Section
from ensue.doors.console.view import View
from ensue.doors.console.visit import Visit
from ensue.words import values


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """Which of the changes."""

    before: int | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


async def list_changes(visit: Visit) -> View:
    """The newest changes."""
    asked = visit.query(Asked)
    found = visit.platform.audit.newest(asked.before, asked.limit)
    changes = [
        {
            "id": each.id,
            "at_ms": each.at_ms,
            "who": each.who,
            "what": each.what,
            "address": each.address,
            "given": visit.payload(values.decode(each.given)),
            "outcome": None if each.outcome is None else visit.fault(each.outcome),
            "ended_ms": each.ended_ms,
        }
        for each in found
    ]
    more = found[-1].id if len(found) == asked.limit else None
    return View("audit/changes.html", "Audit log", {"changes": changes, "next": more})


AUDIT = Section("audit", "Audit log", (Page("/audit", list_changes),), icon="audit", key="a")
