"""Judging alarms within a transaction."""

from __future__ import annotations

from ensue.engine.transaction import Transaction
from ensue.resources.alarm.model import (
    ALARM,
    OK,
    AlarmModel,
    Combination,
    Condition,
    Point,
    State,
)
from ensue.resources.alarm.rules.judging import judge, with_point
from ensue.resources.alarm.rules.wording import combined_reason, data_of, reason_of
from ensue.resources.alarm.store.keeping import change, keep_points, kept


def observe(tx: Transaction, alarm: AlarmModel, condition: Condition, new: Point) -> None:
    """Judge an alarm by what was measured in a period that has ended, unless it has been."""
    found = kept(tx, alarm)
    end_ms = new.start_ms + condition.period_ms
    if found.judged_ms is not None and found.judged_ms >= end_ms:
        return
    points = with_point(condition, found.points, new)
    keep_points(tx, alarm, points, end_ms)
    verdict = judge(condition, points)
    state = verdict.state
    if state is not None and state != found.state:
        reason = reason_of(condition, state, verdict)
        change(tx, alarm, state, reason, data_of(condition, verdict, tx.now_ms))


def combine(tx: Transaction, alarm: AlarmModel, condition: Combination) -> None:
    """Judge an alarm by the states of others."""
    state, names = _combined(tx, condition)
    if kept(tx, alarm).state != state:
        change(tx, alarm, state, combined_reason(condition.when, state, names), {})


def is_combined(tx: Transaction, alarm: AlarmModel, condition: Combination) -> bool:
    """Whether an alarm is in the state in which the states of others put it."""
    return kept(tx, alarm).state == _combined(tx, condition)[0]


def _combined(tx: Transaction, condition: Combination) -> tuple[State, list[str]]:
    raised: list[str] = []
    for ref in condition.children:
        row = tx.row("SELECT state FROM ensue_alarms WHERE number = ?", (tx.number(ref),))
        if row is not None and row[0] == ALARM:
            raised.append(ref.name)
    return (ALARM if condition.is_true(frozenset(raised)) else OK), raised
