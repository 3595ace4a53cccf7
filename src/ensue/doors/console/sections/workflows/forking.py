"""A fork: another execution leaves the past of one at a state, perhaps with other data."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ensue.doors.console.sections.workflows.execution import VISITS_MAX, state_data
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

ROOT = "/console"
RESULTS_MAX = 50


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """At which visit of which state to leave."""

    state: str | None = None
    visit: Annotated[int, msgspec.Meta(ge=1)] | None = None


class Forked(msgspec.Struct, forbid_unknown_fields=True):
    """Where to leave, and with what."""

    event: int
    input: str | None = None
    input_before: str | None = None
    variables: str | None = None
    variables_before: str | None = None
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
    given, variables = None, None
    if data is not None:
        given = execution["input"] if is_function else data["input"]
        given = visit.payload(flow.hidden(given)) if is_function else given
        variables = data["variables"]
        if is_function:
            variables = await _results(visit, name, trace["visits"], data["visit"]["number"])

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
    """Fork it."""
    flow, given, name = flow_of(visit), await visit.form(Forked), visit.path["execution"]
    asked: dict[str, Any] = {"name": name, "at": given.event}
    if given.input is not None and given.input != given.input_before:
        asked["input"] = decoded(given.input, "form.input")
    if given.variables is not None and given.variables != given.variables_before:
        variables = decoded(given.variables, "form.variables")
        if not isinstance(variables, dict):
            raise InvalidValue("expected an object of variables", at="form.variables")
        asked["variables"] = variables
    if given.fork_name:
        asked["fork_name"] = given.fork_name
    forked = await visit.operate(flow, "fork", asked)
    return Done(
        f"{forked['name']} has left {name}, and goes on",
        execution_address(flow.ref, forked["name"]),
    )


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
