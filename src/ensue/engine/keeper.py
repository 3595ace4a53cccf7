"""The keeper: forgets done work, hops and records that were kept long enough to be looked at.

In its pauses it looks at what may run short, and warns.
"""

from __future__ import annotations

import asyncio

from ensue.engine import (
    archives,
    audits,
    deduplication,
    gauges,
    idempotency,
    logs,
    past_executions,
    redrives,
    replays,
    shards,
    turns,
)
from ensue.engine.engine import Engine
from ensue.engine.hops import first_hop_since
from ensue.engine.sockets import Source
from ensue.engine.transaction import Origin, Transaction

PAUSE_MS = 60_000
CHUNK = 1_000


class Keeper:
    """Keeps what is needed and forgets the rest, a chunk at a time.

    Records that a reader has not read yet, and work that is not done, are never forgotten.

    Args:
        engine: what to keep.
        keep_ms: how long to keep what is over and done with.
    """

    name = "keeper"
    listens: frozenset[int] = frozenset()

    def __init__(self, engine: Engine, keep_ms: int) -> None:
        self.woken = asyncio.Event()
        self._engine = engine
        self._keep_ms = keep_ms
        self._work_seen = 0
        self._logs_seen: dict[int, int] = {}
        self._next_ms = engine.clock.now_ms() + PAUSE_MS

    def due_ms(self) -> int | None:
        """When to look again."""
        return self._next_ms

    async def step(self) -> bool:
        """Forget one chunk; returns whether there may be more."""
        if self._engine.clock.now_ms() < self._next_ms:
            return False
        if await self._engine.transact(self._forget, Origin(self.name)):
            return True
        self._work_seen = 0
        now_ms = self._engine.clock.now_ms()
        for finding in gauges.look(self._engine):
            self._engine.facts.notices.note(now_ms, finding)
        self._next_ms = now_ms + PAUSE_MS
        return False

    async def drain(self, grace_ms: int) -> None:
        """Nothing is under way between steps."""
        del grace_ms

    def _forget(self, tx: Transaction) -> bool:
        before_ms = tx.now_ms - self._keep_ms
        forgotten, seen = purge_done(tx, after=self._work_seen, before_ms=before_ms, limit=CHUNK)
        more = seen > self._work_seen
        self._work_seen = seen
        before_hop = first_hop_since(tx, before_ms)
        for source in self._engine.directory.sources():
            if source.sharded:
                forgotten += shards.forget_old(tx, source, self._engine.declared, CHUNK)
                continue
            forgotten += self._trim(tx, source)
        forgotten += _forget_hops(tx, before_hop) + idempotency.forget(tx, CHUNK)
        forgotten += deduplication.forget(tx, CHUNK) + turns.forget(tx, CHUNK)
        forgotten += past_executions.forget(tx, self._engine.keeps_executions, CHUNK)
        forgotten += redrives.forget(tx, before_ms, CHUNK) + replays.forget(tx, before_ms, CHUNK)
        forgotten += audits.forget(tx, CHUNK)
        return more or forgotten > 0

    def _trim(self, tx: Transaction, source: Source) -> int:
        """Forget a chunk of what a log has kept for its time."""
        keep_ms = self._keep_ms if source.keep_ms is None else source.keep_ms
        seen = self._logs_seen.get(source.number, 0)
        self._logs_seen[source.number] = logs.note_time(tx, source.table, seen)
        before = logs.first_since(tx, source.table, tx.now_ms - keep_ms)
        up_to = min(self._read_by_all(tx, source.number), replays.held_from(tx, source.number))
        if source.archive is None:
            gone = logs.trim(tx, source.table, up_to=up_to, before=before, limit=CHUNK)
        else:
            gone = archives.move_old(
                tx,
                source,
                up_to=up_to,
                before=before,
                before_ms=tx.now_ms - keep_ms,
                limit=CHUNK,
            )
        if gone:
            logs.note_trimmed(tx, source.number, source.table, tx.now_ms - keep_ms)
        return gone + archives.forget(tx, source, up_to=up_to, limit=CHUNK)

    def _read_by_all(self, tx: Transaction, log: int) -> int:
        """The position up to which every reader that is still declared has come in a log."""
        found = tx.execute("SELECT number, position FROM ensue_readers WHERE log = ?", (log,))
        declared = self._engine.declared
        return min((at for number, at in found if number in declared), default=2**62)


def purge_done(tx: Transaction, *, after: int, before_ms: int, limit: int) -> tuple[int, int]:
    """Forget done work that settled before ``before_ms``, among ``limit`` pieces behind ``after``.

    Returns how many were forgotten, and the number up to which was looked.
    """
    # What was sent later than that cannot have settled before: there the look ends.
    window = "SELECT id, sent_ms FROM ensue_work WHERE id > ?1 ORDER BY id LIMIT ?2"
    looked = tx.row(f"SELECT max(id) FROM ({window}) WHERE sent_ms < ?3", (after, limit, before_ms))
    up_to = looked[0] if looked and isinstance(looked[0], int) else after
    bounds = (after, up_to, before_ms)
    old = "id > ?1 AND id <= ?2 AND state = 2 AND due_ms < ?3"
    tx.execute(
        f"DELETE FROM ensue_failures WHERE work IN (SELECT id FROM ensue_work WHERE {old})", bounds
    )
    tx.execute(f"DELETE FROM ensue_work WHERE {old}", bounds)
    return tx.changed(), up_to


def _forget_hops(tx: Transaction, before_hop: int) -> int:
    tx.execute(
        "DELETE FROM ensue_hops WHERE id IN"
        " (SELECT id FROM ensue_hops WHERE id < ? ORDER BY id LIMIT ?)",
        (before_hop, CHUNK),
    )
    return tx.changed()
