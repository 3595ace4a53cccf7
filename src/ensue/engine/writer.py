"""Group commit: one writer runs everything that waits, each function in its own savepoint, and
commits once. Functions that may be repeated share a savepoint as long as none of them raises.

Two writers share `run_batch`: `ThreadWriter` writes from a thread of its own, so that the disk's
sync holds up nobody but those who wait for it; `LoopWriter` runs on the event loop, for stores in
memory, where there is no disk to wait for and every run must be the same.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from queue import Empty, SimpleQueue
from typing import TypeAlias

import apsw

from ensue.engine.checkpoints import checkpoint
from ensue.engine.clock import Clock
from ensue.engine.database import StoreUrl, in_our_words
from ensue.engine.measuring import close_slot
from ensue.engine.notices import near
from ensue.engine.runtime import Runtime, enter, within
from ensue.engine.tracing import Tracer
from ensue.engine.transaction import (
    OUTSIDE,
    Origin,
    StoreFacts,
    Transaction,
    as_raised,
    transacting,
)
from ensue.words.errors import LimitExceeded, StoreClosed, StoreError
from ensue.words.findings import WARNING, Finding

BATCH_JOBS_MAX = 512
WAITING_JOBS_MAX = 20_000
WAITING_JOBS_NEAR = near(WAITING_JOBS_MAX)

log = logging.getLogger("ensue.engine")

Committed: TypeAlias = "Callable[[set[int]], None]"


@dataclass(slots=True, eq=False)
class Job:
    """A function to run in a transaction, and who waits for its answer.

    A job that is ``alone`` shares its commit with no other. One that ``repeats`` may be run again
    after it was undone: it does nothing but what it does to the store.
    """

    run: Callable[[Transaction], object]
    origin: Origin
    waiter: asyncio.Future[object]
    alone: bool = False
    repeats: bool = False
    answer: object = None
    fault: BaseException | None = None

    def settle(self) -> None:
        """Tell the one who waits."""
        if self.waiter.done():
            return
        if self.fault is not None:
            self.waiter.set_exception(self.fault)
        else:
            self.waiter.set_result(self.answer)


def run_batch(
    connection: apsw.Connection, facts: StoreFacts, clock: Clock, jobs: list[Job]
) -> set[int]:
    """Run jobs in one transaction and commit it; returns the resources that got something.

    A job that raises undoes its own work only. When the commit fails, every job fails.
    """
    touched: set[int] = set()
    try:
        connection.execute("BEGIN IMMEDIATE")
        # Only now: another program may have held the lock for a while.
        tx = Transaction(connection, facts, clock.now_ms(), OUTSIDE)
        touched = tx.touched
        transacting.set(tx)
        if tx.now_ms >= facts.measures.until_ms:
            close_slot(tx)
        for repeats, some in groupby(jobs, lambda job: job.repeats):
            if repeats:
                _run_together(tx, list(some))
                continue
            for job in some:
                _run_job(tx, job)
        tx.end()
        connection.execute("COMMIT")
    except (apsw.Error, StoreError) as fault:
        _roll_back(connection)
        facts.depths.undo()
        ours = fault if isinstance(fault, StoreError) else in_our_words(fault, "commit")
        for job in jobs:
            job.answer, job.fault = None, ours
        return set()
    finally:
        transacting.set(None)
    facts.depths.commit()
    facts.measures.version += 1
    return touched


def _run_job(tx: Transaction, job: Job) -> None:
    """Run one job in a savepoint of its own, so that what it raises undoes its own work only."""
    tx.begin_hop(job.origin)
    counted = tx.facts.depths.mark()
    tx.execute("SAVEPOINT job")
    try:
        job.answer = job.run(tx)
    except BaseException as fault:
        job.fault = as_raised(fault, job.origin.actor)
        if isinstance(job.fault, StoreError):
            raise job.fault from fault
        tx.execute("ROLLBACK TO job")
        tx.facts.depths.undo(counted)
    else:
        if tx.tracer is not None:
            _tell(tx, tx.tracer, counted)
    tx.execute("RELEASE job")


def _tell(tx: Transaction, tracer: Tracer, mark: int) -> None:
    """Tell of what a job has sent, if its tree is traced; and of a root that nobody has told of."""
    hop, origin = tx.recorded_hop, tx.origin
    context = None if hop is None else tracer.made.get(hop)
    if hop is None or context is None:
        return
    if origin.cause is None and origin.trace is None:
        tracer.root(origin.actor, context)
    tracer.sent(hop, context, tx.facts.depths.sent_since(mark))


def _run_together(tx: Transaction, jobs: list[Job]) -> None:
    """Run jobs that may be repeated in one savepoint; when one raises, each in one of its own.

    SQLite copies each page that a savepoint may have to bring back, once for each savepoint.
    """
    counted = tx.facts.depths.mark()
    tx.execute("SAVEPOINT job")
    job = jobs[0]
    try:
        for job in jobs:
            tx.begin_hop(job.origin)
            marked = tx.facts.depths.mark() if tx.tracer else 0
            job.answer = job.run(tx)
            if tx.tracer is not None:
                _tell(tx, tx.tracer, marked)
    except BaseException as fault:
        said = as_raised(fault, job.origin.actor)
        if isinstance(said, StoreError):
            raise said from fault
        tx.execute("ROLLBACK TO job")
        tx.execute("RELEASE job")
        tx.facts.depths.undo(counted)
        for job in jobs:
            job.answer = None
            _run_job(tx, job)
    else:
        tx.execute("RELEASE job")


def commits(jobs: list[Job]) -> list[list[Job]]:
    """Jobs in their order, cut into those that share a commit."""
    if not any(job.alone for job in jobs):
        return [jobs] if jobs else []
    cut: list[list[Job]] = []
    shared = False
    for job in jobs:
        if job.alone or not shared:
            cut.append([job])
        else:
            cut[-1].append(job)
        shared = not job.alone
    return cut


def _roll_back(connection: apsw.Connection) -> None:
    try:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        checkpoint(connection, "main")  # what is committed may leave room in the log
    except apsw.Error:
        log.exception("the transaction could not be rolled back")


class Writer(ABC):
    """Runs functions in transactions, as many as wait in one commit.

    Jobs are handed over once per turn of the event loop, all that came in it together.

    Args:
        connection: only this writer uses it.
        facts: what transactions need to know.
        runtime: the engine's; its clock gives each transaction its time.
        committed: called on the event loop after each commit, with the resources touched.

    Attributes:
        waiting: how many jobs wait or run.
    """

    def __init__(
        self,
        connection: apsw.Connection,
        facts: StoreFacts,
        runtime: Runtime,
        committed: Committed,
    ) -> None:
        self.waiting = 0
        self._connection = connection
        self._facts = facts
        self._runtime = runtime
        self._clock = runtime.clock
        self._committed = committed
        self._gathering: list[Job] = []
        self._loop = asyncio.get_running_loop()
        self._closed = False

    def submit(self, job: Job) -> None:
        """Add a job; its waiter is told after the commit.

        Raises:
            LimitExceeded: too many transactions wait already.
            StoreClosed: the engine has stopped.
        """
        if self._closed:
            raise StoreClosed("the engine has stopped")
        if self.waiting >= WAITING_JOBS_NEAR:
            self._warn_or_refuse()
        self.waiting += 1
        if not self._gathering:
            self._loop.call_soon(self._hand_over)
        self._gathering.append(job)

    def _warn_or_refuse(self) -> None:
        if self.waiting >= WAITING_JOBS_MAX:
            raise LimitExceeded(
                f"expected at most {WAITING_JOBS_MAX} waiting transactions",
                hint="Try again in a moment.",
            )
        found = Finding(
            "near.transactions",
            "the writer",
            f"{WAITING_JOBS_NEAR} and more of at most {WAITING_JOBS_MAX} transactions wait",
            "Send less at once: beyond the bound requests get a 429.",
            WARNING,
        )
        self._facts.notices.note(self._clock.now_ms(), found)

    async def close(self) -> None:
        """Run what waits, then stop."""
        self._closed = True
        self._hand_over()

    @abstractmethod
    def _hand_over(self) -> None:
        """Let what has gathered be run."""

    def _gathered(self) -> list[Job]:
        jobs, self._gathering = self._gathering, []
        return jobs

    def _run(self, jobs: list[Job]) -> set[int]:
        return run_batch(self._connection, self._facts, self._clock, jobs)

    def _settle(self, jobs: list[Job], touched: set[int]) -> None:
        self.waiting -= len(jobs)
        for job in jobs:
            job.settle()
        if touched:
            self._committed(touched)


class ThreadWriter(Writer):
    """A writer with a thread of its own, so that only those who wait for the disk wait for it.

    While it works the event loop rests: the two do not fight for the interpreter's lock.
    """

    def __init__(
        self,
        connection: apsw.Connection,
        facts: StoreFacts,
        runtime: Runtime,
        committed: Committed,
    ) -> None:
        super().__init__(connection, facts, runtime, committed)
        self._batches: SimpleQueue[list[Job] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="ensue-writer", daemon=True)
        self._thread.start()

    async def close(self) -> None:
        """Run what waits, then stop."""
        await super().close()
        self._batches.put(None)
        await asyncio.to_thread(self._thread.join)

    def _hand_over(self) -> None:
        jobs = self._gathered()
        if jobs:
            self._batches.put(jobs)

    def _work(self) -> None:
        enter(self._runtime)
        while True:
            batch, last = self._next_batch()
            for jobs in commits(batch):
                touched = self._run(jobs)
                self._loop.call_soon_threadsafe(self._settle, jobs, touched)
            if last:
                return

    def _next_batch(self) -> tuple[list[Job], bool]:
        """Everything that waits, at least one job; and whether the writer should stop after it."""
        batch: list[Job] = []
        more = self._batches.get()
        while more is not None:
            batch += more
            if len(batch) >= BATCH_JOBS_MAX:
                return batch, False
            try:
                more = self._batches.get_nowait()
            except Empty:
                return batch, False
        return batch, True


class LoopWriter(Writer):
    """A writer on the event loop, for stores in memory: there is no disk to wait for."""

    def _hand_over(self) -> None:
        with within(self._runtime):
            for jobs in commits(self._gathered()):
                self._settle(jobs, self._run(jobs))


def make_writer(
    url: StoreUrl,
    connection: apsw.Connection,
    facts: StoreFacts,
    runtime: Runtime,
    committed: Committed,
) -> Writer:
    """The writer of a store, by its URL; the rest is as for `Writer`."""
    kind = LoopWriter if url.on_loop else ThreadWriter
    return kind(connection, facts, runtime, committed)
