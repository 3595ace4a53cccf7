"""What is told of trees, things and deliveries: plain, and with nothing in it that is masked."""

from __future__ import annotations

from typing import Any

from ensue.doors.console.visit import Visit, plain
from ensue.observe import Detail, Node
from ensue.observe.deliveries import Deliveries
from ensue.words.values import Json

# Whose note is a name, and nothing that users put in.
_NAMED = frozenset({"execution", "status", "run"})
_IMAGES = ("input", "output", "old", "new")


def told_node(node: Node, visit: Visit) -> Node:
    """A tree, as it may be shown; the nodes are changed in place."""
    if not visit.masked:
        return node
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if each.note is not None and each.kind not in _NAMED:
            each.note = str(visit.payload(each.note))
        elif each.note is not None and each.kind == "execution":
            each.note = each.note.partition(":")[0]
        each.attempts = [
            type(one)(one.attempt, one.at_ms, visit.fault(one.error), one.begun_ms)
            for one in each.attempts
        ]
        waiting.extend(each.children)
    return node


def told_detail(detail: Detail, visit: Visit) -> dict[str, Any]:
    """A thing in full, as it may be shown."""
    said: dict[str, Any] = plain(detail)
    if not visit.masked:
        return said
    for name in _IMAGES:
        _mask_shown(said[name], visit)
    said["attributes"] = visit.payload(said["attributes"])
    for attempt in said["attempts"]:
        attempt["error"] = visit.fault(attempt["error"])
    if said["error"] is not None:
        said["error"] = visit.fault(said["error"])
    for state in said["states"]:
        _mask_shown(state["input"], visit)
        _mask_shown(state["output"], visit)
        state["error"] = None if state["error"] is None else visit.fault(state["error"])
    for name in ("key", "died"):
        if name in said["facts"]:
            said["facts"][name] = visit.payload(said["facts"][name])
    return said


def told_deliveries(found: Deliveries, visit: Visit) -> dict[str, Any]:
    """Who got something, as it may be shown."""
    said: dict[str, Any] = plain(found)
    if not visit.masked:
        return said
    for receiver in said["receivers"]:
        for mismatch in receiver["mismatches"]:
            mismatch["found"] = visit.payload(mismatch["found"])
        if receiver["mismatches"]:
            receiver["why"] = "; ".join(
                f"{each['path']}: expected {each['expected']}, found {each['found']}"
                for each in receiver["mismatches"]
            )
        for got in receiver["got"]:
            got["error"] = None if got["error"] is None else visit.fault(got["error"])
    return said


def changes_of(old: dict[str, Any] | None, new: dict[str, Any] | None) -> list[dict[str, Json]]:
    """The members of an item before and after, those that differ first; nothing for other values.

    Args:
        old: what was before, as `Shown`, plain; None for nothing.
        new: what is after.
    """
    before, after = _item(old), _item(new)
    if before is None or after is None:
        return []
    names = sorted({*before, *after}, key=lambda each: (before.get(each) == after.get(each), each))
    return [
        {
            "name": name,
            "old": before.get(name),
            "new": after.get(name),
            "was": name in before,
            "is": name in after,
            "changed": before.get(name) != after.get(name),
        }
        for name in names
    ]


def _item(shown: dict[str, Any] | None) -> dict[str, Any] | None:
    if shown is None:
        return {}
    found = shown["value"]
    return found if isinstance(found, dict) else None


def _mask_shown(shown: dict[str, Any] | None, visit: Visit) -> None:
    if shown is not None:
        shown["value"] = visit.payload(shown["value"])
        shown["beginning"] = None if shown["beginning"] is None else str(visit.payload("x"))
