"""The map: what runs, what flows between it, and what it was before."""

from __future__ import annotations

from ensue.doors.console.section import Page, Section
from ensue.doors.console.sections.map.now import show_map
from ensue.doors.console.sections.map.part import show_part
from ensue.doors.console.sections.map.versions import list_versions, show_difference

MAP = Section(
    "map",
    "Map",
    (
        Page("/map", show_map),
        Page("/map/part", show_part),
        Page("/map/versions", list_versions),
        Page("/map/diff", show_difference),
    ),
    icon="map",
    key="m",
)

__all__ = ["MAP"]
