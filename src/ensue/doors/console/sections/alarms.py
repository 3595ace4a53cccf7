"""Alarms: how they are; of one its metric against the threshold, its history, who is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ensue.doors.console.section import Action, Page, Section
from ensue.doors.console.view import Done, View
from ensue.doors.console.visit import Visit
from ensue.observe.traffic import METRICS, Statistic
from ensue.pages import charts
from ensue.pages.charts import Chart
from ensue.words.names import Ref
from ensue.words.units import iso

HOUR_MS = 3_600_000
STEPS = 30
HISTORY = 50
ORDER = ("ALARM", "INSUFFICIENT_DATA", "OK")


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """Changes before which place in the log."""

    older_than: int | None = None


class Given(msgspec.Struct):
    """Which state, and why."""

    state: str
    reason: str = "It was set by hand, in the console."


async def list_alarms(visit: Visit) -> View:
    """All alarms, those that are raised first."""
    found = [await _told(visit, ref) for ref in visit.platform.refs() if ref.kind == "alarm"]
    found.sort(key=lambda each: (ORDER.index(each["state"]), each["app"], each["name"]))
    return View("alarms/alarms.html", title="Alarms", values={"alarms": found})


async def show_alarm(visit: Visit) -> View:
    """One alarm."""
    asked = visit.query(Asked)
    alarm = visit.resource("alarm")
    page: dict[str, Any] = {"limit": HISTORY}
    if asked.older_than is not None:
        page["older_than"] = asked.older_than
    said = await _told(visit, alarm.ref)
    history = await visit.operate(alarm, "history", page)
    return View(
        "alarms/alarm.html",
        title=f"alarm {alarm.ref.name}",
        values={
            "alarm": said,
            "history": history,
            "next": history[-1]["sequence"] if len(history) == HISTORY else None,
        },
        shown={"picture": _picture(visit, alarm.ref, said), "states": ORDER},
    )


async def set_state(visit: Visit) -> Done:
    """Set an alarm's state by hand, to try out who is told."""
    given, alarm = await visit.form(Given), visit.resource("alarm")
    answer = await visit.operate(alarm, "set-state", {"state": given.state, "reason": given.reason})
    was = "is" if answer["changed"] else "was already"
    said = f"{alarm.ref.name} {was} in {given.state}, until it is judged again"
    return Done(said, _address(alarm.ref))


async def pause(visit: Visit) -> Done:
    """Let an alarm tell nobody."""
    alarm = visit.resource("alarm")
    await visit.operate(alarm, "pause")
    return Done(f"{alarm.ref.name} tells nobody until it is resumed", _address(alarm.ref))


async def resume(visit: Visit) -> Done:
    """Let an alarm tell again."""
    alarm = visit.resource("alarm")
    await visit.operate(alarm, "resume")
    return Done(f"{alarm.ref.name} tells again", _address(alarm.ref))


async def _told(visit: Visit, ref: Ref) -> dict[str, Any]:
    alarm = visit.resource("alarm", ref.name, ref.app)
    state = await visit.operate(alarm, "state")
    return {"app": ref.app, "kind": "alarm", "declared": alarm.declared(), **state}


def _picture(visit: Visit, ref: Ref, alarm: dict[str, Any]) -> Chart | None:
    """The metric against the threshold; None for an alarm on others."""
    declared = alarm["declared"]
    if "metric" not in declared:
        return None
    points = _of_traffic(visit, ref, declared) or alarm["points"]
    if not points:
        return None
    threshold = float(declared["threshold"].split(" ")[1])
    names = [iso(at_ms)[11:19] for at_ms, _ in points]
    series: dict[str, Sequence[float | None]] = {
        declared["metric"]: [value for _, value in points],
        f"threshold {declared['threshold']}": [threshold] * len(points),
    }
    title = f"{declared['statistic']} of {declared['metric']}, each {declared['period']}"
    return charts.lines(title, names, series)


def _of_traffic(visit: Visit, ref: Ref, declared: dict[str, Any]) -> list[tuple[int, float | None]]:
    """What was measured in the last hour; nothing where only the alarm has it."""
    of = declared["of"]
    if of is None or declared["metric"] not in {each.name for each in METRICS}:
        return []
    is_ref = of.count("/") == 2 and " " not in of
    kind = "route" if " " in of else "rule"
    subject = Ref(*of.split("/")) if is_ref else Ref(ref.app, kind, of)
    if subject.kind == "meter":
        return []
    period_ms, statistic = declared["period_ms"], declared["statistic"]
    window_ms = min(HOUR_MS, max(period_ms * STEPS, period_ms))
    of_what: Statistic = statistic
    found = visit.platform.traffic.series(
        subject, declared["metric"], window_ms, period_ms, of_what
    )
    return found[-STEPS * 2 :]


def _address(ref: Ref) -> str:
    return f"/alarms/{ref.app}/{ref.name}"


ALARMS = Section(
    "alarms",
    "Alarms",
    of=(
        Page("/alarms", list_alarms),
        Page("/alarms/{app}/{name}", show_alarm),
        Action("/alarms/{app}/{name}/set-state", set_state, "set the state of an alarm"),
        Action("/alarms/{app}/{name}/pause", pause, "pause an alarm"),
        Action("/alarms/{app}/{name}/resume", resume, "resume an alarm"),
    ),
    icon="alarms",
    key="l",
    kinds=("alarm",),
)
