"""Rate, errors and duration of what is called: how it has been for a while (RED).

Source: T. Wilkie, "The RED Method"; the percentiles are by the nearest rank.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NamedTuple, ParamSpec, TypeVar

from ensue.engine.clock import Clock
from ensue.engine.runtime import PerRuntime, current
from ensue.resilience.strategy import Strategy
from ensue.resilience.waits import positive_ms

P = ParamSpec("P")
T = TypeVar("T")

SAMPLES_MAX = 10_000


@dataclass(frozen=True)
class MeasuredStats:
    """How calls went in the last while.

    Attributes:
        window_ms: how long the while is; shorter as long as nothing is older.
        calls: how many ended in it.
        errors: how many of these failed.
        rate_per_second: how many ended a second.
        error_rate: which share failed.
        p50_ms: half of them took no longer.
        p95_ms: 95 of a hundred took no longer.
        p99_ms: 99 of a hundred took no longer.
        max_ms: none took longer.
        running: how many run now.
    """

    window_ms: int
    calls: int
    errors: int
    rate_per_second: float
    error_rate: float
    p50_ms: int
    p95_ms: int
    p99_ms: int
    max_ms: int
    running: int


class _Sample(NamedTuple):
    """A call that ended."""

    ended_ms: int
    took_ms: int
    failed: bool


class _Samples:
    """The calls of the last while in one runtime."""

    def __init__(self, window_ms: int, clock: Clock) -> None:
        self._window_ms = window_ms
        self._clock = clock
        self._began_ms = clock.now_ms()
        self._ended: deque[_Sample] = deque(maxlen=SAMPLES_MAX)
        self.running = 0

    def note(self, began_ms: int, *, failed: bool | None) -> None:
        """Count how a call ended; None for one that tells nothing."""
        now_ms = self._clock.now_ms()
        if failed is not None:
            self._forget(now_ms)
            self._ended.append(_Sample(now_ms, now_ms - began_ms, failed))

    def _forget(self, now_ms: int) -> None:
        while self._ended and self._ended[0].ended_ms <= now_ms - self._window_ms:
            self._ended.popleft()

    def stats(self) -> MeasuredStats:
        now_ms = self._clock.now_ms()
        self._forget(now_ms)
        took = sorted(each.took_ms for each in self._ended)
        calls, errors = len(took), sum(each.failed for each in self._ended)
        # More than are remembered: what is, is of a shorter while.
        since_ms = self._ended[0].ended_ms if calls == SAMPLES_MAX else self._began_ms
        window_ms = max(1, min(self._window_ms, now_ms - since_ms))

        def ranked(share: float) -> int:
            return took[math.ceil(share * calls) - 1] if took else 0

        return MeasuredStats(
            window_ms=window_ms,
            calls=calls,
            errors=errors,
            rate_per_second=round(calls * 1_000 / window_ms, 3),
            error_rate=round(errors / calls, 4) if calls else 0.0,
            p50_ms=ranked(0.5),
            p95_ms=ranked(0.95),
            p99_ms=ranked(0.99),
            max_ms=took[-1] if took else 0,
            running=self.running,
        )


class Measured(Strategy):
    """Measures rate, errors and duration of async functions, and changes nothing.

    It remembers the last 10,000 calls of the window. A call that is cancelled counts for nothing.

    Args:
        window: how far back it looks, such as ``"60s"``, or seconds.

    Raises:
        InvalidDeclaration: the window is shorter than 1 ms.
        InvalidValue: it is written wrong.
    """

    def __init__(self, window: str | float = "60s") -> None:
        window_ms = positive_ms(window, type(self).__name__)
        self._samples = PerRuntime(lambda runtime: _Samples(window_ms, runtime.clock))

    async def run(
        self, function: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What a function answers.

        Args:
            function: what is called.
            args: its arguments.
            kwargs: those by name.

        Raises:
            Exception: whatever the function raises.
        """
        runtime = current()
        samples, began_ms = self._samples.of(runtime), runtime.clock.now_ms()
        samples.running += 1
        failed: bool | None = None
        try:
            answer = await function(*args, **kwargs)
            failed = False
        except Exception:
            failed = True
            raise
        finally:
            samples.running -= 1
            samples.note(began_ms, failed=failed)
        return answer

    def stats(self) -> MeasuredStats:
        """How calls went in the last while."""
        return self._samples.of(current()).stats()
