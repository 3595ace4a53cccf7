"""What alarms do within a transaction: their states are kept, changed and told."""

from __future__ import annotations

from ensue.resources.alarm.store.judging import combine, is_combined, observe
from ensue.resources.alarm.store.keeping import Kept, changes, declare, kept, set_state, status
from ensue.resources.alarm.store.telling import redeliver

__all__ = [
    "Kept",
    "changes",
    "combine",
    "declare",
    "is_combined",
    "kept",
    "observe",
    "redeliver",
    "set_state",
    "status",
]
