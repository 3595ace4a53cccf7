"""Shards: a log whose records are kept apart by the hash of their key.

    open ──split, merge──▶ closed ──all its records forgotten──▶ gone

Each open shard takes a range of the 128-bit hash keys; together they take all. A record's sequence
number is one of the whole log, so it tells the order between shards too.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from ensue.engine import hops, logs
from ensue.engine.database import SqlValue
from ensue.engine.sockets import Source
from ensue.engine.transaction import Transaction

# The position of a consumer group that was forgotten.
FORGOTTEN = -1


class Shard(NamedTuple):
    """A shard.

    Attributes:
        number: its number in the log; those of later shards are higher.
        low: the lowest hash key that it takes, 16 bytes.
        high: the highest.
        parent: the shard that it was split from, or the first of those that were merged.
        other_parent: the second of those that were merged.
        opened_ms: when it was made.
        closed: the log's last sequence number when it was closed; None while it is open.
        trimmed: its newest record that was forgotten.
    """

    number: int
    low: bytes
    high: bytes
    parent: int | None
    other_parent: int | None
    opened_ms: int
    closed: int | None
    trimmed: int

    @property
    def parents(self) -> tuple[int, ...]:
        """The shards whose records come before its own."""
        return tuple(each for each in (self.parent, self.other_parent) if each is not None)


class Entry(NamedTuple):
    """A record to append.

    Attributes:
        hash_key: 16 bytes that say which shard it goes to.
        key: its partition key; None for none.
        data: JSON text.
        attributes: JSON text of an object; None for an empty one.
    """

    hash_key: bytes
    key: str | None
    data: str
    attributes: str | None = None


def create(tx: Transaction, table: str) -> None:
    """Make the log's table, if it is not there yet.

    ``byte_end`` is where the record would end if all records ever kept stood one behind the other:
    the difference of two is how much is between them.
    """
    tx.execute(
        f"CREATE TABLE IF NOT EXISTS {table} ("
        " sequence INTEGER PRIMARY KEY AUTOINCREMENT,"
        " shard INTEGER NOT NULL, key TEXT, data TEXT NOT NULL, attributes TEXT, hop INTEGER,"
        " at_ms INTEGER NOT NULL, byte_end INTEGER NOT NULL)"
    )
    # The number of the record is the last part of every index.
    tx.execute(f"CREATE INDEX IF NOT EXISTS {table}_by_shard ON {table} (shard)")
    for column in ("key", "hop"):
        tx.execute(
            f"CREATE INDEX IF NOT EXISTS {table}_by_{column} ON {table} ({column})"
            f" WHERE {column} IS NOT NULL"
        )


class _Tail:
    """Where the next record of a log goes, as one hop has learned it.

    Attributes:
        byte_end: where the newest record ends.
        lows: the lowest hash keys of the shards that were looked up, in order.
        found: those shards, with their highest hash keys.
    """

    __slots__ = ("byte_end", "found", "lows")

    def __init__(self, tx: Transaction, table: str) -> None:
        last = tx.execute(f"SELECT byte_end FROM {table} ORDER BY sequence DESC LIMIT 1").fetchone()
        self.byte_end: int = last[0] if last else 0
        self.lows: list[bytes] = []
        self.found: list[tuple[bytes, int]] = []

    def shard(self, tx: Transaction, log: int, hash_key: bytes) -> int:
        """The shard that takes a hash key."""
        at = bisect_right(self.lows, hash_key)
        if at and hash_key <= self.found[at - 1][0]:
            return self.found[at - 1][1]
        [(number, low, high)] = tx.execute(
            "SELECT shard, low, high FROM ensue_shards"
            " WHERE log = ? AND closed IS NULL AND low <= ? ORDER BY low DESC LIMIT 1",
            (log, hash_key),
        )
        self.lows.insert(at, low)
        self.found.insert(at, (high, number))
        return int(number)


def append(tx: Transaction, log: int, table: str, entries: Sequence[Entry]) -> range:
    """Add records at the end; returns their sequence numbers, in the order of ``entries``."""
    tail = tx.memo.get(log)
    if not isinstance(tail, _Tail):
        tail = tx.memo[log] = _Tail(tx, table)
    hop, now_ms, end = tx.hop, tx.now_ms, tail.byte_end
    rows: list[tuple[SqlValue, ...]] = []
    for hash_key, key, data, attributes in entries:
        end += _size(data) + _size(key) + _size(attributes)
        rows.append((tail.shard(tx, log, hash_key), key, data, attributes, hop, now_ms, end))
    tx.connection.executemany(
        f"INSERT INTO {table} (shard, key, data, attributes, hop, at_ms, byte_end)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        rows,
    )
    tail.byte_end = end
    tx.touched.add(log)
    # Nobody else writes meanwhile, so the numbers are consecutive.
    last = tx.inserted() if entries else 0
    return range(last - len(entries) + 1, last + 1)


def _size(text: str | None) -> int:
    if text is None:
        return 0
    return len(text) if text.isascii() else len(text.encode())


_COLUMNS = "shard, low, high, parent, other_parent, opened_ms, closed, trimmed"


def all_shards(tx: Transaction, log: int) -> list[Shard]:
    """The shards of a log, oldest first: the open ones, and those whose records are still kept."""
    found = tx.execute(f"SELECT {_COLUMNS} FROM ensue_shards WHERE log = ? ORDER BY shard", (log,))
    return [Shard(*row) for row in found]


def shard(tx: Transaction, log: int, number: int) -> Shard | None:
    """One shard; None when there is none of this number, or none any more."""
    sql = f"SELECT {_COLUMNS} FROM ensue_shards WHERE log = ? AND shard = ?"
    found = tx.execute(sql, (log, number)).fetchone()
    return None if found is None else Shard(*found)


def open_shards(
    tx: Transaction,
    log: int,
    ranges: Sequence[tuple[bytes, bytes]],
    parents: Sequence[int] = (),
) -> list[int]:
    """Open a shard for each range of hash keys; returns their numbers."""
    found = tx.row("SELECT max(shard) + 1 FROM ensue_shards WHERE log = ?", (log,))
    first = found[0] if found and isinstance(found[0], int) else 0
    parent, other_parent = (*parents, None, None)[:2]
    for number, (low, high) in enumerate(ranges, first):
        tx.execute(
            "INSERT INTO ensue_shards (log, shard, low, high, parent, other_parent, opened_ms)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (log, number, low, high, parent, other_parent, tx.now_ms),
        )
        # A reader or group stays known in the shards that are left when those before are gone.
        tx.execute(
            "INSERT INTO ensue_readers (number, shard, log, position)"
            " SELECT DISTINCT number, ?, log, 0 FROM ensue_readers WHERE log = ?",
            (number, log),
        )
        tx.execute(
            "INSERT INTO ensue_groups (log, name, shard, position)"
            " SELECT DISTINCT log, name, ?, 0 FROM ensue_groups WHERE log = ? AND position >= 0",
            (number, log),
        )
    tx.memo.clear()
    tx.touched.add(log)
    return list(range(first, first + len(ranges)))


def close(tx: Transaction, log: int, table: str, numbers: Sequence[int]) -> None:
    """Close shards: what is appended from now on goes to those that take their place."""
    last = logs.last_sequence(tx, table)
    for number in numbers:
        tx.execute(
            "UPDATE ensue_shards SET closed = ? WHERE log = ? AND shard = ?", (last, log, number)
        )


def kept(tx: Transaction, table: str) -> tuple[int, int]:
    """How many records a log keeps, at most, and how many bytes they have."""
    first, last = (
        tx.row(
            f"SELECT sequence, byte_end,"
            f" octet_length(data) + coalesce(octet_length(key), 0)"
            f" + coalesce(octet_length(attributes), 0)"
            f" FROM {table} ORDER BY sequence {way} LIMIT 1"
        )
        for way in ("ASC", "DESC")
    )
    if first is None or last is None:
        return 0, 0
    numbers = [int(str(each)) for each in (*first, *last)]
    return numbers[3] - numbers[0] + 1, numbers[4] - numbers[1] + numbers[2]


def forget_old(tx: Transaction, source: Source, declared: set[int], limit: int) -> int:
    """Forget records that passed the retention of their log, and that its declared readers have
    read: at most ``limit`` of each shard. Returns how many.
    """
    expired = _expired(tx, source)
    if not expired:
        return 0
    held = _held(tx, source.number, declared)
    forgotten = 0
    for each in all_shards(tx, source.number):
        up_to = min([expired, *(at.get(each.number, 0) for at in held.values())])
        forgotten += _forget_of(tx, source, each, up_to, limit)
    return forgotten


def _expired(tx: Transaction, source: Source) -> int:
    """The newest record that passed the retention; 0 for none."""
    last = logs.last_sequence(tx, source.table)
    up_to = 0
    if source.keep_ms is not None:
        since = hops.first_since(tx, source.table, "sequence", tx.now_ms - source.keep_ms)
        up_to = last if since is None else since - 1
    if source.keep_bytes is not None:
        up_to = max(up_to, _before_the_last_bytes(tx, source.table, source.keep_bytes))
    return up_to


def _before_the_last_bytes(tx: Transaction, table: str, size: int) -> int:
    """The newest record before the last ``size`` bytes of a log, found by halving; 0 for none."""
    first, last = (
        tx.row(f"SELECT sequence, byte_end FROM {table} ORDER BY sequence {way} LIMIT 1")
        for way in ("ASC", "DESC")
    )
    if first is None or last is None:
        return 0
    low, high = int(str(first[0])), int(str(last[0]))
    bound = int(str(last[1])) - size
    while low <= high:
        middle = (low + high) // 2
        found = tx.execute(
            f"SELECT sequence, byte_end FROM {table} WHERE sequence >= ? ORDER BY sequence LIMIT 1",
            (middle,),
        ).fetchone()
        if found is None or found[1] > bound:
            high = middle - 1
        else:
            low = found[0] + 1
    return low - 1


def _held(tx: Transaction, log: int, declared: set[int]) -> dict[int, dict[int, int]]:
    """How far each reader that is declared has come in each shard; others hold nothing back."""
    held: dict[int, dict[int, int]] = {}
    for number, shard_number, position in tx.execute(
        "SELECT number, shard, position FROM ensue_readers WHERE log = ?", (log,)
    ):
        if number in declared:
            held.setdefault(number, {})[shard_number] = position
    return held


def _forget_of(tx: Transaction, source: Source, of: Shard, up_to: int, limit: int) -> int:
    found = tx.rows(
        f"SELECT sequence FROM {source.table} WHERE shard = ? AND sequence <= ?"
        " ORDER BY sequence LIMIT ?",
        (of.number, up_to, limit),
    )
    if found:
        last = found[-1][0]
        tx.execute(
            f"DELETE FROM {source.table} WHERE shard = ? AND sequence <= ?", (of.number, last)
        )
        tx.execute(
            "UPDATE ensue_shards SET trimmed = ? WHERE log = ? AND shard = ?",
            (last, source.number, of.number),
        )
    elif of.closed is not None and of.closed <= up_to and _is_done_with(tx, source, of):
        for table_of_shards in ("ensue_shards", "ensue_readers", "ensue_groups"):
            tx.execute(
                f"DELETE FROM {table_of_shards} WHERE log = ? AND shard = ?",
                (source.number, of.number),
            )
    return len(found)


def _is_done_with(tx: Transaction, source: Source, of: Shard) -> bool:
    """Whether every consumer group has read a closed shard to its end.

    One that has not is told so when it comes, and cannot be once the shard is gone.
    """
    return (
        tx.row(
            "SELECT 1 FROM ensue_groups WHERE log = ?1 AND position >= 0 GROUP BY name"
            " HAVING max(CASE shard WHEN ?2 THEN position ELSE -1 END) < ?3",
            (source.number, of.number, of.closed),
        )
        is None
    )
