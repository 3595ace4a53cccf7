"""The tree of what ensued, with its time line, one thing of it in full, and who got it."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ensue.doors.console.sections.why.rows import is_open, nodes_of, rows_of
from ensue.doors.console.sections.why.telling import (
    changes_of,
    told_deliveries,
    told_detail,
    told_node,
)
from ensue.doors.console.sections.why.timeline import Axis, axis_of, axis_of_text
from ensue.doors.console.view import View
from ensue.doors.console.visit import Visit, plain
from ensue.observe import Node
from ensue.words.errors import InvalidInput, NotFound

NODES_SHOWN = 200
HEARD = frozenset({"event", "change", "record", "published", "object", "status", "metered"})
Id = Annotated[str, msgspec.Meta(max_length=2_000)]


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """Which node is shown in full; the one that is sought by default."""

    at: Id | None = None


class OfBranch(msgspec.Struct, forbid_unknown_fields=True):
    """Which part of a tree: behind which child of a node, at which level, on which time line."""

    after: Id = ""
    level: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 1
    axis: Annotated[str, msgspec.Meta(max_length=1_000)] = ""
    root: Id = ""


async def show_tree(visit: Visit) -> View:
    """The tree that something is in."""
    asked = visit.query(Asked)
    platform = visit.platform
    root = told_node(await platform.unfold(visit.path["id"], limit=NODES_SHOWN), visit)
    now_ms, nodes = platform.now_ms(), list(nodes_of(root))
    sought = next((node for node in nodes if node.is_sought), root)
    at = asked.at or sought.id
    axis = axis_of(nodes, now_ms)
    detail, deliveries = await _looked_at(visit, at)
    selected = sought if detail is None else detail
    kind = selected["kind"] if isinstance(selected, dict) else selected.kind
    name = selected["name"] if isinstance(selected, dict) else selected.name
    return View(
        "why/tree.html",
        f"Why {kind} {name}",
        {
            "sought": sought.id,
            "at": at,
            "tree": plain(root),
            "detail": detail,
            "deliveries": deliveries,
        },
        {
            "root": root,
            "id": visit.path["id"],
            "rows": rows_of(root, axis, now_ms),
            "axis": axis,
            "is_open": is_open(root),
            "is_asked": asked.at is not None,
            "summary": _summary(nodes, axis),
            **_beside(detail),
        },
    )


async def show_branch(visit: Visit) -> View:
    """What one node caused beyond what was shown."""
    asked = visit.query(OfBranch)
    platform = visit.platform
    node = told_node(
        await platform.unfold(visit.path["id"], after=asked.after, limit=NODES_SHOWN), visit
    )
    now_ms = platform.now_ms()
    axis: Axis = axis_of_text(asked.axis) or axis_of(list(nodes_of(node)), now_ms)
    return View(
        "why/branch.html",
        f"Why {node.kind} {node.name}",
        {"branch": plain(node)},
        {
            "rows": rows_of(node, axis, now_ms, level=asked.level),
            "axis": axis,
            "id": asked.root or node.id,
            "at": None,
        },
    )


async def _looked_at(visit: Visit, at: str) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """One thing in full, and who got it where it is something that is read from a log."""
    platform = visit.platform
    try:
        detail = told_detail(platform.detail(at), visit)
    except NotFound:  # forgotten since
        return None, None
    if detail["kind"] not in HEARD:
        return detail, None
    try:
        return detail, told_deliveries(await platform.deliveries(at), visit)
    except (NotFound, InvalidInput):
        return detail, None


def _beside(detail: dict[str, Any] | None) -> dict[str, Any]:
    """What the panel shows of a change: each member before and after."""
    if detail is None or detail["kind"] != "change":
        return {"changes": []}
    return {"changes": changes_of(detail["old"], detail["new"])}


def _summary(nodes: list[Node], axis: Axis) -> dict[str, int]:
    """What matters most of a tree, in figures."""
    return {
        "nodes": len(nodes),
        "more": sum(node.more is not None for node in nodes),
        "took_ms": axis.knots[-1],
        "failed": sum(node.state in {"dead", "FAILED", "TIMED_OUT", "ABORTED"} for node in nodes),
        "tries": sum(len(node.attempts) for node in nodes),
        "open": sum(node.state in {"waiting", "in flight", "RUNNING"} for node in nodes),
    }
