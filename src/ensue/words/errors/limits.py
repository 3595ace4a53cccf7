"""Errors of bounds that are reached."""

from __future__ import annotations

from ensue.words.errors.root import EnsueError


class LimitExceeded(EnsueError):
    """A named bound was reached.

    Args:
        message: what happened.
        at: where.
        hint: what to do about it.
        retry_after_ms: when there may be room again, where that is known.
    """

    code = "limit_exceeded"

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


class TooLarge(LimitExceeded):
    """A value is larger than its bound. It will not fit later either."""

    code = "too_large"


class Overloaded(LimitExceeded):
    """All workers are busy, and as many wait as may: it was not begun.

    Args:
        waiting: how many wait.
        queue: how many may wait.
    """

    code = "overloaded"

    def __init__(self, waiting: int, queue: int) -> None:
        super().__init__(
            f"all workers are busy, and {waiting} of at most {queue} wait",
            hint="Nothing was done: try again later.",
        )
        self.waiting = waiting
        self.queue = queue


class RateExceeded(LimitExceeded):
    """A caller has had as much as a rate limit lets it.

    Args:
        limit: how much that is.
        remaining: how much is left of it; not enough.
        reset_ms: after how long all of it is there again.
        retry_after_ms: after how long there is enough again.
    """

    code = "rate_exceeded"

    def __init__(self, limit: int, remaining: int, reset_ms: int, retry_after_ms: int) -> None:
        super().__init__(
            f"expected at most {limit} in the time of the limit",
            hint="Nothing was done: try again later.",
            retry_after_ms=retry_after_ms,
        )
        self.limit = limit
        self.remaining = remaining
        self.reset_ms = reset_ms
