"""The inbox of what waits for people, over all workflows."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ensue.doors.console.routing import filled
from ensue.doors.console.sections.workflows.answers import answer_of, fields_of_form
from ensue.doors.console.sections.workflows.places import KIND, flow_of, flows
from ensue.doors.console.view import Done, View
from ensue.doors.console.visit import Handle, Visit

A_WORKFLOW_MAX = 10


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """Of which workflow and state, and from where on."""

    app: str | None = None
    workflow: str | None = None
    state: str | None = None
    after: str | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 50


class Rejected(msgspec.Struct, forbid_unknown_fields=True):
    """Why."""

    comment: str | None = None
    error: str | None = None


async def list_approvals(visit: Visit) -> View:
    """What waits for people."""
    asked = visit.query(Asked)
    refs = [
        ref
        for ref in flows(visit)
        if asked.app in {None, ref.app} and asked.workflow in {None, ref.name}
    ]
    alone = asked.workflow is not None and len(refs) == 1
    found: list[dict[str, Any]] = []
    for ref in refs:
        flow = visit.resource(KIND, ref.name, ref.app)
        given: dict[str, Any] = {"limit": asked.limit if alone else A_WORKFLOW_MAX}
        if alone:
            given |= {
                name: each
                for name, each in (("state", asked.state), ("after", asked.after))
                if each is not None
            }
        page = await visit.operate(flow, "approvals", given)
        if page["states"]:
            approvals = [_told(visit, flow, each) for each in page["approvals"]]
            found.append({
                "app": ref.app,
                "workflow": ref.name,
                "states": page["states"],
                "approvals": approvals,
                "next": page["next"],
            })
    return View(
        "approvals/list.html",
        "Approvals",
        {
            "workflows": found,
            "waiting": sum(each["waiting"] for flow in found for each in flow["states"]),
        },
        {"asked": asked, "alone": alone},
    )


async def show_approval(visit: Visit) -> View:
    """One decision: what it is about, and the form to answer it."""
    flow = flow_of(visit)
    approval = await visit.operate(flow, "approval", {"id": visit.path["id"]})
    fields = fields_of_form(approval["form"])
    return View(
        "approvals/approval.html",
        approval["title"],
        {"app": flow.ref.app, "approval": _told(visit, flow, approval)},
        {"fields": fields},
    )


async def approve(visit: Visit) -> Done:
    """Approve it."""
    flow = flow_of(visit)
    approval = await visit.operate(flow, "approval", {"id": visit.path["id"]})
    fields = await visit.fields()
    asked: dict[str, Any] = {"id": approval["id"]}
    output = answer_of(fields_of_form(approval["form"]), fields)
    if output is not None:
        asked["output"] = output
    if fields.get("comment"):
        asked["comment"] = fields["comment"]
    await visit.operate(flow, "approve", asked)
    return Done(f"{_said(visit, approval)} is approved", "/approvals")


async def reject(visit: Visit) -> Done:
    """Reject it."""
    flow, given = flow_of(visit), await visit.form(Rejected)
    asked = {"id": visit.path["id"]}
    asked |= {"comment": given.comment} if given.comment else {}
    asked |= {"error": given.error} if given.error else {}
    approval = await visit.operate(flow, "reject", asked)
    return Done(f"{_said(visit, approval)} is rejected", "/approvals")


def _told(visit: Visit, flow: Handle, approval: dict[str, Any]) -> dict[str, Any]:
    return {
        **approval,
        "title": visit.fault(approval["title"]),
        "data": visit.payload(approval["data"]),
        "address": filled(
            "/approvals/{app}/{name}/{id}",
            {"app": flow.ref.app, "name": flow.ref.name, "id": approval["id"]},
        ),
    }


def _said(visit: Visit, approval: dict[str, Any]) -> str:
    return f"{visit.fault(approval['title'])} ({approval['execution']})"
