"""Tables: their rows, queries, items with their histories, and the feed of their changes."""

from __future__ import annotations

from ensue.doors.console.section import Action, Feed, Page, Section
from ensue.doors.console.sections.tables.feed import follow_changes, show_changes
from ensue.doors.console.sections.tables.item import act, create, delete, edit, show_item
from ensue.doors.console.sections.tables.rows import list_tables, show_table

__all__ = ["TABLES"]

_ONE = "/tables/{app}/{name}"

TABLES = Section(
    "tables",
    "Tables",
    (
        Page("/tables", list_tables),
        Page(f"{_ONE}/item", show_item),
        Page(f"{_ONE}/changes", show_changes),
        Feed(f"{_ONE}/changes/live", follow_changes),
        Page(_ONE, show_table),
        Action(f"{_ONE}/edit", edit, "edit an item"),
        Action(f"{_ONE}/create", create, "make an item"),
        Action(f"{_ONE}/delete", delete, "delete an item"),
        Action(f"{_ONE}/act", act, "do what the app offers"),
    ),
    icon="tables",
    key="t",
    kinds=("table", "adopted"),
)
