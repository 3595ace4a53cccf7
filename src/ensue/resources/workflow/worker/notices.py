"""The coroutines of tasks outside that nobody wants any more, stopped once that is committed.

A transaction notes what it withdraws, from whichever thread it runs in; the worker, woken by the
commit, looks whether it is gone: what a transaction that was rolled back noted never happened.
"""

from __future__ import annotations

import asyncio
from collections import deque

from ensue.engine import work
from ensue.engine.engine import Engine
from ensue.engine.transaction import Transaction


class Notices:
    """What runs outside, and what of it was withdrawn.

    Attributes:
        running: for each piece of work of a task outside, the coroutine that does it.
        stopped: the work whose coroutines were told to stop.
    """

    def __init__(self) -> None:
        self.running: dict[int, asyncio.Task[object]] = {}
        self.stopped: set[int] = set()
        self._withdrawn: deque[int] = deque()
        self._unwanted: set[int] = set()

    def withdrawn(self, piece: int) -> None:
        """Note that nobody wants a task outside any more."""
        if piece in self.running:
            self._withdrawn.append(piece)

    def unwanted(self) -> list[int]:
        """The work that was withdrawn, perhaps, and is still being done."""
        while self._withdrawn:
            self._unwanted.add(self._withdrawn.popleft())
        self._unwanted = {
            piece for piece in self._unwanted if piece in self.running and piece not in self.stopped
        }
        return list(self._unwanted)


class Herald:
    """Stops what nobody wants any more, after each commit of a workflow.

    Args:
        engine: the engine.
        name: the name of the workflow.
        numbers: those of its queues.
        notices: what runs, and what was withdrawn.
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
        """Stop what nobody wants."""
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
