"""Not waiting longer than a time: what takes longer is cancelled, and fails as `TimedOut`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import ParamSpec, TypeVar

from ensue.engine.runtime import PerRuntime, current
from ensue.resilience.strategy import Strategy
from ensue.resilience.waits import positive_ms, timed
from ensue.words.errors import TimedOut

P = ParamSpec("P")
T = TypeVar("T")


@dataclass
class TimeoutStats:
    """What became of calls whose time is bounded.

    Attributes:
        calls: how many there were.
        timed_out: how many took too long.
    """

    calls: int = 0
    timed_out: int = 0


class Timeouts(Strategy):
    """Bounds the time of a function; see `timeout`."""

    def __init__(self, after_ms: int) -> None:
        self._after_ms = after_ms
        self._stats = PerRuntime(lambda _: TimeoutStats())

    async def run(
        self, function: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What a function answers, if that is in time.

        Args:
            function: what is called.
            args: its arguments.
            kwargs: those by name.

        Raises:
            TimedOut: it took longer, and is cancelled.
            Exception: whatever the function raises.
        """
        runtime = current()
        stats = self._stats.of(runtime)
        stats.calls += 1
        late = f"no answer came within {self._after_ms} ms"
        try:
            return await timed(runtime.clock, self._after_ms, late, function(*args, **kwargs))
        except TimedOut:
            stats.timed_out += 1
            raise

    def stats(self) -> TimeoutStats:
        """What became of the calls so far."""
        return replace(self._stats.of(current()))


def timeout(after: str | float) -> Timeouts:
    """Bound how long an async function may take; it is cancelled then, and fails as `TimedOut`.

    Args:
        after: such as ``"5s"``, or seconds.

    Raises:
        InvalidDeclaration: it is less than 1 ms.
        InvalidValue: it is written wrong.
    """
    return Timeouts(positive_ms(after, "timeout"))
