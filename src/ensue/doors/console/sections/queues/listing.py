"""All queues, what hurts first; and the other work that the platform keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from ensue.doors.console.view import View
from ensue.doors.console.visit import Handle, Visit
from ensue.observe.traffic import Flow
from ensue.pages import charts
from ensue.words.names import Ref

# Of how long the small lines tell, in which steps; over how long rates are; and what is old, in ms.
SPARK = 900_000, 15_000
RATES = 60_000
OLD = 60_000
OTHER_WORK = ("function", "mail", "destination", "activity")


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """Which queues, in which order."""

    text: str | None = None
    sort: Literal["hurts", "name", "depth"] = "hurts"
    page: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0


PAGE = 50


async def list_queues(visit: Visit) -> View:
    """All queues that are no dead-letter queues of others."""
    asked = visit.query(Asked)
    flows = visit.platform.traffic.flows(RATES)
    rows = [_row(visit, ref, flows) for ref in visit.platform.refs() if ref.kind == "queue"]
    rows = [
        row
        for row in rows
        if not row["is_dead_letters"] and (asked.text or "").lower() in row["name"]
    ]
    rows.sort(key=lambda row: _order(row, asked.sort))
    first = asked.page * PAGE
    shown = rows[first : first + PAGE]
    others = [
        _other(ref, flows[ref])
        for ref in visit.platform.refs()
        if ref.kind in OTHER_WORK and ref in flows
    ]
    return View(
        "queues/list.html",
        "Queues",
        {
            "queues": shown,
            "other_work": others,
            "next_page": asked.page + 1 if len(rows) > first + PAGE else None,
        },
        {"asked": asked, "sparks": [_spark(visit, row) for row in shown]},
    )


def _row(visit: Visit, ref: Ref, flows: Mapping[Ref, Flow]) -> dict[str, Any]:
    queue: Handle = visit.platform.resource("queue", ref.name, ref.app)
    declared = queue.declared()
    flow = flows.get(ref, Flow())
    dead = declared.get("dead_letter_queue")
    letters = flows.get(ref._replace(name=str(dead)), Flow()) if dead else Flow()
    return {
        "app": ref.app,
        "kind": "queue",
        "name": ref.name,
        "consumer": declared.get("consumer"),
        "waiting": flow.depth - flow.in_flight,
        "in_flight": flow.in_flight,
        "held": flow.held,
        "oldest_ms": flow.oldest_ms,
        "in_per_s": flow.in_per_s,
        "out_per_s": flow.out_per_s,
        "errors_per_s": flow.errors_per_s,
        "dead_letter_queue": dead,
        "dead_letters": letters.depth,
        "paused_since_ms": queue.paused().get("paused_since_ms"),
        "is_dead_letters": "dead_letter_queue_of" in declared,
    }


def _order(row: Mapping[str, Any], sort: str) -> tuple[Any, ...]:
    depth = row["waiting"] + row["in_flight"]
    if sort == "name":
        return (row["name"], row["app"])
    if sort == "depth":
        return (-depth, row["name"])
    oldest = row["oldest_ms"] or 0
    is_stuck = oldest >= OLD or (row["paused_since_ms"] is not None and depth > 0)
    return (not is_stuck, -min(row["dead_letters"], 1), -oldest, -depth, row["name"])


def _other(ref: Ref, flow: Flow) -> dict[str, Any]:
    return {
        "app": ref.app,
        "kind": ref.kind,
        "name": ref.name,
        "waiting": flow.depth - flow.in_flight,
        "in_flight": flow.in_flight,
        "held": flow.held,
        "oldest_ms": flow.oldest_ms,
        "in_per_s": flow.in_per_s,
        "errors_per_s": flow.errors_per_s,
    }


def _spark(visit: Visit, row: Mapping[str, Any]) -> object:
    ref = Ref(row["app"], "queue", row["name"])
    found = visit.platform.traffic.series(ref, "depth", *SPARK)
    return charts.spark("depth in the last 15 minutes", [value for _, value in found])
