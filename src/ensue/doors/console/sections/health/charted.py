"""Throughput, latency and errors of the last hour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ensue.app.platform import Platform
from ensue.doors.console.view import View
from ensue.doors.console.visit import Visit
from ensue.observe.traffic import Statistic
from ensue.pages import charts
from ensue.pages.charts import Chart
from ensue.words.errors import NotFound
from ensue.words.names import Ref
from ensue.words.units import iso

HOUR_MS = 3_600_000
STEP_MS = 5_000
STEPS_MAX = 30
LINES_MAX = 4
ROWS_MAX = 200
SHOWN = (
    "in_per_s",
    "out_per_s",
    "errors_per_s",
    "p50_ms",
    "p95_ms",
    "total_out",
    "total_errors",
)
HANDLED = frozenset({"queue", "function", "mail", "destination", "pipe", "workflow"})


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """Of which app, and of what: ``route/GET /orders``, ``queue/payments``."""

    app: str | None = None
    of: str | None = None


async def show_traffic(visit: Visit) -> View:
    """Charts of the last hour: of all together, of an app, or of one route or handler."""
    asked = visit.query(Asked)
    platform = visit.platform
    flows = platform.traffic.flows(HOUR_MS)
    of_app = {
        ref: flow
        for ref, flow in flows.items()
        if asked.app in {None, ref.app} and ref.kind not in {"rule", "alarm"}
    }
    if asked.of is None:
        moved = [ref for ref, flow in of_app.items() if flow.in_per_s or flow.out_per_s]
        moved.sort(key=lambda ref: -of_app[ref].out_per_s)
    else:
        moved = [ref for ref in of_app if f"{ref.kind}/{ref.name}" == asked.of]
        if not moved:
            raise NotFound(f"there is no {asked.of}", hint="Choose one of the list.")
    rows = [
        {
            "app": ref.app,
            "kind": ref.kind,
            "name": ref.name,
            "of": f"{ref.kind}/{ref.name}",
            **{name: getattr(of_app[ref], name) for name in SHOWN},
        }
        for ref in moved[:ROWS_MAX]
    ]
    return View(
        "health/traffic.html",
        title="Traffic",
        values={
            "asked": asked,
            "apps": sorted({ref.app for ref in flows}),
            "subjects": rows,
        },
        shown={"pictures": _pictures(platform, moved, single=asked.of is not None)},
    )


def _pictures(platform: Platform, moved: Sequence[Ref], *, single: bool) -> list[Chart]:
    routes = [ref for ref in moved if ref.kind == "route"][:LINES_MAX]
    handled = [ref for ref in moved if ref.kind in HANDLED][:LINES_MAX]
    found: list[Chart] = []
    for title, refs, rate, errors, took in (
        ("Requests", routes, "requests", "errors", "request_duration"),
        ("Messages", handled, "completed", "failed", "process_duration"),
    ):
        if not refs:
            continue
        found.append(_lines(platform, f"{title} a second", refs, (rate, "average")))
        if single:
            found.append(_latency(platform, refs[0], took))
        else:
            found.append(_lines(platform, f"{title}: p95", refs, (took, "p95"), unit="ms"))
        found.append(_lines(platform, f"{title} that failed", refs, (errors, "sum")))
    return found


def _lines(
    platform: Platform,
    title: str,
    refs: Sequence[Ref],
    asked: tuple[str, Statistic],
    *,
    unit: str = "",
) -> Chart:
    metric, of = asked
    series: dict[str, list[float | None]] = {}
    names: list[str] = []
    for ref in refs:
        found = _series(platform, ref, metric, of)
        names = [iso(at_ms)[11:19] for at_ms, _ in found]
        series[ref.name] = [_scaled(value, unit) for _, value in found]
    return charts.lines(title, names, series, unit=unit)


def _latency(platform: Platform, ref: Ref, metric: str) -> Chart:
    series: dict[str, list[float | None]] = {}
    names: list[str] = []
    statistics: tuple[Statistic, ...] = ("p50", "p95", "p99")
    for of in statistics:
        found = _series(platform, ref, metric, of)
        names = [iso(at_ms)[11:19] for at_ms, _ in found]
        series[of] = [_scaled(value, "ms") for _, value in found]
    return charts.lines("How long it takes", names, series, unit="ms")


def _series(
    platform: Platform, ref: Ref, metric: str, of: Statistic
) -> list[tuple[int, float | None]]:
    """A metric since there are figures, for an hour at most."""
    window_ms = min(HOUR_MS, max(platform.now_ms() - platform.traffic.began_ms(), STEP_MS))
    step_ms = -(-window_ms // STEPS_MAX // STEP_MS) * STEP_MS
    return platform.traffic.series(ref, metric, window_ms, step_ms, of)


def _scaled(value: float | None, unit: str) -> Any:  # noqa: ANN401 - a number, or none
    return None if value is None else value * 1_000 if unit == "ms" else value
