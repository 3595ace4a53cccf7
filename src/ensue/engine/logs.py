"""Facts: ordered, append-only logs, each a SQL table of its own.

A table's change log is written by triggers, a bus's by `append`; both are read the same way. So is
a stream's, whose records are in shards besides; `shards` has what concerns those.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ensue.engine.transaction import Transaction


class Record(NamedTuple):
    """One fact.

    Attributes:
        sequence: its place in the log; later is higher.
        kind: what it says: ``insert``, ``update``, ``remove``, ``event``, ``record``.
        key: what it is about, and what its order is kept by; None for none.
        old: JSON of what was before; of a stream's record, of its attributes.
        new: JSON of what is after, or of the event or record.
        hop: what produced it; None when a statement from outside did.
        at_ms: when its hop was; None without one.
        shard: in which shard of the log it is; 0 where there are none.
        version: of a table's change: the item's version after it, or that of the one removed.
        expired: of a table's change: 1 when time removed the item, and nobody else.
    """

    sequence: int
    kind: str
    key: str | None
    old: str | None
    new: str | None
    hop: int | None
    at_ms: int | None
    shard: int = 0
    version: int | None = None
    expired: int | None = None


_LATER_COLUMNS = ("version", "at_ms", "expired")
AT = "coalesce(at_ms, (SELECT at_ms FROM ensue_hops WHERE id = hop))"
_SELECT = f"SELECT sequence, kind, key, old, new, hop, {AT}, 0, version, expired FROM"
_SELECT_BYTES = _SELECT.replace(
    "key, old, new", "CAST(key AS BLOB), CAST(old AS BLOB), CAST(new AS BLOB)"
)
_SELECT_SHARDED = "SELECT sequence, 'record', key, attributes, data, hop, at_ms, shard FROM"


def create(tx: Transaction, table: str) -> None:
    """Make the log's table, if it is not there yet."""
    tx.execute(
        f"CREATE TABLE IF NOT EXISTS {table} ("
        " sequence INTEGER PRIMARY KEY AUTOINCREMENT,"
        " kind TEXT NOT NULL, key TEXT, old TEXT, new TEXT, hop INTEGER,"
        " version INTEGER, at_ms INTEGER, expired INTEGER)"
    )
    for column in _LATER_COLUMNS:
        if tx.row("SELECT 1 FROM pragma_table_info(?) WHERE name = ?", (table, column)) is None:
            tx.execute(f"ALTER TABLE {table} ADD COLUMN {column} INTEGER")
    tx.execute(f"CREATE INDEX IF NOT EXISTS {table}_by_hop ON {table} (hop) WHERE hop IS NOT NULL")


def append(tx: Transaction, table: str, kind: str, key: str | None, new: str) -> int:
    """Add a fact at the end; returns its sequence number."""
    tx.execute(
        f"INSERT INTO {table} (kind, key, new, hop, at_ms) VALUES (?, ?, ?, ?, ?)",
        (kind, key, new, tx.hop, tx.now_ms),
    )
    return tx.inserted()


def append_many(tx: Transaction, table: str, kind: str, new: Sequence[str]) -> int:
    """Add facts without keys at the end; returns the sequence number of the first."""
    hop, now_ms = tx.hop, tx.now_ms
    tx.connection.executemany(
        f"INSERT INTO {table} (kind, new, hop, at_ms) VALUES (?, ?, ?, ?)",
        [(kind, each, hop, now_ms) for each in new],
    )
    return tx.inserted() - len(new) + 1


def append_change(
    tx: Transaction, table: str, kind: str, *, key: str, old: str | None, new: str | None
) -> int:
    """Add a change that was captured elsewhere at the end; returns its sequence number."""
    tx.execute(
        f"INSERT INTO {table} (kind, key, old, new, hop) VALUES (?, ?, ?, ?, ?)",
        (kind, key, old, new, tx.hop),
    )
    return tx.inserted()


def read(
    tx: Transaction, table: str, after: int, limit: int, *, sharded: bool = False
) -> list[Record]:
    """The facts behind position ``after``, oldest first."""
    where = f"{table} WHERE sequence > ? ORDER BY sequence LIMIT ?"
    return _records(tx, where, (after, limit), sharded=sharded)


