"""What queues do with nobody asking: old messages leave, and redrives go on at their rate."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ensue.engine import backlog
from ensue.engine.engine import Engine
from ensue.engine.handlers import Pace
from ensue.engine.redrives import RUNNING, Redriving
from ensue.engine.transaction import Origin, Transaction
from ensue.engine.work import Work
from ensue.resources.queue import rules
from ensue.resources.queue.model import QueueModel
from ensue.resources.queue.store import redriving
from ensue.words.units import human_ms

RETENTION_CHUNK = 1_000
LOOKS = 1_000


class RetentionWorker:
    """Moves messages that have waited too long to the dead-letter queue; forgets dead letters.

    Args:
        engine: where the queue is.
        queue: a queue with a retention.
        dead: moves or forgets a message, with the reason.
    """

    listens: frozenset[int] = frozenset()

    def __init__(
        self, engine: Engine, queue: QueueModel, dead: Callable[[Transaction, Work, str], object]
    ) -> None:
        self.name = f"{queue.ref.name} retention"
        self.woken = asyncio.Event()
        self.woken.set()
        self._engine = engine
        self._queue = queue
        self._dead = dead
        self._retention_ms = queue.retention_ms or 0
        self._next_ms: int | None = None

    def due_ms(self) -> int | None:
        """When the oldest message is too old, if it still waits then."""
        return self._next_ms

    async def step(self) -> bool:
        """Move one chunk; returns whether there may be more."""
        moved, oldest_ms = await self._engine.transact(self._move, Origin(self.name))
        # What is sent from now on is not too old before that.
        self._next_ms = oldest_ms + self._retention_ms + 1
        return moved == RETENTION_CHUNK

    async def drain(self, grace_ms: int) -> None:
        """Nothing is under way between steps."""
        del grace_ms

    def _move(self, tx: Transaction) -> tuple[int, int]:
        number = tx.number(self._queue.ref)
        before_ms = tx.now_ms - self._retention_ms
        found = backlog.waiting_since(tx, number, before_ms, RETENTION_CHUNK)
        for piece in found:
            self._dead(tx, piece, f"waited longer than {human_ms(self._retention_ms)}")
        oldest_ms = backlog.oldest_ms(tx, number)
        return len(found), tx.now_ms if oldest_ms is None else oldest_ms


class RedriveWorker:
    """Goes on with the redrives of a dead-letter queue that have a rate, one after the other.

    Args:
        engine: where the queue is.
        queue: a dead-letter queue.
    """

    def __init__(self, engine: Engine, queue: QueueModel) -> None:
        self.name = f"{queue.ref.name} redrive"
        self.woken = asyncio.Event()
        self.woken.set()
        self.listens = frozenset([engine.number(queue.ref)])
        self._engine = engine
        self._queue = queue
        self._pace: tuple[int, Pace] | None = None
        self._next_ms: int | None = None

    def due_ms(self) -> int | None:
        """When the next letter may be moved."""
        return self._next_ms

    async def step(self) -> bool:
        """Move as many letters as the rate allows now; returns whether there may be more."""
        self._next_ms = None
        found = self._engine.read(lambda tx: redriving.running(tx, self._queue))
        if found is None:
            return False
        pace = self._pace_of(found)
        allowed = min(pace.available(), LOOKS)
        if allowed == 0:
            self._next_ms = pace.next_ms()
            return False
        now = await self._engine.transact(lambda tx: self._move(tx, allowed), Origin(self.name))
        if now is None:
            return True
        pace.spend(now.moved - found.moved)
        return True

    async def drain(self, grace_ms: int) -> None:
        """Nothing is under way between steps."""
        del grace_ms

    def _move(self, tx: Transaction, limit: int) -> Redriving | None:
        found = redriving.running(tx, self._queue)
        if found is None or found.state != RUNNING:
            return None
        return redriving.advance(
            tx, found, limit, self._engine.declared, looks=max(limit + 1, LOOKS)
        )

    def _pace_of(self, found: Redriving) -> Pace:
        if self._pace is None or self._pace[0] != found.id:
            rate = rules.plan_from(found.options).rate or 1.0
            self._pace = found.id, Pace(rate, self._engine.clock)
        return self._pace[1]
