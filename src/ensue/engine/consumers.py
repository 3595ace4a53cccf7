"""Consumers: the workers that take work and settle it.

`TransactionConsumer` takes, handles and settles in one transaction, so nothing is leased: what
fails is undone, what crashes never happened. `ActionConsumer` leases, runs actions side by side
outside any transaction, and settles what has ended in the same commit in which it takes the next.

After a crash a transaction consumer is *careful* with its first batch of the work that was there,
for what killed the process was in a batch: it takes each piece alone, and commits the receive
before it runs the handler. So a message that kills the process is counted, and ends in the
dead-letter queue, at no cost to anything else.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from itertools import takewhile

from ensue.engine import work
from ensue.engine.engine import Engine
from ensue.engine.handlers import Pace, WorkHandler
from ensue.engine.ids import WORK_NUMBER, Place
from ensue.engine.transaction import Origin, Transaction, acting
from ensue.engine.work import Work
from ensue.engine.workers import Deadline, cancel_all
from ensue.words.errors import InvalidDeclaration, StoreError, Unfit

log = logging.getLogger("ensue.engine")


def error_text(fault: BaseException) -> str:
    """An exception as it is recorded: its type and what it says."""
    said = str(fault)
    return f"{type(fault).__name__}: {said}" if said else type(fault).__name__


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a run of an action ended.

    Attributes:
        piece: what it was run for.
        error: why it failed; None when it returned.
        is_final: whether no retry will mend that.
    """

    piece: Work
    error: str | None
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """What one transaction of a consumer found.

    Attributes:
        pieces: the work that was taken.
        next_due_ms: when the next work is due, as far as is known.
        careful: work that is to be taken alone, because it was there at a crash.
    """

    pieces: list[Work]
    next_due_ms: int | None
    careful: Work | None = None


class _Consumer:
    """What both share: whose work they take, at which pace, and what becomes of failures."""

    def __init__(self, engine: Engine, handler: WorkHandler) -> None:
        self.name = handler.actor
        self.woken = asyncio.Event()
        self.woken.set()
        self._engine = engine
        self._handler = handler
        self._policy = handler.policy
        self._queue = engine.number(handler.ref)
        self._dead_letters = engine.number(handler.dead_letters)
        self.listens = frozenset([self._queue])
        rate = handler.policy.rate_per_second
        self._pace = None if rate is None else Pace(rate, engine.clock)
        self._next_due_ms: int | None = None

    def due_ms(self) -> int | None:
        """When to look again if nothing wakes it; None for never."""
        return self._next_due_ms

    def _allowed(self, wanted: int) -> int:
        """How many may start now. When the pace allows none, the next look is when it does."""
        if wanted == 0:
            self._next_due_ms = None  # only an action that ends makes room, and it wakes
        if self._pace is None or wanted == 0:
            return wanted
        allowed = min(wanted, self._pace.available())
        if allowed == 0:
            self._next_due_ms = self._pace.next_ms()
        return allowed

    def _note(self, taken: Taken, asked: int) -> None:
        """Count what was taken against the pace, and note when to look again."""
        self._next_due_ms = taken.next_due_ms
        if self._pace is not None:
            self._pace.spend(len(taken.pieces))
            if len(taken.pieces) == asked:
                self._next_due_ms = self._pace.next_ms()

    def _fail(self, tx: Transaction, piece: Work, error: str, *, is_final: bool = False) -> None:
        """Give failed work back for another try, or move it to the dead-letter queue."""
        if piece.receives < self._policy.max_receives and not is_final:
            delay_ms = self._policy.backoff_ms(piece.receives, tx.facts.ids.source)
            work.retry(tx, piece, error, delay_ms)
            return
        if work.bury(tx, piece, error, self._dead_letters) and self._handler.dead is not None:
            self._tell_of_death(tx, piece, error)

    def _tell_of_death(self, tx: Transaction, piece: Work, error: str) -> None:
        dead = self._handler.dead
        assert dead is not None  # noqa: S101 - narrowed by the caller
        try:
            tx.nested(
                Origin(f"{self.name} dead", Place(WORK_NUMBER, piece.id), piece.receives),
                lambda: dead(tx, piece, error),
            )
        except StoreError:
            raise
        except Exception:
            # The work is safe in its dead-letter queue, whatever the application makes of it.
            log.exception("%s: the dead-letter handler failed", self.name)


