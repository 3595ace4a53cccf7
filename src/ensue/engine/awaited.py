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
        self._idle = 0
        self._begun = asyncio.Event()

    @property
    def by_anybody(self) -> bool:
        """Whether somebody waits now."""
        return self._waiting > 0

    @property
    def idle(self) -> int:
        """How many wait, and do nothing else meanwhile."""
        return self._idle

    @contextmanager
    def waiting(self, *, works: bool = False) -> Iterator[None]:
        """Count as somebody who waits, within the block.

        Args:
            works: whether something is done meanwhile that ends by itself, perhaps.
        """
        self._waiting += 1
        self._idle += not works
        self._begun.set()
        try:
            yield
        finally:
            self._waiting -= 1
            self._idle -= not works
            if not self._waiting:
                self._begun.clear()

    async def begun(self) -> None:
        """Return when somebody waits."""
        await self._begun.wait()


# Counts who waits for time to pass on behalf of this task; None where nobody asks.
asleep: ContextVar[Awaited | None] = ContextVar("asleep", default=None)


@contextmanager
def sleeping(*, works: bool = False) -> Iterator[None]:
    """Count as somebody who waits for time to pass, within the block.

    Args:
        works: whether something is done meanwhile, for which time must not pass too long.
    """
    counted = asleep.get()
    if counted is None:
        yield
    else:
        with counted.waiting(works=works):
            yield
