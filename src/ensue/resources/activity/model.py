"""The words of activities: tasks of workflows that workers outside poll for.

scheduled ──taken──▶ running ──succeed | fail──▶ ended
    │                   │
    └── its time is over, or its execution ends ──▶ ended: nobody takes it, no answer counts

Who waits for the end of a task, and for how long, is for the workflow to know: it gives each task a
token, and is told of what becomes of it by that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ensue.engine.transaction import Transaction
from ensue.words.names import Ref
from ensue.words.values import Json

WAIT_MS_MAX = 60_000
WORKER_LENGTH_MAX = 80
PEEK_MAX = 1_000
STALE_MAX = 1_000


@dataclass(frozen=True)
class ActivityModel:
    """An activity as declared.

    Attributes:
        ref: what it is called.
    """

    ref: Ref


@dataclass(frozen=True, slots=True)
class ActivityTask:
    """A task for a worker.

    Attributes:
        token: names the task: who has it ends it, or says that it is still at it.
        input: what the task is about.
    """

    token: str
    input: Json


@dataclass(frozen=True, slots=True)
class ActivityWaiting:
    """A task that nobody has taken yet; its token is for who takes it.

    Attributes:
        input: what the task is about.
        since_ms: since when it waits.
    """

    input: Json
    since_ms: int


class Answers(Protocol):
    """Tells a workflow what becomes of a task, by the task's token.

    Each raises NotFound where no task waits for the token any more.
    """

    def started(self, tx: Transaction, token: str, worker: str | None, /) -> None:
        """A worker has taken the task."""

    def succeeded(self, tx: Transaction, token: str, output: object, /) -> None:
        """The task is done."""

    def failed(self, tx: Transaction, token: str, error: str | None, cause: str | None, /) -> None:
        """The task could not be done."""

    def beat(self, tx: Transaction, token: str, /) -> None:
        """The worker is still at it."""
