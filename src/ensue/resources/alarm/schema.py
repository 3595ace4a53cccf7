"""The log of an alarm; the table of states is the engine's, for all alarms together."""

from __future__ import annotations

from ensue.engine import logs
from ensue.engine.transaction import Transaction
from ensue.resources.alarm.model import AlarmModel


def create(tx: Transaction, alarm: AlarmModel) -> None:
    """Make the log, if it is not there yet."""
    logs.create(tx, alarm.log)
