"""What a vault does with nobody asking: it forgets what was deleted, when its time is over."""

from __future__ import annotations

import asyncio

from ensue.engine.engine import Engine
from ensue.engine.transaction import Origin
from ensue.resources.vault import store
from ensue.resources.vault.model import VaultModel

LOOK_MS = 86_400_000
CHUNK = 100


class Forgetting:
    """Sleeps until the next secret that was deleted is to be gone, and removes it.

    Args:
        engine: where the vault is.
        vault: which vault.
    """

    def __init__(self, engine: Engine, vault: VaultModel) -> None:
        self.name = f"forget:{vault.ref.name}"
        self.listens = frozenset([engine.number(vault.ref)])
        self.woken = asyncio.Event()
        self.woken.set()
        self._engine = engine
        self._vault = vault
        self._next_ms: int | None = None

    def due_ms(self) -> int | None:
        """When the next is to be gone; a look a day at least, for what is far away."""
        return self._next_ms

    async def step(self) -> bool:
        """Remove a chunk of what is to be gone; returns whether there may be more."""
        now_ms = self._engine.clock.now_ms()
        gone_ms = self._engine.read(lambda tx: store.next_gone_ms(tx, self._vault))
        self._next_ms = None if gone_ms is None else min(gone_ms, now_ms + LOOK_MS)
        if gone_ms is None or gone_ms > now_ms:
            return False
        removed = await self._engine.transact(
            lambda tx: store.forget_gone(tx, self._vault, CHUNK), Origin(self.name)
        )
        return removed > 0

    async def drain(self, grace_ms: int) -> None:
        """Nothing is under way between steps."""
        del grace_ms
