"""Measuring a store: what there is of everything that is counted, as the last commit left it."""

from __future__ import annotations

import os
from collections.abc import Hashable
from contextlib import suppress

from ensue.engine import backlog, logs
from ensue.engine.lanes import UNREAD_COUNTED_MAX
from ensue.engine.measures import DEPTH, HELD, IN_FLIGHT, LAG, RECORDS, SENT, WAITS_SINCE
from ensue.engine.ring import UNKNOWN
from ensue.engine.transaction import Transaction
from ensue.words.names import Ref

THE_STORE = Ref("", "store", "store")  # what the figures of the store itself are filed under


def close_slot(tx: Transaction) -> None:
    """Close the slot of the ring that is over, before anything else changes.

    Raises:
        StoreError: the store cannot serve.
    """
    tx.facts.measures.close_slot(tx.now_ms, totals(tx), gauges(tx))


def totals(tx: Transaction) -> dict[Hashable, int]:
    """How often each thing has happened."""
    measures = tx.facts.measures
    found: dict[Hashable, int] = dict(measures.counts().items())
    for key, count in tx.facts.depths.all_committed():
        if isinstance(key, tuple):
            if count.came:
                found[key] = count.came
        elif count.came:
            found[key, SENT] = count.came
    for (subject, what), timing in measures.timings():
        found[subject, what, "sum"] = timing.sum_ns
        found[subject, what, "count"] = sum(timing.counts)
        for place, times in enumerate(timing.counts):
            if times:
                found[subject, what, place] = times
    for source in tx.facts.directory.sources():
        last = logs.last_sequence(tx, source.table)
        if last:
            found[source.number, RECORDS] = last
    return found


def gauges(tx: Transaction) -> dict[Hashable, float]:
    """How much is where."""
    found: dict[Hashable, float] = {}
    for key, count in tx.facts.depths.all_committed():
        if isinstance(key, int):
            found[key, DEPTH] = count.unsettled
            found[key, IN_FLIGHT] = count.leased
            found[key, HELD] = count.held
            oldest_ms = backlog.oldest_ms(tx, key) if count.unsettled > count.leased else None
            found[key, WAITS_SINCE] = UNKNOWN if oldest_ms is None else oldest_ms
    for name, path in (("store_bytes", ""), ("wal_bytes", "-wal")):
        with suppress(OSError):
            found[THE_STORE, name] = os.stat(f"{tx.connection.filename}{path}").st_size
    found.update(((number, LAG), lag) for number, lag in lags(tx).items())
    return found


def lags(tx: Transaction) -> dict[int, int]:
    """How many records each reader has not read.

    In a log with shards those of each shard are counted, up to 10,000.
    """
    sources = {source.number: source for source in tx.facts.directory.sources()}
    ends = {number: logs.last_sequence(tx, each.table) for number, each in sources.items()}
    found: dict[int, int] = {}
    for number, log, shard, position in tx.execute(
        "SELECT number, log, shard, position FROM ensue_readers"
    ):
        source = sources.get(log)
        if source is None:
            continue
        behind = max(0, ends[log] - position)
        if behind and source.sharded:
            [(behind,)] = tx.execute(
                f"SELECT count(*) FROM (SELECT 1 FROM {source.table}"
                " WHERE shard = ? AND sequence > ? LIMIT ?)",
                (shard, position, UNREAD_COUNTED_MAX),
            )
        found[number] = found.get(number, 0) + behind
    return found
