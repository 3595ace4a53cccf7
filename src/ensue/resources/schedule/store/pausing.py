"""Pauses of schedules: what is due meanwhile is left out, and noted."""

from __future__ import annotations

from ensue.engine.transaction import Transaction
from ensue.resources.schedule.model import ACTIVE, COMPLETED, PAUSED, Entry, GroupModel
from ensue.resources.schedule.store.notes import end_pause, note
from ensue.resources.schedule.store.schedules import due_from_now, get, save
from ensue.words.errors import Conflict


def pause(tx: Transaction, group: GroupModel, name: str) -> Entry:
    """Let a schedule fire no more until it is resumed."""
    entry = _going(tx, group, name)
    if entry.state == ACTIVE:
        note(tx, group, entry, (None, 0, "paused", "left out"))
    paused = entry._replace(state=PAUSED, due_ms=None, fire_ms=None)
    save(tx, group, paused)
    return paused


def resume(tx: Transaction, group: GroupModel, name: str) -> Entry:
    """Let a schedule fire again, from now on; what was due while it was paused is left out."""
    entry = _going(tx, group, name)
    end_pause(tx, group, entry)
    resumed = due_from_now(tx, entry._replace(state=ACTIVE))
    save(tx, group, resumed)
    return resumed


def _going(tx: Transaction, group: GroupModel, name: str) -> Entry:
    """A schedule that is not completed."""
    entry = get(tx, group, name)
    if entry.state == COMPLETED:
        raise Conflict(f"the schedule {name} of group {group.ref.name} is completed")
    return entry
