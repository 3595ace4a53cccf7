"""The change feed of a table: what handlers of `App.on_change` see, as it comes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec

from ensue.doors.console.sections.tables.rows import table_of
from ensue.doors.console.sections.tables.showing import (
    item_json,
    key_of,
    key_text,
    shown,
    shown_key,
)
from ensue.doors.console.view import Fragment, View
from ensue.doors.console.visit import Handle, Visit
from ensue.words import values
from ensue.words.errors import InvalidInput, InvalidValue

WAIT_MS = 15_000
AT_ONCE = 50
KINDS = ("insert", "update", "remove")


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """Which changes: of which kinds, of which item, that match which pattern."""

    kinds: str = ""
    item: str = ""
    pattern: str = ""
    after: Annotated[int, msgspec.Meta(ge=0)] | None = None
    kind: str = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


async def show_changes(visit: Visit) -> View:
    """The newest changes of a table; new ones come in as they are made."""
    asked = visit.query(Asked)
    table = table_of(visit, asked.kind)
    fault, position = None, 0
    changes: list[Any] = []
    try:
        changes, position = await _read(table, asked, asked.limit)
    except InvalidInput as wrong:
        fault = wrong.as_dict()
    return View(
        "tables/changes.html",
        f"changes of {table.ref.name}",
        {
            "table": {"app": table.ref.app, "kind": table.ref.kind, "name": table.ref.name},
            "changes": [_told(visit, each) for each in reversed(changes)],
            "position": position,
            "fault": fault,
        },
        {"asked": asked, "tab": "changes", "kinds": KINDS},
    )


async def follow_changes(visit: Visit) -> AsyncIterator[tuple[str, object]]:
    """Each change behind a position as a row of the page's list."""
    asked = visit.query(Asked)
    table = table_of(visit, asked.kind)
    position = asked.after
    while True:
        found, position = await _read(table, asked, AT_ONCE, after=position, wait_ms=WAIT_MS)
        for change in found:
            told = _told(visit, change)
            row = Fragment("tables/_change.html", {"change": told, "table": _of(table)})
            yield "change", row
        yield "position", {"position": position}


async def _read(
    table: Handle, asked: Asked, limit: int, *, after: int | None = None, wait_ms: int = 0
) -> tuple[list[Any], int]:
    if table.ref.kind == "adopted":
        found: tuple[list[Any], int] = await table.changes(
            after=after, limit=limit, wait_ms=wait_ms
        )
        return found
    changes: tuple[list[Any], int] = await table.changes(
        after=after,
        limit=limit,
        wait_ms=wait_ms,
        kinds=[each for each in asked.kinds.split(",") if each],
        key=key_of(asked.item) if asked.item else None,
        pattern=_pattern(asked.pattern),
    )
    return changes


def _pattern(text: str) -> dict[str, Any] | None:
    if not text.strip():
        return None
    found = values.decode(text)
    if not isinstance(found, dict):
        raise InvalidValue("expected an event pattern, an object", at="pattern")
    return found


def _told(visit: Visit, change: Any) -> dict[str, Any]:  # noqa: ANN401 - a change
    old, new = change.old or {}, change.new or {}
    names = [name for name in {**old, **new} if old.get(name, ...) != new.get(name, ...)]
    return {
        "id": change.id,
        "kind": change.kind,
        "at_ms": change.at_ms,
        "version": change.version,
        "expired": change.expired,
        "key": visit.payload(shown_key(change.key)),
        "item": "" if visit.masked else key_text(list(change.key)),
        "old": item_json(shown(visit, {name: old[name] for name in names if name in old})),
        "new": item_json(shown(visit, {name: new[name] for name in names if name in new})),
    }


def _of(table: Handle) -> dict[str, str]:
    return {"app": table.ref.app, "kind": table.ref.kind, "name": table.ref.name}
