"""The SQL tables of a group of schedules."""

from __future__ import annotations

from ensue.engine.transaction import Transaction
from ensue.resources.schedule.model import GroupModel


def create(tx: Transaction, group: GroupModel) -> None:
    """Make the tables and their indexes, if they are not there yet."""
    table = group.table
    tx.execute(
        f"CREATE TABLE IF NOT EXISTS {table} ("
        " id INTEGER PRIMARY KEY AUTOINCREMENT,"
        " name TEXT NOT NULL UNIQUE,"
        " expression TEXT NOT NULL, timezone TEXT NOT NULL,"
        " target_app TEXT NOT NULL, target_kind TEXT NOT NULL, target_name TEXT NOT NULL,"
        " body TEXT NOT NULL, grp TEXT,"
        " start_ms INTEGER, end_ms INTEGER, window_ms INTEGER NOT NULL,"
        " missed TEXT NOT NULL, after TEXT NOT NULL, raw INTEGER NOT NULL,"
        " declared INTEGER NOT NULL, state INTEGER NOT NULL, anchor_ms INTEGER NOT NULL,"
        " due_ms INTEGER, fire_ms INTEGER, last_ms INTEGER,"
        " fired INTEGER NOT NULL DEFAULT 0, left_out INTEGER NOT NULL DEFAULT 0)"
    )
    tx.execute(f"CREATE INDEX IF NOT EXISTS {table}_due ON {table} (fire_ms, id) WHERE state = 0")
    tx.execute(f"CREATE INDEX IF NOT EXISTS {table}_declared ON {table} (name) WHERE declared = 1")
    tx.execute(
        f"CREATE INDEX IF NOT EXISTS {table}_resting ON {table} (state, name) WHERE state > 0"
    )
    # Moments that passed without a firing in time, and what became of them; the newest are kept.
    tx.execute(
        f"CREATE TABLE IF NOT EXISTS {group.notes} ("
        " id INTEGER PRIMARY KEY AUTOINCREMENT, schedule INTEGER NOT NULL, name TEXT NOT NULL,"
        " first_ms INTEGER NOT NULL, until_ms INTEGER, moments INTEGER NOT NULL,"
        " why TEXT NOT NULL, did TEXT NOT NULL)"
    )
    tx.execute(
        f"CREATE INDEX IF NOT EXISTS {group.notes}_by_schedule ON {group.notes} (schedule, id)"
    )
