"""What each kind of part looks like: its picture, its colour, and what it is called."""

from __future__ import annotations

from collections.abc import Mapping

# Each 14 by 14, from its top left corner.
ICONS: Mapping[str, str] = {
    "activity": "M7 1.5a2.5 2.5 0 1 1-.01 0M2 13c.5-3.5 2.5-5 5-5s4.5 1.5 5 5",
    "adopted": "M1 3.5c0-2 8-2 8 0v7c0 2-8 2-8 0zM1 7c0 2 8 2 8 0M10 7h3M11.5 5.5 13 7l-1.5 1.5",
    "agent": "M7 1v2.5M2.5 4h9v7.5h-9zM5 7v1M9 7v1",
    "alarm": "M3 10V6.5a4 4 0 0 1 8 0V10l1 1.5H2zM5.5 13h3",
    "app": "M1.5 1.5h11v11h-11zM1.5 4.5h11",
    "bucket": "M1.5 3h11l-1.5 9.5h-8zM4 3c0-2.5 6-2.5 6 0",
    "bus": "M1 7h12M3.5 7V3M7 7v4M10.5 7V3",
    "destination": "M2 7h9M7.5 3.5 11 7l-3.5 3.5M13 2v10",
    "function": "M8 .5 3 8h4l-1 5.5L11.5 6h-4z",
    "handler": "M8 .5 3 8h4l-1 5.5L11.5 6h-4z",
    "http": "M7 1a6 6 0 1 0 .01 0M1 7h12M7 1c-3.5 4-3.5 8 0 12 3.5-4 3.5-8 0-12",
    "mail": "M1 3h12v8.5H1zM1 3.5l6 4.5 6-4.5",
    "meter": "M1.5 11a6 6 0 1 1 11 0M7 9l2.5-4",
    "pipe": "M1 4.5h3.5v5H1M13 4.5H9.5v5H13M4.5 7h5",
    "queue": "M1 3h12M1 7h12M1 11h7",
    "route": "M6 1.5h6.5v11H6M1 7h7M5.5 4.5 8 7 5.5 9.5",
    "rule": "M1.5 2h11L8.5 7v5l-3-1.5V7z",
    "schedule": "M7 1a6 6 0 1 0 .01 0M7 3.5V7l2.5 1.8",
    "schemas": (
        "M4.5 1.5C2 1.5 4 6.5 1.5 7 4 7.5 2 12.5 4.5 12.5"
        "M9.5 1.5C12 1.5 10 6.5 12.5 7 10 7.5 12 12.5 9.5 12.5"
    ),
    "stream": "M1 4.5c2-2.5 4 2.5 6 0s4 2.5 6 0M1 9.5c2-2.5 4 2.5 6 0s4 2.5 6 0",
    "table": "M1.5 2h11v10h-11zM1.5 5.5h11M1.5 8.8h11M5.5 5.5V12",
    "topic": "M5 5.5v3l6.5 3v-9zM5 5.5H2v3h3M4 8.5l.7 3.5",
    "vault": "M3 6h8v6.5H3zM4.5 6V4c0-3.300 5-3.300 5 0v2M7 8.5v1.5",
    "workflow": "M4.5 1.5h5v3h-5zM1 9.5h5v3H1zM8 9.5h5v3H8zM7 4.5v2.5M3.5 9.5V7h7v2.5",
}
OTHER = "M7 2.5a4.5 4.5 0 1 0 .01 0"

# The colour of each kind; what comes in from outside has that of the page.
FAMILIES: Mapping[str, str] = {
    **dict.fromkeys(("adopted", "bucket", "meter", "stream", "table", "vault"), "data"),
    **dict.fromkeys(("bus", "pipe", "rule", "schedule", "schemas", "topic"), "event"),
    "alarm": "watch",
    **dict.fromkeys(("agent", "function", "handler", "workflow"), "code"),
    **dict.fromkeys(("activity", "queue"), "wait"),
    **dict.fromkeys(("app", "destination", "http", "mail"), "out"),
}
CALLED: Mapping[str, str] = {
    "adopted": "adopted table",
    "app": "another app",
    "handler": "consumer",
    "http": "calls outside",
    "schedule": "schedules",
}


def called(kind: str) -> str:
    """What a part of a kind is called in the picture."""
    return CALLED.get(kind, kind)
