"""Looking at map runs: those of an execution, one by its id."""

from __future__ import annotations

from typing import Final

from ensue.engine.transaction import Transaction
from ensue.resources.workflow.model import STATUSES, MapRun, WorkflowModel
from ensue.resources.workflow.store import map_runs as rows
from ensue.resources.workflow.store.map_runs import MapRow
from ensue.words.errors import NotFound

PENDING: Final = "PENDING"
TOTAL: Final = "TOTAL"


def map_runs_of(tx: Transaction, workflow: WorkflowModel, execution: int) -> tuple[MapRun, ...]:
    """The map runs of an execution of a workflow, the oldest first."""
    found = rows.of_execution(tx, execution)
    return tuple(_shown(tx, workflow, row) for row in found)


def describe_map_run(tx: Transaction, workflow: WorkflowModel, uuid: str) -> MapRun:
    """A map run by its id.

    Raises:
        NotFound: there is none of this id, or it is not kept any more.
    """
    row = rows.by_uuid(tx, uuid)
    if row is None or row.workflow not in _numbers(tx, workflow):
        raise NotFound(
            f"there is no map run {uuid} of {workflow.ref}",
            hint="It may be older than what is kept.",
        )
    return _shown(tx, workflow, row)


def _numbers(tx: Transaction, workflow: WorkflowModel) -> set[int]:
    """The workflow's number, and that of the children of its map runs, which may have their own."""
    return {tx.number(workflow.ref), tx.number(workflow.children.ref)}


def _shown(tx: Transaction, workflow: WorkflowModel, row: MapRow) -> MapRun:
    plan = rows.plan_of(tx, row.id)
    del workflow
    found = tx.row("SELECT name FROM ensue_executions WHERE id = ?", (row.execution,))
    counts = rows.counts(tx, row.id)
    executions = {_status(status): counts.get(status, (0, 0))[0] for status in _STATUSES}
    items = {_status(status): counts.get(status, (0, 0))[1] for status in _STATUSES}
    is_over = row.phase == rows.OVER
    return MapRun(
        id=row.uuid,
        arn=plan.arn,
        execution="" if found is None else str(found[0]),
        state=plan.state,
        status=STATUSES[row.status] if is_over else "RUNNING",
        started_ms=row.started_ms,
        ended_ms=row.ended_ms,
        max_concurrency=row.max_concurrency,
        tolerated_failure_count=row.tolerated_count,
        tolerated_failure_percentage=row.tolerated_percentage,
        items=items | {TOTAL: sum(items.values())},
        executions=executions | {TOTAL: sum(executions.values())},
        is_read=bool(row.is_read),
        error=row.error,
        cause=row.cause,
    )


_STATUSES: Final = (rows.PENDING, *range(len(STATUSES)))


def _status(number: int) -> str:
    return PENDING if number == rows.PENDING else STATUSES[number]
