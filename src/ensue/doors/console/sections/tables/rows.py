"""A table's rows: all of them by key, or those that a query asks for, with what it reads."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, TypeVar

from ensue.doors.console.sections.tables.asking import (
    OPERATORS,
    ROWS,
    SORTS,
    Asked,
    Question,
    command_of,
    curl_of,
    python_of,
    question_of,
)
from ensue.doors.console.sections.tables.showing import (
    COLUMNS_MAX,
    cells,
    columns_of,
    item_json,
    key_text,
    shown,
)
from ensue.doors.console.view import View
from ensue.doors.console.visit import Handle, Visit
from ensue.words.errors import InvalidInput, LimitExceeded, NotFound

SOON_S = 0.12
STATES = ("status", "state")
TILES_MAX = 12

T = TypeVar("T")

_counting: set[asyncio.Task[Any]] = set()


async def list_tables(visit: Visit) -> View:
    """All tables, with how many items they have."""
    found: list[dict[str, Any]] = []
    counting: list[Awaitable[int | None]] = []
    for ref in visit.platform.refs():
        if ref.kind not in {"table", "adopted"}:
            continue
        table = visit.resource(ref.kind, ref.name, ref.app)
        declared = table.declared()
        found.append({
            "app": ref.app,
            "kind": ref.kind,
            "name": ref.name,
            "key": declared.get("key") or [],
            "indexes": list(declared.get("indexes") or {}),
            "actions": list(declared.get("actions") or {}),
            "items": None,
        })
        counting.append(soon(table.count()) if ref.kind == "table" else soon(_none()))
    for each, count in zip(found, await asyncio.gather(*counting), strict=True):
        each["items"] = count
    return View("tables/list.html", "Tables", {"tables": found})


async def show_table(visit: Visit) -> View:
    """One table: a page of its rows, and what a query reads."""
    asked = visit.query(Asked)
    table = table_of(visit, asked.kind)
    if table.ref.kind == "adopted":
        return await _show_adopted(visit, table, asked)
    declared = table.declared()
    key = [str(each) for each in declared["key"]]
    indexes = {"key": key, **declared["indexes"]}
    untyped = table.untyped()
    first = await untyped.scan(limit=1)
    fault, question = None, Question(more={"limit": asked.limit})
    items: Sequence[Mapping[str, Any]] = []
    following = plan = None
    try:
        question = question_of(asked, indexes, first.items[0] if first.items else {})
        plan = await visit.operate(table, "plan", _planned(question))
        page = await _asked(untyped, question, asked.after or None)
        items, following = page.items, page.next
    except InvalidInput as wrong:
        fault = wrong.as_dict()
    columns = _columns(asked, items, key)
    return View(
        "tables/table.html",
        f"table {table.ref.name}",
        {
            "table": _about(table, declared),
            "count": await soon(table.count()),
            "counts": await _counts(visit, table, asked, declared),
            "query": {"plan": plan, "fault": fault, **_forms(visit, table, question)},
            "items": [item_json(shown(visit, each)) for each in items],
            "next": following,
        },
        {
            "asked": asked,
            "rows": [_row(visit, table, each, key, columns) for each in items],
            "columns": columns,
            "others": [each for each in columns_of(items, key) if each not in columns],
            "indexes": indexes,
            "operators": OPERATORS,
            "sorts": SORTS,
            "filters": range(1, ROWS + 1),
            "actions": [] if visit.masked else list(table.actions.values()),
            "back": visit.here,
            "tab": "rows",
            "here_with": _address(visit),
        },
    )


async def _show_adopted(visit: Visit, table: Handle, asked: Asked) -> View:
    """A table of another database: to be read only."""
    wanted = {
        name: text
        for name, text in (
            (getattr(asked, f"field{n}"), getattr(asked, f"value{n}")) for n in range(1, ROWS + 1)
        )
        if name
    }
    page = await table.query(
        {name: _number_or(text) for name, text in wanted.items()},
        limit=asked.limit,
        after=asked.after or None,
        reverse=asked.reverse,
    )
    declared = table.declared()
    key = [str(each) for each in declared.get("key") or []]
    columns = _columns(asked, page.items, key)
    return View(
        "tables/table.html",
        f"adopted table {table.ref.name}",
        {
            "table": _about(table, declared),
            "count": None,
            "counts": None,
            "query": {"plan": None, "fault": None},
            "items": [item_json(shown(visit, each)) for each in page.items],
            "next": page.next,
        },
        {
            "asked": asked,
            "rows": [_row(visit, table, each, key, columns) for each in page.items],
            "columns": columns,
            "others": [each for each in columns_of(page.items, key) if each not in columns],
            "indexes": {},
            "operators": [("=", "is")],
            "sorts": SORTS,
            "filters": range(1, ROWS + 1),
            "actions": [],
            "back": visit.here,
            "tab": "rows",
            "here_with": _address(visit),
        },
    )


def table_of(visit: Visit, kind: str = "") -> Handle:
    """The table, or adopted table, of the address.

    Raises:
        NotFound: there is none.
    """
    if kind != "adopted":
        try:
            return visit.resource("table")
        except NotFound:
            if kind == "table":
                raise
    return visit.resource("adopted")


async def soon(doing: Awaitable[T]) -> T | None:
    """What an awaitable returns, if that is soon; None while it goes on, to be asked for again."""
    task = asyncio.ensure_future(doing)
    _counting.add(task)
    task.add_done_callback(_counting.discard)
    done, _ = await asyncio.wait({task}, timeout=SOON_S)
    if not done:
        task.add_done_callback(_looked_at)
        return None
    return task.result()


async def _none() -> None:
    return None


def _looked_at(task: asyncio.Future[Any]) -> None:
    if not task.cancelled():
        task.exception()


def _planned(question: Question) -> dict[str, Any]:
    said = question.parameters()
    wanted = ("partition", "index", "limit", "sort", "filter")
    return {name: said[name] for name in wanted if name in said}


async def _asked(table: Handle, question: Question, after: str | None) -> Any:  # noqa: ANN401 - a page
    said = question.parameters()
    given = said.pop("values", {})
    if question.is_scan:
        return await table.scan(after=after, **said, **given)
    return await table.query(said.pop("partition"), after=after, **said, **given)


def _columns(asked: Asked, items: Sequence[Mapping[str, Any]], key: Sequence[str]) -> list[str]:
    if asked.columns:
        return [each for each in asked.columns.split(",") if each][:50]
    return columns_of(items, key)[: max(COLUMNS_MAX, len(key))]


def _row(
    visit: Visit,
    table: Handle,
    item: Mapping[str, Any],
    key: Sequence[str],
    columns: Sequence[str],
) -> dict[str, Any]:
    parts = [item[name] for name in key if name in item]
    told = "" if visit.masked or len(parts) != len(key) else key_text(parts)
    actions = getattr(table, "actions", {})
    return {
        "key": told,
        "cells": cells(shown(visit, item), columns),
        "can": [] if visit.masked or not actions else table.offered(item),
    }


async def _counts(
    visit: Visit, table: Handle, asked: Asked, declared: Mapping[str, Any]
) -> dict[str, Any] | None:
    """How many items have each value of an index's attribute: by default of a status."""
    indexes: Mapping[str, list[str]] = declared["indexes"]
    by_default = next((name for name, parts in indexes.items() if parts[0].lower() in STATES), None)
    name = asked.counts or by_default
    if name is None or name not in indexes:
        return None
    try:
        found = await soon(table.counts(name))
    except LimitExceeded:
        return {"index": name, "attribute": indexes[name][0], "values": None, "more": 0}
    if found is None:
        return {"index": name, "attribute": indexes[name][0], "values": None, "more": 0}
    most = sorted(found.items(), key=lambda each: (-each[1], str(each[0])))
    return {
        "index": name,
        "attribute": indexes[name][0],
        "values": [
            {"value": visit.payload(value), "items": many} for value, many in most[:TILES_MAX]
        ],
        "more": len(most) - TILES_MAX if len(most) > TILES_MAX else 0,
    }


def _about(table: Handle, declared: Mapping[str, Any]) -> dict[str, Any]:
    ref = table.ref
    return {"app": ref.app, "kind": ref.kind, "name": ref.name, "declared": dict(declared)}


def _forms(visit: Visit, table: Handle, question: Question) -> dict[str, Any]:
    """The query in each of the languages that ask it."""
    if visit.masked:
        return {"expression": "", "python": "", "command": "", "curl": ""}
    return {
        "expression": question.expression(),
        "python": python_of(question, table.ref.name),
        "command": command_of(question, table.ref.name),
        "curl": curl_of(question, table.ref, visit.origin),
    }


def _address(visit: Visit) -> Any:  # noqa: ANN401 - called by the template
    """What makes the present address with some of its fields changed."""

    def changed(**fields: object) -> str:
        return visit.address_with(**fields)

    return changed


def _number_or(text: str) -> Any:  # noqa: ANN401 - a value of a column
    try:
        return int(text)
    except ValueError:
        return text
