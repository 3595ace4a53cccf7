"""Who in this process waits for the end of something, told once that is committed.

A transaction notes what ended, from whichever thread it runs in; the worker, woken by the commit,
tells who waits. Both may be told too often, and look for themselves: what was noted by a
transaction that was rolled back never happened.
"""

from __future__ import annotations

import asyncio
from collections import deque

from ensue.engine import work
from ensue.engine.engine import Engine
from ensue.engine.transaction import Transaction


class Notices:
    """What has ended, and who waits for it.

    Attributes:
        waiters: for each execution, who waits for its end.
        running: for each piece of work of a task outside, the coroutine that does it.
        stopped: the work whose coroutines were told to stop.
    """

    def __init__(self) -> None:
        self.waiters: dict[int, list[asyncio.Event]] = {}
        self.running: dict[int, asyncio.Task[object]] = {}
        self.stopped: set[int] = set()
        self._ended: deque[int] = deque()
        self._withdrawn: deque[int] = deque()

    def ended(self, execution: int) -> None:
        """Note the end of an execution."""
        if execution in self.waiters:
            self._ended.append(execution)

    def withdrawn(self, piece: int) -> None:
        """Note that nobody wants a task outside any more."""
        if piece in self.running:
            self._withdrawn.append(piece)

    def tell(self) -> None:
        """Wake those who wait for what has ended."""
        while self._ended:
            for woken in self.waiters.get(self._ended.popleft(), ()):
                woken.set()

    def unwanted(self) -> list[int]:
        """The work that nobody wants any more, as far as is noted; it is noted no longer."""
        found = list(self._withdrawn)
        self._withdrawn.clear()
        return found


class Herald:
    """Tells who waits, after each commit of a workflow.

    Args:
        engine: the engine.
        name: the name of the workflow.
        numbers: those of its queues.
        notices: what it tells.
    """

    def __init__(
        self, engine: Engine, name: str, numbers: frozenset[int], notices: Notices
    ) -> None:
        self.name = f"{name}-notices"
        self.listens = numbers
        self.woken = asyncio.Event()
        self._engine = engine
        self._notices = notices

    def due_ms(self) -> int | None:
        """A commit wakes it, and nothing else."""
        return None

    async def step(self) -> bool:
        """Tell who waits for an end, and stop what nobody wants."""
        self._notices.tell()
        unwanted = self._notices.unwanted()
        if unwanted:
            self._stop(unwanted)
        return False

    async def drain(self, grace_ms: int) -> None:
        """Nothing is under way between steps."""
        del grace_ms

    def _stop(self, pieces: list[int]) -> None:
        def gone(tx: Transaction) -> list[int]:
            return [each for each in pieces if work.piece(tx, each) is None]

        for piece in self._engine.read(gone):
            running = self._notices.running.get(piece)
            if running is not None:
                self._notices.stopped.add(piece)
                running.cancel()
