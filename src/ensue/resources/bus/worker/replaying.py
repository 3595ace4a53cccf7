"""What a bus does with nobody asking: its replays go on, each at its rate."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ensue.engine.consumer import error_text
from ensue.engine.engine import Engine
from ensue.engine.handlers import Pace
from ensue.engine.replays import Replaying
from ensue.engine.transaction import Origin
from ensue.resources.bus.rules.replaying import plan_from
from ensue.resources.bus.store import replaying
from ensue.resources.bus.store.replaying import STEP_LOOKS_MAX, Reach
from ensue.words.errors import StoreError


class ReplayWorker:
    """Goes on with the replays of a bus that run, in turn.

    It listens to nothing, so that publishing does not wake it: who starts or resumes a replay does.

    Args:
        engine: where the bus is.
        reach: makes what the events can be delivered to, as it is now.
    """

    listens: frozenset[int] = frozenset()

    def __init__(self, engine: Engine, reach: Callable[[], Reach]) -> None:
        self._reach = reach
        self._bus = reach().bus
        self.name = f"{self._bus.ref.name} replays"
        self.woken = asyncio.Event()
        self.woken.set()
        self._engine = engine
        self._paces: dict[int, Pace] = {}
        self._last = 0
        self._next_ms: int | None = None

    def due_ms(self) -> int | None:
        """When the next event may be delivered."""
        return self._next_ms

    async def step(self) -> bool:
        """Deliver what the rate of one replay allows now; returns whether there may be more."""
        self._next_ms = None
        found = self._engine.read(lambda tx: replaying.running(tx, self._bus))
        self._paces = {each.id: pace for each in found if (pace := self._pace_of(each))}
        for each in sorted(found, key=lambda one: (one.id <= self._last, one.id)):
            pace = self._paces.get(each.id)
            allowed = STEP_LOOKS_MAX if pace is None else min(pace.available(), STEP_LOOKS_MAX)
            if allowed:
                self._last = each.id
                await self._advance(each, allowed, pace)
                return True
            if pace is not None:
                self._next_ms = min(pace.next_ms(), self._next_ms or pace.next_ms())
        return False

    async def drain(self, grace_ms: int) -> None:
        """Nothing is under way between steps."""
        del grace_ms

    async def _advance(self, found: Replaying, limit: int, pace: Pace | None) -> None:
        transact, name = self._engine.transact, found.name
        limit = min(limit, self._engine.take_at_most)
        try:
            done = await transact(
                lambda tx: replaying.advance(tx, self._reach(), name, limit), Origin(self.name)
            )
        except StoreError:
            raise
        except Exception as fault:  # noqa: BLE001 - what was given to the bus raised it
            text = error_text(fault)
            await transact(lambda tx: replaying.halt(tx, self._bus, name, text), Origin(self.name))
        else:
            if pace is not None:
                pace.spend(done.delivered)

    def _pace_of(self, found: Replaying) -> Pace | None:
        rate = plan_from(found.options).per_second
        known = self._paces.get(found.id)
        return known or (None if rate is None else Pace(rate, self._engine.clock))
