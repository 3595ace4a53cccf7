"""What an activity does within a transaction: a task is work until a worker takes it."""

from __future__ import annotations

from typing import NamedTuple

from ensue.engine import work
from ensue.engine.backlog import depth as depth_of
from ensue.engine.transaction import Transaction
from ensue.resources.activity.model import (
    PEEK_MAX,
    STALE_MAX,
    ActivityModel,
    ActivityTask,
    ActivityWaiting,
    Answers,
)
from ensue.words import values
from ensue.words.errors import NotFound
from ensue.words.values import Json

_AT_ONCE = 20


class Taken(NamedTuple):
    """What a look for a task found.

    Attributes:
        task: the task; None for none.
        is_over: whether there are no more to look at: a look passes over at most so many.
    """

    task: ActivityTask | None
    is_over: bool


def schedule(tx: Transaction, activity: ActivityModel, token: str, given: Json) -> None:
    """Let a task wait for a worker.

    Args:
        tx: the transaction.
        activity: whose workers.
        token: names the task.
        given: what it is about.
    """
    body = values.encode({"token": token, "input": given})
    work.add(tx, tx.number(activity.ref), body)


def take(tx: Transaction, activity: ActivityModel, worker: str | None, answers: Answers) -> Taken:
    """Take the task that has waited longest, and tell its workflow; those that are over are left.

    From now on it is for its heartbeat and its time-out to tell that the worker was lost.
    """
    number = tx.number(activity.ref)
    passed = 0
    while passed < STALE_MAX:
        found = work.due(tx, number, _AT_ONCE)
        if not found:
            return Taken(None, is_over=True)
        for place, piece in enumerate(found, 1):
            task = _task_of(piece.body)
            try:
                answers.started(tx, task.token, worker)
            except NotFound:
                passed += 1
                continue
            work.finish_untaken(tx, found[:place])
            return Taken(task, is_over=True)
        work.finish_untaken(tx, found)
    return Taken(None, is_over=False)


def peek(tx: Transaction, activity: ActivityModel, limit: int) -> list[ActivityWaiting]:
    """The tasks that nobody has taken yet, longest waiting first."""
    found = work.due(tx, tx.number(activity.ref), max(0, min(limit, PEEK_MAX)))
    return [ActivityWaiting(_task_of(piece.body).input, piece.sent_ms) for piece in found]


def depth(tx: Transaction, activity: ActivityModel) -> dict[str, Json]:
    """How many tasks wait for a worker."""
    return {"waiting": depth_of(tx, tx.number(activity.ref)).waiting}


def _task_of(body: str) -> ActivityTask:
    said = values.decode(body)
    assert isinstance(said, dict)  # noqa: S101 - `schedule` wrote it
    return ActivityTask(str(said["token"]), said["input"])
