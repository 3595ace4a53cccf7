"""Readers: the workers that follow a log from a position, in order, shard by shard.

A transaction handler handles each record as a hop of its own, or a batch of them as one, and the
position moves in the same commit. A record whose handler raises becomes work of the function, to be
retried there; the records of its key that follow line up behind it, those of other keys go on. A
batch that fails is halved until that record is alone. Where a window is declared, a batch that is
not full is handled when the first of its records is that old.

After a crash the reader is *careful* with its first batch of the records that were there: it
handles each alone, and commits the start before it runs the handler. A record that kills the
process again and again is made work, which ends in the dead-letter queue in the same way.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from ensue.engine import lanes, work
from ensue.engine.consumer import error_text
from ensue.engine.engine import Engine
from ensue.engine.handlers import LogHandler, Policy
from ensue.engine.ids import Place
from ensue.engine.lanes import Lane, Start
from ensue.engine.logs import Record
from ensue.engine.lookahead import LookAhead
from ensue.engine.measures import COMPLETED, PROCESS, RECEIVED
from ensue.engine.traced import expect_records
from ensue.engine.transaction import Origin, Transaction
from ensue.words.errors import StoreError, Unfit
from ensue.words.names import Ref

CRASHES_MAX = 3

log = logging.getLogger("ensue.engine")


@dataclass
class _Care:
    """What a reader is careful with after a crash.

    Attributes:
        until: the last record that was there.
        each: how many records of a shard are handled alone: what killed the process was in the
            batch that was being read, which is the first of its shard again.
        begun: the shard of the record whose start was committed last.
        spent: how many were handled alone, by shard.
    """

    until: int
    each: int
    begun: int = 0
    spent: dict[int, int] = field(default_factory=dict)

    def concerns(self, lane: Lane) -> bool:
        """Whether the next record of a lane is to be handled alone."""
        return lane.position < self.until and self.spent.get(lane.shard, 0) < self.each


class LogReader:
    """Follows a log for a handler.

    Args:
        engine: where the log is.
        handler: what reads it.
        policy: how failed records are retried.
    """

    def __init__(self, engine: Engine, handler: LogHandler, policy: Policy) -> None:
        self.name = handler.actor
        self.woken = asyncio.Event()
        self.woken.set()
        self._engine = engine
        self._handler = handler
        self._policy = policy
        self._number = engine.number(handler.ref)
        self._dead_letters = engine.number(handler.dead_letters)
        self._source = engine.directory.source(handler.source)
        self.listens = frozenset([self._source.number])
        self._care = _Care(engine.careful_logs.get(self._source.number, 0), handler.batch)
        self._is_careful = self._care.until > 0
        self._last_shard = -1
        self._paused = engine.facts.paused
        self._measures = engine.facts.measures
        self._took = self._measures.timing(self._number, PROCESS)
        self._done = 0  # records that the handler took, in the batch that is handled
        self._ahead: LookAhead | None = None
        if handler.transact_many is not None and policy.window_ms:
            self._ahead = LookAhead(self._source, handler.wants, policy.window_ms)

    def due_ms(self) -> int | None:
        """Only a commit brings records; a batch that is not full is due when it is old enough."""
        if self._ahead is None or self._number in self._paused:
            return None
        return self._ahead.due_ms()

    async def step(self) -> bool:
        """Handle one batch of records; returns whether there may be more."""
        if self._number in self._paused:
            return False
        if self._is_careful:
            try:
                self._is_careful = await self._engine.transact_twice(
                    self._begin, self._read_carefully, Origin(self.name)
                )
            except StoreError:
                # The store failed, not the process: that is not the record's fault.
                begun = self._care.begun
                await self._engine.transact(lambda tx: lanes.unbegin(tx, self._number, begun))
                raise
            return True
        ahead = self._ahead
        if ahead is None:
            return await self._engine.transact(self._read, Origin(self.name))
        try:
            return await self._engine.transact(
                lambda tx: self._read_batch(tx, ahead), Origin(self.name)
            )
        except BaseException:
            ahead.forget()
            raise

    async def drain(self, grace_ms: int) -> None:
        """Nothing is under way between steps."""
        del grace_ms

    def _read(self, tx: Transaction) -> bool:
        left = min(self._handler.batch, self._engine.take_at_most)
        more = False
        for lane in self._in_turn(lanes.lanes_of(tx, self._source, self._number)):
            records = lanes.read(tx, self._source, lane, left)
            is_at_end = len(records) < left
            if records:
                self._take_all(tx, records)
                self._last_shard = lane.shard
            if is_at_end and lane.closed is not None:
                self._move(tx, lane.shard, lane.closed)
                more = True  # those that wait for this shard's end may go on
            elif records:
                self._move(tx, lane.shard, records[-1].sequence)
            left -= len(records)
            if left == 0:
                return True
        return more

    def _read_batch(self, tx: Transaction, ahead: LookAhead) -> bool:
        """Handle the next batch that is full, or old enough."""
        size = min(self._handler.batch, self._engine.take_at_most)
        ready = lanes.lanes_of(tx, self._source, self._number)
        ahead.keep_to(ready)
        for lane in self._in_turn(ready):
            batch = ahead.batch(tx, lane, size)
            if batch is None:
                continue
            if batch.records:
                self._take_all(tx, batch.records)
            if batch.position > lane.position:
                self._move(tx, lane.shard, batch.position)
            self._last_shard = lane.shard
            return True
        return False

    def _in_turn(self, found: list[Lane]) -> list[Lane]:
        """Lanes in an order in which each comes first in its turn."""
        return sorted(found, key=lambda lane: (lane.shard <= self._last_shard, lane.shard))

    def _next_alone(self, tx: Transaction) -> tuple[Lane, Record] | None:
        """The next record that is to be handled alone."""
        for lane in lanes.lanes_of(tx, self._source, self._number):
            if self._care.concerns(lane):
                records = lanes.read(tx, self._source, lane, 1)
                if records and records[0].sequence <= self._care.until:
                    return lane, records[0]
        return None

    def _begin(self, tx: Transaction) -> None:
        """Commit that the next record is about to be handled, so that a crash is counted."""
        found = self._next_alone(tx)
        if found is not None:
            self._care.begun = found[0].shard
            lanes.begin(tx, self._source, self._number, found[0].shard)

    def _read_carefully(self, tx: Transaction) -> bool:
        """Handle one record alone; returns whether there was one."""
        found = self._next_alone(tx)
        if found is None:
            return False
        lane, record = found
        if lane.attempts > CRASHES_MAX:
            self._park(tx, record, f"the process died {CRASHES_MAX} times while it was handled")
        else:
            self._take_all(tx, [record])
        self._move(tx, lane.shard, record.sequence)
        self._care.spent[lane.shard] = self._care.spent.get(lane.shard, 0) + 1
        return True

    def _take_all(self, tx: Transaction, records: Sequence[Record]) -> None:
        """Handle records of one shard, or make them work."""
        self._done, began_ns = 0, self._measures.steady_ns()
        if tx.tracer is None:
            self._hand_over(tx, records)
        else:
            expect_records(tx, tx.tracer, self._source, records)
            self._hand_over(tx, records)
            tx.tracer.forget((self._source.number, record.sequence) for record in records)
        if self._done:
            took_ns = self._measures.steady_ns() - began_ns
            self._took.observe(took_ns // self._done, self._done)
            tx.facts.depths.count(self._number, RECEIVED, self._done)
            tx.facts.depths.count(self._number, COMPLETED, self._done)

    def _hand_over(self, tx: Transaction, records: Sequence[Record]) -> None:
        busy = work.has_unsettled(tx, self._number)
        if self._handler.transact_many is None:
            for record in records:
                busy = self._take(tx, record, busy=busy) or busy
            return
        wanted = [record for record in records if self._wants(tx, record)]
        self._take_many(tx, wanted, busy=busy or self._number in tx.touched)

    def _take(self, tx: Transaction, record: Record, *, busy: bool) -> bool:
        """Handle a record, or make it work; returns whether it became work."""
        try:
            if not self._concerns(tx, record):
                return False
        except Exception as fault:  # noqa: BLE001 - nobody can tell what such a record says
            self._park(tx, record, error_text(fault))
            return True
        transact = self._handler.transact
        if transact is None or (busy and self._waits_behind(tx, record)):
            tx.nested(self._origin(record), lambda: self._enqueue(tx, record))
            return True
        self._engine.delivered += 1
        try:
            tx.nested(self._origin(record), lambda: transact(tx, record))
        except StoreError:
            raise
        except Exception as fault:  # noqa: BLE001 - the application's failure is recorded as it is
            self._failed(tx, record, fault)
            return True
        self._done += 1
        return False

    def _wants(self, tx: Transaction, record: Record) -> bool:
        try:
            return self._concerns(tx, record)
        except Exception as fault:  # noqa: BLE001 - nobody can tell what such a record says
            self._park(tx, record, error_text(fault))
            return False

    def _concerns(self, tx: Transaction, record: Record) -> bool:
        handler = self._handler
        if not handler.wants(record):
            return False
        return handler.passes_over is None or not handler.passes_over(tx, record)

    def _take_many(self, tx: Transaction, records: list[Record], *, busy: bool) -> bool:
        """Handle records as one hop; halve them when that fails. Returns whether any became work.

        The hop's cause is the first of them.
        """
        if busy:
            behind = [record for record in records if self._waits_behind(tx, record)]
            for record in behind:
                self._enqueue_behind(tx, record)
            held = {record.sequence for record in behind}
            records = [record for record in records if record.sequence not in held]
        if not records:
            return busy
        transact_many = self._handler.transact_many
        assert transact_many is not None  # noqa: S101 - narrowed by the caller
        self._engine.delivered += 1
        try:
            tx.nested(self._origin(records[0]), lambda: transact_many(tx, records))
        except StoreError:
            raise
        except Exception as fault:  # noqa: BLE001 - the application's failure is recorded as it is
            if len(records) == 1:
                self._failed(tx, records[0], fault)
                return True
            middle = len(records) // 2
            failed = self._take_many(tx, records[:middle], busy=False)
            return self._take_many(tx, records[middle:], busy=failed) or failed or busy
        self._done += len(records)
        return busy

    def _waits_behind(self, tx: Transaction, record: Record) -> bool:
        key = self._handler.group_of(record)
        return key is not None and work.first_of_group(tx, self._number, key) is not None

    def _enqueue_behind(self, tx: Transaction, record: Record) -> None:
        tx.nested(self._origin(record), lambda: self._enqueue(tx, record))

    def _enqueue(self, tx: Transaction, record: Record) -> int:
        body, group = self._handler.as_work(tx, record), self._handler.group_of(record)
        return work.add(tx, self._number, body, group=group)

    def _enqueue_failed(self, tx: Transaction, record: Record) -> int:
        """Make a record work that holds nothing back where failures are parked."""
        if not self._handler.parks:
            return self._enqueue(tx, record)
        return work.add(tx, self._number, self._handler.as_work(tx, record))

    def _failed(self, tx: Transaction, record: Record, fault: Exception) -> None:
        """Make a record work whose handler raised; for what no retry will mend, see `Unfit`."""
        if isinstance(fault, Unfit):
            # Its consumer finds the same at once, and dead-letters it.
            tx.nested(self._origin(record), lambda: self._enqueue_failed(tx, record))
        else:
            self._park(tx, record, error_text(fault))

    def _park(self, tx: Transaction, record: Record, error: str) -> None:
        """Make a failed record work, with its first failed attempt on record.

        Where one attempt is all that it gets, it is a dead letter at once.
        """
        work_id = tx.nested(self._origin(record), lambda: self._enqueue_failed(tx, record))
        piece = work.piece(tx, work_id)
        if piece is None:
            return
        failed = piece._replace(receives=1)
        if self._policy.max_receives == 1:
            work.bury(tx, failed, error, self._dead_letters)
            return
        delay_ms = self._policy.backoff_ms(1, tx.facts.ids.source)
        work.retry(tx, failed, error, delay_ms)

    def _origin(self, record: Record) -> Origin:
        return Origin(self.name, Place(self._source.number, record.sequence))

    def _move(self, tx: Transaction, shard: int, position: int) -> None:
        lanes.move(tx, self._source, self._number, shard, position)


def start_reader(tx: Transaction, handler: LogHandler) -> bool:
    """Give a reader its position, unless it has one: where its handler says that it begins.

    A reader that follows another log than before begins anew there. Returns whether it is new.
    """
    source = tx.facts.directory.source(handler.source)
    return lanes.start(tx, source, tx.number(handler.ref), handler.start)


def set_reader(tx: Transaction, ref: Ref, source: Ref, at: Start, *, confirm: str | None) -> int:
    """Let a reader go on at another place: the records from there are delivered, again or not.

    Args:
        tx: the transaction.
        ref: the function that reads.
        source: whose log it reads.
        at: where to go on.
        confirm: the function's name, so that it does not happen by accident.

    Returns:
        How many records it is set back, or forward, at most.

    Raises:
        Conflict: ``confirm`` is not the function's name.
    """
    log_read, number = tx.facts.directory.source(source), tx.number(ref)
    position = lanes.position_of(tx, log_read, at)
    found = tx.execute("SELECT position FROM ensue_readers WHERE number = ?", (number,))
    moved = max((abs(each - position) for (each,) in found), default=0)
    lanes.check_confirmed(ref.name, confirm, moved)
    lanes.move_all(tx, log_read, number, position)
    tx.execute("UPDATE ensue_readers SET begun = min(begun, position) WHERE number = ?", (number,))
    tx.touched.add(log_read.number)
    return moved
