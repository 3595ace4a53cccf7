"""What a bucket does with nobody asking: it removes objects and versions whose time has come."""

from __future__ import annotations

import asyncio

from ensue.engine.engine import Engine
from ensue.engine.transaction import Origin
from ensue.resources.bucket import store
from ensue.resources.bucket.model import BucketModel

LOOK_MS = 86_400_000
CHUNK = 500


class Expiry:
    """Sleeps until the next object or version expires, and removes it.

    Args:
        engine: where the bucket is.
        bucket: one whose objects or versions expire.
    """

    def __init__(self, engine: Engine, bucket: BucketModel) -> None:
        self.name = f"expiry:{bucket.ref.name}"
        self.listens = frozenset([engine.number(bucket.ref)])
        self.woken = asyncio.Event()
        self.woken.set()
        self._engine = engine
        self._bucket = bucket
        self._next_ms: int | None = None

    def due_ms(self) -> int | None:
        """When the next one expires; a look a day at least, for times that are far away."""
        return self._next_ms

    async def step(self) -> bool:
        """Remove a chunk of what has expired; returns whether there may be more."""
        now_ms = self._engine.clock.now_ms()
        end_ms = self._engine.read(lambda tx: store.next_end_ms(tx, self._bucket))
        self._next_ms = None if end_ms is None else min(end_ms, now_ms + LOOK_MS)
        if end_ms is None or end_ms > now_ms:
            return False
        removed = await self._engine.transact(
            lambda tx: store.remove_expired(tx, self._bucket, CHUNK), Origin(self.name)
        )
        return removed > 0

    async def drain(self, grace_ms: int) -> None:
        """Nothing is under way between steps."""
        del grace_ms
