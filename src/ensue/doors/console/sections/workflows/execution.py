"""One execution: what went wrong, its graph with outcomes, its states' data, its times."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from ensue.doors.console.sections.workflows.faults import Fault, fault_of, words_of
from ensue.doors.console.sections.workflows.pictures import picture_of
from ensue.doors.console.sections.workflows.places import brief, execution_address, flow_of
from ensue.doors.console.sections.workflows.waterfall import waterfall
from ensue.doors.console.view import View
from ensue.doors.console.visit import Handle, Visit
from ensue.words.names import Ref
from ensue.words.values import Json

Tab = Literal["graph", "time", "history", "around"]
VISITS_MAX = 1_000
_PLUMBING = {"region", "roleArn", "taskCredentials"}  # what is the same for all


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """Which part of the execution, and which visit of which state."""

    tab: Tab = "graph"
    state: str | None = None
    visit: Annotated[int, msgspec.Meta(ge=1)] | None = None
    after: str | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


async def show_execution(visit: Visit) -> View:
    """An execution."""
    flow, asked = flow_of(visit), visit.query(Asked)
    name = visit.path["execution"]
    execution = await visit.operate(flow, "execution", {"name": name})
    values: dict[str, Any] = {
        "workflow": {
            "app": flow.ref.app,
            "name": flow.ref.name,
            "is_express": flow.model.is_express,
            "is_function": "function" in flow.declared(),
        },
        "execution": brief(visit, execution)
        | {
            "input": shown_data(visit, flow, execution["input"]),
            "output": shown_data(visit, flow, execution["output"]),
            "warnings": execution["warnings"],
            "forked_from": execution["forked_from"],
            "forked_at": execution["forked_at"],
        },
        "family": None,
        "map_runs": [],
        "is_child": False,
        "trace": None,
        "chosen": None,
    }
    shown: dict[str, Any] = {"asked": asked, "fault": _fault(visit, execution)}
    if not flow.model.is_express:
        family = await visit.operate(flow, "family", {"name": name, "limit": 50} | _after(asked))
        values["family"] = family
        values["map_runs"] = await visit.operate(flow, "map-runs", {"name": name})
        values["is_child"] = flow.is_child(name)
    if asked.tab == "history":
        await _add_history(visit, flow, name, asked, values)
    elif asked.tab in {"graph", "time"}:
        await _add_inside(visit, flow, execution, asked, values, shown)
    return View("workflows/execution.html", f"{name} of {flow.ref.name}", values, shown)


def shown_data(visit: Visit, flow: Handle, value: Json) -> Json:
    """What users put in, as it may be shown: without live tokens, and perhaps masked."""
    return visit.payload(flow.hidden(value))


async def state_data(
    visit: Visit, flow: Handle, name: str, state: str, number: int | None
) -> dict[str, Any]:
    """The data of a visit of a state, as it may be shown."""
    given: dict[str, Any] = {"name": name, "state": state}
    found = await visit.operate(
        flow, "visit", given if number is None else given | {"visit": number}
    )
    data = ("input", "output", "variables", "assigned", "data")
    hidden = {part: shown_data(visit, flow, found[part]) for part in data}
    return {"visit": _told(visit, found["visit"]), **hidden}


async def _add_inside(  # noqa: PLR0917 - both halves of the view
    visit: Visit,
    flow: Handle,
    execution: dict[str, Any],
    asked: Asked,
    values: dict[str, Any],
    shown: dict[str, Any],
) -> None:
    """The states, drawn, and the data of one of them."""
    name = execution["name"]
    trace: dict[str, Any] = {"visits": [], "total": 0, "stands": [], "next": None}
    if not flow.model.is_express:
        trace = await visit.operate(flow, "trace", {"name": name, "limit": VISITS_MAX})
    visits = [_told(visit, each) for each in trace["visits"]]
    values["trace"] = {**trace, "visits": visits}
    chosen = _chosen(visits, asked)
    values["chosen"] = None
    if chosen is not None:
        state, number = chosen
        values["chosen"] = await state_data(visit, flow, name, state, number)
        shown["times"] = max(
            [each["visit"] for each in visits if each["state"] == state], default=number or 1
        )
    now_ms = visit.platform.now_ms()
    if asked.tab == "time":
        ends_ms = execution["ended_ms"] or now_ms
        shown["waterfall"] = waterfall(visits, trace["total"], execution["started_ms"], ends_ms)
    elif not flow.model.is_express:
        values["graph"] = await visit.operate(flow, "graph", {"execution": name})
        entered = {each["state"] for each in visits}
        shown["picture"] = picture_of(
            values["graph"],
            lambda state: _link(flow.ref, name, state) if state in entered else None,
            chosen[0] if chosen else "",
        )
    shown["causes"] = {each["number"]: words_of(each["cause"]) for each in visits if each["cause"]}


async def _add_history(
    visit: Visit, flow: Handle, name: str, asked: Asked, values: dict[str, Any]
) -> None:
    after = int(asked.after) if asked.after and asked.after.isdecimal() else 0
    found = await visit.operate(
        flow, "history", {"name": name, "after": after, "limit": asked.limit}
    )
    values["history"] = {
        "events": [
            {
                "id": each["id"],
                "type": each["type"],
                "at_ms": each["timestamp"],
                "previous": each["previousEventId"],
                "details": shown_data(visit, flow, _details(each)),
            }
            for each in found["events"]
        ],
        "next": found["next"],
    }


def _details(event: dict[str, Any]) -> Json:
    """The details of an event; texts of JSON as the values that they are."""
    found = next((event[key] for key in event if key.endswith("EventDetails")), None)
    if not isinstance(found, dict):
        return None
    return {
        name: _value(value) if name in {"input", "output", "parameters"} else value
        for name, value in found.items()
        if not name.endswith("Details") and name not in _PLUMBING
    }


def _value(text: Json) -> Json:
    try:
        return msgspec.json.decode(text) if isinstance(text, str) else text
    except msgspec.DecodeError:
        return text


def _told(visit: Visit, given: dict[str, Any]) -> dict[str, Any]:
    """A visit whose causes may be shown."""

    def of(cause: str | None) -> str | None:
        return None if cause is None else visit.fault(cause)

    attempts = [{**each, "cause": of(each["cause"])} for each in given["attempts"]]
    return {**given, "cause": of(given["cause"]), "attempts": attempts}


def _chosen(visits: list[dict[str, Any]], asked: Asked) -> tuple[str, int | None] | None:
    """The visit that is looked at: the one that was asked for, or the innermost that failed."""
    if asked.state is not None:
        return asked.state, asked.visit
    failed = [each for each in visits if each["outcome"] == "failed"]
    return (failed[-1]["state"], failed[-1]["visit"]) if failed else None


def _fault(visit: Visit, execution: dict[str, Any]) -> Fault | None:
    return fault_of({
        **execution,
        "cause": None if execution["cause"] is None else visit.fault(execution["cause"]),
    })


def _link(ref: Ref, execution: str, state: str) -> str:
    return "/console" + execution_address(ref, execution, state=state) + "#state"


def _after(asked: Asked) -> dict[str, Any]:
    return {"after": asked.after} if asked.tab == "around" and asked.after else {}