class TransactionConsumer(_Consumer):
    """Takes, handles and settles work in one transaction.

    Args:
        engine: where the work is.
        handler: a handler with ``transact``.
    """

    def __init__(self, engine: Engine, handler: WorkHandler) -> None:
        super().__init__(engine, handler)
        if handler.transact is None:
            raise InvalidDeclaration("expected a transaction handler", at=handler.actor)
        self._transact = handler.transact
        # What killed the process was in the batch that it had taken, which is the first again.
        self._careful_left = self._policy.batch

    async def step(self) -> bool:
        """Do one transaction's worth; returns whether there may be more to do at once."""
        asked = self._allowed(min(self._policy.batch, self._engine.take_at_most))
        if asked == 0:
            return False
        taken = await self._engine.transact(lambda tx: self._take(tx, asked), Origin(self.name))
        self._note(taken, asked)
        if taken.careful is None:
            return False
        if self._pace is not None:
            self._pace.spend(1)
        await self._take_carefully(taken.careful)
        return True

    async def drain(self, grace_ms: int) -> None:
        """Nothing is under way between steps."""
        del grace_ms

    def _take(self, tx: Transaction, limit: int) -> Taken:
        ready = work.due(tx, self._queue, limit)
        if not ready:
            return Taken([], work.next_due_ms(tx, self._queue))
        if self._careful_left and ready[0].id <= self._engine.careful_work:
            return Taken([], None, careful=ready[0])
        safe = list(takewhile(self._is_safe, ready))
        done = [piece for piece in safe if self._handle(tx, piece, piece.receives + 1)]
        work.finish_untaken(tx, done)
        if len(ready) == limit or len(safe) < len(ready):
            tx.touched.add(self._queue)
            return Taken(safe, None)
        return Taken(safe, work.next_due_ms(tx, self._queue))

    def _is_safe(self, piece: Work) -> bool:
        return not self._careful_left or piece.id > self._engine.careful_work

    async def _take_carefully(self, piece: Work) -> None:
        """Commit the receive of a piece of work before the handler runs."""
        self._careful_left -= 1
        taken: list[Work] = []

        def lease(tx: Transaction) -> None:
            taken.extend(work.lease(tx, [piece], self._policy.lease_ms))

        try:
            await self._engine.transact_twice(
                lease, lambda tx: self._handle_leased(tx, taken[0]), Origin(self.name)
            )
        except StoreError:
            # The store failed, not the process: that is not the work's fault, and not counted.
            if taken:
                await self._engine.transact(lambda tx: work.unlease(tx, taken[0]))
            raise

    def _handle_leased(self, tx: Transaction, piece: Work) -> None:
        if work.piece(tx, piece.id) != piece:
            return  # the commit of the lease failed: without it the work would not be finished
        if piece.receives > self._policy.max_receives:
            self._fail(tx, piece, f"received {piece.receives} times without being settled")
        elif self._handle(tx, piece, piece.receives):
            work.finish(tx, [piece])

    def _handle(self, tx: Transaction, piece: Work, attempt: int) -> bool:
        """Run the handler as a hop of its own; returns whether it succeeded."""
        origin = Origin(self.name, Place(WORK_NUMBER, piece.id), attempt)
        received = piece._replace(receives=attempt)
        self._engine.delivered += 1
        try:
            tx.nested(origin, lambda: self._transact(tx, received))
        except StoreError:
            raise
        except Exception as fault:  # noqa: BLE001 - the application's failure is recorded as it is
            self._fail(tx, received, error_text(fault), is_final=isinstance(fault, Unfit))
            return False
        return True


