"""Who runs the code at hand: its clock, its randomness, its store.

What is declared in a module, such as a circuit breaker, is run by whoever runs the module's
functions: a platform, a test under a held clock, or plain Python outside of any app. A `Runtime`
is one of these. What is remembered is remembered for each apart, so that no run sees another's.
"""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar
from weakref import WeakKeyDictionary

from ensue.engine.clock import Clock, SystemClock
from ensue.engine.ids import Random, RecordIds, system_random
from ensue.engine.transaction import Transaction

S = TypeVar("S")


class Transact(Protocol):
    """Runs a function in a transaction of its own."""

    def __call__(self, run: Callable[[Transaction], Any], /) -> Awaitable[Any]:
        """Its answer, once that is durable."""


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Runtime:
    """Who runs the code at hand. Each is one of its own.

    Attributes:
        clock: tells the time.
        source: randomness.
        records: the ids of the store's records; None without a store.
        transact: runs a function in a transaction of the store; None without a store.
        began_ms: since when it runs.
    """

    clock: Clock
    source: Random
    records: RecordIds | None = None
    transact: Transact | None = None
    began_ms: int = 0


_CLOCK = SystemClock()
_OUTSIDE = Runtime(_CLOCK, system_random(), began_ms=_CLOCK.now_ms())
_running: ContextVar[Runtime] = ContextVar("running", default=_OUTSIDE)


def current() -> Runtime:
    """Who runs the code at hand; outside of any app the machine's clock and randomness."""
    return _running.get()


def enter(runtime: Runtime) -> None:
    """Let what this task, or thread, does from now on be run by ``runtime``."""
    _running.set(runtime)


@contextmanager
def within(runtime: Runtime) -> Iterator[None]:
    """Let what is done in the block be run by ``runtime``."""
    before = _running.set(runtime)
    try:
        yield
    finally:
        _running.reset(before)


class PerRuntime(Generic[S]):
    """What something that is declared once remembers, for each runtime apart.

    Args:
        make: makes the memory of a runtime; it must not keep the runtime itself.
    """

    def __init__(self, make: Callable[[Runtime], S]) -> None:
        self._make = make
        self._kept: WeakKeyDictionary[Runtime, S] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def of(self, runtime: Runtime) -> S:
        """The memory of a runtime."""
        found = self._kept.get(runtime)
        if found is None:
            with self._lock:
                found = self._kept.get(runtime)
                if found is None:
                    found = self._kept[runtime] = self._make(runtime)
        return found
