"""Trying again: after pauses with full jitter, as long as a budget allows.

    call ──▶ attempt ──▶ answer
                └──▶ failure ──▶ pause ──▶ attempt ──▶ ...
                         └──▶ raised: not transient, no attempt left, no budget, or asked to wait
                              longer than any pause

An attempt that takes too long is cancelled and is a failure, `TimedOut`. A cancellation of the
caller ends everything at once, and is counted as neither.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Literal, ParamSpec, TypedDict, TypeVar, Unpack

from ensue.engine.call_keys import next_key, under
from ensue.engine.runtime import PerRuntime, Runtime, current
from ensue.engine.transaction import acting
from ensue.resilience.budget import RetryBudget
from ensue.resilience.faults import Errors, asked_ms, is_one_of, is_transient
from ensue.resilience.strategy import Strategy
from ensue.resilience.waits import positive_ms, sleep_ms, timed
from ensue.words.backoff import WHOLE, backoff_ms
from ensue.words.errors import InvalidDeclaration, TimedOut
from ensue.words.units import duration_ms

P = ParamSpec("P")
T = TypeVar("T")

RETRIES_MAX = 1_000

Jitter = Literal["FULL", "NONE"]


class RetryOptions(TypedDict, total=False):
    """When an async function is tried again, and how often; see `retry`."""

    max_attempts: int
    interval: str | float
    max_delay: str | float
    backoff_rate: float
    jitter: Jitter
    errors: Errors
    timeout: str | float | None
    budget: RetryBudget | None


@dataclass(frozen=True)
class _Rules:
    """When it is tried again, and how often.

    Attributes:
        max_attempts: how often.
        base_ms: the longest that the first retry waits.
        cap_ms: no retry waits longer.
        rate: by how much the longest wait grows.
        is_jittered: whether each waits a random time up to its longest.
        is_for: for which errors.
        timeout_ms: how long one attempt may take.
        budget: how many retries there may be in all.
    """

    max_attempts: int
    base_ms: int
    cap_ms: int
    rate: float
    is_jittered: bool
    is_for: Callable[[Exception], bool]
    timeout_ms: int | None
    budget: RetryBudget | None


@dataclass
class RetryStats:
    """What became of calls that are tried again.

    Attributes:
        calls: how many there were.
        attempts: how many attempts they made.
        succeeded: how many calls succeeded.
        failed: how many calls failed in the end.
        timed_out: how many attempts took too long.
        without_budget: how many calls failed because no retry was left in the budget.
    """

    calls: int = 0
    attempts: int = 0
    succeeded: int = 0
    failed: int = 0
    timed_out: int = 0
    without_budget: int = 0


class Retries(Strategy):
    """Tries an async function again when it fails; made by `retry`.

    Args:
        rules: when, and how often.
    """

    def __init__(self, rules: _Rules) -> None:
        self._rules = rules
        self._stats = PerRuntime(lambda _: RetryStats())

    async def run(
        self, function: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What a function answers, at the first attempt that does not fail.

        Args:
            function: what is called.
            args: its arguments.
            kwargs: those by name.

        Raises:
            TimedOut: the last attempt took too long.
            Exception: what the last attempt raised.
        """
        runtime, budget = current(), self._rules.budget
        stats = self._stats.of(runtime)
        stats.calls += 1
        key = next_key(acting.get(), runtime.records)
        used = 0
        while True:
            stats.attempts += 1
            try:
                with under(key):
                    answer = await self._attempt(runtime, function(*args, **kwargs))
            except Exception as fault:
                pause_ms = self._pause_ms(runtime, stats, used, fault)
                if pause_ms is None:
                    stats.failed += 1
                    raise
            else:
                stats.succeeded += 1
                if budget is not None:
                    budget.add()
                return answer
            used += 1
            await sleep_ms(pause_ms)

    def stats(self) -> RetryStats:
        """What became of the calls so far."""
        return replace(self._stats.of(current()))

    async def _attempt(self, runtime: Runtime, doing: Awaitable[T]) -> T:
        after_ms = self._rules.timeout_ms
        if after_ms is None:
            return await doing
        return await timed(runtime.clock, after_ms, f"no answer came within {after_ms} ms", doing)

    def _pause_ms(
        self, runtime: Runtime, stats: RetryStats, used: int, fault: Exception
    ) -> int | None:
        """How long to wait before the next attempt; None when there is none."""
        rules = self._rules
        if isinstance(fault, TimedOut):
            stats.timed_out += 1
        if used >= rules.max_attempts or not rules.is_for(fault):
            return None
        wanted_ms = asked_ms(fault, runtime.clock.now_ms())
        if wanted_ms > rules.cap_ms:
            return None
        if rules.budget is not None and not rules.budget.take():
            stats.without_budget += 1
            return None
        share = runtime.source.random() if rules.is_jittered else WHOLE
        return max(wanted_ms, backoff_ms(rules.base_ms, rules.cap_ms, used, share, rate=rules.rate))


def retry(**options: Unpack[RetryOptions]) -> Retries:
    """Try an async function again when it fails; the words are those of `Retry`.

    Retry n, from 0, waits a random time from 0 up to the smaller of ``max_delay`` and
    ``interval * backoff_rate ** n``; and as long as an answer's ``Retry-After`` asks, unless that
    is longer than ``max_delay``: then there is no retry.

    Args:
        options: ``max_attempts``: how often it is tried again (3); 0 for never. ``interval``: the
            longest that the first retry waits (``"100ms"``), or seconds. ``max_delay``: no retry
            waits longer (``"10s"``). ``backoff_rate``: by how much the longest wait grows with each
            retry (2). ``jitter``: ``FULL``: each waits a random time up to its longest; ``NONE``:
            all of it. ``errors``: for which errors: a function of one, a class, or several
            (`is_transient`). ``timeout``: how long one attempt may take before it is cancelled
            (None, any time). ``budget``: a `RetryBudget`; None for no bound (None).

    Raises:
        InvalidDeclaration: a number is out of range.
        InvalidValue: a duration is written wrong.
    """
    at = "retry"
    max_attempts = options.get("max_attempts", 3)
    rate, jitter = options.get("backoff_rate", 2.0), options.get("jitter", "FULL")
    timeout = options.get("timeout")
    if not 0 <= max_attempts <= RETRIES_MAX:
        raise InvalidDeclaration(
            f"expected max_attempts from 0 to {RETRIES_MAX}, got {max_attempts}", at=at
        )
    if not rate >= 1 or jitter not in {"FULL", "NONE"}:
        raise InvalidDeclaration(
            "expected a backoff_rate of at least 1 and a jitter FULL or NONE,"
            f" got {rate} and {jitter!r}",
            at=at,
        )
    return Retries(
        _Rules(
            max_attempts=max_attempts,
            base_ms=duration_ms(options.get("interval", "100ms")),
            cap_ms=duration_ms(options.get("max_delay", "10s")),
            rate=rate,
            is_jittered=jitter == "FULL",
            is_for=is_one_of(options.get("errors", is_transient), at),
            timeout_ms=None if timeout is None else positive_ms(timeout, at),
            budget=options.get("budget"),
        )
    )
