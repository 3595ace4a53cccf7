"""What a runner tells a run: answers to its commands (commands.py)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from ensue.languages.states.errors import TIMEOUT
from ensue.words.values import Json


@dataclass(frozen=True, slots=True)
class Started:
    """Someone has begun the task. Need not be told: an end tells it too.

    Attributes:
        worker: the name of the worker that took an activity's task.
    """

    worker: str | None = None


@dataclass(frozen=True, slots=True)
class Submitted:
    """The request is out, and the task ends later: by its token, or with what it started.

    Attributes:
        output: what the request answered.
    """

    output: Json = None


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The task is done.

    Attributes:
        output: what it answered.
    """

    output: Json = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The task failed.

    Attributes:
        error: the name of the error, by which retriers and catchers choose; None for none.
        cause: what happened, for people; None for none.
    """

    error: str | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The task took too long.

    Attributes:
        error: ``States.Timeout``, or ``States.HeartbeatTimeout`` when no heartbeat came.
        cause: more about it; None for none.
    """

    error: str = TIMEOUT
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Woken:
    """It is time."""


Signal: TypeAlias = Started | Submitted | Succeeded | Failed | TimedOut | Woken
