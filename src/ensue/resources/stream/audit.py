"""What a stream promises of its log and shards, checked in the store itself."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from ensue.engine import logs, shapes, shards
from ensue.engine.integrity import REPORT, Known
from ensue.engine.transaction import Transaction
from ensue.resources.stream.model import HASH_KEYS
from ensue.words.findings import Finding


def audit(tx: Transaction, known: Known) -> Iterator[Finding]:
    """What is wrong with a stream's log, its shards, and the positions of its consumer groups."""
    if known.sql_table is None:
        return
    there = shapes.shapes(tx.connection)
    wrong = list(shapes.differences(_wanted(known.sql_table), there, str(known.ref)))
    yield from wrong
    if not wrong:
        yield from _ranges(tx, known)
        yield from _shards(tx, known, known.sql_table)
        yield from _groups(tx, known, known.sql_table)


@lru_cache(maxsize=256)
def _wanted(table: str) -> dict[str, shapes.Shape]:
    return shapes.made_by(lambda tx: shards.create(tx, table))


def _ranges(tx: Transaction, known: Known) -> Iterator[Finding]:
    """The open shards take every hash key, each key one of them."""
    expected = 0
    ranges = sorted(
        (int.from_bytes(each.low), int.from_bytes(each.high))
        for each in shards.all_shards(tx, known.number)
        if each.closed is None
    )
    for low, high in [*ranges, (HASH_KEYS, HASH_KEYS)]:
        if low != expected:
            said = f"expected an open shard from {expected:032x}, got one from {low:032x}"
            yield Finding("stream.ranges", str(known.ref), said, REPORT)
        expected = high + 1


def _shards(tx: Transaction, known: Known, table: str) -> Iterator[Finding]:
    """Each record is in a shard that there is, and a closed one has none behind its end."""
    ends = {each.number: each.closed for each in shards.all_shards(tx, known.number)}
    for shard, last in tx.execute(f"SELECT shard, max(sequence) FROM {table} GROUP BY shard"):
        end = ends.get(shard, 0)
        if end is not None and last > end:
            said = f"the record {last} is in shard {shard}, which ends at {end}"
            yield Finding("stream.shards", str(known.ref), said, REPORT)


def _groups(tx: Transaction, known: Known, table: str) -> Iterator[Finding]:
    last = logs.last_sequence(tx, table)
    for name, shard, position in tx.execute(
        "SELECT name, shard, position FROM ensue_groups WHERE log = ? AND position > ?",
        (known.number, last),
    ):
        said = f"group {name} is at {position} of shard {shard}, but the log ends at {last}"
        yield Finding("stream.groups", str(known.ref), said, "Rewind the group to the latest.")
