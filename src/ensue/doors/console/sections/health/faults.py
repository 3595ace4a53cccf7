"""Whether all is well; if not what is likely wrong, and what mends it."""

from __future__ import annotations

from typing import Any

from ensue.doors.console.view import View
from ensue.doors.console.visit import Visit
from ensue.observe.diagnosis import Fault
from ensue.observe.traffic import THE_STORE, Flow
from ensue.words.version import VERSION

WINDOW_MS = 60_000
LIMITS_SHOWN_MAX = 100


async def show_health(visit: Visit) -> View:
    """The likely faults, the figures of the last minute, the bounds, and what runs."""
    platform = visit.platform
    faults = [told(visit, each) for each in platform.diagnosis()]
    flows = platform.traffic.flows(WINDOW_MS)
    bounds = [each.as_dict() for each in platform.limits()[:LIMITS_SHOWN_MAX]]
    return View(
        "health/health.html",
        title="Health",
        values={
            "faults": faults,
            "now": figures(flows),
            "limits": bounds,
            "runs": await _runs(visit),
        },
    )


def told(visit: Visit, fault: Fault) -> dict[str, Any]:
    """A fault as it may be shown."""
    said = fault.as_dict()
    if fault.error is not None:
        said["error"] = visit.fault(fault.error)
    return said


def figures(flows: dict[Any, Flow]) -> dict[str, Any]:
    """How much went through all together."""
    routes = [flow for ref, flow in flows.items() if ref.kind == "route"]
    work = [flow for ref, flow in flows.items() if ref.kind not in {"route", "rule"}]
    slowest = max((flow.p95_ms or 0.0 for flow in routes), default=0.0)
    return {
        "requests_per_s": sum(flow.in_per_s for flow in routes),
        "request_errors_per_s": sum(flow.errors_per_s for flow in routes),
        "request_p95_ms": slowest or None,
        "done_per_s": sum(flow.out_per_s for flow in work),
        "failed_per_s": sum(flow.errors_per_s for flow in work),
        "waiting": sum(flow.depth - flow.in_flight for flow in work),
        "in_flight": sum(flow.in_flight for flow in work),
    }


async def _runs(visit: Visit) -> dict[str, Any]:
    platform = visit.platform
    alarms = [ref for ref in platform.refs() if ref.kind == "alarm"]
    states = [
        (await visit.operate(visit.resource("alarm", ref.name, ref.app), "state"))["state"]
        for ref in alarms
    ]
    return {
        "version": VERSION,
        "store": platform.engine_url,
        "started_ms": platform.started_ms,
        "uptime_ms": platform.uptime_ms(),
        "apps": [app.name for app in platform.apps],
        "resources": len(platform.refs()),
        "alarms": len(alarms),
        "alarms_raised": states.count("ALARM"),
        "store_bytes": platform.traffic.value("store_bytes", THE_STORE, WINDOW_MS, "max"),
        "wal_bytes": platform.traffic.value("wal_bytes", THE_STORE, WINDOW_MS, "max"),
    }
