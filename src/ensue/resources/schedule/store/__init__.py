"""What a group of schedules does within a transaction."""

from __future__ import annotations

from ensue.resources.schedule.store.notes import missed, note_missed, runs
from ensue.resources.schedule.store.pausing import pause, resume
from ensue.resources.schedule.store.schedules import (
    counts,
    create,
    declare,
    delete,
    due,
    due_at,
    entry_id,
    find,
    fire_ms,
    get,
    next_fire_ms,
    next_firing,
    page,
    rename,
    save_fired,
    update,
)

__all__ = [
    "counts",
    "create",
    "declare",
    "delete",
    "due",
    "due_at",
    "entry_id",
    "find",
    "fire_ms",
    "get",
    "missed",
    "next_fire_ms",
    "next_firing",
    "note_missed",
    "page",
    "pause",
    "rename",
    "resume",
    "runs",
    "save_fired",
    "update",
]
