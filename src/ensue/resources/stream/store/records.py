"""What a stream does within a transaction: append, read, split and merge."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ensue.engine import lanes, logs, shards
from ensue.engine.logs import Record
from ensue.engine.measures import PUBLISHED
from ensue.engine.shards import Entry, Shard
from ensue.engine.sockets import Delivery, Refusal, Source
from ensue.engine.transaction import Transaction
from ensue.resources.stream.model import (
    ENTRIES_MAX,
    HASH_KEYS,
    KEY_LENGTH_MAX,
    RECORDS_MAX,
    SHARDS_MAX,
    Reader,
    Records,
    ShardState,
    StreamModel,
    StreamRecord,
)
from ensue.resources.stream.rules import HASH_KEY_BYTES, halves, hash_key, joined, uniform
from ensue.words import values
from ensue.words.errors import (
    Conflict,
    EnsueError,
    InvalidInput,
    InvalidValue,
    LimitExceeded,
    NotFound,
)
from ensue.words.values import Item, Json


def source_of(tx: Transaction, stream: StreamModel) -> Source:
    """The stream's log."""
    return tx.facts.directory.source(stream.ref)


def make(tx: Transaction, number: int, stream: StreamModel) -> None:
    """Open the shards of a stream that is new."""
    if not shards.all_shards(tx, number):
        shards.open_shards(tx, number, uniform(stream.shards))


def append(tx: Transaction, stream: StreamModel, data: object, key: str | None = None) -> str:
    """Append a record; returns its id."""
    number = tx.number(stream.ref)
    [sequence] = shards.append(tx, number, stream.records, [_entry(tx, stream, data, key)])
    if tx.tracer is not None:
        tx.facts.depths.count(number, PUBLISHED)
    return tx.facts.records.text(number, sequence)


def append_batch(
    tx: Transaction, stream: StreamModel, entries: Iterable[tuple[object, str | None]]
) -> list[str | Refusal]:
    """Append records; for each its id, or why it was refused."""
    made: list[Entry | Refusal] = []
    for index, (data, key) in enumerate(entries):
        if index >= ENTRIES_MAX:
            raise LimitExceeded(f"expected at most {ENTRIES_MAX} records in a batch")
        try:
            made.append(_entry(tx, stream, data, key))
        except (InvalidInput, LimitExceeded) as fault:
            made.append(_refusal(index, fault))
    return _append_all(tx, stream, made)


def deliver(
    tx: Transaction, stream: StreamModel, deliveries: Sequence[Delivery]
) -> list[str | Refusal]:
    """Take a batch of deliveries as records, with their groups as partition keys."""
    made: list[Entry | Refusal] = []
    for index, each in enumerate(deliveries):
        if each.delay_ms:
            made.append(Refusal(index, InvalidInput.code, "expected no delay: a stream has none"))
            continue
        try:
            values.check_name(each.group, "partition key", KEY_LENGTH_MAX, "$.key")
            data = stream.fitted_text(each.body)
        except (InvalidInput, LimitExceeded) as fault:
            made.append(_refusal(index, fault))
            continue
        attributes = values.encode(each.attributes) if each.attributes else None
        made.append(Entry(_hashed(tx, each.group), each.group, data, attributes))
    return _append_all(tx, stream, made)


def _append_all(
    tx: Transaction, stream: StreamModel, made: Sequence[Entry | Refusal]
) -> list[str | Refusal]:
    number = tx.number(stream.ref)
    entries = [each for each in made if isinstance(each, Entry)]
    taken = iter(shards.append(tx, number, stream.records, entries) if entries else ())
    if tx.tracer is not None and entries:
        tx.facts.depths.count(number, PUBLISHED, len(entries))
    return [
        each if isinstance(each, Refusal) else tx.facts.records.text(number, next(taken))
        for each in made
    ]


def _entry(tx: Transaction, stream: StreamModel, data: object, key: str | None) -> Entry:
    values.check_name(key, "partition key", KEY_LENGTH_MAX, "$.key")
    return Entry(_hashed(tx, key), key, values.encode(stream.fitted(data)))


