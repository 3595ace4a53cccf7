"""Reads: each on a snapshot of what is committed, short ones at once, long ones in a thread.

A read of a few rows takes less time than handing it to a thread does. One of a million would hold
up everything that the event loop serves. Who reads rarely knows which it is; so what may be either
begins on the loop with a bound, and what goes beyond it is begun again in a thread, on a
connection of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeAlias, TypeVar
from weakref import WeakSet

import apsw

from ensue.engine.clock import Clock
from ensue.engine.database import StoreUrl, connect, translated
from ensue.engine.transaction import StoreFacts, Transaction, acting
from ensue.words.errors import LimitExceeded, StoreClosed, StoreError

T = TypeVar("T")
Run: TypeAlias = Callable[[Transaction], T]

TICK_STEPS = 10_000
SHORT_TICKS_MAX = 20
THREADS_MAX = 2
WAITING_MAX = 1_000


class Reads:
    """The reads of one store.

    Args:
        url: the store.
        writer: the connection that writes; in memory it is the only one.
        facts: what is known of the store.
        clock: tells the time.
    """

    def __init__(
        self, url: StoreUrl, writer: apsw.Connection, facts: StoreFacts, clock: Clock
    ) -> None:
        self._url = url
        self._facts = facts
        self._clock = clock
        self._on_loop, self._in_memory = url.on_loop, url.in_memory
        self._closed = False
        self._left: int | None = None
        self._is_cut = False
        self._connection = writer
        self._threads: ThreadPoolExecutor | None = None
        self._free: list[apsw.Connection] = []
        self._opened: list[apsw.Connection] = []
        self._long: WeakSet[Any] = WeakSet()
        self.waiting = 0
        if not url.in_memory:
            self._connection = connect(url, readonly=True)
            self._opened.append(self._connection)
            self._connection.set_progress_handler(self._tick, TICK_STEPS)

    def read(self, run: Run[T]) -> T:
        """Run a function at once, however long it takes, and return its answer.

        Raises:
            StoreClosed: the engine has stopped.
            StoreError: the store cannot serve, or the function tried to write.
        """
        if self._closed:
            raise StoreClosed("the engine has stopped")
        return self._on(self._connection, run, self._clock.now_ms())

    async def look(self, run: Run[T], *, known_as: object = None, is_long: bool = False) -> T:
        """Run a function, in a thread if it takes long; it may be run twice.

        Args:
            run: reads, and does nothing else.
            known_as: what is remembered to take long, such as the application's function.
            is_long: whether to begin in a thread: it is known that it may.

        Raises:
            StoreClosed: the engine has stopped.
            StoreError: the store cannot serve, or the function tried to write.
            LimitExceeded: too many long reads wait.
        """
        if self._on_loop:
            return self.read(run)
        if is_long or (self._long and _named(known_as) in self._long):
            return await self._aside(run)
        if self._closed:
            raise StoreClosed("the engine has stopped")
        self._left, self._is_cut = SHORT_TICKS_MAX, False
        try:
            found = self._on(self._connection, run, self._clock.now_ms())
        except Exception:
            if not self._is_cut:
                raise
        finally:
            self._left = None
        if not self._is_cut:
            return found
        # It may have caught what told it that it was cut off.
        self._remember(_named(known_as))
        return await self._aside(run)

    def close(self) -> None:
        """Let what is read in threads end at its next statement, and close the connections."""
        self._closed = True
        for connection in self._opened:
            connection.interrupt()
        if self._threads is not None:
            self._threads.shutdown()
        for connection in self._opened:
            connection.close()

    def _tick(self) -> bool:
        """Count the steps of a bounded read; True cuts it off."""
        if self._left is None:
            return False
        self._left -= 1
        self._is_cut = self._left < 0
        return self._is_cut

    def _remember(self, named: object) -> None:
        if named is None:
            return
        try:
            self._long.add(named)
        except TypeError:  # nothing that can be remembered without being kept
            return

    async def _aside(self, run: Run[T]) -> T:
        if self._closed:
            raise StoreClosed("the engine has stopped")
        if self.waiting >= WAITING_MAX:
            raise LimitExceeded(
                f"expected at most {WAITING_MAX} long reads at once", hint="Try again later."
            )
        if self._threads is None:
            self._threads = ThreadPoolExecutor(THREADS_MAX, thread_name_prefix="ensue-read")
        context = copy_context()
        loop = asyncio.get_running_loop()
        self.waiting += 1
        try:
            return await loop.run_in_executor(
                self._threads, lambda: context.run(self._in_thread, run)
            )
        except StoreError:
            if self._closed:
                raise StoreClosed("the engine has stopped") from None
            raise
        finally:
            self.waiting -= 1

    def _in_thread(self, run: Run[T]) -> T:
        try:
            connection = self._free.pop()
        except IndexError:
            connection = self._another()
        try:
            return self._on(connection, run, self._clock.now_ms())
        finally:
            self._free.append(connection)

    def _another(self) -> apsw.Connection:
        if self._closed:
            raise StoreClosed("the engine has stopped")
        connection = connect(self._url, readonly=True)
        connection.set_progress_handler(lambda: self._closed, TICK_STEPS)
        self._opened.append(connection)
        return connection

    def _on(self, connection: apsw.Connection, run: Run[T], now_ms: int) -> T:
        with translated(self._url.path):
            connection.execute("BEGIN")
            tx = Transaction(connection, self._facts, now_ms, acting.get())
            try:
                if self._in_memory:  # the writer's own connection
                    connection.execute("PRAGMA query_only=ON")
                return run(tx)
            finally:
                tx.end()
                connection.execute("ROLLBACK")
                if self._in_memory:
                    connection.execute("PRAGMA query_only=OFF")


def _named(known_as: object) -> object:
    """What a function is known as: a method is another object each time."""
    return getattr(known_as, "__func__", known_as)
