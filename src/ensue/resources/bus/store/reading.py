"""Looking at the events that a bus keeps."""

from __future__ import annotations

from ensue.engine import archives, logs
from ensue.engine.backlog import depth as depth_of
from ensue.engine.logs import Record
from ensue.engine.transaction import Transaction
from ensue.resources.bus.model import BusModel
from ensue.resources.bus.rules.envelope import envelope
from ensue.words import values
from ensue.words.values import Json


def event_of(tx: Transaction, bus: BusModel, record: Record) -> dict[str, Json]:
    """A record of the bus's log as an event in its envelope."""
    stored = values.decode(record.new or "{}")
    event_id = tx.facts.records.text(tx.number(bus.ref), record.sequence)
    return envelope(stored, event_id) if isinstance(stored, dict) else {}


def event(tx: Transaction, bus: BusModel, sequence: int) -> dict[str, Json] | None:
    """One event by its sequence number; None when it is not kept any more, or never was."""
    found = archives.record(tx, tx.facts.directory.source(bus.ref), sequence)
    return None if found is None else event_of(tx, bus, found)


def depth(tx: Transaction, bus: BusModel) -> int:
    """The sequence number of the newest event."""
    return logs.last_sequence(tx, bus.events)


def figures(tx: Transaction, bus: BusModel) -> dict[str, Json]:
    """How many events were ever published, and how many deliveries wait to be tried again."""
    waiting = depth_of(tx, tx.number(bus.deliveries))
    return {"events": depth(tx, bus), "undelivered": waiting.waiting}
