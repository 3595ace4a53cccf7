"""What takes the changes of an adopted table out of its database, with nobody asking."""

from __future__ import annotations

import asyncio
import logging

from ensue.engine.engine import Engine
from ensue.engine.outside.contract import Taken
from ensue.engine.outside.line import Line
from ensue.engine.transaction import OUTSIDE
from ensue.engine.workers import pause_outside
from ensue.resources.adopted import store
from ensue.resources.adopted.model import (
    FAILING,
    FOLLOWING,
    HELD,
    RELEASED,
    RETRIES,
    TAKE_MAX,
    AdoptedModel,
    Going,
)
from ensue.words.errors import Conflict, EnsueError, InvalidInput, NotPermitted, Unreachable

log = logging.getLogger("ensue.adopted")

FAULTS = (Unreachable, InvalidInput, NotPermitted, Conflict)


class Puller:
    """Takes changes and adds them to the log, in batches.

    What was taken is noted in the commit that adds it, and deleted in the outside database with the
    next batch: a process that dies in between deletes it before it takes more.

    Args:
        engine: where the log is.
        model: the table.
        line: speaks to its database.
        going: is kept up to date.
    """

    listens: frozenset[int] = frozenset()

    def __init__(self, engine: Engine, model: AdoptedModel, line: Line, going: Going) -> None:
        self.name = f"follow {model.ref}"
        self.woken = asyncio.Event()
        self.woken.set()
        self._engine = engine
        self._model = model
        self._line = line
        self._going = going
        self._taken: Taken | None = None
        self._retry_ms: int | None = None

    def due_ms(self) -> int | None:
        """When to try again after a failure."""
        return self._retry_ms

    async def step(self) -> bool:
        """Take one batch; returns whether there may be more."""
        if self._going.state in {RELEASED, HELD}:
            return False
        self._retry_ms = None
        try:
            return await self._take()
        except FAULTS as fault:
            self._failed(fault)
            return False

    async def drain(self, grace_ms: int) -> None:
        """Close the connection; what was taken is in the store."""
        del grace_ms
        await self._line.close()

    async def watch(self) -> None:
        """Wake up whenever the outside database says that there may be something new."""
        failures = 0

        def wake() -> None:
            nonlocal failures
            failures = 0
            self.woken.set()

        while self._going.state not in {RELEASED, HELD}:
            try:
                await self._line.table.watch(wake, self._engine.clock)
            except FAULTS:
                failures += 1
                self.woken.set()  # what takes the changes has lost its connection too, perhaps
            pause_ms = RETRIES.backoff_ms(max(1, failures), self._engine.ids.source)
            await pause_outside(pause_ms, self._engine.clock)

    async def _take(self) -> bool:
        engine, model = self._engine, self._model
        taken = self._taken or engine.read(lambda tx: store.taken(tx, model))
        limit = min(TAKE_MAX, engine.take_at_most)
        token = engine.ids.new_id()
        batch = await self._line.call(lambda table: table.take(taken, limit, token))
        if self._going.state == RELEASED:
            return False
        self._succeeded(len(batch.changes))
        if not batch.changes and not taken.sequences:
            self._taken = taken
            return False
        self._taken = None
        await engine.transact(lambda tx: store.keep(tx, model, batch), OUTSIDE)
        self._taken = Taken(batch.token, tuple(change.sequence for change in batch.changes))
        return bool(batch.changes)

    def _succeeded(self, taken: int) -> None:
        going = self._going
        if going.state == FAILING:
            log.info("%s is followed again", self._model.ref)
        going.state, going.failures = FOLLOWING, 0
        going.taken += taken

    def _failed(self, fault: EnsueError) -> None:
        going = self._going
        going.failures += 1
        if going.state != FAILING:
            log.warning("%s is not followed for now: %s", self._model.ref, fault)
        now_ms = self._engine.clock.now_ms()
        going.state, going.last_error, going.failed_ms = FAILING, str(fault), now_ms
        self._retry_ms = now_ms + RETRIES.backoff_ms(going.failures, self._engine.ids.source)
