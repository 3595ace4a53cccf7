"""One workflow: its executions, its graph, its versions, and starting it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from ensue.doors.console.sections.workflows.pictures import picture_of
from ensue.doors.console.sections.workflows.places import brief, flow_of, workflow_address
from ensue.doors.console.view import View
from ensue.doors.console.visit import Handle, Visit
from ensue.words.errors import NotFound
from ensue.words.units import duration_ms, iso

Tab = Literal["executions", "definition", "versions", "start"]
Status = Literal["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]
SPANS = (("", "any time"), ("1h", "last hour"), ("1d", "last day"), ("7d", "last 7 days"))
STATUSES = ("RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")


class Asked(msgspec.Struct, forbid_unknown_fields=True, rename={"past": "from"}):
    """Which part of the workflow, and which executions."""

    tab: Tab = "executions"
    status: Status | None = None
    prefix: str | None = None
    within: str | None = None
    since: str | None = None
    until: str | None = None
    after: str | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50
    past: str | None = None


async def show_workflow(visit: Visit) -> View:
    """A workflow."""
    flow, asked = flow_of(visit), visit.query(Asked)
    ref = flow.ref
    page = await _executions(visit, flow, asked) if asked.tab == "executions" else None
    approvals = await visit.operate(flow, "approvals", {"limit": 1})
    values: dict[str, Any] = {
        "workflow": {
            "app": ref.app,
            "name": ref.name,
            "type": flow.model.type,
            "is_function": "function" in flow.declared(),
            "counts": await flow.counts(),
            "asks": sum(each["waiting"] for each in approvals["states"]),
            "paused_ms": flow.paused().get("paused_since_ms"),
        },
        "executions": None if page is None else page["executions"],
        "next": None if page is None else page["next"],
    }
    shown: dict[str, Any] = {
        "asked": asked,
        "statuses": [("", "any status"), *((each, each.lower()) for each in STATUSES)],
        "spans": SPANS,
    }
    if page is not None:
        shown["next_address"] = None if page["next"] is None else _next(ref, asked, page["next"])
    elif asked.tab == "definition":
        values["graph"] = await visit.operate(flow, "graph")
        values["declared"] = flow.declared()
        shown["picture"] = picture_of(values["graph"], lambda _: None)
    elif asked.tab == "versions":
        values["versions"] = await visit.operate(flow, "versions")
        values["aliases"] = await visit.operate(flow, "aliases")
    else:
        values["input"] = await _past(visit, flow, asked)
        values["versions"] = await visit.operate(flow, "versions")
        values["aliases"] = await visit.operate(flow, "aliases")
    return View("workflows/workflow.html", f"workflow {ref.name}", values, shown)


async def _executions(visit: Visit, flow: Handle, asked: Asked) -> dict[str, Any]:
    since = asked.since
    if asked.within:
        since = iso(visit.platform.now_ms() - duration_ms(asked.within))
    given = {
        "status": asked.status,
        "prefix": asked.prefix or None,
        "since": since,
        "until": asked.until,
        "after": asked.after,
        "limit": asked.limit,
    }
    found = await visit.operate(
        flow, "executions", {name: each for name, each in given.items() if each is not None}
    )
    return {
        "executions": [brief(visit, each) for each in found["executions"]],
        "next": found["next"],
    }


async def _past(visit: Visit, flow: Handle, asked: Asked) -> Any:  # noqa: ANN401 - JSON
    """The input of an execution of the past; None where that is not to be shown."""
    if asked.past is None or visit.masked:
        return None
    try:
        found = await visit.operate(flow, "execution", {"name": asked.past})
    except NotFound:
        return None
    return flow.hidden(found["input"])


def _next(ref: Any, asked: Asked, after: str) -> str:  # noqa: ANN401 - a Ref
    query = {
        "status": asked.status,
        "prefix": asked.prefix or None,
        "within": asked.within or None,
        "since": asked.since,
        "until": asked.until,
        "limit": None if asked.limit == 50 else asked.limit,
    }
    return "/console" + workflow_address(ref, **query, after=after)
