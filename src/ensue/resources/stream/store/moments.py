"""A stream at a moment: what follows then, and what setting each reader there would mean."""

from __future__ import annotations

from ensue.engine import lanes, logs
from ensue.engine.lanes import UNREAD_COUNTED_MAX, Start
from ensue.engine.transaction import Transaction
from ensue.resources.stream.model import RECORDS_MAX, Again, Moment, StreamModel
from ensue.resources.stream.store.records import present, source_of


def moment(
    tx: Transaction, stream: StreamModel, at_ms: int, limit: int, declared: set[int]
) -> Moment:
    """A stream at a moment.

    Args:
        tx: the transaction.
        stream: the stream.
        at_ms: the moment, in ms since 1970.
        limit: how many of the records that follow to show.
        declared: the numbers of what the apps declare.
    """
    source = source_of(tx, stream)
    position = lanes.position_of(tx, source, Start("time", at_ms))
    oldest = logs.read(tx, stream.records, 0, 1, sharded=True)
    newest = logs.read_last(tx, stream.records, 1, sharded=True)
    bounded = max(0, min(limit, RECORDS_MAX))
    found = logs.read(tx, stream.records, position, bounded, sharded=True)
    return Moment(
        at_ms=at_ms,
        start=position + 1,
        oldest_ms=oldest[0].at_ms if oldest else None,
        newest_ms=newest[-1].at_ms if newest else None,
        records=[present(tx, stream, record) for record in found],
        readers=_functions(tx, stream, position, declared) + _groups(tx, stream, position),
    )


def _functions(
    tx: Transaction, stream: StreamModel, position: int, declared: set[int]
) -> list[Again]:
    source = source_of(tx, stream)
    refs = {number: ref for ref, number in tx.facts.numbers.items()}
    places: dict[int, list[tuple[int, int]]] = {}
    for number, shard, at in tx.execute(
        "SELECT number, shard, position FROM ensue_readers WHERE log = ? ORDER BY number, shard",
        (source.number,),
    ):
        places.setdefault(number, []).append((shard, at))
    return [
        Again(ref.app, ref.kind, ref.name, *_counted(tx, stream, position, places[number]))
        for number in places
        if number in declared
        for ref in [refs[number]]
    ]


def _groups(tx: Transaction, stream: StreamModel, position: int) -> list[Again]:
    number = tx.number(stream.ref)
    places: dict[str, list[tuple[int, int]]] = {}
    for name, shard, at in tx.execute(
        "SELECT name, shard, position FROM ensue_groups WHERE log = ? ORDER BY name, shard",
        (number,),
    ):
        places.setdefault(name, []).append((shard, at))
    return [
        Again(stream.ref.app, "group", name, *_counted(tx, stream, position, of))
        for name, of in places.items()
    ]


def _counted(
    tx: Transaction, stream: StreamModel, position: int, places: list[tuple[int, int]]
) -> tuple[int, int]:
    """How many records lie between a position and where a reader is: behind it, and before it."""
    again = sum(_between(tx, stream, shard, position, at) for shard, at in places)
    return again, sum(_between(tx, stream, shard, at, position) for shard, at in places)


def _between(tx: Transaction, stream: StreamModel, shard: int, low: int, high: int) -> int:
    if low >= high:
        return 0
    [(many,)] = tx.execute(
        f"SELECT count(*) FROM (SELECT 1 FROM {stream.records}"
        " WHERE shard = ? AND sequence > ? AND sequence <= ? LIMIT ?)",
        (shard, low, high, UNREAD_COUNTED_MAX),
    )
    return int(many)
