"""Snapshots: a new follower of a table gets the items that are there, and then the changes.

The items are read in the order of their keys, a chunk at a time, and become work of the follower,
each under its key; so a later change of an item lines up behind it. Of each chunk the position of
the log is kept at which it was read: what the log says of its keys up to there is in the chunk
already and is passed over, what comes behind is delivered. What it says of keys that are not read
yet is passed over too. So there is no gap and no overlap, whatever is written meanwhile, and each
item's insert comes before its changes.

A chunk, its work and its place are one commit: who dies in the middle goes on there.
"""

from __future__ import annotations

import asyncio

from ensue.engine import logs, work
from ensue.engine.engine import Engine
from ensue.engine.handlers import LogHandler
from ensue.engine.sockets import Source
from ensue.engine.transaction import Origin, Transaction
from ensue.words import values
from ensue.words.errors import InvalidDeclaration

SNAPSHOT_CHUNK = 100
SNAPSHOT_AHEAD_MAX = 1_000


def begin(tx: Transaction, number: int, source: Source) -> None:
    """Let a new reader of a log begin with what is there.

    Raises:
        InvalidDeclaration: the log is of something that has no items.
    """
    if source.snapshot is None:
        raise InvalidDeclaration(
            "expected a table for start='snapshot', got what has no items to begin with",
            hint="Leave start out, or follow a table.",
        )
    tx.execute("DELETE FROM ensue_snapshots WHERE number = ?", (number,))
    tx.execute("DELETE FROM ensue_snapshot_chunks WHERE number = ?", (number,))
    tx.execute("INSERT INTO ensue_snapshots (number, log) VALUES (?, ?)", (number, source.number))


def is_passed_over(tx: Transaction, number: int, record: logs.Record) -> bool:
    """Whether the snapshot of a reader has, or will have, what a record of the log says."""
    found = tx.row("SELECT done FROM ensue_snapshots WHERE number = ?", (number,))
    if found is None:
        return False
    key = values.decode(record.key or "[]")
    pk, sk, *_ = [*key, 0, 0] if isinstance(key, list) else [0, 0]
    chunk = tx.row(
        "SELECT position FROM ensue_snapshot_chunks WHERE number = ? AND (pk, sk) >= (?, ?)"
        " ORDER BY pk, sk LIMIT 1",
        (number, pk, sk),  # type: ignore[arg-type] # a key's values are SQL's
    )
    read_at = found[0] if chunk is None else chunk[0]
    return not isinstance(read_at, int) or record.sequence <= read_at


class Snapshot:
    """Makes the items that are there the work of a new follower.

    Args:
        engine: where the table is.
        handler: who follows it.
    """

    def __init__(self, engine: Engine, handler: LogHandler) -> None:
        self.name = f"snapshot:{handler.actor}"
        self.woken = asyncio.Event()
        self.woken.set()
        self._engine = engine
        self._handler = handler
        self._number = engine.number(handler.ref)
        self._source = engine.directory.source(handler.source)
        # The follower's commits say that it has room for more.
        self.listens = frozenset([self._number])
        self._over = False

    def due_ms(self) -> int | None:
        """Only the follower's progress brings more to do."""
        return None

    async def step(self) -> bool:
        """Make one chunk work; returns whether there may be more."""
        if self._over or self._number in self._engine.facts.paused:
            return False
        return await self._engine.transact(self._step, Origin(self.name))

    async def drain(self, grace_ms: int) -> None:
        """Nothing is under way between steps."""
        del grace_ms

    def _step(self, tx: Transaction) -> bool:
        found = tx.row("SELECT done FROM ensue_snapshots WHERE number = ?", (self._number,))
        if found is None:
            self._over = True
            return False
        if found[0] is not None:
            self._forget(tx, found[0])
            return False
        if _has_enough(tx, self._number):
            return False
        return self._take_chunk(tx)

    def _take_chunk(self, tx: Transaction) -> bool:
        snapshot = self._source.snapshot
        if snapshot is None:
            return False
        after = tx.row(
            "SELECT pk, sk FROM ensue_snapshot_chunks WHERE number = ?"
            " ORDER BY pk DESC, sk DESC LIMIT 1",
            (self._number,),
        )
        chunk = snapshot(tx, after, min(SNAPSHOT_CHUNK, self._engine.take_at_most))
        # What had expired was removed by that, and is in no chunk: so its removal is behind.
        position = logs.last_sequence(tx, self._source.table)
        for record in chunk.records:
            if self._wants(record):
                body = self._handler.as_work(tx, record)
                work.add(tx, self._number, body, group=self._handler.group_of(record))
        if chunk.last is None:
            tx.execute(
                "UPDATE ensue_snapshots SET done = ? WHERE number = ?", (position, self._number)
            )
        else:
            tx.execute(
                "INSERT INTO ensue_snapshot_chunks (number, pk, sk, position) VALUES (?, ?, ?, ?)",
                (self._number, *chunk.last, position),
            )
        return True

    def _wants(self, record: logs.Record) -> bool:
        try:
            return self._handler.wants(record)
        except Exception:  # noqa: BLE001 - nobody can tell what it says: its handler will see
            return True

    def _forget(self, tx: Transaction, done: object) -> None:
        """Once the reader is behind all chunks, nothing more is to be passed over."""
        reader = tx.row("SELECT min(position) FROM ensue_readers WHERE number = ?", (self._number,))
        if reader and isinstance(reader[0], int) and isinstance(done, int) and reader[0] >= done:
            tx.execute("DELETE FROM ensue_snapshot_chunks WHERE number = ?", (self._number,))
            tx.execute("DELETE FROM ensue_snapshots WHERE number = ?", (self._number,))


def _has_enough(tx: Transaction, queue: int) -> bool:
    """Whether so much waits for a follower that it gets no more for now."""
    [(found,)] = tx.execute(
        "SELECT count(*) FROM (SELECT 1 FROM ensue_work WHERE queue = ? AND state < 2 LIMIT ?)",
        (queue, SNAPSHOT_AHEAD_MAX + 1),
    )
    return int(found) > SNAPSHOT_AHEAD_MAX