def _hashed(tx: Transaction, key: str | None) -> bytes:
    """What decides on the shard: without a key, any will do."""
    if key is not None:
        return hash_key(key)
    return tx.facts.ids.source.getrandbits(HASH_KEYS.bit_length() - 1).to_bytes(HASH_KEY_BYTES)


def _refusal(index: int, fault: EnsueError) -> Refusal:
    return Refusal(index, fault.code, str(fault))


def present(tx: Transaction, stream: StreamModel, record: Record) -> StreamRecord:
    """A record of the log as readers get it."""
    data = values.decode(record.new or "null")
    attributes = values.decode(record.old) if record.old else {}
    return StreamRecord(
        id=tx.facts.records.text(tx.number(stream.ref), record.sequence),
        stream=stream.ref.name,
        sequence=record.sequence,
        shard=record.shard,
        key=record.key,
        data=Item(data) if isinstance(data, dict) else data,
        at_ms=record.at_ms or 0,
        attributes=attributes if isinstance(attributes, dict) else {},
    )


def as_work(tx: Transaction, stream: StreamModel, record: Record) -> str:
    """A record as the body of a piece of work, with its data as it was stored."""
    record_id = tx.facts.records.text(tx.number(stream.ref), record.sequence)
    return as_text(stream.ref.name, record, record_id)


def as_text(stream: str, record: Record, record_id: str) -> str:
    """A record as JSON text, with its data as it was stored."""
    parts = {
        "id": values.encode(record_id),
        "stream": values.encode(stream),
        "sequence": str(record.sequence),
        "shard": str(record.shard),
        "key": values.encode(record.key),
        "at_ms": str(record.at_ms or 0),
        "data": record.new or "null",
        "attributes": record.old or "{}",
    }
    return "{" + ",".join(f'"{name}":{text}' for name, text in parts.items()) + "}"


def by_key(
    tx: Transaction, stream: StreamModel, key: str, after: int, limit: int
) -> list[StreamRecord]:
    """The records of one partition key, through every split and merge."""
    values.check_name(key, "partition key", KEY_LENGTH_MAX, "$.key")
    found = logs.read_key(tx, stream.records, key, after, max(0, min(limit, RECORDS_MAX)))
    return [present(tx, stream, record) for record in found]


def iterator(tx: Transaction, stream: StreamModel, number: int, start: str | int) -> str:
    """An iterator of a shard that begins at a place."""
    of = _shard(tx, stream, number)
    return f"{number}:{start_in(tx, stream, of, start)}"


def start_in(tx: Transaction, stream: StreamModel, of: Shard, start: str | int) -> int:
    """The position of a place in a shard.

    What is not kept any more is no place to start at; the horizon, and a time before it, are.
    """
    at = lanes.parse_start(start)
    position = lanes.position_of(tx, source_of(tx, stream), at)
    return position if at.place == "sequence" else max(position, of.trimmed)


def read(tx: Transaction, stream: StreamModel, at: str, limit: int) -> Records:
    """The records at an iterator, and the iterator to go on with."""
    number, position = _parsed(at)
    of = _shard(tx, stream, number)
    check_kept(of, position)
    bounded = max(1, min(limit, RECORDS_MAX))
    found = logs.read_shard(tx, stream.records, number, position, bounded + 1)
    more, found = found[bounded:], found[:bounded]
    if found:
        position = found[-1].sequence
    is_over = of.closed is not None and not more
    children = [
        each.number
        for each in (shards.all_shards(tx, tx.number(stream.ref)) if is_over else ())
        if number in each.parents
    ]
    behind_ms = max(0, tx.now_ms - (more[0].at_ms or 0)) if more else 0
    shown = [present(tx, stream, record) for record in found]
    return Records(shown, None if is_over else f"{number}:{position}", behind_ms, children)


def check_kept(of: Shard, position: int) -> None:
    """Check that nothing behind a position has been forgotten.

    Raises:
        NotFound: something has, so whoever reads on there would miss it without knowing.
    """
    if position < of.trimmed:
        raise NotFound(
            f"records of shard {of.number} behind {position} passed the retention,"
            f" up to {of.trimmed}",
            hint="Start again at the horizon, knowing that they are lost to you.",
        )