def read_shard(tx: Transaction, table: str, shard: int, after: int, limit: int) -> list[Record]:
    """The facts of one shard behind position ``after``, oldest first."""
    where = f"{table} WHERE shard = ? AND sequence > ? ORDER BY sequence LIMIT ?"
    return _records(tx, where, (shard, after, limit), sharded=True)


def read_key(tx: Transaction, table: str, key: str, after: int, limit: int) -> list[Record]:
    """The facts of one key of a log in shards behind position ``after``, oldest first."""
    where = f"{table} WHERE key = ? AND sequence > ? ORDER BY sequence LIMIT ?"
    return _records(tx, where, (key, after, limit), sharded=True)


def read_last(tx: Transaction, table: str, limit: int, *, sharded: bool = False) -> list[Record]:
    """The newest facts, oldest of them first."""
    where = f"{table} ORDER BY sequence DESC LIMIT ?"
    return _records(tx, where, (limit,), sharded=sharded)[::-1]


def read_before(tx: Transaction, table: str, before: int | None, limit: int) -> list[Record]:
    """The facts before a position, the newest first; without one, the newest of all."""
    where = f"{table} WHERE sequence < ? ORDER BY sequence DESC LIMIT ?"
    return _records(tx, where, (2**62 if before is None else before, limit))


def read_back(
    tx: Transaction, table: str, before: int, limit: int, *, sharded: bool = False
) -> list[Record]:
    """The newest facts before position ``before``, oldest of them first."""
    where = f"{table} WHERE sequence < ? ORDER BY sequence DESC LIMIT ?"
    return _records(tx, where, (before, limit), sharded=sharded)[::-1]


def record(tx: Transaction, table: str, sequence: int, *, sharded: bool = False) -> Record | None:
    """One fact by its sequence number; None when it is not kept any more, or never was."""
    found = _records(tx, f"{table} WHERE sequence = ?", (sequence,), sharded=sharded)
    return next(iter(found), None)


def produced_by(
    tx: Transaction, table: str, hop: int, limit: int, *, sharded: bool = False
) -> list[Record]:
    """The facts that a hop produced in this log."""
    where = f"{table} WHERE hop = ? ORDER BY sequence LIMIT ?"
    return _records(tx, where, (hop, limit), sharded=sharded)


def about(tx: Transaction, table: str, key: str, *, before: int, limit: int) -> list[Record]:
    """The facts about a key before position ``before``, newest first."""
    where = f"{table} WHERE key = ? AND sequence < ? ORDER BY sequence DESC LIMIT ?"
    return _records(tx, where, (key, before, limit))


def first_since(tx: Transaction, table: str, at_ms: int) -> int:
    """The first fact made at or after a time; one behind the last when there is none.

    Later facts are of later times, so it is found by halving. One without a time counts to the one
    before it.
    """
    behind = last_sequence(tx, table) + 1
    first = tx.row(f"SELECT min(sequence) FROM {table}")
    low = first[0] if first and isinstance(first[0], int) else behind
    high = behind
    since = behind
    while low < high:
        middle = (low + high) // 2
        found = _timed(tx, table, middle, high)
        if found is None:
            high = middle
        elif found[1] >= at_ms:
            high, since = middle, found[0]
        else:
            low = found[0] + 1
    return since


def time_of(tx: Transaction, table: str, sequence: int) -> int | None:
    """The time of a fact, or of the newest before it whose time is known; None for none."""
    found = tx.row(
        f"SELECT {AT} FROM {table} WHERE sequence <= ? AND {AT} IS NOT NULL"
        " ORDER BY sequence DESC LIMIT 1",
        (sequence,),
    )
    return found[0] if found and isinstance(found[0], int) else None


def is_timed(tx: Transaction, table: str, sequence: int) -> bool:
    """Whether the time of the newest fact up to a place is known; if ours, for others say none."""
    found = tx.row(
        f"SELECT {AT} FROM {table} WHERE sequence <= ? AND hop IS NOT NULL"
        " ORDER BY sequence DESC LIMIT 1",
        (sequence,),
    )
    return found is None or found[0] is not None


