"""What removes bodies from the shelf: those that were let go, and those that no row ever told of.

The latter are left by transactions that were undone, and by a process that died between writing a
body and committing the row. Nothing is removed while a copy of the store is made: it needs the
bodies of the moment that it copies.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from ensue.engine import bodies
from ensue.engine.engine import Engine
from ensue.engine.shelf import BodyPlace
from ensue.engine.transaction import Origin
from ensue.words.names import Ref

CHUNK = 500
SETTLE_MS = 60_000
SWEEP_MS = 86_400_000


class BodyKeeper:
    """Keeps the shelf of one resource.

    Args:
        engine: where it is.
        ref: the resource.
    """

    def __init__(self, engine: Engine, ref: Ref) -> None:
        self.name = f"bodies:{ref.name}"
        self._engine = engine
        self._shelf = engine.facts.shelf
        self._number = engine.number(ref)
        self.listens = frozenset([self._number])
        self.woken = asyncio.Event()
        self.woken.set()
        self._sweep_ms = engine.clock.now_ms()
        self._settle_ms: int | None = None
        self._sweeping: Iterator[list[str]] | None = None
        self._again_ms: int | None = None

    def due_ms(self) -> int | None:
        """When to look again: after a body that may be of no use, or for the daily sweep."""
        times = (self._sweep_ms, self._settle_ms, self._again_ms)
        return min(each for each in times if each is not None)

    async def step(self) -> bool:
        """Remove a chunk; returns whether there may be more."""
        now_ms = self._engine.clock.now_ms()
        if self._settle_ms is None and self._unsettled():
            self._settle_ms = now_ms + SETTLE_MS
        self._again_ms = None
        gone = self._engine.read(lambda tx: bodies.gone(tx, self._number, CHUNK))
        settles = self._settle_ms is not None and self._settle_ms <= now_ms
        sweeps = self._sweeping is not None or self._sweep_ms <= now_ms
        if not (gone or settles or sweeps):
            return False
        with self._shelf.clearing() as may_remove:
            if not may_remove:
                self._again_ms = now_ms + SETTLE_MS
                return False
            if gone:
                await self._remove_gone(gone)
            elif settles:
                await self._settle()
            else:
                await self._sweep(now_ms)
        return True

    async def drain(self, grace_ms: int) -> None:
        """Nothing is under way between steps."""
        del grace_ms

    async def _remove_gone(self, places: list[BodyPlace]) -> None:
        await self._shelf.do(lambda: self._remove(places))
        await self._engine.transact(lambda tx: bodies.forget(tx, places), Origin(self.name))

    async def _settle(self) -> None:
        """Remove those of which no row tells, for their transactions are over."""
        self._settle_ms = None
        places = self._unsettled()
        unknown = set(await self._unknown([place.id for place in places]))
        await self._shelf.do(lambda: self._remove([each for each in places if each.id in unknown]))
        self._shelf.unsettled.difference_update(places)

    async def _sweep(self, now_ms: int) -> None:
        """Look at the files of one folder."""
        if self._sweeping is None:
            self._sweeping = self._shelf.ids(self._number)
        walk = self._sweeping
        ids = await self._shelf.do(lambda: next(walk, None))
        if ids is None:
            self._sweeping, self._sweep_ms = None, now_ms + SWEEP_MS
            return
        # What was there and is not under way any more has its row by now, or will never have one.
        under_way = self._shelf.writing.copy() | self._shelf.unsettled.copy()
        unknown = [BodyPlace(self._number, each) for each in await self._unknown(ids)]
        lost = [place for place in unknown if place not in under_way]
        await self._shelf.do(lambda: self._remove(lost))

    def _unsettled(self) -> list[BodyPlace]:
        # A copy: transactions add to it in their thread.
        return [each for each in self._shelf.unsettled.copy() if each.number == self._number]

    async def _unknown(self, ids: list[str]) -> list[str]:
        # In a transaction, behind all that have written a body and not committed yet.
        return await self._engine.transact(lambda tx: bodies.unknown(tx, self._number, ids))

    def _remove(self, places: list[BodyPlace]) -> None:
        for place in places:
            self._shelf.remove(place)
