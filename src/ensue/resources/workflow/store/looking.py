"""Looking at executions: one by its name, a page of them, how many there are of each status."""

from __future__ import annotations

import heapq
from itertools import islice
from typing import Any, cast

import msgspec

from ensue.engine import executions, work
from ensue.engine.database import Row
from ensue.engine.hops import first_since
from ensue.engine.transaction import Transaction
from ensue.languages.states.events import told
from ensue.resources.workflow import rules
from ensue.resources.workflow.model import (
    PAGE_MAX,
    STATUSES,
    Execution,
    ExecutionPage,
    HistoryPage,
    WorkflowModel,
)
from ensue.resources.workflow.store import histories
from ensue.resources.workflow.store.executions import Started, number_of
from ensue.resources.workflow.store.versions import Chosen
from ensue.words.errors import InvalidValue, NotFound
from ensue.words.values import Json

LOOKED_AT_MAX = 5_000

_BRIEF = (
    "id, name, status, error, cause, started_ms, ended_ms, definition, redrives, warnings,"
    " version, alias, paused_ms, origin, origin_event"
)


def describe(tx: Transaction, workflow: WorkflowModel, name: str) -> Execution:
    """An execution by its name.

    Raises:
        NotFound: there is none of this name.
    """
    return by_number(tx, workflow, number_of(tx, workflow, name))


def by_number(tx: Transaction, workflow: WorkflowModel, execution: int) -> Execution:
    """An execution by its number.

    Raises:
        NotFound: it is not kept any more.
    """
    found = tx.execute(
        f"SELECT {_BRIEF}, input, output FROM ensue_executions WHERE id = ?", (execution,)
    ).fetchone()
    if found is None:
        raise NotFound(f"an execution of {workflow.ref} is not kept any more")
    *brief, given, output = found
    return _shown(tx, workflow, brief, given, output)


def page(  # noqa: PLR0913 - each narrows down which
    tx: Transaction,
    workflow: WorkflowModel,
    *,
    status: str | None = None,
    since_ms: int | None = None,
    until_ms: int | None = None,
    prefix: str | None = None,
    limit: int = 100,
    after: str | None = None,
) -> ExecutionPage:
    """Executions of a workflow: the newest first, or with a prefix in the order of their names.

    Args:
        tx: the transaction.
        workflow: whose.
        status: only those of this status.
        since_ms: only those that started at this time or later.
        until_ms: only those that started before this time.
        prefix: only those whose name begins so.
        limit: how many at most, up to 1,000.
        after: where the page before ended.

    Raises:
        InvalidValue: there is no such status, or no such place to go on from.
    """
    if status is not None and status not in STATUSES:
        raise InvalidValue(
            f"expected a status: {', '.join(STATUSES)}; got {status!r}", at="$.status"
        )
    bounded = max(1, min(limit, PAGE_MAX))
    times = (since_ms, until_ms)
    if prefix is not None:
        return _page_by_name(tx, workflow, status, times, prefix, bounded, after)
    low, high = _numbers(tx, workflow, since_ms, until_ms)
    if after is not None:
        high = min(high, _number_in(tx, after))
    number = tx.number(workflow.ref)
    statuses = range(len(STATUSES)) if status is None else (STATUSES.index(status),)
    newest = heapq.merge(
        *(_newest(tx, (number, each), (low, high), times, bounded + 1) for each in statuses),
        key=lambda row: -cast(int, row[0]),
    )
    rows = list(islice(newest, bounded + 1))
    following = cast(int, rows[bounded - 1][0]) if len(rows) > bounded else None
    return ExecutionPage(
        tuple(_shown(tx, workflow, row, None, None) for row in rows[:bounded]),
        None if following is None else executions.record_id(tx.facts.records, following),
    )


def history(
    tx: Transaction,
    execution: int,
    *,
    after: int = 0,
    limit: int = 100,
    reverse: bool = False,
) -> HistoryPage:
    """Events of an execution, as Step Functions shows them.

    Args:
        tx: the transaction.
        execution: the number of the execution.
        after: only those behind this id; from the end, those before it, 0 for all.
        limit: how many at most, up to 1,000.
        reverse: whether from the end.
    """
    bounded = max(1, min(limit, PAGE_MAX))
    found = histories.read(tx, execution, after=after, limit=bounded + 1, reverse=reverse)
    following = found[bounded - 1].id if len(found) > bounded else None
    return HistoryPage(tuple(told(event) for event in found[:bounded]), following)


def counts(tx: Transaction, workflow: WorkflowModel) -> dict[str, Json]:
    """How many executions there are of each status."""
    number = tx.number(workflow.ref)
    return {
        name.lower(): executions.kept(tx, number, status) for status, name in enumerate(STATUSES)
    }


def task_counts(tx: Transaction, workflow: WorkflowModel) -> dict[str, Json]:
    """How many tasks outside wait to be done, and how many are under way."""
    counted = tx.facts.depths.committed(tx.number(workflow.tasks))
    return {
        "tasks_waiting": counted.unsettled - counted.leased,
        "tasks_running": counted.leased,
    }