def kept_from(tx: Transaction, number: int, table: str) -> tuple[int, int]:
    """The first fact of a log that is kept, or will be, and the time before which some are not."""
    found = tx.row("SELECT sequence, before_ms FROM ensue_trimmed WHERE log = ?", (number,))
    if found and isinstance(found[0], int) and isinstance(found[1], int):
        return found[0] + 1, found[1]
    # A log that was trimmed by a version that took no note of it.
    first = tx.row(f"SELECT min(sequence), {AT} FROM {table}")
    if first is None or not isinstance(first[0], int) or first[0] == 1:
        return 1, 0
    return first[0], first[1] if isinstance(first[1], int) else 0


def note_trimmed(tx: Transaction, number: int, table: str, before_ms: int) -> None:
    """Note that all facts before a time may have been forgotten."""
    first = tx.row(f"SELECT min(sequence) FROM {table}")
    gone = first[0] - 1 if first and isinstance(first[0], int) else last_sequence(tx, table)
    tx.execute(
        "INSERT INTO ensue_trimmed (log, sequence, before_ms) VALUES (?, ?, ?)"
        " ON CONFLICT (log) DO UPDATE SET sequence = max(sequence, excluded.sequence),"
        " before_ms = max(before_ms, excluded.before_ms)",
        (number, gone, before_ms),
    )


def _timed(tx: Transaction, table: str, first: int, end: int) -> tuple[int, int] | None:
    """The first fact from a place on, before another, whose time is known."""
    found = tx.row(
        f"SELECT sequence, {AT} FROM {table} WHERE sequence >= ? AND sequence < ?"
        f" AND {AT} IS NOT NULL ORDER BY sequence LIMIT 1",
        (first, end),
    )
    if found and isinstance(found[0], int) and isinstance(found[1], int):
        return found[0], found[1]
    return None


def last_sequence(tx: Transaction, table: str) -> int:
    """The sequence number of the newest fact that was ever there; 0 before the first."""
    found = tx.row("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,))
    return int(found[0]) if found and isinstance(found[0], int) else 0


def first_sequence(tx: Transaction, table: str) -> int | None:
    """The sequence number of the oldest fact that is kept; None for none."""
    found = tx.row(f"SELECT min(sequence) FROM {table}")
    return found[0] if found and isinstance(found[0], int) else None


def note_time(tx: Transaction, table: str, seen: int) -> int:
    """Note the present as the time of the facts at the end that say none, if they are new.

    The first of them says it for all. Those that other facts have followed count to the one before
    them: they are older than these, and their time can only be guessed.

    Args:
        tx: where to note it.
        table: the log's table.
        seen: the last fact that was there at an earlier look; 0 for none.

    Returns:
        The last fact that is there.
    """
    last = last_sequence(tx, table)
    if last > seen:
        tx.execute(
            f"UPDATE {table} SET at_ms = ?1 WHERE at_ms IS NULL AND sequence ="
            f" (SELECT min(sequence) FROM {table} WHERE hop IS NULL AND sequence > max(?2,"
            f" coalesce((SELECT sequence FROM {table} WHERE sequence > ?2 AND {AT} IS NOT NULL"
            "  ORDER BY sequence DESC LIMIT 1), 0)))",
            (tx.now_ms, seen),
        )
    return last


def trim(tx: Transaction, table: str, *, up_to: int, before: int, limit: int) -> int:
    """Forget the oldest facts: at most ``limit``, none behind ``up_to``, none from ``before`` on.

    Returns how many were forgotten.
    """
    tx.execute(
        f"DELETE FROM {table} WHERE sequence IN"
        f" (SELECT sequence FROM {table} WHERE sequence <= ? ORDER BY sequence LIMIT ?)",
        (min(up_to, before - 1), limit),
    )
    return tx.changed()


def _records(
    tx: Transaction, where: str, parameters: tuple[int | str, ...], *, sharded: bool = False
) -> list[Record]:
    if sharded:  # no other program writes these
        return [Record(*row) for row in tx.execute(f"{_SELECT_SHARDED} {where}", parameters)]
    try:
        return [Record(*row) for row in tx.execute(f"{_SELECT} {where}", parameters)]
    except UnicodeDecodeError:
        # Another program has written bytes that are no text: shown as well as can be, so that one
        # such record does not stop those who read the others.
        found = tx.execute(f"{_SELECT_BYTES} {where}", parameters)
        return [Record(*(_as_text(value) for value in row)) for row in found]


def _as_text(value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    return value.decode(errors="replace") if isinstance(value, bytes) else value
