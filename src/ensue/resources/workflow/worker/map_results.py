"""What map runs come to: whether too many items failed, and what the others gave."""

from __future__ import annotations

from ensue.engine import map_runs
from ensue.engine.transaction import Transaction
from ensue.languages.states.errors import (
    DATA_LIMIT_EXCEEDED,
    EXCEED_TOLERATED_FAILURE_THRESHOLD,
    StateError,
)
from ensue.languages.states.map_runs import ChildResult, MapPlan, exceeds, results
from ensue.languages.states.walk import PAYLOAD_BYTES_MAX
from ensue.resources.workflow import rules
from ensue.resources.workflow.model import STATUSES, WorkflowModel
from ensue.resources.workflow.store import map_runs as rows
from ensue.resources.workflow.store.map_runs import PENDING, ChildRow, MapRow
from ensue.words.values import Json


def excess(row: MapRow) -> StateError | None:
    """The error of a map run of which more items failed than may; None for any other."""
    if not row.items_failed:
        return None
    if not exceeds(row.items_failed, row.total, row.tolerated_count, row.tolerated_percentage):
        return None
    return StateError(
        EXCEED_TOLERATED_FAILURE_THRESHOLD,
        "The specified tolerated failure threshold was exceeded",
    )


def is_written(tx: Transaction, row: MapRow) -> bool:
    """Whether the results of a map run go to a bucket."""
    writing = rows.plan_of(tx, row.id).writing
    return writing is not None and bool(writing.bucket)


def written(tx: Transaction, row: MapRow) -> Json:
    """The output of a Map whose results are in a bucket."""
    plan = rows.plan_of(tx, row.id)
    assert plan.writing is not None  # noqa: S101 - it is why they are there
    return results.written(plan, plan.writing)


def collected(tx: Transaction, model: WorkflowModel, row: MapRow) -> list[Json]:
    """The output of a Map whose results go to no bucket.

    Raises:
        StateError: States.DataLimitExceeded: it is larger than an output may be.
    """
    plan = rows.plan_of(tx, row.id)
    if row.held + row.children > PAYLOAD_BYTES_MAX:
        raise StateError(
            DATA_LIMIT_EXCEEDED,
            f"The state/task '{plan.state}' returned a result with a size exceeding the maximum"
            " number of bytes service limit.",
        )
    transformation = "COMPACT" if plan.writing is None else plan.writing.transformation
    found = rows.children(tx, row.id, limit=row.children)
    children = [result_of(child, model, plan) for child in found]
    return results.output(children, transformation, machine_arn(model, plan))


def result_of(row: ChildRow, model: WorkflowModel, plan: MapPlan) -> ChildResult:
    """What a child came to."""
    name = rows.child_name(plan.id, map_runs.child(row.id).number)
    return ChildResult(
        name,
        child_arn(model, plan, name),
        results.PENDING if row.status == PENDING else STATUSES[row.status],
        None if row.input is None else rules.decoded(row.input),
        None if row.output is None else rules.decoded(row.output),
        row.error,
        row.cause,
        row.started_ms,
        row.ended_ms,
        row.redrives or 0,
    )


def machine_arn(model: WorkflowModel, plan: MapPlan) -> str:
    """The name of the machine of a map run's children for those who speak AWS."""
    return f"{model.arn}/{plan.label}"


def child_arn(model: WorkflowModel, plan: MapPlan, name: str) -> str:
    """The name of a child for those who speak AWS."""
    return model.execution_arn(name).replace(
        f":{model.ref.name}:", f":{model.ref.name}/{plan.label}:"
    )
