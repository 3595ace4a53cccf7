"""The schedule expressions of EventBridge Scheduler: at, rate and cron, on the clock of a zone."""

from ensue.languages.schedules.months import months_later_ms
from ensue.languages.schedules.run import (
    Timetable,
    check_comes_true,
    compile_schedule,
    moment_ms,
    next_due_ms,
    shown_ms,
    upcoming_ms,
    zone_of,
)

__all__ = [
    "Timetable",
    "check_comes_true",
    "compile_schedule",
    "moment_ms",
    "months_later_ms",
    "next_due_ms",
    "shown_ms",
    "upcoming_ms",
    "zone_of",
]
