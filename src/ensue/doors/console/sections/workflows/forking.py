"""A fork: another execution leaves the past of one at a state, perhaps with other data."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ensue.doors.console.sections.workflows.execution import (
    VISITS_MAX,
    shown_data,
    state_data,
)
from ensue.doors.console.sections.workflows.pictures import picture_of
from ensue.doors.console.sections.workflows.places import (
    brief,
    decoded,
    execution_address,
    flow_of,
    fork_address,
)
from ensue.doors.console.view import Done, View
from ensue.doors.console.visit import Visit
from ensue.words.errors import InvalidValue
from ensue.words.values import Json

ROOT = "/console"
RESULTS_MAX = 50


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """At which visit of which state to leave."""

    state: str | None = None
    visit: Annotated[int, msgspec.Meta(ge=1)] | None = None


class Forked(msgspec.Struct, forbid_unknown_fields=True):
    """Where to leave, and with what."""

    state: str
    visit: int
    input: str | None = None
    variables: str | None = None
    fork_name: str | None = None


async def show_fork(visit: Visit) -> View:
    """Where an execution can be left, and the data that it had there."""
    flow, asked, name = flow_of(visit), visit.query(Asked), visit.path["execution"]
    execution = await visit.operate(flow, "execution", {"name": name})
    is_function = "function" in flow.declared()
    trace = await visit.operate(flow, "trace", {"name": name, "limit": VISITS_MAX})
    graph = await visit.operate(flow, "graph", {"execution": name})
    entered = {each["state"] for each in trace["visits"]}
    state, number = asked.state, asked.visit
    if state is None:
        failed = [each for each in trace["visits"] if each["outcome"] == "failed"]
        at = (failed or trace["visits"] or [None])[-1]
        state, number = (None, None) if at is None else (at["state"], at["visit"])
    data = None if state is None else await state_data(visit, flow, name, state, number)
    given, variables = await _data(visit, execution, trace["visits"], data)

    def link(of: str) -> str | None:
        return f"{ROOT}{fork_address(flow.ref, name, state=of)}#leave" if of in entered else None

    return View(
        "workflows/fork.html",
        f"fork {name}",
        {
            "workflow": {"app": flow.ref.app, "name": flow.ref.name, "is_function": is_function},
            "execution": brief(visit, execution),
            "chosen": data,
            "input": given,
            "variables": variables,
        },
        {
            "picture": picture_of(graph, link, state or ""),
            "times": sum(each["state"] == state for each in trace["visits"]),
        },
    )


async def fork(visit: Visit) -> Done:
    """Fork it: with what was edited, and else with the same."""
    flow, asked, name = flow_of(visit), await visit.form(Forked), visit.path["execution"]
    data = await state_data(visit, flow, name, asked.state, asked.visit)
    forked: dict[str, Any] = {"name": name, "at": data["visit"]["event"]}
    if asked.input is not None or asked.variables is not None:
        execution = await visit.operate(flow, "execution", {"name": name})
        trace = await visit.operate(flow, "trace", {"name": name, "limit": VISITS_MAX})
        given, variables = await _data(visit, execution, trace["visits"], data)
        if asked.input is not None and (edited := decoded(asked.input, "form.input")) != given:
            forked["input"] = edited
        if asked.variables is not None:
            others = decoded(asked.variables, "form.variables")
            if not isinstance(others, dict):
                raise InvalidValue("expected an object of variables", at="form.variables")
            if others != variables:
                forked["variables"] = others
    if asked.fork_name:
        forked["fork_name"] = asked.fork_name
    made = await visit.operate(flow, "fork", forked)
    return Done(
        f"{made['name']} has left {name}, and goes on", execution_address(flow.ref, made["name"])
    )


async def _data(
    visit: Visit,
    execution: dict[str, Any],
    visits: list[dict[str, Any]],
    data: dict[str, Any] | None,
) -> tuple[Json, dict[str, Any] | None]:
    """What a fork may change: the input, and the variables or the results of steps before."""
    flow = flow_of(visit)
    if data is None:
        return None, None
    if "function" not in flow.declared():
        return data["input"], data["variables"]
    results = await _results(visit, execution["name"], visits, data["visit"]["number"])
    return shown_data(visit, flow, execution["input"]), results


async def _results(
    visit: Visit, name: str, visits: list[dict[str, Any]], before: int
) -> dict[str, Any]:
    """What the steps before one gave, by their names: of the last so many."""
    flow = flow_of(visit)
    found: dict[str, Any] = {}
    for each in visits[: before - 1][-RESULTS_MAX:]:
        if each["outcome"] == "succeeded" and each["kind"] == "Task":
            data = await state_data(visit, flow, name, each["state"], each["visit"])
            found[each["state"]] = data["output"]
    return found
