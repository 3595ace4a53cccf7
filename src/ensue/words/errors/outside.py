"""Errors of servers and targets outside."""

from __future__ import annotations

from ensue.words.errors.root import EnsueError


class Unreachable(EnsueError):
    """A server or target outside could not be reached.

    Args:
        message: what happened.
        at: where.
        hint: what to do about it.
        retry_after_ms: how long it asked to wait, where it did.
    """

    code = "unreachable"

    def __init__(
        self,
        message: str,
        *,
        at: str | None = None,
        hint: str | None = None,
        retry_after_ms: int | None = None,
    ) -> None:
        super().__init__(message, at=at, hint=hint)
        self.retry_after_ms = retry_after_ms


class TimedOut(Unreachable):
    """No answer came in time. What was asked for may have been done, or be done yet."""

    code = "timed_out"


class CircuitOpen(Unreachable):
    """What is asked failed so often lately that it is not asked for a while: nothing was sent."""

    code = "circuit_open"
