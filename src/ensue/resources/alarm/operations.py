"""What can be done to an alarm from outside, by a route or a command."""

from __future__ import annotations

from typing import Annotated, cast

import msgspec

from ensue.engine import pauses
from ensue.engine.pauses import Whole
from ensue.resources.alarm.handle import BY_HAND, Alarm
from ensue.resources.alarm.model import (
    PAGE_MAX,
    REASON_LENGTH_MAX,
    AlarmStatus,
    State,
    StateChange,
)
from ensue.words.kinds import Operation
from ensue.words.values import Json

_STATE = msgspec.Meta(description="OK, ALARM or INSUFFICIENT_DATA.")
_REASON = msgspec.Meta(
    min_length=1, max_length=REASON_LENGTH_MAX, description="Why, for those who are told."
)
_OLDER = msgspec.Meta(ge=1, description="Only changes before this place in the log.")


class SetState(msgspec.Struct, forbid_unknown_fields=True):
    """Which state, and why."""

    state: Annotated[str, _STATE]
    reason: Annotated[str, _REASON] = BY_HAND


class History(msgspec.Struct, forbid_unknown_fields=True):
    """Which page of the changes."""

    older_than: Annotated[int, _OLDER] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=PAGE_MAX)] = 100


async def _set_state(alarm: Alarm, given: SetState) -> dict[str, Json]:
    state = cast("State", given.state)
    return {"changed": await alarm.set_state(state, given.reason)}


async def _history(alarm: Alarm, given: History) -> list[StateChange]:
    return await alarm.changes(before=given.older_than, limit=given.limit)


async def _state(alarm: Alarm, given: Whole) -> AlarmStatus:
    del given
    return await alarm.status()


async def status(alarm: Alarm) -> dict[str, Json]:
    """Its state, and since when."""
    found = await alarm.status()
    said: dict[str, Json] = {"state": found.state, "since_ms": found.since_ms}
    return said | alarm.paused()


OPERATIONS = (
    Operation("state", "Show an alarm's state, and why it is in it.", Whole, _state, writes=False),
    Operation("history", "List changes of state, newest first.", History, _history, writes=False),
    Operation(
        "set-state", "Set an alarm's state until it is judged.", SetState, _set_state, writes=True
    ),
    *pauses.OPERATIONS,
)
