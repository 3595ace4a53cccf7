"""A bulkhead: never more than so many at once, never more than so many waiting.

    call ──▶ a worker is free, and nobody waits ──▶ runs
      ├────▶ all workers are busy ──▶ waits, first come, first served ──▶ runs
      └────▶ ... and the queue is full ──▶ Overloaded

A bounded queue alone bounds nothing that is called: workers do (RR-6).

Source: AWS Builders' Library, "Using load shedding to avoid overload"; M. Nygard, "Release It!".
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from ensue.engine.runtime import PerRuntime, current
from ensue.resilience.strategy import Strategy
from ensue.words.errors import InvalidDeclaration, Overloaded

P = ParamSpec("P")
T = TypeVar("T")

WORKERS_MAX = 10_000
QUEUE_MAX = 100_000


@dataclass(frozen=True)
class BulkheadStats:
    """How a bulkhead stands.

    Attributes:
        workers: how many may run at once.
        queue: how many may wait.
        busy: how many run.
        waiting: how many wait.
        busiest: how many ran at once at most.
        longest: how many waited at once at most.
        admitted: how many were let in so far.
        refused: how many were not.
    """

    workers: int
    queue: int
    busy: int
    waiting: int
    busiest: int
    longest: int
    admitted: int
    refused: int


class _Rooms:
    """The places of one bulkhead in one runtime."""

    def __init__(self, workers: int, queue: int) -> None:
        self._workers = workers
        self._queue = queue
        self._busy = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._busiest = self._longest = self._admitted = self._refused = 0

    async def enter(self) -> None:
        """Wait for a place.

        Raises:
            Overloaded: as many wait as may.
        """
        if self._busy < self._workers and not self._waiting:
            self._admitted += 1
            self._take()
            return
        if len(self._waiting) >= self._queue:
            self._refused += 1
            raise Overloaded(len(self._waiting), self._queue)
        self._admitted += 1
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._longest = max(self._longest, len(self._waiting))
        try:
            await turn
        except BaseException:
            if turn.done() and not turn.cancelled():
                self.leave()  # its turn had come already
            else:
                with suppress(ValueError):
                    self._waiting.remove(turn)
            raise

    def leave(self) -> None:
        """Give a place back, to who has waited longest."""
        self._busy -= 1
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                self._take()
                turn.set_result(None)
                return

    def _take(self) -> None:
        self._busy += 1
        self._busiest = max(self._busiest, self._busy)

    def stats(self) -> BulkheadStats:
        return BulkheadStats(
            workers=self._workers,
            queue=self._queue,
            busy=self._busy,
            waiting=len(self._waiting),
            busiest=self._busiest,
            longest=self._longest,
            admitted=self._admitted,
            refused=self._refused,
        )


class Bulkhead(Strategy):
    """Runs at most ``workers`` at once, lets ``queue`` wait in their order, and refuses the rest.

    Who waits and is cancelled gives its place up. It belongs to one event loop.

    Args:
        workers: how many run at once.
        queue: how many wait.

    Raises:
        InvalidDeclaration: a number is out of range.
    """

    def __init__(self, *, workers: int, queue: int = 0) -> None:
        if not 1 <= workers <= WORKERS_MAX or not 0 <= queue <= QUEUE_MAX:
            raise InvalidDeclaration(
                f"expected workers from 1 to {WORKERS_MAX} and a queue from 0 to {QUEUE_MAX},"
                f" got {workers} and {queue}",
                at=type(self).__name__,
            )
        self._rooms = PerRuntime(lambda _: _Rooms(workers, queue))

    async def run(
        self, function: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What a function answers, once a worker is free for it.

        Args:
            function: what is called.
            args: its arguments.
            kwargs: those by name.

        Raises:
            Overloaded: all workers are busy and the queue is full; nothing was called.
            Exception: whatever the function raises.
        """
        rooms = self._rooms.of(current())
        await rooms.enter()
        try:
            return await function(*args, **kwargs)
        finally:
            rooms.leave()

    def stats(self) -> BulkheadStats:
        """How it stands."""
        return self._rooms.of(current()).stats()
