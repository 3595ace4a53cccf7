"""Ending a task by its token, or saying that one is still at it."""

from __future__ import annotations

from ensue.engine import executions, work
from ensue.engine.transaction import Transaction
from ensue.engine.withdrawals import body_of, postpone, withdraw
from ensue.resources.workflow import rules
from ensue.resources.workflow.model import RUNNING
from ensue.resources.workflow.store import asking, inbox, tokens
from ensue.resources.workflow.store.asking import Wait
from ensue.resources.workflow.store.executions import Loaded, load
from ensue.resources.workflow.store.jobs import (
    FAILED,
    STARTED,
    SUCCEEDED,
    Job,
    job_of,
    job_text,
)
from ensue.words import values
from ensue.words.errors import NotFound

ERROR_LENGTH_MAX = 256
CAUSE_LENGTH_MAX = 32_768


def send_task_success(tx: Transaction, token: str, output: object) -> None:
    """End the task that waits for a token, with its output. The token is used up.

    Raises:
        NotFound: no task waits for this token.
        InvalidValue: the output is no JSON value.
        TooLarge: the output is larger than 256 KiB.
    """
    held = tokens.held(tx, token)
    given = rules.decoded(rules.encoded(output, "output"))
    _answer(tx, token, held, Job(SUCCEEDED, *_place(held), output=given))


def send_task_failure(
    tx: Transaction, token: str, error: str | None = None, cause: str | None = None
) -> None:
    """Let the task that waits for a token fail. The token is used up.

    Args:
        tx: the transaction.
        token: the token.
        error: the name of the error, by which retriers and catchers choose; 256 characters.
        cause: what happened, for people; 32,768 characters.

    Raises:
        NotFound: no task waits for this token.
        InvalidValue: the error or the cause is no text, or too long.
    """
    held = tokens.held(tx, token)
    values.check_name(error or None, "error", ERROR_LENGTH_MAX, "$.error")
    values.check_name(cause or None, "cause", CAUSE_LENGTH_MAX, "$.cause")
    _answer(tx, token, held, Job(FAILED, *_place(held), error=error, cause=cause))


def send_task_heartbeat(tx: Transaction, token: str) -> None:
    """Say that one is still at the task that waits for a token: its silence begins anew.

    Raises:
        NotFound: no task waits for this token.
    """
    held = tokens.held(tx, token)
    _loaded(tx, held)
    timer = _timer(tx, held)
    body = None if timer is None else body_of(tx, timer)
    terms = None if body is None else job_of(body).output
    if timer is None or terms is None or terms[1] is None:
        return
    over_ms, silent_ms = terms
    due_ms = tx.now_ms + silent_ms
    postpone(tx, timer, due_ms if over_ms is None else min(over_ms, due_ms))


def tell_started(tx: Transaction, token: str, worker: str | None) -> None:
    """Say that somebody has taken up the task that waits for a token.

    Raises:
        NotFound: no task waits for this token.
    """
    held = tokens.held(tx, token)
    loaded = _loaded(tx, held)
    work.add(tx, loaded.workflow, job_text(Job(STARTED, *_place(held), output=worker)))


def answer(
    tx: Transaction, wait: Wait, output: object, error: str | None = None, cause: str | None = None
) -> None:
    """End what somebody is asked for: as giving its token back does, or sending it its event.

    Args:
        tx: the transaction.
        wait: what waits.
        output: what it is given, where there is no error.
        error: the name of the error that it fails with; None for none.
        cause: what happened, for people.

    Raises:
        NotFound: its execution has ended.
        InvalidValue: the output is no JSON value, or the error or the cause is no text.
        TooLarge: the output is larger than 256 KiB.
    """
    held = tokens.Held(wait.row, wait.branch.attempt)
    if error is None:
        given = rules.decoded(rules.encoded(output, "output"))
        job = Job(SUCCEEDED, *_place(held), output=given)
    else:
        values.check_name(error, "error", ERROR_LENGTH_MAX, "$.error")
        values.check_name(cause or None, "cause", CAUSE_LENGTH_MAX, "$.comment")
        job = Job(FAILED, *_place(held), error=error, cause=cause)
    _answer(tx, wait.token, held, job)


def _answer(tx: Transaction, token: str | None, held: tokens.Held, job: Job) -> None:
    loaded = _loaded(tx, held)
    if token is not None:
        tokens.forget(tx, token)
    timer = asking.claim(tx, held.branch)
    if timer is not None:
        withdraw(tx, timer)  # what is taken here is the answer, however late it is taken up
    if loaded.paused_ms is not None:
        inbox.forget_time(tx, loaded.id, job.branch, job.attempt)
    work.add(tx, loaded.workflow, job_text(job))


def _timer(tx: Transaction, held: tokens.Held) -> int | None:
    """The work that tells the task that waits for a token that its time is over."""
    found = tx.row("SELECT timer FROM ensue_branches WHERE id = ?", (held.branch,))
    return found[0] if found and isinstance(found[0], int) else None


def _loaded(tx: Transaction, held: tokens.Held) -> Loaded:
    loaded = load(tx, executions.within(held.branch).execution)
    if loaded is None or loaded.status != RUNNING:
        raise NotFound("the execution that waits for this token has ended")
    return loaded


def _place(held: tokens.Held) -> tuple[int, int, int]:
    return (*executions.within(held.branch), held.attempt)
