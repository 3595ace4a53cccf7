"""Consumer groups: outside workers that share a stream's shards by leases.

A group has one position in each shard. A worker claims shards, reads them, and moves their
positions as long as nobody else has claimed them: each claim counts the shard's token up, and only
who names the last one is heard.
"""

from __future__ import annotations

from dataclasses import replace

from ensue.engine import lanes, logs, shards
from ensue.engine.lanes import Lane
from ensue.engine.shards import Shard
from ensue.engine.transaction import Transaction
from ensue.resources.stream.model import (
    LEASE_MS_MAX,
    Reader,
    Records,
    ShardLease,
    StreamModel,
)
from ensue.resources.stream.store import records
from ensue.words.errors import Conflict, InvalidValue, NotFound
from ensue.words.names import check_name


def begin(tx: Transaction, stream: StreamModel, name: str, start: str | int) -> None:
    """Make a consumer group that begins at a place, unless there is one of this name."""
    check_name(name, "consumer group")
    if _positions(tx, stream, name):
        return
    log = tx.number(stream.ref)
    for each in shards.all_shards(tx, log):
        _place(tx, log, name, each, records.start_in(tx, stream, each, start))


def claim(
    tx: Transaction, stream: StreamModel, name: str, owner: str, *, limit: int, lease_ms: int
) -> list[ShardLease]:
    """ShardLease shards that nobody has, or whose lease is over, to a worker."""
    _check_lease(lease_ms)
    log = tx.number(stream.ref)
    known = _known(tx, stream, name)
    claimed: list[ShardLease] = []
    for lane in _ready(tx, stream, known):
        if len(claimed) >= limit:
            break
        found = tx.execute(
            "INSERT INTO ensue_groups (log, name, shard, position, owner, token, until_ms)"
            " VALUES (?1, ?2, ?3, 0, ?4, 1, ?5)"
            " ON CONFLICT (log, name, shard) DO UPDATE SET owner = excluded.owner,"
            " token = token + 1, until_ms = excluded.until_ms WHERE until_ms <= ?6"
            " RETURNING position, token",
            (log, name, lane.shard, owner, tx.now_ms + lease_ms, tx.now_ms),
        ).fetchone()
        if found is not None:
            claimed.append(
                ShardLease(name, lane.shard, owner, found[0], found[1], tx.now_ms + lease_ms)
            )
    return claimed


def renew(tx: Transaction, stream: StreamModel, lease: ShardLease, lease_ms: int) -> ShardLease:
    """Keep a shard for longer."""
    _check_lease(lease_ms)
    held = _held(tx, stream, lease)
    until_ms = tx.now_ms + lease_ms
    _set(tx, stream, held, held.position, until_ms)
    return replace(held, until_ms=until_ms)


def checkpoint(
    tx: Transaction, stream: StreamModel, lease: ShardLease, sequence: int
) -> ShardLease:
    """Note that all records of a shard up to ``sequence`` have been handled."""
    held = _held(tx, stream, lease)
    last = logs.last_sequence(tx, stream.records)
    if not held.position <= sequence <= last:
        raise Conflict(
            f"expected a position from {held.position} to {last}, got {sequence}",
            hint="A position moves forwards; `rewind` sets it back.",
        )
    _set(tx, stream, held, sequence, held.until_ms)
    return replace(held, position=sequence)


def release(tx: Transaction, stream: StreamModel, lease: ShardLease) -> None:
    """Give a shard back, so that another worker can claim it at once."""
    held = _held(tx, stream, lease)
    _set(tx, stream, held, held.position, tx.now_ms)


def rewind(
    tx: Transaction, stream: StreamModel, name: str, start: str | int, confirm: str | None
) -> int:
    """Set a group to another place, and end its leases; returns how many records that moves it."""
    known = _known(tx, stream, name)
    log = tx.number(stream.ref)
    places = {
        each: records.start_in(tx, stream, each, start) for each in shards.all_shards(tx, log)
    }
    moved = max(
        (abs(at - known.get(each.number, each.trimmed)) for each, at in places.items()), default=0
    )
    lanes.check_confirmed(name, confirm, moved)
    for each, at in places.items():
        _place(tx, log, name, each, at)
    tx.touched.add(log)
    return moved


def forget(tx: Transaction, stream: StreamModel, name: str) -> None:
    """Forget a group and its positions."""
    _known(tx, stream, name)
    # The tokens stay: were they counted anew in a group of the same name, a worker of this one
    # would be heard there.
    tx.execute(
        "UPDATE ensue_groups SET position = ?, owner = NULL, token = token + 1, until_ms = 0"
        " WHERE log = ? AND name = ?",
        (shards.FORGOTTEN, tx.number(stream.ref), name),
    )


