"""Two executions of a workflow, side by side."""

from __future__ import annotations

from typing import Any

import msgspec

from ensue.doors.console.sections.workflows.pictures import picture_of
from ensue.doors.console.sections.workflows.places import brief, execution_address, flow_of
from ensue.doors.console.view import View
from ensue.doors.console.visit import Handle, Visit
from ensue.words.values import Json

PLACES = ("input", "output")


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """Which two."""

    a: str | None = None
    b: str | None = None


async def compare(visit: Visit) -> View:
    """Two executions: where they parted, what differs, how long they took."""
    flow, asked = flow_of(visit), visit.query(Asked)
    values: dict[str, Any] = {
        "workflow": {"app": flow.ref.app, "name": flow.ref.name},
        "a": asked.a,
        "b": asked.b,
        "comparison": None,
    }
    shown: dict[str, Any] = {}
    if asked.a and asked.b:
        found = await visit.operate(flow, "compare", {"a": asked.a, "b": asked.b})
        values["comparison"] = _told(visit, flow, found)
        values["executions"] = [
            brief(visit, await visit.operate(flow, "execution", {"name": name}))
            for name in (asked.a, asked.b)
        ]
        parted = found["parted"]
        at = "" if parted is None else parted["behind"] or ""
        shown["pictures"] = [
            picture_of(await visit.operate(flow, "graph", {"execution": name}), link, at)
            for name, link in (
                (asked.a, _links(flow, asked.a, found["states"], "a")),
                (asked.b, _links(flow, asked.b, found["states"], "b")),
            )
        ]
    return View("workflows/compare.html", f"compare {flow.ref.name}", values, shown)


def _links(flow: Handle, name: str, states: list[dict[str, Any]], side: str) -> Any:  # noqa: ANN401
    entered = {each["state"] for each in states if each[side] is not None}

    def link(state: str) -> str | None:
        if state not in entered:
            return None
        return "/console" + execution_address(flow.ref, name, state=state) + "#state"

    return link


def _told(visit: Visit, flow: Handle, found: dict[str, Any]) -> dict[str, Any]:
    """A comparison without live tokens, and perhaps masked."""

    def data(value: Json) -> Json:
        return visit.payload(flow.hidden(value))

    def places(given: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            {**each, "before": data(each["before"]), "after": data(each["after"])} for each in given
        ]

    def side(given: dict[str, Any] | None) -> dict[str, Any] | None:
        if given is None:
            return None
        names = ("visit", "outcome", "error", "kind", "entered_ms")
        return {name: given["visit"][name] for name in names} | {"took_ms": given["took_ms"]}

    states = [
        {
            **each,
            "a": side(each["a"]),
            "b": side(each["b"]),
            "input": places(each["input"]),
            "output": places(each["output"]),
        }
        for each in found["states"]
    ]
    return {**found, **{name: places(found[name]) for name in PLACES}, "states": states}