def _newest(
    tx: Transaction,
    which: tuple[int, int],
    numbers: tuple[int, int],
    times: tuple[int | None, int | None],
    limit: int,
) -> list[Row]:
    """The newest executions of a workflow and a status, between two numbers and of a time."""
    since_ms, until_ms = times
    return tx.rows(
        f"SELECT {_BRIEF} FROM ensue_executions WHERE workflow = ? AND status = ?"
        " AND id >= ? AND id < ? AND started_ms >= ? AND started_ms < ? ORDER BY id DESC LIMIT ?",
        (*which, *numbers, since_ms or 0, 2**62 if until_ms is None else until_ms, limit),
    )


def _page_by_name(  # noqa: PLR0917 - as `page`
    tx: Transaction,
    workflow: WorkflowModel,
    status: str | None,
    times: tuple[int | None, int | None],
    prefix: str,
    limit: int,
    after: str | None,
) -> ExecutionPage:
    since_ms, until_ms = times
    names = (tx.number(workflow.ref), prefix, prefix + "\U0010ffff", after or "")
    rows = tx.rows(
        f"SELECT {_BRIEF} FROM ensue_executions WHERE workflow = ?1 AND name >= ?2 AND name < ?3"
        " AND name > ?4 AND name <= coalesce((SELECT name FROM ensue_executions WHERE workflow = ?1"
        "  AND name >= ?2 AND name < ?3 AND name > ?4 ORDER BY name LIMIT 1 OFFSET ?9), ?3)"
        " AND (?5 IS NULL OR status = ?5) AND started_ms >= ?6 AND started_ms < ?7"
        " ORDER BY name LIMIT ?8",
        (
            *names,
            None if status is None else STATUSES.index(status),
            since_ms or 0,
            2**62 if until_ms is None else until_ms,
            limit + 1,
            LOOKED_AT_MAX - 1,
        ),
    )
    following = str(rows[limit - 1][1]) if len(rows) > limit else None
    if following is None and _narrows(status, times):
        following = _name_behind(tx, *names)
    shown = tuple(_shown(tx, workflow, row, None, None) for row in rows[:limit])
    return ExecutionPage(shown, following)


def _narrows(status: str | None, times: tuple[int | None, int | None]) -> bool:
    """Whether a page by name may leave out some that its names say."""
    return status is not None or times != (None, None)


def _name_behind(tx: Transaction, workflow: int, low: str, high: str, after: str) -> str | None:
    """The last name that a page looks at, where there are more of them; None where not."""
    found = tx.rows(
        "SELECT name FROM ensue_executions WHERE workflow = ? AND name >= ? AND name < ?"
        " AND name > ? ORDER BY name LIMIT 2 OFFSET ?",
        (workflow, low, high, after, LOOKED_AT_MAX - 1),
    )
    return str(found[0][0]) if len(found) > 1 else None


def _numbers(
    tx: Transaction, workflow: WorkflowModel, since_ms: int | None, until_ms: int | None
) -> tuple[int, int]:
    """Between which numbers the executions of a time are, and perhaps others."""
    low, high = 0, 2**62
    if since_ms is not None:
        found = first_since(tx, "ensue_executions", "id", since_ms, at=executions.ENTERED_AT)
        low = high if found is None else found
    if until_ms is not None and not workflow.is_express:  # which may be entered much later
        found = first_since(tx, "ensue_executions", "id", until_ms, at=executions.ENTERED_AT)
        high = high if found is None else found
    return low, high


def _number_in(tx: Transaction, after: str) -> int:
    found = executions.number_of(tx.facts.records, after)
    if found is None:
        raise InvalidValue(f"expected the next of a page before, got {after!r}", at="$.after")
    return found


def _shown(
    tx: Transaction, workflow: WorkflowModel, row: Row, given: str | None, output: str | None
) -> Execution:
    number, name, status, error, cause, started_ms, ended_ms, *rest = cast("tuple[Any, ...]", row)
    definition, redrives, warnings, version, alias, paused_ms, origin, origin_event = rest
    return Execution(
        id=executions.record_id(tx.facts.records, number),
        arn=workflow.execution_arn(name),
        workflow=workflow.ref.name,
        name=name,
        status=STATUSES[status],
        input=None if given is None else rules.decoded(given),
        output=None if output is None else rules.decoded(output),
        error=error,
        cause=cause,
        started_ms=started_ms,
        ended_ms=ended_ms,
        definition=definition,
        redrives=redrives,
        warnings=() if warnings is None else tuple(msgspec.json.decode(warnings, type=list[str])),
        version=version,
        alias=alias,
        paused_ms=paused_ms,
        forked_from=None if origin is None else executions.record_id(tx.facts.records, origin),
        forked_at=origin_event,
    )


def shown_new(
    tx: Transaction, workflow: WorkflowModel, chosen: Chosen, started: Started, given: str
) -> Execution:
    """An execution that was just started."""
    if workflow.is_express:
        record_id = work.record_id(tx, started.number)
    else:
        record_id = executions.record_id(tx.facts.records, started.number)
    return Execution(
        id=record_id,
        arn=workflow.execution_arn(started.name),
        workflow=workflow.ref.name,
        name=started.name,
        status="RUNNING",
        input=rules.decoded(given),
        output=None,
        error=None,
        cause=None,
        started_ms=started.started_ms,
        ended_ms=None,
        definition=chosen.definition,
        version=chosen.version,
        alias=chosen.alias,
    )
