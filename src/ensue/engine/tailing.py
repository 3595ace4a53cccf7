"""Following the end of a log: its newest records, or those behind a position as they come.

Where only some are wanted, it looks at a part of the log at a time and lets others run in between;
and at so many records in one call that whoever asks is answered soon, however rare those are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from ensue.engine import archives, logs
from ensue.engine.engine import Engine
from ensue.engine.logs import Record
from ensue.engine.sockets import Source
from ensue.engine.transaction import Transaction
from ensue.engine.waiting import turn
from ensue.engine.workers import Patience
from ensue.words.errors import InvalidInput
from ensue.words.names import Ref

T = TypeVar("T")

LOOK_AT_ONCE = 100
LOOKS_MAX = 10_000


@dataclass
class Tail(Generic[T]):
    """One reading of the end of a log.

    Attributes:
        ref: what has the log.
        show: makes of a record what is read.
        limit: how many are read at most.
        wants: whether what a record shows is wanted; None for all.
        found: what was found, oldest first.
        position: the sequence number up to which it has looked.
        looked: how many records it has looked at, where only some are wanted.
        before: looking backwards, the sequence number before which it looks next.
    """

    ref: Ref
    show: Callable[[Transaction, Record], T]
    limit: int
    wants: Callable[[T], bool] | None = None
    found: list[T] = field(default_factory=list)
    position: int = 0
    looked: int = 0
    before: int = 0

    async def newest(self, engine: Engine) -> None:
        """Read the newest that are wanted."""
        self.position = engine.read(lambda tx: end_of(tx, self._source(tx)))
        await self.earlier(engine, self.position + 1)

    async def earlier(self, engine: Engine, before: int) -> None:
        """Read the newest that are wanted before a position, down to ``before``."""
        self.before = before
        if self.wants is None:
            engine.read(self._last)
            return
        last = before - LOOKS_MAX
        while self.before > max(1, last) and len(self.found) < self.limit:
            engine.read(self._backward)
            await turn()

    async def behind(self, engine: Engine, position: int, wait_ms: int) -> None:
        """Read what is wanted behind a position; where there is nothing, wait for it.

        Args:
            engine: where the log is.
            position: a sequence number.
            wait_ms: how long to wait for the first at most.
        """
        self.position = position
        number = engine.number(self.ref)
        woken = engine.listen(number)
        patience = Patience(engine.clock, wait_ms, woken)
        try:
            while True:
                woken.clear()
                is_more = engine.read(self._forward)
                if len(self.found) >= self.limit or self.looked >= LOOKS_MAX:
                    return
                if is_more:
                    await turn()
                elif self.found or patience.is_over:
                    return
                else:
                    await woken.wait()
        finally:
            patience.cancel()
            engine.unlisten(number, woken)

    def _source(self, tx: Transaction) -> Source:
        return tx.facts.directory.source(self.ref)

    def _last(self, tx: Transaction) -> None:
        found = read_before(tx, self._source(tx), self.before, self.limit)
        self.before = found[0].sequence if found else 1
        self.found = [self.show(tx, record) for record in found]

    def _backward(self, tx: Transaction) -> None:
        """Look at a part of the log before the place where it has begun."""
        found = read_before(tx, self._source(tx), self.before, LOOK_AT_ONCE)
        self.before = 1 if len(found) < LOOK_AT_ONCE else found[0].sequence
        for record in reversed(found):
            self.looked += 1
            shown = self.show(tx, record)
            if self._is_wanted(shown):
                self.found.insert(0, shown)
                if len(self.found) >= self.limit:
                    self.before = record.sequence
                    return

    def _forward(self, tx: Transaction) -> bool:
        """Look at the records behind the position; returns whether there may be more."""
        source = self._source(tx)
        if self.wants is None:
            found = read(tx, source, self.position, self.limit)
            self.found += [self.show(tx, record) for record in found]
        else:
            found = read(tx, source, self.position, LOOK_AT_ONCE)
            for record in found:
                self.position = record.sequence
                self.looked += 1
                shown = self.show(tx, record)
                if self._is_wanted(shown):
                    self.found.append(shown)
                    if len(self.found) >= self.limit:
                        return True
        if found:
            self.position = found[-1].sequence
        elif not self.position:
            self.position = end_of(tx, source)
        return self.wants is not None and len(found) == LOOK_AT_ONCE

    def _is_wanted(self, shown: T) -> bool:
        return self.wants is None or self.wants(shown)


async def tail(
    engine: Engine,
    reading: Tail[T],
    *,
    after: int | None,
    wait_ms: int,
    before: int | None = None,
) -> tuple[list[T], int]:
    """What is wanted behind a position, or the newest; and the position behind it.

    Args:
        engine: where the log is.
        reading: what is wanted, not begun.
        after: a position; None for the newest.
        wait_ms: when there is nothing behind the position, how long to wait for the first.
        before: a position: the newest before it are wanted; then the position is that before which
            the next are, and 1 at the beginning.

    Returns:
        Nothing, with a later position than that given, or an earlier one, where it has looked at
        10,000 records and wanted none.

    Raises:
        InvalidInput: both positions are given.
    """
    if before is not None:
        if after is not None:
            raise InvalidInput("expected `after` or `before`, got both", at="$.before")
        await reading.earlier(engine, before)
        return reading.found, reading.before
    if after is None:
        await reading.newest(engine)
    else:
        await reading.behind(engine, after, wait_ms)
    return reading.found, reading.position


def read(tx: Transaction, source: Source, after: int, limit: int) -> list[Record]:
    """The records of any log behind a position, oldest first, also those that are archived."""
    if source.sharded:
        return logs.read(tx, source.table, after, limit, sharded=True)
    return archives.read(tx, source, after, limit)


def read_before(tx: Transaction, source: Source, before: int, limit: int) -> list[Record]:
    """The newest records of any log before a position, oldest of them first; see `read`."""
    found = logs.read_back(tx, source.table, before, limit, sharded=source.sharded)
    if source.archive is None or len(found) == limit:
        return found
    return logs.read_back(tx, source.archive, before, limit - len(found)) + found


def end_of(tx: Transaction, source: Source) -> int:
    """The sequence number of the newest record that was ever in a log."""
    return logs.last_sequence(tx, source.table)
