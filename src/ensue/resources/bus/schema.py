"""The SQL tables of a bus: its log of events, and which rules were switched at run time."""

from __future__ import annotations

from ensue.engine import logs
from ensue.engine.transaction import Transaction
from ensue.resources.bus.model import BusModel


def create(tx: Transaction, bus: BusModel) -> None:
    """Make the tables, if they are not there yet."""
    logs.create(tx, bus.events)
    tx.execute(
        f"CREATE TABLE IF NOT EXISTS {bus.switched} ("
        " rule TEXT PRIMARY KEY, enabled INTEGER NOT NULL, declared INTEGER NOT NULL)"
        " WITHOUT ROWID"
    )
