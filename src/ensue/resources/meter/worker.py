"""What a meter does with nobody asking: it sums metrics from the log that were declared later."""

from __future__ import annotations

import asyncio

from ensue.engine.engine import Engine
from ensue.engine.transaction import Origin
from ensue.resources.meter import store
from ensue.resources.meter.model import MeterModel


class Builder:
    """Sums what is to be summed anew and forgets sums of no use, a bounded part at a time.

    It is woken by whoever asks for that, and by nothing else.

    Args:
        engine: where the meter is.
        meter: the meter.
    """

    listens: frozenset[int] = frozenset()

    def __init__(self, engine: Engine, meter: MeterModel) -> None:
        self.name = f"meter:{meter.ref.name}"
        self.woken = asyncio.Event()
        self.woken.set()
        self._engine = engine
        self._meter = meter

    def due_ms(self) -> int | None:
        """Never by itself."""
        return None

    async def step(self) -> bool:
        """Do one part; returns whether there may be more."""
        if not self._engine.read(lambda tx: store.is_behind(tx, self._meter)):
            return False
        return await self._engine.transact(
            lambda tx: store.step(tx, self._meter), Origin(self.name), repeats=True
        )

    async def drain(self, grace_ms: int) -> None:
        """Nothing is under way between steps."""
        del grace_ms
