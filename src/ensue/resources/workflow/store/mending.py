"""Executions that are mended: set going again, forked, paused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from ensue.engine import executions, work
from ensue.engine.transaction import Transaction
from ensue.languages.states.events import Event
from ensue.languages.states.execution import Progress
from ensue.resources.workflow import rules
from ensue.resources.workflow.model import RUNNING, STATUSES, SUCCEEDED, WorkflowModel
from ensue.resources.workflow.store import histories
from ensue.resources.workflow.store.executions import Change, Loaded, load, tell
from ensue.resources.workflow.store.jobs import GO, Job, job_text
from ensue.words.errors import Conflict, NotFound


class Point(NamedTuple):
    """Where a fork leaves its origin.

    Attributes:
        event: the id of the first event that is its own.
        past: the events of the origin that it keeps.
    """

    event: int
    past: Sequence[Event]


def set_going(tx: Transaction, workflow: WorkflowModel, execution: int) -> Loaded:
    """Let an execution run again that did not succeed; who runs it tells it so.

    Raises:
        Conflict: it runs, or it has succeeded.
        NotFound: it is not kept any more.
    """
    before = _loaded(tx, execution)
    if before.status in {RUNNING, SUCCEEDED}:
        raise Conflict(
            f"the execution {before.name} is {STATUSES[before.status]}",
            hint="Only one that has FAILED, TIMED_OUT or was ABORTED is redriven."
            " Fork one that has succeeded.",
        )
    tx.execute(
        "UPDATE ensue_executions SET status = 0, output = NULL, error = NULL, cause = NULL,"
        " ended_ms = NULL, timer = NULL, redrives = redrives + 1, redriven_ms = ? WHERE id = ?",
        (tx.now_ms, execution),
    )
    executions.tally(tx, before.workflow, was=before.status, now=RUNNING)
    count = before.redrives + 1
    told = f'"startDate":{before.started_ms},"redriveCount":{count},"redriveDate":{tx.now_ms}'
    tell(tx, workflow, execution, Change(before.name, RUNNING), told)
    return before._replace(
        status=RUNNING, redrives=count, redriven_ms=tx.now_ms, timer=None, paused_ms=None
    )


def fork(
    tx: Transaction, workflow: WorkflowModel, origin: Loaded, point: Point, name: str | None
) -> Loaded:
    """Make an execution that has the past of another; who runs it tells it how to go on.

    Args:
        tx: the transaction.
        workflow: the workflow of both.
        origin: the other one.
        point: where it leaves that.
        name: what it is called; None for a new name.

    Raises:
        InvalidName: it cannot be called so.
        Conflict: there is an execution of this name.
    """
    name = rules.name_of(name) or tx.facts.ids.new_id()
    past = msgspec.json.decode(origin.progress or "{}", type=Progress)
    progress = Progress(next_event=point.event, next_branch=past.next_branch)
    text = msgspec.json.encode(progress).decode()
    tx.execute(
        "INSERT INTO ensue_executions (workflow, name, definition, started_ms, hop, progress,"
        " input, origin, origin_event, version, alias)"
        " SELECT workflow, ?, definition, ?, ?, ?, input, id, ?, version, alias"
        " FROM ensue_executions WHERE id = ? ON CONFLICT (workflow, name) DO NOTHING",
        (name, tx.now_ms, tx.hop, text, point.event, origin.id),
    )
    if not tx.changed():
        raise Conflict(f"there is an execution {name} of {workflow.ref}", hint="Use another name.")
    number = tx.inserted()
    executions.tally(tx, origin.workflow, now=RUNNING)
    if point.past:
        histories.add(tx, number, point.past)
    origin_id = executions.record_id(tx.facts.records, origin.id)
    told = f'"startDate":{tx.now_ms},"forkedFrom":"{origin_id}"'
    tell(tx, workflow, number, Change(name, RUNNING), told)
    return _loaded(tx, number)


def go_on(tx: Transaction, loaded: Loaded) -> None:
    """Let an execution go on, as work of its workflow."""
    work.add(tx, loaded.workflow, job_text(Job(GO, loaded.id)))


def pause(tx: Transaction, loaded: Loaded) -> bool:
    """Let an execution not go on; returns whether it did before.

    Raises:
        Conflict: it has ended.
    """
    if loaded.status != RUNNING:
        raise Conflict(f"the execution {loaded.name} is {STATUSES[loaded.status]}")
    tx.execute(
        "UPDATE ensue_executions SET paused_ms = ? WHERE id = ? AND paused_ms IS NULL",
        (tx.now_ms, loaded.id),
    )
    return tx.changed() > 0


def resume(tx: Transaction, loaded: Loaded) -> bool:
    """Let a paused execution go on with what came meanwhile; returns whether it was paused."""
    if loaded.paused_ms is None:
        return False
    held = tx.rows("SELECT job FROM ensue_held_jobs WHERE execution = ? ORDER BY id", (loaded.id,))
    forget_pause(tx, loaded.id)
    for (job,) in held:
        work.add(tx, loaded.workflow, str(job))
    return True


def forget_pause(tx: Transaction, execution: int) -> None:
    """Forget that an execution is paused, and what it was to be told."""
    tx.execute("UPDATE ensue_executions SET paused_ms = NULL WHERE id = ?", (execution,))
    tx.execute("DELETE FROM ensue_held_jobs WHERE execution = ?", (execution,))


def _loaded(tx: Transaction, execution: int) -> Loaded:
    found = load(tx, execution)
    if found is None:
        raise NotFound("the execution is not kept any more")
    return found
