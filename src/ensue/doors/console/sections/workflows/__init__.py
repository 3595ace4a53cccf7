"""Workflows: their executions, seen inside, compared and mended; and what waits for people."""

from __future__ import annotations

from ensue.doors.console.section import Action, Page, Section
from ensue.doors.console.sections.workflows.approvals import (
    approve,
    list_approvals,
    reject,
    show_approval,
)
from ensue.doors.console.sections.workflows.comparing import compare
from ensue.doors.console.sections.workflows.execution import show_execution
from ensue.doors.console.sections.workflows.forking import fork, show_fork
from ensue.doors.console.sections.workflows.listing import list_workflows
from ensue.doors.console.sections.workflows.mending import (
    pause_execution,
    redrive,
    resume_execution,
    send_event,
    start,
    stop,
)
from ensue.doors.console.sections.workflows.workflow import show_workflow

WORKFLOW = "/workflows/{app}/{name}"
EXECUTION = f"{WORKFLOW}/{{execution}}"
APPROVAL = "/approvals/{app}/{name}/{id}"

WORKFLOWS = Section(
    "workflows",
    "Workflows",
    (
        Page("/workflows", list_workflows),
        Page(WORKFLOW, show_workflow),
        Page(f"{WORKFLOW}/compare", compare),
        Page(EXECUTION, show_execution),
        Page(f"{EXECUTION}/fork", show_fork),
        Action(f"{WORKFLOW}/start", start, "start an execution"),
        Action(f"{EXECUTION}/redrive", redrive, "redrive an execution"),
        Action(f"{EXECUTION}/stop", stop, "stop an execution"),
        Action(f"{EXECUTION}/pause", pause_execution, "pause an execution"),
        Action(f"{EXECUTION}/resume", resume_execution, "resume an execution"),
        Action(f"{EXECUTION}/event", send_event, "send an execution an event"),
        Action(f"{EXECUTION}/fork", fork, "fork an execution"),
    ),
    icon="workflows",
    key="o",
    kinds=("workflow",),
)

APPROVALS = Section(
    "approvals",
    "Approvals",
    (
        Page("/approvals", list_approvals),
        Page(APPROVAL, show_approval),
        Action(f"{APPROVAL}/approve", approve, "approve"),
        Action(f"{APPROVAL}/reject", reject, "reject"),
    ),
    icon="approvals",
    key="p",
)
