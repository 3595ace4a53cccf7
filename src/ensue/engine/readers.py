"""Readers: the workers that follow a log from a position, in order.

A transaction handler handles each record as a hop of its own, and the position moves in the same
commit. A record whose handler raises becomes work of the function, to be retried there; the records
of its key that follow line up behind it, those of other keys go on.

After a crash the reader is *careful* with its first batch of the records that were there: it
handles each alone, and commits the start before it runs the handler. A record that kills the
process again and again is made work, which ends in the dead-letter queue in the same way.
"""

from __future__ import annotations

import asyncio
import logging

from ensue.engine import logs, work
from ensue.engine.consumer import error_text
from ensue.engine.engine import Engine
from ensue.engine.handlers import LogHandler, Policy
from ensue.engine.ids import Place
from ensue.engine.logs import Record
from ensue.engine.transaction import Origin, Transaction
from ensue.words.errors import StoreError
from ensue.words.names import Ref

CRASHES_MAX = 3

log = logging.getLogger("ensue.engine")


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
        self._source = engine.directory.source(handler.source)
        self.listens = frozenset([self._source.number])
        self._careful_until = engine.careful_logs.get(self._source.number, 0)
        # What killed the process was in the batch that it was reading, which is the first again.
        self._careful_left = handler.batch if self._careful_until else 0

    def due_ms(self) -> int | None:
        """Only a commit brings records."""
        return None

    async def step(self) -> bool:
        """Handle one batch of records; returns whether there may be more."""
        if self._careful_left > 0:
            self._careful_left -= 1
            try:
                position = await self._engine.transact_twice(
                    self._begin, self._read_carefully, Origin(self.name)
                )
            except StoreError:
                # The store failed, not the process: that is not the record's fault.
                await self._engine.transact(self._unbegin)
                raise
            if position >= self._careful_until:
                self._careful_left = 0
            return True
        return await self._engine.transact(self._read, Origin(self.name))

    async def drain(self, grace_ms: int) -> None:
        """Nothing is under way between steps."""
        del grace_ms

    def _read(self, tx: Transaction) -> bool:
        position, _ = _progress(tx, self._number)
        batch = min(self._handler.batch, self._engine.take_at_most)
        records = logs.read(tx, self._source.table, position, batch)
        if not records:
            return False
        busy = work.has_unsettled(tx, self._number)
        for record in records:
            busy = self._take(tx, record, busy=busy) or busy
        _move(tx, self._number, records[-1].sequence)
        return len(records) == batch

    def _begin(self, tx: Transaction) -> None:
        """Commit that the next record is about to be handled, so that a crash is counted."""
        position, _ = _progress(tx, self._number)
        if logs.read(tx, self._source.table, position, 1):
            tx.execute(
                "UPDATE ensue_readers SET attempts = attempts + 1 WHERE number = ?",
                (self._number,),
            )

    def _unbegin(self, tx: Transaction) -> None:
        tx.execute(
            "UPDATE ensue_readers SET attempts = max(0, attempts - 1) WHERE number = ?",
            (self._number,),
        )

    def _read_carefully(self, tx: Transaction) -> int:
        """Handle one record alone; returns the position behind it."""
        position, attempts = _progress(tx, self._number)
        records = logs.read(tx, self._source.table, position, 1)
        if not records:
            return self._careful_until
        record = records[0]
        if attempts > CRASHES_MAX:
            self._park(tx, record, f"the process died {CRASHES_MAX} times while it was handled")
        else:
            self._take(tx, record, busy=work.has_unsettled(tx, self._number))
        _move(tx, self._number, record.sequence)
        return record.sequence

    def _take(self, tx: Transaction, record: Record, *, busy: bool) -> bool:
        """Handle a record, or make it work; returns whether it became work."""
        handler = self._handler
        try:
            if not handler.wants(record):
                return False
        except Exception as fault:  # noqa: BLE001 - nobody can tell what such a record says
            self._park(tx, record, error_text(fault))
            return True
        origin = Origin(self.name, Place(self._source.number, record.sequence))
        transact = handler.transact
        if transact is None or (busy and self._waits_behind(tx, record)):
            tx.nested(origin, lambda: self._enqueue(tx, record))
            return True
        self._engine.delivered += 1
        try:
            tx.nested(origin, lambda: transact(tx, record))
        except StoreError:
            raise
        except Exception as fault:  # noqa: BLE001 - the application's failure is recorded as it is
            self._park(tx, record, error_text(fault))
            return True
        return False

    def _waits_behind(self, tx: Transaction, record: Record) -> bool:
        return record.key is not None and work.group_is_unsettled(tx, self._number, record.key)

    def _enqueue(self, tx: Transaction, record: Record) -> int:
        body = self._handler.as_work(tx, record)
        return work.add(tx, self._number, body, group=record.key)

    def _park(self, tx: Transaction, record: Record, error: str) -> None:
        """Make a failed record work, with its first failed attempt on record."""
        origin = Origin(self.name, Place(self._source.number, record.sequence))
        work_id = tx.nested(origin, lambda: self._enqueue(tx, record))
        piece = work.piece(tx, work_id)
        if piece is not None:
            delay_ms = self._policy.backoff_ms(1, tx.facts.ids.source)
            work.retry(tx, piece._replace(receives=1), error, delay_ms)


def start_reader(tx: Transaction, handler: LogHandler, *, from_start: bool) -> None:
    """Give a reader its position, unless it has one: behind all that is there, or before it."""
    source = tx.facts.directory.source(handler.source)
    position = 0 if from_start else logs.last_sequence(tx, source.table)
    tx.execute(
        "INSERT INTO ensue_readers (number, log, position) VALUES (?, ?, ?)"
        # A reader that follows another log than before begins anew there.
        " ON CONFLICT (number) DO UPDATE SET log = excluded.log, position = excluded.position,"
        " attempts = 0 WHERE log <> excluded.log",
        (tx.number(handler.ref), source.number, position),
    )


def set_reader(tx: Transaction, ref: Ref, position: int) -> None:
    """Let a reader go on behind a position: the records from there are delivered again."""
    _move(tx, tx.number(ref), position)


def _progress(tx: Transaction, number: int) -> tuple[int, int]:
    [(position, attempts)] = tx.execute(
        "SELECT position, attempts FROM ensue_readers WHERE number = ?", (number,)
    )
    return position, attempts


def _move(tx: Transaction, number: int, sequence: int) -> None:
    tx.execute(
        "UPDATE ensue_readers SET position = ?, attempts = 0 WHERE number = ?", (sequence, number)
    )
