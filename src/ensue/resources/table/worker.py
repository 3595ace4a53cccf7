"""What a table does with nobody asking: it removes the items whose end has come, when it comes."""

from __future__ import annotations

import asyncio

from ensue.engine.engine import Engine
from ensue.engine.transaction import Origin
from ensue.resources.table import store
from ensue.resources.table.model import TableModel

LOOK_MS = 86_400_000
CHUNK = 1_000


class Expiry:
    """Sleeps until the next item expires, and removes it.

    Args:
        engine: where the table is.
        table: a table with a ``ttl``.
    """

    def __init__(self, engine: Engine, table: TableModel) -> None:
        self.name = f"ttl:{table.ref.name}"
        self.listens = frozenset([engine.number(table.ref)])
        self.woken = asyncio.Event()
        self.woken.set()
        self._engine = engine
        self._table = table
        self._next_ms: int | None = None

    def due_ms(self) -> int | None:
        """When the next item expires; a look a day at least, for ends that are far away."""
        return self._next_ms

    async def step(self) -> bool:
        """Remove a chunk of what has expired; returns whether there may be more."""
        now_ms = self._engine.clock.now_ms()
        end_ms = self._engine.read(lambda tx: store.next_end_ms(tx, self._table))
        self._next_ms = None if end_ms is None else min(end_ms, now_ms + LOOK_MS)
        if end_ms is None or end_ms > now_ms:
            return False
        removed = await self._engine.transact(
            lambda tx: store.remove_expired(tx, self._table, CHUNK), Origin(self.name)
        )
        return removed > 0

    async def drain(self, grace_ms: int) -> None:
        """Nothing is under way between steps."""
        del grace_ms