def _parsed(at: str) -> tuple[int, int]:
    number, colon, position = at.partition(":")
    if colon and all(
        part.isascii() and part.isdigit() and len(part) < 19 for part in (number, position)
    ):
        return int(number), int(position)
    raise InvalidValue(
        f"expected an iterator, got {values.shown(at)}", at="$.iterator", hint="Ask for a new one."
    )


def _shard(tx: Transaction, stream: StreamModel, number: int) -> Shard:
    found = shards.shard(tx, tx.number(stream.ref), number)
    if found is None:
        raise NotFound(
            f"there is no shard {number} of {stream.ref}",
            hint="`shards` lists those that there are; one whose records are forgotten is gone.",
        )
    return found


def _open_shard(tx: Transaction, stream: StreamModel, number: int) -> Shard:
    found = _shard(tx, stream, number)
    if found.closed is not None:
        raise Conflict(f"shard {number} of {stream.ref} is closed already")
    return found


def split(tx: Transaction, stream: StreamModel, number: int, at: str | None) -> list[int]:
    """Close a shard and open two in its place; returns their numbers."""
    of = _open_shard(tx, stream, number)
    log = tx.number(stream.ref)
    now_open = sum(each.closed is None for each in shards.all_shards(tx, log))
    if now_open >= SHARDS_MAX:
        raise LimitExceeded(f"expected at most {SHARDS_MAX} open shards of {stream.ref}")
    ranges = halves(of.low, of.high, at)
    shards.close(tx, log, stream.records, [number])
    return shards.open_shards(tx, log, ranges, [number])


def merge(tx: Transaction, stream: StreamModel, number: int, other: int) -> int:
    """Close two neighbours and open one in their place; returns its number."""
    one, two = _open_shard(tx, stream, number), _open_shard(tx, stream, other)
    whole = joined((one.low, one.high), (two.low, two.high))
    log = tx.number(stream.ref)
    shards.close(tx, log, stream.records, [number, other])
    [made] = shards.open_shards(tx, log, [whole], [number, other])
    return made


def shown_shards(tx: Transaction, stream: StreamModel) -> list[ShardState]:
    """All shards, oldest first."""
    return [_shown(tx, stream, each) for each in shards.all_shards(tx, tx.number(stream.ref))]


def _shown(tx: Transaction, stream: StreamModel, of: Shard) -> ShardState:
    oldest, newest = (
        tx.row(
            f"SELECT sequence FROM {stream.records} WHERE shard = ?"
            f" ORDER BY sequence {way} LIMIT 1",
            (of.number,),
        )
        for way in ("ASC", "DESC")
    )
    return ShardState(
        shard=of.number,
        state="open" if of.closed is None else "closed",
        low=of.low.hex(),
        high=of.high.hex(),
        parents=list(of.parents),
        opened_ms=of.opened_ms,
        oldest=int(str(oldest[0])) if oldest else None,
        newest=int(str(newest[0])) if newest else None,
    )


def status(tx: Transaction, stream: StreamModel) -> dict[str, Json]:
    """How much a stream keeps, and in how many shards."""
    records, size = shards.kept(tx, stream.records)
    found = shards.all_shards(tx, tx.number(stream.ref))
    return {
        "records": records,
        "bytes": size,
        "open_shards": sum(each.closed is None for each in found),
        "closed_shards": sum(each.closed is not None for each in found),
        "last_sequence": logs.last_sequence(tx, stream.records),
    }


def functions(tx: Transaction, stream: StreamModel, declared: set[int]) -> list[Reader]:
    """The declared functions that follow a stream."""
    source = source_of(tx, stream)
    refs = {number: ref for ref, number in tx.facts.numbers.items()}
    found = tx.rows(
        "SELECT DISTINCT number FROM ensue_readers WHERE log = ? ORDER BY number", (source.number,)
    )
    return [
        reader(refs[number].name, refs[number].kind, lanes.lags(tx, source, number))
        for (number,) in found
        if isinstance(number, int) and number in declared
    ]


def reader(name: str, kind: str, behind: list[lanes.Lag]) -> Reader:
    """A reader with the sum of its lags."""
    return Reader(
        name,
        kind,
        sum(each.unread for each in behind),
        max((each.lag_ms for each in behind), default=0),
        behind,
    )
