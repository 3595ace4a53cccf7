"""The engine: one store, its writer and readers, and the workers that run on it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import ExitStack, suppress
from typing import Any, TypeVar, cast

from ensue.engine import branches, idempotency, logs, shards, takeover
from ensue.engine.awaited import Awaited, asleep
from ensue.engine.checkpoints import Checkpointer
from ensue.engine.clock import Clock, clock_of_workers
from ensue.engine.database import StoreLock, StoreUrl, connect, translated
from ensue.engine.declarations import check_free
from ensue.engine.file_shelf import shelf_of
from ensue.engine.files import file_state
from ensue.engine.handlers import BATCH_MAX
from ensue.engine.ids import FIRST_FREE_NUMBER, NUMBER_MAX, WORK_NUMBER, Ids, Random, RecordIds
from ensue.engine.keyring import keyring_of
from ensue.engine.reads import Reads, Run
from ensue.engine.runtime import Runtime, enter
from ensue.engine.schema import migrate
from ensue.engine.sockets import Directory
from ensue.engine.transaction import Origin, StoreFacts, Transaction, acting
from ensue.engine.workers import Worker, cancel_all, drive, end_all, pause_outside
from ensue.engine.writer import Job, make_writer
from ensue.words.errors import (
    EnsueError,
    InvalidDeclaration,
    LimitExceeded,
    NotFound,
    StoreError,
)
from ensue.words.names import Ref

T = TypeVar("T")

WATCH_MS = 100
STEP_GRACE_MS = 1_000

log = logging.getLogger("ensue.engine")


class Engine:
    """One open store.

    Use `Engine.open`; it must be called, like everything here, on a running event loop.

    Attributes:
        clock: tells the time.
        ids: new ids, and randomness.
        records: the store's record ids.
        directory: the resources' sockets.
        opened_ms: when it was opened; leases are taken later.
        branch: what the store is a branch of; None for one that is its own.
        careful_work: work up to this number was there when the process before died.
        careful_logs: for each log, records up to this were there when the process before died.
        declared: the numbers of the resources that this process declares.
        keeps_executions: how long, in ms, each workflow keeps executions that have ended.
        awaited: whether somebody waits for what its workers do.
        runtime: its clock, randomness and store, for what it runs.
        watches: what looks outside the store for news and wakes workers; `start` runs each.
        reads: reads that may take long; `read` is for those that do not.
        busy: the workers that do not rest, once they run by themselves.
        sleepers: who waits for time to pass within what the workers run.
        delivered: how often a handler was run.
        moves: how often a commit touched something.
        take_at_most: how many records or pieces of work a worker takes in one step.
    """

    def __init__(self, url: StoreUrl, clock: Clock, source: Random) -> None:
        self.url = url
        self.clock = clock
        self.opened_ms = clock.now_ms()
        self.branch: branches.Branch | None = None
        self.ids = Ids(clock, source)
        self.directory: Directory[Transaction] = Directory()
        self.careful_work = 0
        self.careful_logs: dict[int, int] = {}
        self.declared: set[int] = set()
        self.keeps_executions: dict[int, int] = {}
        self.awaited, self.sleepers = Awaited(), Awaited()
        self.delivered = self.moves = 0
        self.take_at_most = BATCH_MAX
        self._numbers: dict[Ref, int] = {}
        self._workers: list[Worker] = []
        self.busy: set[Worker] = set()
        self._listeners: dict[int, list[asyncio.Event]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self.watches: list[Callable[[], Coroutine[Any, Any, None]]] = []
        self._watching: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()
        self._crashed = self._closed = False
        with translated(url.path), ExitStack() as opened:
            if not url.in_memory:
                opened.callback(StoreLock(url.path).release)
            self._connection = connect(url)
            opened.callback(self._connection.close)
            migrate(self._connection, url.path)
            self.records = RecordIds(takeover.salt(self._connection, self.ids))
            given = (self.ids, self.records, self._numbers, self.directory)
            self.facts = StoreFacts(*given, shelf=shelf_of(url), keyring=keyring_of(url))
            self.reads = Reads(url, self._connection, self.facts, clock)
            opened.callback(self.reads.close)
            if not url.on_loop:
                opened.callback(Checkpointer(url, self._connection).close)
            self._opened = opened.pop_all()
        self.facts.measures.start(clock)
        self.runtime = Runtime(clock, source, self.records, self.transact, self.opened_ms)
        self._writer = make_writer(url, self._connection, self.facts, self.runtime, self.wake)

    @classmethod
    async def open(cls, url: StoreUrl, clock: Clock, source: Random) -> Engine:
        """Open a store, make or migrate its tables, and take over what a dead process left.

        Raises:
            StoreUnusable: the file is damaged, foreign, newer, read-only or in a missing place.
            StoreBusy: another process holds its write lock.
        """
        engine = cls(url, clock, source)
        try:
            await engine.transact(engine._take_over, Origin("start"))
        except BaseException:
            await engine._stop()
            raise
        return engine

    def _take_over(self, tx: Transaction) -> None:
        crashed = tx.row("SELECT in_use FROM ensue_store") == (1,)
        tx.execute("UPDATE ensue_store SET in_use = 1")
        for app, kind, name, number in tx.execute(
            "SELECT app, kind, name, number FROM ensue_resources"
        ):
            self._numbers[Ref(app, kind, name)] = number
        self.branch = branches.branch_of(tx)
        takeover.release_leases(tx, crashed=crashed)
        takeover.follow_clock(tx)
        takeover.recall(tx)
        idempotency.free_all(tx)
        if crashed:
            self.careful_work = logs.last_sequence(tx, "ensue_work")
        self._crashed = crashed

    def declare(
        self, tx: Transaction, ref: Ref, declared: str, *, sql_table: str | None = None
    ) -> int:
        """Enter a resource in the store and give it its number, the same at every start.

        Raises:
            LimitExceeded: the store holds as many resources as it can number.
            InvalidDeclaration: its SQL table would be that of another resource.
        """
        if sql_table is not None and ref not in self._numbers:
            check_free(tx, ref, sql_table)
        owner = tx.row(
            "SELECT app, kind, name FROM ensue_resources WHERE sql_table = ?", (sql_table,)
        )
        if owner is not None and owner != tuple(ref):
            raise InvalidDeclaration(
                f"the SQL table {sql_table} is that of {owner[1]!s} {owner[2]!s} of {owner[0]!s}",
                at=str(ref),
                hint="Rename one of the two.",
            )
        tx.execute(
            "INSERT INTO ensue_resources (number, app, kind, name, declared, sql_table)"
            " SELECT coalesce(max(number) + 1, ?), ?, ?, ?, ?, ? FROM ensue_resources WHERE true"
            " ON CONFLICT (app, kind, name) DO UPDATE SET declared = excluded.declared",
            (FIRST_FREE_NUMBER, *ref, declared, sql_table),
        )
        found = tx.row(
            "SELECT number FROM ensue_resources WHERE (app, kind, name) = (?, ?, ?)", ref
        )
        if found is None or not isinstance(found[0], int) or found[0] > NUMBER_MAX:
            raise LimitExceeded(f"expected at most {NUMBER_MAX} resources in a store", at=str(ref))
        self._numbers[ref] = found[0]
        self.declared.add(found[0])
        return found[0]

    def add_log(self, tx: Transaction, number: int, table: str, *, sharded: bool = False) -> None:
        """Make a log, and note what to be careful with in it."""
        (shards if sharded else logs).create(tx, table)
        if self._crashed:
            self.careful_logs[number] = logs.last_sequence(tx, table)

    def number(self, ref: Ref) -> int:
        """The number of a declared resource.

        Raises:
            NotFound: it was never declared.
        """
        found = self._numbers.get(ref)
        if found is None:
            raise NotFound(f"there is no {ref} in {ref.app}")
        return found

    def refs_by_number(self) -> dict[int, Ref]:
        """The resource with each number."""
        return {number: ref for ref, number in self._numbers.items()}

    def work_id(self, work_number: int) -> str:
        """The record id of a piece of work."""
        return self.records.text(WORK_NUMBER, work_number)

    @property
    def pending(self) -> int:
        """How many transactions, and reads in threads, wait or run."""
        return self._writer.waiting + self.reads.waiting

    def transact(
        self, run: Run[T], origin: Origin | None = None, *, repeats: bool = False
    ) -> Awaitable[T]:
        """Run a function in a transaction of its own; await its answer, which is durable then.

        Args:
            run: called with the transaction, perhaps in another thread; when it raises, nothing
                that it did has happened.
            origin: who runs it; without one, whoever acts in this task.
            repeats: whether ``run`` may run again once undone, as all it does is in the store.

        Raises:
            StoreError: the store cannot serve; nothing that ``run`` did has happened.
            LimitExceeded: too many transactions wait already.
            Exception: whatever ``run`` raised.
        """
        waiter: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._writer.submit(Job(run, origin or acting.get(), waiter, repeats=repeats))
        return cast("Awaitable[T]", waiter)

    async def transact_twice(self, first: Run[object], then: Run[T], origin: Origin) -> T:
        """Run two functions in two commits, one right after the other, and nothing in between.

        So a process that dies between the two commits dies of the second function.

        Args:
            first: leaves a durable mark; when it raises, the second runs all the same.
            then: does what may kill the process.
            origin: who runs them.

        Returns:
            The answer of the second.

        Raises:
            Exception: as `transact`.
        """
        loop = asyncio.get_running_loop()
        waiters: list[asyncio.Future[object]] = [loop.create_future(), loop.create_future()]
        for run, waiter in zip((first, then), waiters, strict=True):
            self._writer.submit(Job(run, origin, waiter, alone=True))
        _, answer = await asyncio.gather(*waiters)
        return cast(T, answer)

    def read(self, run: Run[T]) -> T:
        """Run a function on a snapshot of what is committed, at once, and return its answer.

        Raises:
            StoreClosed: the engine has stopped.
            StoreError: the store cannot serve, or the function tried to write.
        """
        return self.reads.read(run)

    def add_worker(self, worker: Worker) -> None:
        """Add a worker; it starts with `start`."""
        self._workers.append(worker)
        for number in worker.listens:
            self._listeners.setdefault(number, []).append(worker.woken)

    @property
    def workers(self) -> list[Worker]:
        """The workers, in the order in which they were added."""
        return list(self._workers)

    def listen(self, number: int) -> asyncio.Event:
        """An event that is set whenever a commit touched a resource; see `unlisten`.

        Args:
            number: of the resource; or what else a transaction adds to its ``touched``, below 0.
        """
        event = asyncio.Event()
        self._listeners.setdefault(number, []).append(event)
        return event

    def unlisten(self, number: int, event: asyncio.Event) -> None:
        """Forget an event of `listen`."""
        with suppress(KeyError, ValueError):
            self._listeners[number].remove(event)
            if not self._listeners[number]:
                del self._listeners[number]

    def wake(self, numbers: set[int]) -> None:
        """Wake whoever listens to these resources."""
        self.moves += 1
        for number in numbers:
            for event in self._listeners.get(number, ()):
                event.set()

    def wake_all(self) -> None:
        """Wake everybody: something changed, and nobody knows what."""
        self.wake(set(self._listeners))
        for worker in self._workers:
            worker.woken.set()

    def start(self) -> None:
        """Run the workers, and watch for commits of other processes."""
        loop, clock = asyncio.get_running_loop(), clock_of_workers(self.clock)
        enter(self.runtime)
        asleep.set(self.sleepers)
        self._tasks = [
            loop.create_task(drive(worker, clock, self._stopping, self.busy), name=worker.name)
            for worker in self._workers
        ]
        if not self.url.in_memory:
            self._tasks.append(loop.create_task(self._watch(), name="watch"))
        self._watching = [loop.create_task(watch()) for watch in self.watches]

    async def close(self, grace_ms: int = 0) -> None:
        """Stop the workers, let running actions end within ``grace_ms``, and close the store."""
        if self._closed:
            return
        # A step that is under way ends by itself: cancelled, it could leave a lease behind.
        self._stopping.set()
        for worker in self._workers:
            worker.woken.set()
        await cancel_all(self._watching)
        await end_all(self._tasks, STEP_GRACE_MS)
        try:
            await asyncio.gather(*(worker.drain(grace_ms) for worker in self._workers))
            if self._tasks or not self._crashed:
                await self.transact(lambda tx: tx.execute("UPDATE ensue_store SET in_use = 0"))
        finally:
            await self._stop()

    async def abandon(self) -> None:
        """Let go of the store as a process that dies: nothing is noted, nothing is given back."""
        self._stopping.set()
        with suppress(StoreError):
            await self._stop()

    async def _stop(self) -> None:
        self._closed = True
        await self._writer.close()
        with translated(self.url.path):
            self._opened.close()

    async def _watch(self) -> None:
        """Wake everybody when another process has committed.

        SQLite tells other processes nothing, so this looks at the log file's size and time, and
        only when they have moved asks the writer whether it was somebody else.
        """
        seen: tuple[int, int] | None = None
        version: object = None
        while not self._stopping.is_set():
            await pause_outside(WATCH_MS, self.clock)
            now = file_state(f"{self.url.path}-wal")
            if now == seen:
                continue
            try:
                found = await self.transact(lambda tx: tx.row("PRAGMA data_version"))
            except EnsueError as fault:
                log.warning("the watch pauses: %s", fault)
                continue
            seen = now
            if found != version:
                version = found
                self.wake_all()
