"""Reading what became of the states of an execution: without their data, which may be much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple, cast

import msgspec

from ensue.engine import executions, work
from ensue.engine.transaction import Transaction
from ensue.languages.states.branches import HOLDING, WAITING
from ensue.languages.states.commands import RETRY, WAIT
from ensue.languages.states.frames import Heard
from ensue.resources.workflow.model import STATUSES, Relative, Stand
from ensue.resources.workflow.store import histories
from ensue.resources.workflow.store.branches import all_places
from ensue.resources.workflow.store.executions import execution_id
from ensue.resources.workflow.store.jobs import job_of
from ensue.words.values import Json

STANDS_MAX = 100
EVENTS_AT_ONCE = 2_000


_COLUMNS: Final = (
    "e.id, e.name, e.status, e.started_ms, e.ended_ms, r.app, r.name"
    " FROM ensue_executions e JOIN ensue_resources r ON r.number = e.workflow"
)

_decode: Final = msgspec.json.Decoder(list[Heard]).decode


class Data(NamedTuple):
    """The data of an event.

    Attributes:
        given: its input, or the arguments of a task.
        output: its output.
        assigned: the variables that it tells of.
    """

    given: Json = None
    output: Json = None
    assigned: Mapping[str, Json] = MappingProxyType({})


class Child(NamedTuple):
    """The place of a child among those of its parent: the parent's branch, and its own number."""

    branch: int
    number: int


def brief_events(tx: Transaction, execution: int, after: int) -> list[Heard]:
    """Events of an execution behind an id, without their data; some 2,000, or the rest.

    Args:
        tx: the transaction.
        execution: whose.
        after: the id of the last event that is known; 0 for none.
    """
    found: list[Heard] = []
    rows = tx.execute(
        "SELECT events FROM ensue_histories WHERE id BETWEEN ? AND ? ORDER BY id",
        (executions.key(execution, after + 1), executions.key(execution + 1, 0) - 1),
    )
    for (text,) in rows:
        found += _decode(text)
        if len(found) >= EVENTS_AT_ONCE:
            break
    return found


def data_of(tx: Transaction, execution: int, event: int) -> Data:
    """The data of an event of an execution; nothing where there is none of this id."""
    found = histories.read(tx, execution, after=event - 1, limit=1) if event else []
    if not found or found[0].id != event:
        return Data()
    details = found[0].details
    return Data(
        details.get("parameters", details.get("input")),
        details.get("output"),
        details.get("assignedVariables", {}),
    )


def stands(tx: Transaction, execution: int) -> tuple[Stand, ...]:
    """Where the lines of control of an execution stand, at most 100."""
    found = [
        Stand(
            place.branch.state,
            cast(Any, _waits(place.branch.phase, place.branch.waits, asks=place.asks)),
            place.branch.entered_ms,
            place.branch.due_ms or until_ms(tx, place.timer),
        )
        for place in all_places(tx, execution, STANDS_MAX)
    ]
    return tuple(each for each in found if each.state)


def retried(tx: Transaction, execution: int) -> set[int]:
    """The events with which states were entered that wait for another try."""
    found = tx.execute(
        "SELECT json_extract(body, '$.entered') FROM ensue_branches WHERE id BETWEEN ? AND ?"
        " AND json_valid(body) AND json_extract(body, '$.waits') = ?",
        (executions.key(execution, 0), executions.key(execution + 1, 0) - 1, RETRY),
    )
    return {entered for (entered,) in found}


def until_ms(tx: Transaction, timer: int | None) -> int | None:
    """When a branch gives up waiting, by its timer; None for never."""
    piece = None if timer is None else work.piece(tx, timer)
    if piece is None:
        return None
    terms = job_of(piece.body).output
    return piece.due_ms if terms is None else terms[0]


def parent_of(tx: Transaction, execution: int) -> Relative | None:
    """The execution that waits for the end of this one; None for none."""
    found = tx.row("SELECT parent FROM ensue_executions WHERE id = ?", (execution,))
    if found is None or not isinstance(found[0], int) or found[0] < 0:
        return None  # a child of a map run has the number of its row there, below 0
    branch = tx.row("SELECT state FROM ensue_branches WHERE id = ?", (found[0],))
    state = str(branch[0]) if branch else None
    return relative(tx, executions.within(found[0]).execution, state)


def relative(tx: Transaction, execution: int, state: str | None = None) -> Relative | None:
    """An execution as its relatives are shown; None where it is not kept any more."""
    found = tx.rows(f"SELECT {_COLUMNS} WHERE e.id = ?", (execution,))
    return _relative(tx, found[0], state) if found else None


def children_of(
    tx: Transaction, execution: int, after: Child | None, limit: int
) -> list[tuple[Child, Relative]]:
    """Executions whose end an execution waits for, or waited for: branch by branch.

    Args:
        tx: the transaction.
        execution: which execution.
        after: behind which child; None for the first.
        limit: how many at most.
    """
    low, high = executions.key(execution, 0), executions.key(execution + 1, 0) - 1
    found = tx.rows(
        f"SELECT e.parent, {_COLUMNS} WHERE e.parent BETWEEN ?1 AND ?2"
        " AND (e.parent, e.id) > (?3, ?4) ORDER BY e.parent, e.id LIMIT ?5",
        (low, high, *(after or (low, 0)), limit),
    )
    return [
        (Child(int(str(parent)), int(str(row[0]))), _relative(tx, row, None))
        for parent, *row in found
    ]


def origin_of(tx: Transaction, execution: int) -> tuple[int, int] | None:
    """The number of the execution that one was forked from, and the event at which it left."""
    found = tx.row("SELECT origin, origin_event FROM ensue_executions WHERE id = ?", (execution,))
    if found is None or not isinstance(found[0], int):
        return None
    return found[0], int(str(found[1]))


def _waits(phase: str, waits: str, *, asks: bool) -> str:
    if phase == HOLDING:
        return "branches"
    if phase != WAITING:
        return "nothing"
    if asks:
        return "event" if waits == "event" else "token"
    return waits if waits in {WAIT, RETRY} else "task"


def _relative(tx: Transaction, row: Sequence[object], state: str | None) -> Relative:
    number, name, status, started_ms, ended_ms, app, workflow = cast("tuple[Any, ...]", row)
    return Relative(
        app=app,
        workflow=workflow,
        name=name,
        status=STATUSES[status],
        state=state,
        started_ms=started_ms,
        ended_ms=ended_ms,
        id=execution_id(tx, number),
    )