class ActionConsumer(_Consumer):
    """Leases work, runs actions side by side, and settles them.

    Args:
        engine: where the work is.
        handler: a handler with ``act``.
    """

    def __init__(self, engine: Engine, handler: WorkHandler) -> None:
        super().__init__(engine, handler)
        if handler.act is None:
            raise InvalidDeclaration("expected an action handler", at=handler.actor)
        self._act = handler.act
        self._running: dict[asyncio.Task[None], Work] = {}
        self._verdicts: list[Verdict] = []

    @property
    def running(self) -> int:
        """How many actions are under way."""
        return len(self._running)

    @property
    def reaches_out(self) -> bool:
        """Whether its action may reach the outside; on a branch it is not run then."""
        return not self._handler.stays_inside

    async def step(self) -> bool:
        """Settle what has ended and take what may start, in one transaction."""
        asked = self._allowed(
            min(self._policy.concurrency - len(self._running), self._engine.take_at_most)
        )
        verdicts, self._verdicts = self._verdicts, []
        if asked == 0 and not verdicts:
            return False
        busy = frozenset(piece.id for piece in self._running.values())
        try:
            taken = await self._engine.transact(
                lambda tx: self._settle_and_take(tx, verdicts, asked, busy), Origin(self.name)
            )
        except BaseException:
            self._verdicts[:0] = verdicts
            raise
        if asked:
            self._note(taken, asked)
        for piece in taken.pieces:
            task = asyncio.get_running_loop().create_task(self._run(piece))
            self._running[task] = piece
        return False

    async def drain(self, grace_ms: int) -> None:
        """Let running actions end within ``grace_ms``, cancel the rest and give their work back."""
        if self._running and grace_ms:
            await asyncio.wait(list(self._running), timeout=grace_ms / 1_000)
        unfinished = dict(self._running)
        await cancel_all(list(unfinished))
        verdicts, self._verdicts = self._verdicts, []
        ended = {verdict.piece.id for verdict in verdicts}
        back = [piece for piece in unfinished.values() if piece.id not in ended]
        if verdicts or back:
            await self._engine.transact(
                lambda tx: self._settle_and_give_back(tx, verdicts, back), Origin(self.name)
            )

    async def _run(self, piece: Work) -> None:
        acting.set(Origin(self.name, Place(WORK_NUMBER, piece.id), piece.receives))
        self._engine.delivered += 1
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine of ours always runs in a task
        deadline = Deadline(self._engine.clock, self._policy.timeout_ms, task)
        error: str | None = None
        is_final = False
        try:
            await self._act(piece, self._engine.work_id(piece.id))
        except asyncio.CancelledError:
            if deadline.passed:
                error = f"the action took longer than {self._policy.timeout_ms} ms"
            elif task.cancelling():
                raise
            else:
                error = "CancelledError: something that the action awaited was cancelled"
        except Exception as fault:  # noqa: BLE001 - the application's failure is recorded as it is
            error = error_text(fault)
            is_final = isinstance(fault, Unfit)
        finally:
            deadline.cancel()
            self._running.pop(task, None)
        self._verdicts.append(Verdict(piece, error, is_final))
        self.woken.set()

    def _settle_and_take(
        self, tx: Transaction, verdicts: list[Verdict], limit: int, busy: frozenset[int]
    ) -> Taken:
        self._settle(tx, verdicts)
        if limit == 0:
            return Taken([], None)
        taken: list[Work] = []
        # Leases of what still runs here can have ended too, when the machine's clock was set.
        ready = work.due(tx, self._queue, limit + len(busy))
        for piece in [piece for piece in ready if piece.id not in busy][:limit]:
            if piece.receives >= self._policy.max_receives:
                self._fail(tx, piece, f"received {piece.receives} times without being settled")
            else:
                taken.append(piece)
        leased = work.lease(tx, taken, self._policy.lease_ms) if taken else []
        if len(leased) == limit:
            return Taken(leased, None)
        return Taken(leased, work.next_due_ms(tx, self._queue))

    def _settle(self, tx: Transaction, verdicts: list[Verdict]) -> None:
        work.finish(tx, [verdict.piece for verdict in verdicts if verdict.error is None])
        for verdict in verdicts:
            if verdict.error is not None:
                self._fail(tx, verdict.piece, verdict.error, is_final=verdict.is_final)

    def _settle_and_give_back(
        self, tx: Transaction, verdicts: list[Verdict], back: list[Work]
    ) -> None:
        self._settle(tx, verdicts)
        work.give_back(tx, back)
