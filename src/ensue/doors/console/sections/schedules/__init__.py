"""Schedules, what else is due later, and the clock that they go by."""

from __future__ import annotations

from ensue.doors.console.section import Action, Page, Section
from ensue.doors.console.sections.schedules import clock
from ensue.doors.console.sections.schedules.doing import (
    create,
    delete,
    fire,
    pause,
    resume,
    update,
)
from ensue.doors.console.sections.schedules.looking import (
    list_schedules,
    preview,
    show_group,
    show_schedule,
)

__all__ = ["SCHEDULES"]

_ONE = "/schedules/{app}/{name}"

SCHEDULES = Section(
    "schedules",
    "Schedules",
    (
        Page("/schedules", list_schedules),
        Page(f"{_ONE}/one", show_schedule),
        Page(f"{_ONE}/preview", preview),
        Page(_ONE, show_group),
        Action(f"{_ONE}/pause", pause, "pause a schedule"),
        Action(f"{_ONE}/resume", resume, "resume a schedule"),
        Action(f"{_ONE}/fire", fire, "fire a schedule now"),
        Action(f"{_ONE}/delete", delete, "delete a schedule"),
        Action(f"{_ONE}/create", create, "make a schedule"),
        Action(f"{_ONE}/update", update, "change a schedule"),
        Action("/clock/advance", clock.advance, "advance the clock"),
        Action("/clock/next", clock.to_next, "move the clock to what is due next"),
        Action("/clock/drain", clock.drain, "drain by the clock"),
    ),
    icon="schedules",
    key="s",
    kinds=("schedule",),
)
