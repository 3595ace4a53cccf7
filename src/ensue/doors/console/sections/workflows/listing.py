"""All workflows: how many executions of each status, how fast, and what failed last."""

from __future__ import annotations

from typing import Any

from ensue.doors.console.sections.workflows.places import KIND, brief, flows
from ensue.doors.console.view import View
from ensue.doors.console.visit import Visit
from ensue.pages import charts
from ensue.words.names import Ref

_HOUR_MS = 3_600_000
_SPARK_STEP_MS = 120_000
STARTED = "executions_started"
FAILED = "executions_failed"
STATUSES = ("running", "succeeded", "failed", "timed_out", "aborted")


async def list_workflows(visit: Visit) -> View:
    """All workflows."""
    refs = flows(visit)
    found = [await _told(visit, ref) for ref in refs]
    found.sort(key=lambda each: (-each["failed_last_hour"], each["app"], each["name"]))
    sparks = {
        (ref.app, ref.name): charts.spark(
            f"starts of {ref.name} in the last hour", _starts(visit, ref)
        )
        for ref in refs
    }
    return View(
        "workflows/list.html",
        "Workflows",
        {
            "workflows": found,
            "waiting": sum(each["asks"] for each in found),
            "counts": {name: sum(each["counts"][name] for each in found) for name in STATUSES},
        },
        {"sparks": sparks},
    )


async def _told(visit: Visit, ref: Ref) -> dict[str, Any]:
    flow = visit.resource(KIND, ref.name, ref.app)
    counts = await flow.counts()
    page = await visit.operate(flow, "approvals", {"limit": 1})
    last = [
        each
        for status in ("FAILED", "TIMED_OUT")
        for each in (await visit.operate(flow, "executions", {"status": status, "limit": 1}))[
            "executions"
        ]
    ]
    last.sort(key=lambda each: -(each["ended_ms"] or 0))
    return {
        "app": ref.app,
        "name": ref.name,
        "type": flow.model.type,
        "form": "function" if "function" in flow.declared() else "state machine",
        "counts": counts,
        "asks": sum(each["waiting"] for each in page["states"]),
        "started_last_hour": _count(visit, ref, STARTED),
        "failed_last_hour": _count(visit, ref, FAILED),
        "last_failure": brief(visit, last[0]) if last else None,
        "paused_ms": flow.paused().get("paused_since_ms"),
    }


def _count(visit: Visit, ref: Ref, metric: str) -> int:
    found = visit.platform.traffic.value(metric, ref, _HOUR_MS, "sum")
    return round(found or 0)


def _starts(visit: Visit, ref: Ref) -> list[float | None]:
    series = visit.platform.traffic.series(ref, STARTED, _HOUR_MS, _SPARK_STEP_MS)
    return [value for _, value in series]
