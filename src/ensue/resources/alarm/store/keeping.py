"""The states of alarms, and the log of their changes."""

from __future__ import annotations

from typing import NamedTuple, cast

from ensue.engine import logs
from ensue.engine.logs import Record
from ensue.engine.transaction import Transaction
from ensue.resources.alarm.model import (
    INSUFFICIENT,
    STATES,
    AlarmModel,
    AlarmStatus,
    Condition,
    Point,
    State,
    StateChange,
)
from ensue.resources.alarm.rules.wording import event_of, state_of
from ensue.resources.alarm.store.telling import recipients, tell
from ensue.words import values
from ensue.words.errors import InvalidValue, NotFound
from ensue.words.values import Json

NEW = "It has not been judged yet."


class Kept(NamedTuple):
    """What the store has of an alarm.

    Attributes:
        state: the state that it is in.
        reason: why.
        data: what it was judged by.
        since_ms: since when it is in this state.
        points: what was measured in the last periods that were written down, oldest first.
        judged_ms: the end of the last of them; None before the first.
    """

    state: State
    reason: str
    data: dict[str, Json]
    since_ms: int
    points: tuple[Point, ...]
    judged_ms: int | None


def declare(tx: Transaction, alarm: AlarmModel) -> None:
    """Enter an alarm; one that measures something else than before forgets what it has measured."""
    number = tx.number(alarm.ref)
    measured = alarm.condition.measured() if isinstance(alarm.condition, Condition) else {}
    tx.execute(
        "INSERT INTO ensue_alarms (number, state, reason, data, since_ms, measured)"
        " VALUES (?, ?, ?, '{}', ?, ?) ON CONFLICT (number) DO UPDATE SET points = '[]',"
        " judged_ms = NULL, measured = excluded.measured WHERE measured <> excluded.measured",
        (number, INSUFFICIENT, NEW, tx.now_ms, values.encode(measured)),
    )


def kept(tx: Transaction, alarm: AlarmModel) -> Kept:
    """What the store has of an alarm.

    Raises:
        NotFound: it was never entered.
    """
    found = tx.row(
        "SELECT state, reason, data, since_ms, points, judged_ms FROM ensue_alarms"
        " WHERE number = ?",
        (tx.number(alarm.ref),),
    )
    if found is None:
        raise NotFound(f"there is no {alarm.ref} in the store")
    state, reason, data, since_ms, points, judged_ms = found
    return Kept(
        cast("State", state),
        str(reason),
        cast("dict[str, Json]", values.decode(str(data))),
        cast("int", since_ms),
        tuple(Point(*each) for each in cast("list[tuple[int, float]]", values.decode(str(points)))),
        cast("int | None", judged_ms),
    )


def keep_points(
    tx: Transaction, alarm: AlarmModel, points: tuple[Point, ...], judged_ms: int
) -> None:
    """Write down what was measured."""
    tx.execute(
        "UPDATE ensue_alarms SET points = ?, judged_ms = ? WHERE number = ?",
        (values.encode([list(each) for each in points]), judged_ms, tx.number(alarm.ref)),
    )


def change(
    tx: Transaction, alarm: AlarmModel, state: State, reason: str, data: dict[str, Json]
) -> None:
    """Change the state: it is kept, written in the log, and told, all in this transaction."""
    number, was = tx.number(alarm.ref), kept(tx, alarm)
    tx.execute(
        "UPDATE ensue_alarms SET state = ?, reason = ?, data = ?, since_ms = ? WHERE number = ?",
        (state, reason, values.encode(data), tx.now_ms, number),
    )
    event = event_of(
        alarm,
        state_of(was.state, was.reason, was.data, was.since_ms),
        state_of(state, reason, data, tx.now_ms),
    )
    to = recipients(tx, alarm, state, is_first=was.reason == NEW)
    told: list[Json] = [str(target) for target in to]
    sequence = logs.append(
        tx, alarm.log, "event", alarm.ref.name, values.encode({**event, "told": told})
    )
    tx.touched.add(number)
    if to:
        event_id = tx.facts.records.text(number, sequence)
        said = StateChange(event_id, sequence, tx.now_ms, was.state, state, reason)
        tell(tx, alarm, said, {"id": event_id, **event}, to)


def set_state(tx: Transaction, alarm: AlarmModel, state: str, reason: str) -> bool:
    """Set the state by hand, until the next judgement; returns whether that changed it.

    Raises:
        InvalidValue: there is no such state.
    """
    if state not in STATES:
        raise InvalidValue(f"expected one of {', '.join(STATES)}, got {state!r}", at="$.state")
    if kept(tx, alarm).state == state:
        return False
    change(tx, alarm, state, reason, {})
    return True


def status(tx: Transaction, alarm: AlarmModel) -> AlarmStatus:
    """How an alarm is."""
    found = kept(tx, alarm)
    return AlarmStatus(
        name=alarm.ref.name,
        state=found.state,
        reason=found.reason,
        since_ms=found.since_ms,
        points=found.points,
        judged_ms=found.judged_ms,
        paused=tx.number(alarm.ref) in tx.facts.paused,
        data=found.data,
    )


def changes(
    tx: Transaction, alarm: AlarmModel, before: int | None, limit: int
) -> list[StateChange]:
    """Changes of an alarm's state before a place in its log, the newest first."""
    number = tx.number(alarm.ref)
    records = logs.read_before(tx, alarm.log, before, limit)
    return [_change(tx.facts.records.text(number, each.sequence), each) for each in records]


def _change(record_id: str, record: Record) -> StateChange:
    said = cast("dict[str, dict[str, dict[str, str]]]", values.decode(record.new or "{}"))
    detail = said["detail"]
    before, state = detail["previousState"], detail["state"]
    return StateChange(
        id=record_id,
        sequence=record.sequence,
        at_ms=record.at_ms or 0,
        before=cast("State", before["value"]),
        state=cast("State", state["value"]),
        reason=state["reason"],
        told=tuple(said["told"]),
        data=cast("dict[str, Json]", values.decode(state.get("reasonData", "{}"))),
    )