def readers(tx: Transaction, stream: StreamModel) -> list[Reader]:
    """The consumer groups of a stream, how far behind each is, and who has which shard."""
    log = tx.number(stream.ref)
    source = records.source_of(tx, stream)
    names = tx.rows(
        "SELECT DISTINCT name FROM ensue_groups WHERE log = ? AND position >= 0 ORDER BY name",
        (log,),
    )
    found: list[Reader] = []
    for (name,) in names:
        lags = [
            lanes.lag(tx, source, lane)
            for _, lane in _lanes(tx, stream, _positions(tx, stream, str(name)))
            if not lane.is_over
        ]
        reader = records.reader(str(name), "group", lags)
        reader.owners.update(
            tx.execute(
                "SELECT shard, owner FROM ensue_groups WHERE log = ? AND name = ? AND until_ms > ?",
                (log, name, tx.now_ms),
            )
        )
        found.append(reader)
    return found


def read(tx: Transaction, stream: StreamModel, lease: ShardLease, limit: int) -> Records:
    """The records behind a group's position in a shard, for the worker that has it."""
    held = _held(tx, stream, lease)
    return records.read(tx, stream, held.iterator, limit)


def _lanes(tx: Transaction, stream: StreamModel, known: dict[int, int]) -> list[tuple[Shard, Lane]]:
    return [
        (each, Lane(each.number, _end(tx, stream, each, known.get(each.number, 0)), 0, each.closed))
        for each in shards.all_shards(tx, tx.number(stream.ref))
    ]


def _ready(tx: Transaction, stream: StreamModel, known: dict[int, int]) -> list[Lane]:
    return list(lanes.ready(_lanes(tx, stream, known)))


def _end(tx: Transaction, stream: StreamModel, of: Shard, position: int) -> int:
    """A position in a shard; at the end of a closed one, where no records are behind it."""
    if of.closed is None or position >= of.closed or position < of.trimmed:
        return position
    left = logs.read_shard(tx, stream.records, of.number, position, 1)
    return position if left else of.closed


def _place(tx: Transaction, log: int, name: str, of: Shard, position: int) -> None:
    tx.execute(
        "INSERT INTO ensue_groups (log, name, shard, position) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (log, name, shard) DO UPDATE SET position = excluded.position,"
        " token = token + 1, until_ms = 0",
        (log, name, of.number, position),
    )


def _positions(tx: Transaction, stream: StreamModel, name: str) -> dict[int, int]:
    return dict(
        tx.execute(
            "SELECT shard, position FROM ensue_groups WHERE log = ? AND name = ? AND position >= 0",
            (tx.number(stream.ref), name),
        )
    )


def _known(tx: Transaction, stream: StreamModel, name: str) -> dict[int, int]:
    found = _positions(tx, stream, name)
    if not found:
        raise NotFound(
            f"there is no consumer group {name} of {stream.ref}", hint="`group` makes one."
        )
    return found


def _held(tx: Transaction, stream: StreamModel, lease: ShardLease) -> ShardLease:
    """A lease as it is now, while nobody else has claimed the shard."""
    found = tx.execute(
        "SELECT owner, position, token, until_ms FROM ensue_groups"
        " WHERE log = ? AND name = ? AND shard = ?",
        (tx.number(stream.ref), lease.group, lease.shard),
    ).fetchone()
    if found is None or found[2] != lease.token or found[0] is None:
        raise Conflict(
            f"the lease {lease.token} of shard {lease.shard} for {lease.group} is over",
            hint="Claim a shard, and stop handling the records of this one.",
        )
    return ShardLease(lease.group, lease.shard, *found)


def _set(
    tx: Transaction, stream: StreamModel, held: ShardLease, position: int, until_ms: int
) -> None:
    of = shards.shard(tx, tx.number(stream.ref), held.shard)
    tx.execute(
        "UPDATE ensue_groups SET position = ?, until_ms = ?"
        " WHERE log = ? AND name = ? AND shard = ?",
        (
            position if of is None else _end(tx, stream, of, position),
            until_ms,
            tx.number(stream.ref),
            held.group,
            held.shard,
        ),
    )


def _check_lease(lease_ms: int) -> None:
    if not 1 <= lease_ms <= LEASE_MS_MAX:
        raise InvalidValue(
            f"expected a lease from 1 to {LEASE_MS_MAX} ms, got {lease_ms}", at="$.lease"
        )
