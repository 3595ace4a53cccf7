"""Why: from any id, a search or a click, what caused it and all that ensued."""

from __future__ import annotations

from ensue.doors.console.section import Page, Section
from ensue.doors.console.sections.why.finding import search, show_start
from ensue.doors.console.sections.why.showing import show_branch, show_tree

WHY = Section(
    "why",
    "Why",
    (
        Page("/why", show_start),
        Page("/why/{id:path}", show_tree),
        Page("/branch/{id:path}", show_branch),
        Page("/search", search),
    ),
    icon="why",
    key="y",
)
