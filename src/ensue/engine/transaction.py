"""What store code works with: one transaction, and who runs it and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeVar

import apsw

from ensue.engine.database import Row, SqlValue, in_our_words
from ensue.engine.depths import Depths
from ensue.engine.ids import Ids, Place, RecordIds
from ensue.engine.keyring import Keyring
from ensue.engine.measures import Measures
from ensue.engine.notices import Notices
from ensue.engine.shelf import MemoryShelf, Shelf
from ensue.engine.sockets import Directory
from ensue.words.errors import Conflict, NotFound, StoreClosed, StoreError, StoreUnusable
from ensue.words.names import Ref

T = TypeVar("T")
ENDED = -1
Parameters = Sequence[SqlValue] | Mapping[str, SqlValue]


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Origin:
    """Who runs a transaction, and what caused it. Each is one of its own, whatever it says.

    Attributes:
        actor: the handler, route or command, by the name that people know.
        cause: the record whose handling this is; None at the beginning of a tree.
        attempt: 1 for the first time.
        trace: the W3C traceparent that came from outside, at the beginning of a tree only.
        key: the idempotency key of calls to the outside, where the cause is another at each try.
    """

    actor: str
    cause: Place | None = None
    attempt: int = 1
    trace: str | None = None
    key: str | None = None


OUTSIDE = Origin("outside")

# Who is acting in this task: set while a handler or route runs, so that the transactions it starts
# know their cause without being told.
acting: ContextVar[Origin] = ContextVar("acting", default=OUTSIDE)

# The transaction that runs in this thread: for logs, which are told by whoever writes them.
transacting: ContextVar[Transaction | None] = ContextVar("transacting", default=None)


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """What transactions need to know of their store.

    Attributes:
        ids: new ids, and randomness.
        records: the store's record ids.
        numbers: the number of each resource.
        directory: the resources' sockets.
        notices: warnings that were given lately.
        depths: how much is in each queue.
        measures: how often, how long and how much, for those who watch.
        orders: the order of each queue that has one of its own; see `turns`.
        paused: the number of each resource that is paused, and since when; see `pauses`.
        dead_letter_queues: the number of each queue that dead letters came to; see `causes`.
        shelf: where the bodies are.
        keyring: the keys under which secrets are sealed.
    """

    ids: Ids
    records: RecordIds
    numbers: dict[Ref, int]
    directory: Directory[Transaction]
    notices: Notices = field(default_factory=Notices)
    depths: Depths = field(default_factory=Depths)
    measures: Measures = field(default_factory=Measures)
    orders: dict[int, str] = field(default_factory=dict)
    paused: dict[int, int] = field(default_factory=dict)
    dead_letter_queues: set[int] = field(default_factory=set)
    shelf: Shelf = field(default_factory=MemoryShelf)
    keyring: Keyring = field(default_factory=Keyring)


class TransactionLost(StoreUnusable):
    """SQLite has ended a transaction by itself, as it does when the disk is full."""


class Transaction:
    """One transaction: statements, the hop they belong to, and whom to wake when it has committed.

    Args:
        connection: where to run; a transaction is open in it.
        facts: what is known of the store.
        now_ms: the time that holds for the whole transaction.
        origin: who runs it.
    """

    __slots__ = (
        "_connection",
        "_execute",
        "_hop",
        "_is_pending",
        "_tokens",
        "facts",
        "memo",
        "now_ms",
        "origin",
        "token",
        "touched",
        "tracer",
    )

    def __init__(
        self, connection: apsw.Connection, facts: StoreFacts, now_ms: int, origin: Origin
    ) -> None:
        self._connection = connection
        self._execute = connection.execute
        self._is_pending = False  # whether the savepoint of this hop is still to be made
        self._tokens = 0
        self.token = 0
        self.facts = facts
        self.now_ms = now_ms
        self.origin = origin
        self.touched: set[int] = set()
        self.memo: dict[object, object] = {}  # what this hop has looked up; no longer than it lasts
        self._hop: int | None = None
        self.tracer = facts.measures.tracer

    def begin_hop(self, origin: Origin) -> None:
        """Let what follows be a hop of its own; several share a transaction in a group commit."""
        self.origin = origin
        self._hop = None
        if self.memo:
            self.memo = {}
        self._tokens += 1
        self.token = self._tokens

    def end(self) -> None:
        """Nothing can be done with it any more."""
        self.token = ENDED

    def check_token(self, token: int) -> None:
        """Check that the hop that began with this token is still the one that runs.

        Raises:
            StoreClosed: it is over.
        """
        if token != self.token:
            raise StoreClosed(
                "the transaction has ended",
                hint="A tx is of use only until its function returns; use app.run for another one.",
            )

    @property
    def connection(self) -> apsw.Connection:
        """Where it runs, for what `execute` cannot do."""
        if self._is_pending:
            self._save()
        return self._connection

    def execute(self, sql: str, parameters: Parameters = ()) -> apsw.Cursor:
        """Run a statement.

        Raises:
            TransactionLost: SQLite has ended the transaction, as it does when the disk is full.
            StoreClosed: the transaction has ended.
        """
        if self.token == ENDED:
            self.check_token(0)
        if self._is_pending:
            self._save()
        if not self._connection.in_transaction:
            raise TransactionLost("the store ended the transaction", hint="Is the disk full?")
        return self._execute(sql, parameters)

    def number(self, ref: Ref) -> int:
        """The number of a declared resource.

        Raises:
            NotFound: it does not run on this store.
        """
        found = self.facts.numbers.get(ref)
        if found is None:
            raise NotFound(f"there is no {ref} in {ref.app}", hint="Run its app on this store too.")
        return found

    def row(self, sql: str, parameters: Parameters = ()) -> Row | None:
        """The first row of a query; None when there is none."""
        found: Row | None = self.execute(sql, parameters).fetchone()
        return found

    def rows(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """All rows of a query."""
        return self.execute(sql, parameters).fetchall()

    def changed(self) -> int:
        """How many rows the last statement wrote."""
        return self._connection.changes()

    def inserted(self) -> int:
        """The row id that the last insert got."""
        return self._connection.last_insert_rowid()

    @property
    def hop(self) -> int:
        """The id of this hop; it is recorded when the first thing is produced."""
        if self._hop is None:
            origin = self.origin
            number, sequence = origin.cause or (None, None)
            trace, context = origin.trace, None
            if self.tracer is not None:
                if origin.cause is None:
                    context = self.tracer.of_root(trace)
                else:
                    context = self.tracer.context_of(origin.cause, origin.attempt)
                trace = trace if context is None else str(context)
            self.execute(
                "INSERT INTO ensue_hops"
                " (cause_number, cause_sequence, actor, attempt, at_ms, trace)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (number, sequence, origin.actor, origin.attempt, self.now_ms, trace),
            )
            self._hop = self._connection.last_insert_rowid()
            if context is not None and self.tracer is not None:
                self.tracer.note(self._hop, context)
        return self._hop

    @property
    def recorded_hop(self) -> int | None:
        """The id of this hop; None while nothing has been produced."""
        return self._hop

    def nested(self, origin: Origin, run: Callable[[], T]) -> T:
        """Run a hop of its own inside this transaction: as a whole or, when it raises, not at all.

        Raises:
            StoreError: the store could not serve; the whole transaction should end.
            Conflict: the store refused a statement; only this hop is undone.
            RuntimeError: ``run`` raised what would end more than itself, such as SystemExit.
            Exception: whatever else ``run`` raised.
        """
        if self._is_pending:
            self._save()
        outer = self.origin, self._hop, self.token
        self.begin_hop(origin)
        counted = self.facts.depths.mark()
        # Most of what a handler refuses, and much of what it has seen before, writes nothing: the
        # savepoint is made by the first statement.
        self._is_pending = True
        tracer = self.tracer
        started = None if tracer is None else tracer.start(origin.cause, origin.attempt)
        try:
            answer = run()
            if started is not None and tracer is not None:
                if self._hop is not None:
                    tracer.sent(self._hop, started.context, self.facts.depths.sent_since(counted))
                tracer.end(started)
        except BaseException as fault:
            if not self._is_pending:
                self._undo()
            self.facts.depths.undo(counted)
            if started is not None and tracer is not None:
                tracer.end(started, f"{type(fault).__name__}: {fault}")
            said = as_raised(fault, origin.actor)
            if said is fault:  # of a hop within this one: its cause tells whose trouble it is
                raise
            raise said from fault
        finally:
            is_saved, self._is_pending = not self._is_pending, False
            self.origin, self._hop, self.token = outer
            self.memo = {}
        if is_saved:
            self.execute("RELEASE hop")
        return answer

    def whole(self, run: Callable[[], T]) -> T:
        """Run a part of this hop: as a whole or, when it raises, not at all.

        For what makes several statements, where the one who asked may go on after a refusal.

        Raises:
            TransactionLost: the store ended the transaction.
            Exception: whatever ``run`` raised.
        """
        _ = self.hop  # recorded before the savepoint, for it must outlive it
        counted = self.facts.depths.mark()
        self.execute("SAVEPOINT hop")
        try:
            answer = run()
        except BaseException:
            self._undo()
            self.facts.depths.undo(counted)
            raise
        self.execute("RELEASE hop")
        return answer

    def _save(self) -> None:
        self._is_pending = False
        self.execute("SAVEPOINT hop")

    def _undo(self) -> None:
        try:
            self.execute("ROLLBACK TO hop")
            self.execute("RELEASE hop")
        except apsw.Error as fault:
            raise TransactionLost("the store ended the transaction") from fault


def as_raised(fault: BaseException, actor: str) -> BaseException:
    """What a hop raised, as the writer and its waiters can bear it.

    A statement that SQLite refuses (a constraint that somebody added, say) is the hop's own fault,
    not the store's. StopIteration and what is no Exception would end those who wait for the hop,
    or the writer, instead of the hop.
    """
    if isinstance(fault, apsw.Error):
        ours = in_our_words(fault, actor)
        return Conflict(ours.message, at=ours.at) if type(ours) is StoreError else ours
    if isinstance(fault, StoreError) and not _is_store_trouble(fault):
        return RuntimeError(f"{actor} raised {type(fault).__name__}: {fault}")
    if isinstance(fault, StopIteration) or not isinstance(fault, Exception | KeyboardInterrupt):
        return RuntimeError(f"{actor} raised {type(fault).__name__}: {fault}")
    return fault


def _is_store_trouble(fault: StoreError) -> bool:
    """Whether a store error comes from the store, and not from a function that raises one."""
    return isinstance(fault, TransactionLost) or isinstance(
        fault.__cause__, apsw.Error | UnicodeDecodeError
    )
