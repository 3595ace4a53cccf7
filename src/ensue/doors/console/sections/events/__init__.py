"""Events: what is published, live; patterns tried on it; sending, archives and replays."""

from __future__ import annotations

from ensue.doors.console.section import Action, Feed, Page, Section
from ensue.doors.console.sections.events.event import show_event
from ensue.doors.console.sections.events.live import follow, list_logs, show_log
from ensue.doors.console.sections.events.replays import (
    cancel,
    pause,
    resume,
    show_replays,
    start,
)
from ensue.doors.console.sections.events.rules import disable, enable, show_rules
from ensue.doors.console.sections.events.sending import send, show_form
from ensue.doors.console.sections.events.workbench import show_workbench

_LOG = "/events/{app}/{name}"

EVENTS = Section(
    "events",
    "Events",
    (
        Page("/events", list_logs),
        Page(_LOG, show_log),
        Feed("/events/live", follow),
        Page(_LOG + "/event/{id}", show_event),
        Page(_LOG + "/workbench", show_workbench),
        Page(_LOG + "/rules", show_rules),
        Action(_LOG + "/rules/{rule}/enable", enable, "enable rule"),
        Action(_LOG + "/rules/{rule}/disable", disable, "disable rule"),
        Page(_LOG + "/send", show_form),
        Action(_LOG + "/send", send, "send event"),
        Page(_LOG + "/replays", show_replays),
        Action(_LOG + "/replays", start, "start replay"),
        Action(_LOG + "/replays/{replay}/pause", pause, "pause replay"),
        Action(_LOG + "/replays/{replay}/resume", resume, "resume replay"),
        Action(_LOG + "/replays/{replay}/cancel", cancel, "cancel replay"),
    ),
    icon="events",
    key="e",
    kinds=("bus", "topic"),
)
