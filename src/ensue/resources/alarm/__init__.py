"""Alarms: conditions on what is measured, judged at the end of each period, and who is told."""

from __future__ import annotations

from ensue.resources.alarm.audit import audit
from ensue.resources.alarm.handle import Alarm
from ensue.resources.alarm.model import (
    ALARM,
    DEAD_LETTERS,
    INSUFFICIENT,
    OK,
    AlarmModel,
    AlarmStatus,
    Combination,
    Condition,
    Missing,
    State,
    StateChange,
    Statistic,
)
from ensue.resources.alarm.operations import OPERATIONS, status
from ensue.resources.alarm.rules.combining import parse_when
from ensue.resources.alarm.rules.thresholds import parse_threshold
from ensue.resources.alarm.worker import Watcher
from ensue.words.kinds import Kind

__all__ = [
    "ALARM",
    "DEAD_LETTERS",
    "INSUFFICIENT",
    "KIND",
    "OK",
    "Alarm",
    "AlarmModel",
    "AlarmStatus",
    "Combination",
    "Condition",
    "Missing",
    "State",
    "StateChange",
    "Statistic",
    "Watcher",
    "parse_threshold",
    "parse_when",
]

KIND = Kind(
    name="alarm",
    plural="alarms",
    summary="A threshold on what is measured, judged period by period, and who is told.",
    aws="CloudWatch Alarm",
    operations=OPERATIONS,
    status=status,
    audit=audit,
    wiring=Alarm.wiring,
)
