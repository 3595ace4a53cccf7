"""The workers of a platform, driven by hand under a held clock, in a fixed order."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextvars import copy_context
from typing import Any, TypeVar

from ensue.app.passage import Passage
from ensue.app.platform import Platform
from ensue.engine.awaited import Awaited, asleep
from ensue.engine.clock import HeldClock
from ensue.engine.consumers import ActionConsumer
from ensue.engine.handlers import BATCH_MAX
from ensue.engine.waiting import turn
from ensue.engine.workers import Worker, cancel_all
from ensue.words.errors import LimitExceeded

T = TypeVar("T")

ROUNDS_MAX = 100_000
QUIET_TURNS = 50
TURNS_MAX = 100_000


class Steps:
    """What ensues, step by step.

    Args:
        platform: whose workers are driven.
        clock: its clock.
        held: the names of the workers whose deliveries wait until they are told; the kit's own set.
    """

    def __init__(self, platform: Platform, clock: HeldClock, held: Held) -> None:
        self._platform = platform
        self._engine = platform.engine
        self._clock = clock
        self._held = held
        self._passage = Passage(clock, self._free, self.settle)
        self._begun: set[asyncio.Task[Any]] = set()

    async def settle(self) -> None:
        """Run until nothing more ensues at the present time.

        Raises:
            LimitExceeded: it goes on and on.
        """
        for _ in range(ROUNDS_MAX):
            if not await self._round():
                return
        raise LimitExceeded(
            f"expected the app to settle, but after {ROUNDS_MAX} rounds it still goes on",
            hint="Does a handler cause its own event again?",
        )

    async def settle_for(self, doing: Coroutine[Any, Any, T]) -> T:
        """What a coroutine returns; when it waits for what workers do, all is let settle.

        When it waits for time to pass, such as between two tries of a call, the clock moves on to
        each moment at which something is due, until it is done.

        Raises:
            LimitExceeded: all has settled, and it waits still.
        """
        loop = asyncio.get_running_loop()
        sleepers = Awaited()
        context = copy_context()
        context.run(asleep.set, sleepers)
        task = loop.create_task(doing, context=context)
        for _ in range(ROUNDS_MAX):
            if task.done():
                break
            begun = [loop.create_task(each.begun()) for each in (self._engine.awaited, sleepers)]
            await asyncio.wait({task, *begun}, return_when=asyncio.FIRST_COMPLETED)
            await cancel_all(begun)
            if self._engine.awaited.by_anybody and not task.done():
                await self.settle()
                await self._turn_until(task)
            elif not task.done():
                await self._let_time_pass(task, sleepers)
        else:
            task.cancel()
            raise LimitExceeded(f"expected an answer, but after {ROUNDS_MAX} pauses there is none")
        return task.result()

    def begin(self, doing: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Begin something that goes on as all settles and time passes."""
        task = asyncio.get_running_loop().create_task(doing)
        self._begun.add(task)
        task.add_done_callback(self._begun.discard)
        return task

    async def end(self) -> None:
        """Cancel what was begun and goes on still."""
        await cancel_all(list(self._begun))

    async def _let_time_pass(self, task: asyncio.Task[T], sleepers: Awaited) -> None:
        """Move the clock on, once a task does nothing but wait for that."""
        for _ in range(TURNS_MAX):
            await turn()
            if task.done() or self._engine.awaited.by_anybody or not sleepers.by_anybody:
                return
            if self._engine.pending:
                await self._engine.transact(lambda tx: tx.now_ms)
            elif not _is_loop_busy():
                break
        await self.settle()
        next_ms = self._passage.next_ms(idle=False)
        if sleepers.by_anybody and next_ms is not None:
            await self._passage.move_to(next_ms)

    async def _turn_until(self, task: asyncio.Task[T]) -> None:
        """Let the loop turn until a task waits for workers no more."""
        for _ in range(QUIET_TURNS):
            if task.done() or not self._engine.awaited.by_anybody or self._any_woken():
                return
            await turn()
        task.cancel()
        raise LimitExceeded(
            "expected what is awaited to ensue at the present time, but it has not",
            hint="Begin it without waiting for its end, and advance the clock.",
        )

    async def advance_to(self, until_ms: int) -> None:
        """Move the clock, stopping at each moment at which something is due, and settle there.

        Nobody sees when exactly something old is forgotten: where nothing else is due, what keeps
        the store looks once an hour, and at the end.
        """
        await self._passage.advance_to(until_ms)

    async def drain(self, until_ms: int) -> None:
        """Advance until no work is left that waits for time to pass, or it is ``until_ms``."""
        await self._passage.drain(until_ms)

    async def deliver_next(self, name: str | None = None) -> str | None:
        """Deliver one record or message that is due; returns the handler's name.

        Args:
            name: the only handler to deliver to, even if its deliveries are held.
        """
        self._engine.take_at_most = 1
        try:
            for worker in self._engine.workers:
                wanted = worker.name == name if name else not self._held.holds(worker)
                if wanted and await self._deliver_by(worker):
                    return worker.name
        finally:
            self._engine.take_at_most = BATCH_MAX
        return None

    async def _round(self) -> bool:
        moved = False
        for worker in self._free():
            if self._is_due(worker):
                worker.woken.clear()
                if await worker.step():
                    worker.woken.set()
                moved = worker.woken.is_set() or moved
        return await self.let_actions_run() or moved

    def _free(self) -> list[Worker]:
        """The workers whose deliveries are not held."""
        return [worker for worker in self._engine.workers if not self._held.holds(worker)]

    def _is_due(self, worker: Worker) -> bool:
        due_ms = worker.due_ms()
        return worker.woken.is_set() or (due_ms is not None and due_ms <= self._clock.now_ms())

    def _any_woken(self) -> bool:
        return any(worker.woken.is_set() for worker in self._free())

    async def let_actions_run(self) -> bool:
        """Let each running action end or wait for the clock; returns whether a worker is woken."""
        running = any(
            isinstance(worker, ActionConsumer) and worker.running for worker in self._engine.workers
        )
        if not running and not self._begun:
            return self._any_woken()
        for turns in range(TURNS_MAX):
            await turn()
            if self._any_woken():
                return True
            if self._engine.pending:
                # An action waits for a transaction, which another thread runs before this one.
                await self._engine.transact(lambda tx: tx.now_ms)
            elif turns >= QUIET_TURNS and not _is_loop_busy():
                break
        return False

    async def _deliver_by(self, worker: Worker) -> bool:
        """Let a worker step until it has run its handler, or has nothing to do."""
        before = self._engine.delivered
        while self._is_due(worker):
            worker.woken.clear()
            if await worker.step():
                worker.woken.set()
            await self.let_actions_run()
            if self._engine.delivered > before:
                worker.woken.set()
                return True
        return False


def _is_loop_busy() -> bool:
    """Whether something on the loop is ready to run; False where the loop does not tell."""
    return bool(getattr(asyncio.get_running_loop(), "_ready", ()))


class Held:
    """The handlers whose deliveries wait until they are told."""

    def __init__(self) -> None:
        self._all = False
        self._names: set[str] = set()

    def hold(self, names: tuple[str, ...]) -> None:
        """Hold the deliveries to these handlers; to all without a name."""
        self._all = self._all or not names
        self._names.update(names)

    def release(self, names: tuple[str, ...]) -> None:
        """Let these deliveries go on; all without a name."""
        self._all = self._all and bool(names)
        if names:
            self._names.difference_update(names)
        else:
            self._names.clear()

    def holds(self, worker: Worker) -> bool:
        """Whether a worker's deliveries wait."""
        return self._all or worker.name in self._names
