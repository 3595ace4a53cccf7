"""The end of an execution: who is told of it."""

from __future__ import annotations

from ensue.engine import executions, work
from ensue.engine.transaction import Transaction
from ensue.resources.workflow import store
from ensue.resources.workflow.model import MAP_FORM, WorkflowModel
from ensue.resources.workflow.store import (
    STOP,
    Change,
    Ending,
    Job,
    Loaded,
    answer_to_parent,
    job_text,
)
from ensue.resources.workflow.worker import spans
from ensue.resources.workflow.worker.map_runs import MapRuns
from ensue.words import values


def tell(
    tx: Transaction,
    workflow: WorkflowModel,
    map_runs: MapRuns | None,
    loaded: Loaded,
    ending: Ending,
) -> None:
    """Tell the workflow's log, and whoever waits for the end, how an execution ended.

    A child of a map run is told of to its map run alone.
    """
    if tx.tracer is not None:
        spans.tell(tx, tx.tracer, workflow, loaded, ending)
    if loaded.parent is not None and loaded.parent_form == MAP_FORM:
        if map_runs is not None:
            map_runs.ended(tx, -loaded.parent, ending)
        return
    change = Change(loaded.name, ending.status)
    store.tell(tx, workflow, loaded.id, change, _fields(loaded, ending, tx.now_ms))
    waiting = loaded.waiting
    if waiting is None:
        return
    place = executions.within(waiting.branch)
    parent = store.load(tx, place.execution)
    if parent is not None:
        job = answer_to_parent(tx, workflow, loaded, ending, waiting)
        work.add(tx, parent.workflow, job_text(job))


def _fields(loaded: Loaded, ending: Ending, now_ms: int) -> str:
    """What the log tells of an end, as the fields of a JSON object."""
    said = f'"startDate":{loaded.started_ms},"stopDate":{now_ms}'
    if ending.output is not None:
        return f'{said},"output":{ending.output}'
    told = {"error": ending.error, "cause": ending.cause}
    return f"{said},{values.encode(told)[1:-1]}"


def stop_later(tx: Transaction, execution: int, cause: str) -> None:
    """Let another execution be stopped, as work of its own workflow."""
    loaded = store.load(tx, execution)
    if loaded is not None:
        work.add(tx, loaded.workflow, job_text(Job(STOP, execution, cause=cause)))
