"""Whether somebody waits, in this process, for what workers have yet to do, or for time to pass.

Who drives the workers by hand asks this, and lets them work, or time pass, instead of waiting too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Awaited:
    """Counts who waits."""

    def __init__(self) -> None:
        self._waiting = 0
        self._begun = asyncio.Event()

    @property
    def by_anybody(self) -> bool:
        """Whether somebody waits now."""
        return self._waiting > 0

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Count as somebody who waits, within the block."""
        self._waiting += 1
        self._begun.set()
        try:
            yield
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._begun.clear()

    async def begun(self) -> None:
        """Return when somebody waits."""
        await self._begun.wait()


# Counts who waits for time to pass on behalf of this task; None where nobody asks.
asleep: ContextVar[Awaited | None] = ContextVar("asleep", default=None)


@contextmanager
def sleeping() -> Iterator[None]:
    """Count as somebody who waits for time to pass, within the block."""
    counted = asleep.get()
    if counted is None:
        yield
    else:
        with counted.waiting():
            yield
