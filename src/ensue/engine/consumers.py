"""Consumers: the workers that take work and settle it.

`TransactionConsumer` takes, handles and settles in one transaction, so nothing is leased: what
fails is undone, what crashes never happened. `ActionConsumer` leases, runs actions side by side
outside any transaction, and settles what has ended in the same commit in which it takes the next.

After a crash a transaction consumer is *careful* with its first batch of the work that was there,
for what killed the process was in a batch: it takes each piece alone, and commits the receive
before it runs the handler. So a message that kills the process is counted, and ends in the
dead-letter queue, at no cost to anything else. Actions that ran at a crash run alone, one after
the other, until they are settled: so the next death is counted against the right one. Receives that
ended with the death of the process are counted apart from those that failed.

Both can hand over a batch at a time. A transaction handler of batches whose transaction fails is
given the two halves of its batch, and so on down to the piece that fails alone. Where a window is
declared, a batch that is not full is taken when its oldest is that old.

What an action answered can be *completed*: given to a function in the transaction that settles its
work. So what is made of the answer happens once, while the action itself may be repeated.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from itertools import takewhile
from typing import cast

from ensue.engine import batches, takes, work
from ensue.engine.consumer import Consumer, Taken, Verdict, error_text
from ensue.engine.engine import Engine
from ensue.engine.handlers import BATCH_MAX, WorkHandler
from ensue.engine.ids import WORK_NUMBER, Place
from ensue.engine.runtime import enter
from ensue.engine.traced import ActionSpan
from ensue.engine.transaction import Origin, Transaction, acting
from ensue.engine.work import Work
from ensue.engine.workers import Deadline, cancel_all
from ensue.words.errors import InvalidDeclaration, LimitExceeded, StoreError, Unreachable


class TransactionConsumer(Consumer):
    """Takes, handles and settles work in one transaction.

    Args:
        engine: where the work is.
        handler: a handler with ``transact``.
    """

    def __init__(self, engine: Engine, handler: WorkHandler) -> None:
        super().__init__(engine, handler)
        if handler.transact is None and handler.transact_batch is None:
            raise InvalidDeclaration("expected a transaction handler", at=handler.actor)
        self._transact = handler.transact
        self._transact_batch = handler.transact_batch
        self._window_ms = 0 if handler.transact_batch is None else self._policy.window_ms
        # What killed the process was in the batch that it had taken, which is the first again.
        self._careful_left = self._policy.batch

    async def step(self) -> bool:
        """Do one transaction's worth; returns whether there may be more to do at once."""
        asked = self._allowed(min(self._policy.batch, self._engine.take_at_most))
        if asked == 0:
            return False
        taken = await self._engine.transact(lambda tx: self._take(tx, asked), Origin(self.name))
        self._note(taken, asked)
        if taken.careful is None or self.is_paused:
            return False
        if self._pace is not None:
            self._pace.spend(1)
        await self._take_carefully(taken.careful)
        return True

    async def drain(self, grace_ms: int) -> None:
        """Nothing is under way between steps."""
        del grace_ms

    def _take(self, tx: Transaction, limit: int) -> Taken:
        unripe_ms = self._unripe_until_ms(tx, limit)
        if unripe_ms is not None:
            return Taken([], unripe_ms)
        ready = takes.due(tx, self._queue, limit)
        if not ready:
            return Taken([], takes.next_due_ms(tx, self._queue))
        if self._careful_left and ready[0].id <= self._engine.careful_work:
            return Taken([], None, careful=ready[0])
        safe = self._safe(ready)
        if safe:
            self._waited(tx, safe)
            began_ns = self._steady_ns()
            done = self._handled(tx, safe)
            # The mean of the batch: to look at the clock for each would cost as much as some do.
            self._took.observe((self._steady_ns() - began_ns) // len(safe), len(safe))
            work.finish_untaken(tx, done)
            if tx.tracer is not None:
                tx.tracer.forget((WORK_NUMBER, piece.id) for piece in safe)
        if len(ready) == limit or len(safe) < len(ready):
            tx.touched.add(self._queue)
            return Taken(safe, None)
        return Taken(safe, takes.next_due_ms(tx, self._queue))

    def _unripe_until_ms(self, tx: Transaction, limit: int) -> int | None:
        if not self._window_ms or (self._engine.careful_work and self._careful_left):
            return None
        return batches.unripe_until_ms(tx, self._queue, limit, self._window_ms)

    def _handled(self, tx: Transaction, pieces: list[Work]) -> list[Work]:
        """Handle work that was just found; returns what succeeded."""
        if self._transact_batch is None:
            return [piece for piece in pieces if self._handle(tx, piece, piece.receives + 1)]
        return self._handle_batch(tx, pieces)

    def _handle_batch(self, tx: Transaction, pieces: list[Work]) -> list[Work]:
        """Handle a batch in one hop; when it fails, its halves, and so on down to one piece."""
        handle = self._transact_batch
        if not pieces or handle is None:
            return []
        received = [work.received(piece, piece.receives + 1) for piece in pieces]
        origin = Origin(self.name, Place(WORK_NUMBER, pieces[0].id), received[0].receives)
        self._engine.delivered += 1
        try:
            tx.nested(origin, lambda: handle(tx, received))
        except StoreError:
            raise
        except Exception as fault:  # noqa: BLE001 - the application's failure is recorded as it is
            if len(pieces) == 1:
                is_final = self._is_final(fault)
                self._fail(tx, received[0], error_text(fault), is_final=is_final)
                return []
            middle = len(pieces) // 2
            first = self._handle_batch(tx, pieces[:middle])
            return first + self._handle_batch(tx, pieces[middle:])
        return pieces

    def _safe(self, ready: list[Work]) -> list[Work]:
        """What comes before the first piece that is to be taken alone."""
        careful_up_to = self._engine.careful_work
        if not careful_up_to or not self._careful_left:
            return ready
        return list(takewhile(lambda piece: piece.id > careful_up_to, ready))

    async def _take_carefully(self, piece: Work) -> None:
        """Commit the receive of a piece of work before the handler runs."""
        self._careful_left -= 1
        taken: list[Work] = []

        def lease(tx: Transaction) -> None:
            found = work.piece(tx, piece.id)
            if found is not None and found.state == piece.state and found.due_ms == piece.due_ms:
                taken.extend(work.lease(tx, [found], self._policy.lease_ms))

        def handle(tx: Transaction) -> None:
            for leased in taken:
                self._handle_leased(tx, leased)

        try:
            await self._engine.transact_twice(lease, handle, Origin(self.name))
        except StoreError:
            # The store failed, not the process: that is not the work's fault, and not counted.
            if taken:
                await self._engine.transact(lambda tx: work.unlease(tx, taken[0]))
            raise

    def _handle_leased(self, tx: Transaction, piece: Work) -> None:
        if work.piece(tx, piece.id) != piece:
            return  # the commit of the lease failed: without it the work would not be finished
        reason = self._is_worn_out(piece._replace(receives=piece.receives - 1))
        if reason is not None:
            self._bury(tx, piece, reason)
        elif self._transact_batch is not None:
            before = piece._replace(receives=piece.receives - 1)
            if self._handle_batch(tx, [before]):
                work.finish(tx, [piece])
        elif self._handle(tx, piece, piece.receives):
            work.finish(tx, [piece])

    def _handle(self, tx: Transaction, piece: Work, attempt: int) -> bool:
        """Run the handler as a hop of its own; returns whether it succeeded."""
        origin = Origin(self.name, Place(WORK_NUMBER, piece.id), attempt)
        received = work.received(piece, attempt)
        self._engine.delivered += 1
        transact = self._transact
        assert transact is not None  # noqa: S101 - a handler of batches does not come here
        try:
            tx.nested(origin, lambda: transact(tx, received))
        except StoreError:
            raise
        except Exception as fault:  # noqa: BLE001 - the application's failure is recorded as it is
            self._fail(tx, received, error_text(fault), is_final=self._is_final(fault))
            return False
        return True


class ActionConsumer(Consumer):
    """Leases work, runs actions side by side, and settles them.

    Args:
        engine: where the work is.
        handler: a handler with ``act``.
    """

    def __init__(self, engine: Engine, handler: WorkHandler) -> None:
        super().__init__(engine, handler)
        if handler.act is None and handler.act_batch is None:
            raise InvalidDeclaration("expected an action handler", at=handler.actor)
        self._act = handler.act
        self._act_batch = handler.act_batch
        self._batching = self._policy if handler.act_batch else replace(self._policy, batch=1)
        self._size = self._batching.batch
        self._window_ms = 0 if handler.act_batch is None else self._policy.window_ms
        self._running: dict[asyncio.Task[None], list[Work]] = {}
        # The task of what ran when the process died, if there is one: nothing runs beside it.
        self._alone: asyncio.Task[None] | None = None
        self._verdicts: list[Verdict] = []

    @property
    def concurrency(self) -> int:
        """How many of its actions may run at once."""
        return self._policy.concurrency

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
        free = (self._policy.concurrency - len(self._running)) * self._size
        asked = self._allowed(min(free, self._engine.take_at_most, BATCH_MAX))
        verdicts, self._verdicts = self._verdicts, []
        if asked == 0 and not verdicts:
            return False
        busy = frozenset(piece.id for pieces in self._running.values() for piece in pieces)
        try:
            taken = await self._engine.transact(
                lambda tx: self._settle_and_take(tx, verdicts, asked, busy), Origin(self.name)
            )
        except BaseException:
            self._verdicts[:0] = verdicts
            raise
        if asked:
            self._note(taken, asked)
        for pieces in batches.in_batches(taken.pieces, self._batching, halves=self._handler.halves):
            task = asyncio.get_running_loop().create_task(self._run(pieces))
            self._running[task] = pieces
            if pieces[0].crashes:
                self._alone = task
        return False

    async def drain(self, grace_ms: int) -> None:
        """Let running actions end within ``grace_ms``, cancel the rest and give their work back."""
        if self._running and grace_ms:
            await asyncio.wait(list(self._running), timeout=grace_ms / 1_000)
        unfinished = dict(self._running)
        await cancel_all(list(unfinished))
        verdicts, self._verdicts = self._verdicts, []
        ended = {piece.id for verdict in verdicts for piece in verdict.pieces}
        running = [piece for pieces in unfinished.values() for piece in pieces]
        back = [piece for piece in running if piece.id not in ended]
        if verdicts or back:
            await self._engine.transact(
                lambda tx: self._settle_and_give_back(tx, verdicts, back), Origin(self.name)
            )

    async def _run(self, pieces: list[Work]) -> None:
        first = pieces[0]
        acting.set(Origin(self.name, Place(WORK_NUMBER, first.id), first.receives))
        enter(self._engine.runtime)
        self._engine.delivered += 1
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine of ours always runs in a task
        deadline = Deadline(self._engine.clock, self._policy.timeout_ms, task)
        error: str | None = None
        answer: object = None
        is_final, wait_ms = False, 0
        tracer, began_ns = self._measures.tracer, self._steady_ns()
        span = None if tracer is None else ActionSpan.of(tracer, first)
        try:
            if self._act is not None:
                answer = await self._act(first, self._engine.work_id(first.id))
            else:
                answer = await self._answer_batch(pieces)
        except asyncio.CancelledError:
            if deadline.passed:
                error = f"the action took longer than {self._policy.timeout_ms} ms"
            elif task.cancelling():
                raise
            else:
                error = "CancelledError: something that the action awaited was cancelled"
        except Exception as fault:  # noqa: BLE001 - the application's failure is recorded as it is
            error = error_text(fault)
            is_final = self._is_final(fault) and len(pieces) == 1
            if isinstance(fault, Unreachable | LimitExceeded):
                wait_ms = fault.retry_after_ms or 0
        finally:
            deadline.cancel()
            self._running.pop(task, None)
            self._took.observe(self._steady_ns() - began_ns)
            if span is not None:
                span.end(error)
        verdict = self._verdict(pieces, answer, error, is_final=is_final)
        self._verdicts.append(replace(verdict, wait_ms=wait_ms) if wait_ms else verdict)
        self.woken.set()

    async def _answer_batch(self, pieces: list[Work]) -> object:
        act_batch = self._act_batch
        assert act_batch is not None  # noqa: S101 - checked when it was made
        return await act_batch(pieces, [self._engine.work_id(piece.id) for piece in pieces])

    def _verdict(
        self, pieces: list[Work], answer: object, error: str | None, *, is_final: bool
    ) -> Verdict:
        if error is not None:
            return Verdict(pieces, batches.all_failed(pieces, error), is_final)
        if self._act_batch is not None and self._handler.complete is None:
            return Verdict(pieces, cast("Mapping[int, str]", answer))
        return Verdict(pieces, {}, answer=answer)

    def _settle_and_take(
        self, tx: Transaction, verdicts: list[Verdict], limit: int, busy: frozenset[int]
    ) -> Taken:
        self._settle(tx, verdicts)
        if limit == 0:
            return Taken([], None)
        size = min(self._size, limit)
        if self._window_ms and not self._engine.careful_work:
            unripe_ms = batches.unripe_until_ms(tx, self._queue, size, self._window_ms)
            if unripe_ms is not None:
                return Taken([], unripe_ms)
        taken: list[Work] = []
        # Leases of what still runs here can have ended too, when the machine's clock was set.
        ready = takes.due(tx, self._queue, limit + len(busy))
        together = self._safe_together([each for each in ready if each.id not in busy][:limit])
        ripe_ms: int | None = None
        if self._window_ms and together and not together[0].crashes:
            together, ripe_ms = batches.ripe(tx, self._queue, together, size, self._window_ms)
        for piece in together:
            reason = self._is_worn_out(piece)
            if reason is not None:
                self._bury(tx, piece, reason)
                tx.touched.add(self._queue)
            else:
                taken.append(piece)
        leased = work.lease(tx, taken, self._policy.lease_ms) if taken else []
        if leased:
            self._waited(tx, taken, counts=False)
        if ripe_ms is not None:
            return Taken(leased, ripe_ms)
        if len(leased) == limit or self._is_quiet(ready, leased):
            return Taken(leased, None)
        return Taken(leased, takes.next_due_ms(tx, self._queue))

    def _safe_together(self, ready: list[Work]) -> list[Work]:
        """What may run now: work that ran when the process died runs alone."""
        if self._something_runs_alone():
            return []
        suspects = [piece for piece in ready if piece.crashes]
        if not suspects:
            return ready
        return [] if self._running else suspects[:1]

    def _is_quiet(self, ready: list[Work], leased: list[Work]) -> bool:
        """Whether something runs alone, or is to: then only its end, or that of others, matters."""
        if self._something_runs_alone() or any(piece.crashes for piece in leased):
            return True
        return bool(self._running) and any(piece.crashes for piece in ready)

    def _something_runs_alone(self) -> bool:
        return self._alone is not None and self._alone in self._running

    def _settle(self, tx: Transaction, verdicts: list[Verdict]) -> None:
        if self._handler.complete is not None:
            verdicts = [batches.completed(tx, self._handler, each) for each in verdicts]
        work.finish(tx, [piece for verdict in verdicts for piece in verdict.done])
        for verdict in verdicts:
            for piece in verdict.pieces if verdict.failed else ():
                if piece.id in verdict.failed:
                    error, wait_ms = verdict.failed[piece.id], verdict.wait_ms
                    self._fail(tx, piece, error, is_final=verdict.is_final, wait_ms=wait_ms)
            if tx.tracer is not None:
                tx.tracer.forget((WORK_NUMBER, piece.id) for piece in verdict.pieces)

    def _settle_and_give_back(
        self, tx: Transaction, verdicts: list[Verdict], back: list[Work]
    ) -> None:
        self._settle(tx, verdicts)
        work.give_back(tx, back)
