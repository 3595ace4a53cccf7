"""Time as a resource: the only place that reads the wall clock.

Everything that waits or stamps takes a `Clock`. `SystemClock` is the machine's; `HeldClock` stands
still until somebody moves it, so that a month of retries passes in milliseconds. `ServedClock` is a
held clock of a server: for those outside, who do not know of it, time passes as ever.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

HELD_START_MS = 1_940_987_655_926  # an odd moment in 2031, so that a stray real clock shows


class Timer(Protocol):
    """A call that is due later."""

    def cancel(self) -> None:
        """Forget the call."""


class Clock(Protocol):
    """What time it is, and a way to be called when a time has come."""

    def now_ms(self) -> int:
        """Milliseconds since 1970 in UTC."""

    def steady_ns(self) -> int:
        """Nanoseconds that never go back, to tell how long something took."""

    def call_at(self, at_ms: int, callback: Callable[[], None]) -> Timer:
        """Call ``callback`` on the running event loop when ``at_ms`` has come."""

    def call_outside(self, after_ms: int, callback: Callable[[], None]) -> Timer:
        """Call ``callback`` when so much time has passed for those outside.

        So long a caller waits for an answer, and so long it is until another look at what other
        programs do.
        """


class SystemClock:
    """The machine's clock, which never goes back.

    When the machine's time is set back, this clock goes on at its own pace until the process ends;
    when it is set forward, this clock follows.
    """

    def __init__(self) -> None:
        self._ahead_ns = 0
        self.steady_ns = time.monotonic_ns

    def now_ms(self) -> int:
        """Milliseconds since 1970 in UTC."""
        wall_ns, steady_ns = time.time_ns(), time.monotonic_ns()
        self._ahead_ns = max(self._ahead_ns, wall_ns - steady_ns)
        return (steady_ns + self._ahead_ns) // 1_000_000

    def call_at(self, at_ms: int, callback: Callable[[], None]) -> Timer:
        """Call ``callback`` on the running event loop when ``at_ms`` has come."""
        delay_s = max(0, at_ms - self.now_ms()) / 1_000
        return asyncio.get_running_loop().call_later(delay_s, callback)

    def call_outside(self, after_ms: int, callback: Callable[[], None]) -> Timer:
        """Call ``callback`` when so much time has passed: outside it is the same."""
        return asyncio.get_running_loop().call_later(after_ms / 1_000, callback)


class _HeldTimer:
    """An entry of a `HeldClock`."""

    __slots__ = ("callback",)

    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        """Forget the call."""
        self.callback = None

    def fire(self) -> None:
        """Make the call, unless it was made or forgotten."""
        callback, self.callback = self.callback, None
        if callback is not None:
            callback()


class HeldClock:
    """A clock that moves only when told.

    Args:
        start_ms: what time it is at first.
    """

    def __init__(self, start_ms: int = HELD_START_MS) -> None:
        self._now_ms = start_ms
        self._order = itertools.count()
        self._timers: list[tuple[int, int, _HeldTimer]] = []

    def now_ms(self) -> int:
        """Milliseconds since 1970 in UTC."""
        return self._now_ms

    def steady_ns(self) -> int:
        """Nanoseconds that never go back, to tell how long something took."""
        return self._now_ms * 1_000_000

    def call_at(self, at_ms: int, callback: Callable[[], None]) -> Timer:
        """Call ``callback`` when the clock has been moved to ``at_ms`` or beyond.

        When it is that late already, the call is made in the next turn of the running event loop;
        without one, by the next move.
        """
        timer = _HeldTimer(callback)
        heapq.heappush(self._timers, (at_ms, next(self._order), timer))
        if at_ms <= self._now_ms:
            with suppress(RuntimeError):
                asyncio.get_running_loop().call_soon(timer.fire)
        return timer

    def call_outside(self, after_ms: int, callback: Callable[[], None]) -> Timer:
        """Call ``callback`` when the clock has been moved by so much: nobody else is outside."""
        return self.call_at(self._now_ms + after_ms, callback)

    def next_ms(self) -> int | None:
        """When the next call is due; None when nothing waits for time to pass."""
        while self._timers and self._timers[0][2].callback is None:
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    def move_to(self, at_ms: int) -> None:
        """Move to ``at_ms`` (never backwards) and make every call that is due by then, in order."""
        self._now_ms = max(self._now_ms, at_ms)
        while self._timers and self._timers[0][0] <= self._now_ms:
            heapq.heappop(self._timers)[2].fire()


class ServedClock(HeldClock):
    """A clock of a server that moves only when told, while time passes as ever outside.

    Callers wait as long as they do, and files of others are looked at as often. The workers' own
    pauses are kept apart, so that `next_ms` tells what else waits for time to pass.

    Args:
        start_ms: what time it is at first.

    Attributes:
        of_workers: the clock by which workers rest.
    """

    def __init__(self, start_ms: int = HELD_START_MS) -> None:
        super().__init__(start_ms)
        self.of_workers = HeldClock(start_ms)

    def call_outside(self, after_ms: int, callback: Callable[[], None]) -> Timer:
        """Call ``callback`` when so much time has passed on the machine."""
        return asyncio.get_running_loop().call_later(after_ms / 1_000, callback)

    def move_to(self, at_ms: int) -> None:
        """Move to ``at_ms`` (never backwards) and make every call that is due by then, in order."""
        super().move_to(at_ms)
        self.of_workers.move_to(self.now_ms())


def clock_of_workers(clock: Clock) -> Clock:
    """The clock by which the workers of a process rest."""
    return clock.of_workers if isinstance(clock, ServedClock) else clock
