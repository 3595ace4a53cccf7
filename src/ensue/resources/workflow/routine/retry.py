"""How often a step is tried again, and when: the fields of Step Functions' Retry."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ensue.languages.states.errors import (
    ALL,
    HEARTBEAT_TIMEOUT,
    TASK_FAILED,
    TERMINAL_ERRORS,
    TIMEOUT,
)
from ensue.words.backoff import WHOLE, backoff_ms
from ensue.words.errors import InvalidValue
from ensue.words.units import duration_ms

RETRY_ATTEMPTS_MAX = 99_999_999
DELAY_MS_MAX = 31_622_400_000

Jitter = Literal["FULL", "NONE"]


@dataclass(frozen=True)
class Retry:
    """When a step that failed is tried again, and how often.

    Args:
        errors: for which errors: exception classes, or names such as ``"PaymentRefused"`` and
            ``"States.Timeout"``; the default is every error.
        interval: how long before the first retry, such as ``"2s"``, or seconds.
        max_attempts: how often it is tried again; 0 for never.
        backoff_rate: by how much the time before each further retry grows.
        max_delay: no retry waits longer; None for no bound.
        jitter: ``FULL``: each retry waits a random time up to its delay. ``NONE``: all of it.

    Raises:
        InvalidValue: a field is out of range.
    """

    errors: Sequence[str | type[BaseException]] = (ALL,)
    interval: str | float = 1
    max_attempts: int = 3
    backoff_rate: float = 2.0
    max_delay: str | float | None = None
    jitter: Jitter = "FULL"

    def __post_init__(self) -> None:
        if isinstance(self.errors, str) or not self.errors:
            raise InvalidValue(f"expected a sequence of errors, got {self.errors!r}", at="retry")
        if not 0 <= self.max_attempts <= RETRY_ATTEMPTS_MAX:
            raise InvalidValue(
                f"expected max_attempts from 0 to {RETRY_ATTEMPTS_MAX}, got {self.max_attempts}",
                at="retry",
            )
        if not 1 <= self.backoff_rate < math.inf:
            raise InvalidValue(
                f"expected a backoff_rate of at least 1, got {self.backoff_rate}", at="retry"
            )
        if self.jitter not in {"FULL", "NONE"}:
            raise InvalidValue(f"expected jitter FULL or NONE, got {self.jitter!r}", at="retry")
        duration_ms(self.interval), duration_ms(self.max_delay or 0)

    def matches(self, names: frozenset[str]) -> bool:
        """Whether it is for an error of these names: its own, and those of its base classes."""
        mine = {each if isinstance(each, str) else each.__name__ for each in self.errors}
        if mine & names:
            return True
        if ALL in mine:
            return not names & TERMINAL_ERRORS
        return TASK_FAILED in mine and not names & {TIMEOUT, HEARTBEAT_TIMEOUT, *TERMINAL_ERRORS}

    def delay_ms(self, used: int, chance: float) -> int:
        """How long the next retry waits.

        Args:
            used: how many retries there were before.
            chance: a random number from 0 up to 1.
        """
        base_ms, cap_ms = duration_ms(self.interval), DELAY_MS_MAX
        if self.max_delay is not None:
            cap_ms = min(cap_ms, duration_ms(self.max_delay))
        share = chance if self.jitter == "FULL" else WHOLE
        return backoff_ms(base_ms, cap_ms, used, share, rate=self.backoff_rate)


def choose(retries: Sequence[Retry], used: Sequence[int], names: frozenset[str]) -> int | None:
    """Which of several is for an error: the first that matches; None when that one is used up.

    Args:
        retries: in their order.
        used: how often each was used.
        names: those of the error.
    """
    for index, retry in enumerate(retries):
        if retry.matches(names):
            return index if used[index] < retry.max_attempts else None
    return None


def error_names(fault: BaseException | None, error: str) -> frozenset[str]:
    """The names by which retries know an error: its own, and the classes of what was raised."""
    kinds = () if fault is None else type(fault).__mro__
    return frozenset({error, *(kind.__name__ for kind in kinds if kind is not object)})
