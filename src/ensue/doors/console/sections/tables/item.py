"""One item: what it is, how it is changed, and the history of its changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from ensue.doors.console.sections.tables.asking import value_of
from ensue.doors.console.sections.tables.rows import table_of
from ensue.doors.console.sections.tables.showing import (
    cell,
    item_json,
    key_of,
    key_text,
    shown,
    shown_key,
)
from ensue.doors.console.view import Done, View
from ensue.doors.console.visit import Handle, Visit
from ensue.observe import Node
from ensue.words import values
from ensue.words.errors import Conflict, InvalidValue, NotFound

HISTORY = 25
OPERATIONS = {"insert": "INSERT", "update": "MODIFY", "remove": "REMOVE"}
FIELD = "field."


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """Which item, and from which of its changes on."""

    key: str
    before: str | None = None
    kind: str = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = HISTORY


class Edited(msgspec.Struct):
    """The item that is edited, as JSON, and the version that it must have."""

    key: str
    version: int
    item: str = ""


class Acted(msgspec.Struct):
    """What to do, and to which items."""

    action: str
    keys: str = ""
    back: str = ""


async def show_item(visit: Visit) -> View:
    """An item with its history."""
    asked = visit.query(Asked)
    table = table_of(visit, asked.kind)
    key = key_of(asked.key)
    parts = list(key) if isinstance(key, tuple) else [key]
    if table.ref.kind == "adopted":
        return await _show_row(visit, table, key, parts)
    found = await table.untyped().get_versioned(key)
    changes = await table.history(key, limit=asked.limit, before=asked.before)
    if found is None and not changes:
        raise NotFound(
            f"there is no item {shown_key(parts)[:80]} in {table.ref}, and its changes are not kept"
        )
    item = None if found is None else shown(visit, found.item)
    is_editable = found is not None and visit.can_write and not visit.masked
    return View(
        "tables/item.html",
        visit.fault(shown_key(parts)) if visit.masked else shown_key(parts),
        {
            "table": {"app": table.ref.app, "kind": table.ref.kind, "name": table.ref.name},
            "key": visit.payload([cell(each)["text"] for each in parts]),
            "item": None if item is None else item_json(item),
            "version": None if found is None else found.version,
            "history": [_told(visit, table, each) for each in changes],
            "next": changes[-1].id if len(changes) == asked.limit else None,
        },
        {
            "asked": asked,
            "keys": table.declared()["key"],
            "fields": [] if item is None else [(name, cell(each)) for name, each in item.items()],
            "text": "" if not is_editable or found is None else _text(found.item),
            "can": table.offered(found.item) if is_editable and found else [],
            "is_editable": is_editable,
            "title_text": visit.payload(shown_key(parts)),
        },
    )


async def _show_row(visit: Visit, table: Handle, key: object, parts: list[Any]) -> View:
    """A row of another database: to be read only."""
    found = await table.get(key)
    if found is None:
        raise NotFound(f"there is no row {shown_key(parts)[:80]} in {table.ref}")
    item = shown(visit, found)
    return View(
        "tables/item.html",
        shown_key(parts),
        {
            "table": {"app": table.ref.app, "kind": table.ref.kind, "name": table.ref.name},
            "key": visit.payload([cell(each)["text"] for each in parts]),
            "item": item_json(item),
            "version": None,
            "history": None,
            "next": None,
        },
        {
            "asked": visit.query(Asked),
            "keys": table.declared().get("key") or [],
            "fields": [(name, cell(each)) for name, each in item.items()],
            "text": "",
            "can": [],
            "is_editable": False,
            "title_text": visit.payload(shown_key(parts)),
        },
    )


async def edit(visit: Visit) -> Done:
    """Store an item as it was edited, if nobody has changed it since."""
    given = await visit.form(Edited)
    table = visit.resource("table")
    key = key_of(given.key)
    found = await table.untyped().get_versioned(key)
    if found is None or found.version != given.version:
        raise _changed(given.version, None if found is None else found.version)
    fields = await visit.fields()
    item = _edited(given.item) if given.item else _filled(found.item, fields)
    answer = await visit.operate(table, "put", {"item": item, "expect": given.version})
    if not answer["stored"]:
        raise _changed(given.version, None)
    now = await table.untyped().get_versioned(table.model.key_of(item))
    version = "" if now is None else f": version {now.version}"
    return Done(f"The item is stored{version}", _address(table, table.model.key_of(item)))


async def create(visit: Visit) -> Done:
    """Store an item where none is."""
    fields = await visit.fields()
    table = visit.resource("table")
    item = _edited(fields.get("item", ""))
    answer = await visit.operate(table, "put", {"item": item, "expect": 0})
    if not answer["stored"]:
        raise Conflict("there is an item with this key already", hint="Open it, and edit it there.")
    return Done("The item is stored", _address(table, table.model.key_of(item)))


async def delete(visit: Visit) -> Done:
    """Remove an item, if nobody has changed it since."""
    given = await visit.form(Edited)
    table = visit.resource("table")
    key = key_of(given.key)
    answer = await visit.operate(table, "delete", {"key": _plain(key), "expect": given.version})
    if not answer["deleted"]:
        raise _changed(given.version, None)
    return Done("The item is deleted; its history is here", _address(table, _parts(key)))


async def act(visit: Visit) -> Done:
    """Do what the app offers to the items that are selected."""
    given = await visit.form(Acted)
    table = visit.resource("table")
    keys = [key_of(each) for each in given.keys.split(",") if each]
    if not keys:
        raise InvalidValue("expected one item or more", at="keys", hint="Select some rows.")
    title = table.actions[given.action].title if given.action in table.actions else given.action
    ref = table.ref
    back = given.back if given.back.startswith(f"/tables/{ref.app}/{ref.name}") else ""
    to = back or f"/tables/{ref.app}/{ref.name}"
    if len(keys) == 1:
        await visit.operate(table, "act", {"action": given.action, "key": _plain(keys[0])})
        return Done(f"{title}: done", to)
    sent = [_plain(key) for key in keys]
    done = await visit.operate(table, "act-all", {"action": given.action, "keys": sent})
    passed = len(keys) - done["done"]
    over = f"; {passed} could not be, and are as they were" if passed else ""
    return Done(f"{title}: done to {done['done']} of {len(keys)} items{over}", to)


def _told(visit: Visit, table: Handle, change: Any) -> dict[str, Any]:  # noqa: ANN401 - a change
    """A change as a change history tells it (DO-1): what changed, who did it, when."""
    old, new = change.old or {}, change.new or {}
    names = [name for name in {**old, **new} if old.get(name, ...) != new.get(name, ...)]
    before = shown(visit, {name: old[name] for name in names if name in old})
    after = shown(visit, {name: new[name] for name in names if name in new})
    return {
        "id": change.id,
        "operation": OPERATIONS[change.kind],
        "table": table.ref.name,
        "loggedAt": change.at_ms,
        "version": change.version,
        "oldData": item_json(before),
        "newData": item_json(after),
        "metadata": _who(visit, change),
    }


def _who(visit: Visit, change: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
    """Who made a change, what began it, and when."""
    told = {"actor": None, "source": None, "at_ms": change.at_ms, "expired": change.expired}
    try:
        node: Node | None = visit.platform.why(change.id, up=True)
    except NotFound:
        return told
    first = node
    while node is not None and node.kind != "change":
        told["actor"] = node.name
        node = node.children[0] if node.children else None
    if first is not None and first.kind in {"request", "run"}:
        told["source"] = first.name
    elif told["actor"] is None:
        told["actor"] = "a statement from outside"
    return told


def _filled(item: Mapping[str, Any], fields: Mapping[str, str]) -> dict[str, Any]:
    """An item with the fields of a form in place of its own."""
    given = {
        name.removeprefix(FIELD): text for name, text in fields.items() if name.startswith(FIELD)
    }
    return {
        name: _like(given[name], each) if name in given else each for name, each in item.items()
    }


def _like(text: str, before: object) -> Any:  # noqa: ANN401 - a value of any type
    """What was typed, of the type that was there; something else if it cannot be that."""
    if isinstance(before, str | bytes):
        return value_of(text, before)
    found = value_of(text)
    if isinstance(before, bool) != isinstance(found, bool) or isinstance(found, str):
        raise InvalidValue(
            f"expected {type(before).__name__}, got {text[:60]!r}",
            hint="Edit the item as JSON to give it another type.",
        )
    return found


def _edited(text: str) -> dict[str, Any]:
    found = values.decode(text)
    if not isinstance(found, dict):
        raise InvalidValue("expected an object", at="item")
    return found


def _text(item: Mapping[str, Any]) -> str:
    text = values.encode(dict(item))
    return msgspec.json.format(text, indent=2)


def _changed(expected: int, found: int | None) -> Conflict:
    now = "gone" if found is None else f"at version {found}"
    return Conflict(
        f"expected the item at version {expected}, it is {now}: somebody else has changed it",
        hint="Go back, load the page again, and edit what is there now.",
    )


def _address(table: Handle, parts: Any) -> str:  # noqa: ANN401 - a key
    ref = table.ref
    return f"/tables/{ref.app}/{ref.name}/item?key={key_text(parts)}"


def _parts(key: object) -> list[Any]:
    return list(key) if isinstance(key, tuple) else [key]


def _plain(key: object) -> Any:  # noqa: ANN401 - as operations take keys
    return list(key) if isinstance(key, tuple) else key
