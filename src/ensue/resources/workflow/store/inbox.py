"""Events that were sent to executions and are not waited for yet; and what is held back.

An event waits until the execution does. Work that the code does not fit any more is held until the
app starts again.
"""

from __future__ import annotations

from typing import NamedTuple

from ensue.engine.transaction import Transaction
from ensue.resources.workflow import rules
from ensue.resources.workflow.store.jobs import TIME
from ensue.words.errors import LimitExceeded
from ensue.words.values import Json

EVENTS_WAITING_MAX = 1_000


class Sent(NamedTuple):
    """An event that waits.

    Attributes:
        id: its number.
        body: what was sent.
    """

    id: int
    body: Json


def put(tx: Transaction, execution: int, name: str, body: str) -> int:
    """Keep an event until it is waited for; returns its number.

    Raises:
        LimitExceeded: too many wait already.
    """
    [(waiting,)] = tx.execute(
        "SELECT count(*) FROM ensue_execution_events WHERE execution = ?", (execution,)
    )
    if waiting >= EVENTS_WAITING_MAX:
        raise LimitExceeded(
            f"expected at most {EVENTS_WAITING_MAX} events that wait for an execution",
            hint="Does it wait for events of this name?",
        )
    tx.execute(
        "INSERT INTO ensue_execution_events (execution, name, body, at_ms) VALUES (?, ?, ?, ?)",
        (execution, name, body, tx.now_ms),
    )
    return tx.inserted()


def take(tx: Transaction, execution: int, name: str) -> Sent | None:
    """The oldest event of a name, which waits no more; None when none does."""
    found = tx.execute(
        "SELECT id, body FROM ensue_execution_events WHERE execution = ? AND name = ?"
        " ORDER BY id LIMIT 1",
        (execution, name),
    ).fetchone()
    if found is None:
        return None
    tx.execute("DELETE FROM ensue_execution_events WHERE id = ?", (found[0],))
    return Sent(found[0], rules.decoded(found[1]))


def warn(tx: Transaction, execution: int, warnings: str | None) -> None:
    """Keep the warnings of an execution."""
    tx.execute("UPDATE ensue_executions SET warnings = ? WHERE id = ?", (warnings, execution))


def hold(tx: Transaction, workflow: int, execution: int, job: str) -> None:
    """Hold back what an execution is to be told."""
    tx.execute(
        "INSERT INTO ensue_held_jobs (workflow, execution, job, at_ms) VALUES (?, ?, ?, ?)",
        (workflow, execution, job, tx.now_ms),
    )


def forget_time(tx: Transaction, execution: int, branch: int, attempt: int) -> None:
    """Forget that an execution is to be told that the time of a branch is over."""
    tx.execute(
        "DELETE FROM ensue_held_jobs WHERE execution = ? AND json_extract(job, '$[0]') = ?"
        " AND json_extract(job, '$[2]') = ? AND json_extract(job, '$[3]') = ?",
        (execution, TIME, branch, attempt),
    )


def release(tx: Transaction, workflow: int) -> list[str]:
    """What was held back of a workflow, in its order; it is held no more."""
    found = [
        job
        for (job,) in tx.execute(
            "SELECT job FROM ensue_held_jobs WHERE workflow = ? ORDER BY id", (workflow,)
        )
    ]
    tx.execute("DELETE FROM ensue_held_jobs WHERE workflow = ?", (workflow,))
    return found


def forget(tx: Transaction, execution: int) -> None:
    """Forget what waits for an execution that has ended."""
    tx.execute("DELETE FROM ensue_execution_events WHERE execution = ?", (execution,))
    tx.execute("DELETE FROM ensue_held_jobs WHERE execution = ?", (execution,))
