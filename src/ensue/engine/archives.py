"""Archives: the records of a log that are kept longer than the others.

When the keeper trims a log that has archives, what one of them wants moves to the log's archive
table, in the same transaction and under its sequence number. So the archive table ends where the
log begins, and whoever reads by position reads the one and then the other.

    in the log ──trimmed, wanted──▶ in an archive ──its time is over, wanted by another──▶ in that
        │                               └──its time is over──▶ forgotten
        └──trimmed, not wanted──▶ forgotten

A record that several archives want is in the one that keeps it longest. An archive that is declared
no more keeps what it has for the time that it was declared with, and gets nothing new.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple

from ensue.engine import hops, logs
from ensue.engine.logs import Record
from ensue.engine.sockets import Archive, Source
from ensue.engine.transaction import Transaction

FOR_EVER = 2**62
READ_AT_ONCE = 100


class Shelf(NamedTuple):
    """An archive as the store has it.

    Attributes:
        number: what stands for it in the archive table.
        name: its name, one of its log.
        keep_ms: how long its records are kept from when they were made; None for ever.
        records: how many it holds.
        bytes: how many bytes of JSON they are.
    """

    number: int
    name: str
    keep_ms: int | None
    records: int
    bytes: int

    @property
    def kept_ms(self) -> int:
        """How long its records are kept, as a number."""
        return FOR_EVER if self.keep_ms is None else self.keep_ms


def create(tx: Transaction, table: str) -> None:
    """Make a log's archive table, if it is not there yet: its columns are those of a log."""
    tx.execute(
        f"CREATE TABLE IF NOT EXISTS {table} ("
        " sequence INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT, old TEXT, new TEXT,"
        " hop INTEGER, version INTEGER, at_ms INTEGER, expired INTEGER,"
        " archive INTEGER NOT NULL)"
    )
    tx.execute(
        f"CREATE INDEX IF NOT EXISTS {table}_by_archive ON {table} (archive, sequence, at_ms)"
    )
    tx.execute(f"CREATE INDEX IF NOT EXISTS {table}_by_hop ON {table} (hop) WHERE hop IS NOT NULL")


def declare(tx: Transaction, log: int, archives: Iterable[Archive]) -> bool:
    """Enter the archives of a log; returns whether it has any, or had some that hold records."""
    tx.execute("DELETE FROM ensue_archives WHERE log = ? AND records = 0", (log,))
    for each in archives:
        tx.execute(
            "INSERT INTO ensue_archives (log, name, keep_ms) VALUES (?, ?, ?)"
            " ON CONFLICT (log, name) DO UPDATE SET keep_ms = excluded.keep_ms",
            (log, each.name, each.keep_ms),
        )
    return tx.row("SELECT 1 FROM ensue_archives WHERE log = ? LIMIT 1", (log,)) is not None


def shelves(tx: Transaction, log: int) -> list[Shelf]:
    """The archives of a log, in the order of their names."""
    found = tx.execute(
        "SELECT number, name, keep_ms, records, bytes FROM ensue_archives WHERE log = ?"
        " ORDER BY name",
        (log,),
    )
    return [Shelf(*row) for row in found]


def move_old(
    tx: Transaction, source: Source, *, up_to: int, before: int, before_ms: int, limit: int
) -> int:
    """Trim a log as `logs.trim` does, but keep what an archive wants; returns how many went.

    Args:
        tx: the transaction.
        source: a log that has archives.
        up_to: nothing behind this sequence number goes.
        before: nothing from this one on goes.
        before_ms: what has no time of its own counts as made then.
        limit: how many go at most.
    """
    end, last = min(up_to, before - 1), 0
    places, wanted = _Places(tx, source), list[tuple[int, int, int]]()
    for record in _oldest(tx, source.table, end, limit):
        last = record.sequence
        number = places.of(record)
        if number is not None:
            wanted.append((last, number, before_ms))
    if wanted:
        tx.connection.executemany(
            f"INSERT INTO {source.archive}"
            " (sequence, kind, key, old, new, hop, version, at_ms, expired, archive)"
            f" SELECT sequence, kind, key, old, new, hop, version, coalesce({logs.AT}, ?3),"
            f" expired, ?2 FROM {source.table} WHERE sequence = ?1",
            wanted,
        )
        _count(tx, str(source.archive), wanted[0][0], wanted[-1][0], 1)
    return logs.trim(tx, source.table, up_to=last, before=before, limit=limit)


def forget(tx: Transaction, source: Source, *, up_to: int, limit: int) -> int:
    """Forget what archives have kept for its time, none behind ``up_to``; returns how many went.

    What another archive wants for longer goes there instead, and counts too.
    """
    table = source.archive
    if table is None:
        return 0
    gone = 0
    places = _Places(tx, source)
    for shelf in shelves(tx, source.number):
        over = _over(tx, table, shelf, up_to, limit - gone) if shelf.records else []
        if over:
            _leave(tx, table, shelf, over, places)
            gone += len(over)
    return gone


def _leave(tx: Transaction, table: str, shelf: Shelf, over: Sequence[int], places: _Places) -> None:
    """Let the oldest records of an archive go: to another one, or out of the store."""
    moves: list[tuple[int, int]] = []
    for sequence in over:
        record = logs.record(tx, table, sequence)
        number = None if record is None else places.of(record)
        if number is not None:
            moves.append((number, sequence))
    _count(tx, table, over[0], over[-1], -1)
    tx.connection.executemany(f"UPDATE {table} SET archive = ? WHERE sequence = ?", moves)
    tx.execute(
        f"DELETE FROM {table} WHERE archive = ? AND sequence BETWEEN ? AND ?",
        (shelf.number, over[0], over[-1]),
    )
    _count(tx, table, over[0], over[-1], 1)


def read(tx: Transaction, source: Source, after: int, limit: int) -> list[Record]:
    """The records behind position ``after``, oldest first: the archived, then those of the log."""
    found = logs.read(tx, source.table, after, limit)
    if source.archive is None or (found and found[0].sequence == after + 1):
        return found
    older = logs.read(tx, source.archive, after, limit)
    return (older + found)[:limit] if older else found


def read_last(tx: Transaction, source: Source, limit: int) -> list[Record]:
    """The newest records, oldest of them first."""
    found = logs.read_last(tx, source.table, limit)
    if source.archive is None or len(found) == limit:
        return found
    return logs.read_last(tx, source.archive, limit - len(found)) + found


def record(tx: Transaction, source: Source, sequence: int) -> Record | None:
    """One record by its sequence number; None when it is not kept any more, or never was."""
    found = logs.record(tx, source.table, sequence)
    if found is None and source.archive is not None:
        return logs.record(tx, source.archive, sequence)
    return found


def produced_by(tx: Transaction, source: Source, hop: int, limit: int) -> list[Record]:
    """The records that a hop produced in a log, also those that are archived by now."""
    found = logs.produced_by(tx, source.table, hop, limit)
    if source.archive is None or len(found) == limit:
        return found
    return logs.produced_by(tx, source.archive, hop, limit - len(found)) + found


def first_since(tx: Transaction, source: Source, at_ms: int) -> int:
    """The first record made at or after a time; one behind the last when there is none."""
    if source.archive is not None:
        archived = hops.first_since(tx, source.archive, "sequence", at_ms)
        if archived is not None:
            return archived
    return logs.first_since(tx, source.table, at_ms)


def count(tx: Transaction, source: Source, first: int, last: int) -> int:
    """How many records are kept between two sequence numbers, both included."""
    oldest = tx.row(f"SELECT min(sequence) FROM {source.table}")
    begin = oldest[0] if oldest and isinstance(oldest[0], int) else None
    # A log is forgotten from its oldest record on, and nothing in between.
    counted = 0 if begin is None else max(0, last - max(first, begin) + 1)
    if source.archive is None:
        return counted
    for shelf in shelves(tx, source.number):
        [(archived,)] = tx.execute(
            f"SELECT count(*) FROM {source.archive} WHERE archive = ? AND sequence BETWEEN ? AND ?",
            (shelf.number, first, last),
        )
        counted += archived
    return counted


def taker(tx: Transaction, source: Source) -> Callable[[Record], int | None]:
    """To which archive, by its number, a record of the log goes when it is trimmed, if to any."""
    return _Places(tx, source).of


def unread(tx: Transaction, source: Source, after: int, limit: int) -> int:
    """How many archived records are behind a position, counted up to a limit."""
    if source.archive is None:
        return 0
    [(found,)] = tx.execute(
        f"SELECT count(*) FROM (SELECT 1 FROM {source.archive} WHERE sequence > ? LIMIT ?)",
        (after, limit),
    )
    return int(found)


def ends(tx: Transaction, source: Source, shelf: Shelf) -> tuple[int | None, int | None]:
    """When the oldest and the newest record of an archive were made; None for an empty one."""
    if source.archive is None:
        return None, None
    sql = f"SELECT at_ms FROM {source.archive} WHERE archive = ? ORDER BY sequence"
    found = [tx.row(f"{sql} {way} LIMIT 1", (shelf.number,)) for way in ("ASC", "DESC")]
    oldest, newest = (each[0] if each and isinstance(each[0], int) else None for each in found)
    return oldest, newest


class _Places:
    """Which archive a record goes to."""

    def __init__(self, tx: Transaction, source: Source) -> None:
        numbers = {each.name: each.number for each in shelves(tx, source.number)}
        longest_first = sorted(source.archives, key=_kept_ms, reverse=True)
        self._archives = [(each, numbers[each.name]) for each in longest_first]
        self._now_ms = tx.now_ms

    def of(self, record: Record) -> int | None:
        """The archive that wants it and keeps it longest; None where it is over for all."""
        age_ms = 0 if record.at_ms is None else self._now_ms - record.at_ms
        for archive, number in self._archives:
            if age_ms > _kept_ms(archive):
                return None  # and so it is for those that keep it shorter
            if _wants(archive, record):
                return number
        return None


def _oldest(tx: Transaction, table: str, up_to: int, limit: int) -> Iterator[Record]:
    """The oldest records of a log, a few at a time: each may be large."""
    after, left = 0, limit
    while left > 0:
        found = logs.read(tx, table, after, min(left, READ_AT_ONCE))
        for record in found:
            if record.sequence > up_to:
                return
            yield record
        if not found:
            return
        after, left = found[-1].sequence, left - len(found)


def _wants(archive: Archive, record: Record) -> bool:
    try:
        return archive.wants(record)
    except Exception:  # noqa: BLE001 - nobody can tell what it says: it is kept rather than lost
        return True


def _kept_ms(archive: Archive) -> int:
    return FOR_EVER if archive.keep_ms is None else archive.keep_ms


def _over(tx: Transaction, table: str, shelf: Shelf, up_to: int, limit: int) -> list[int]:
    """The oldest records of an archive whose time in it is over."""
    found = tx.execute(
        f"SELECT sequence, at_ms FROM {table} WHERE archive = ? AND sequence <= ?"
        " ORDER BY sequence LIMIT ?",
        (shelf.number, up_to, limit),
    )
    before_ms = tx.now_ms - shelf.kept_ms
    return [sequence for sequence, _ in takewhile(lambda each: (each[1] or 0) < before_ms, found)]


def _count(tx: Transaction, table: str, first: int, last: int, sign: int) -> None:
    """Add what is in a part of an archive table to the counts of its archives, or take it away."""
    found = tx.rows(
        f"SELECT archive, count(*), sum(octet_length(new)) FROM {table}"
        " WHERE sequence BETWEEN ? AND ? GROUP BY archive",
        (first, last),
    )
    tx.connection.executemany(
        "UPDATE ensue_archives SET records = records + ?2 * ?4, bytes = bytes + ?3 * ?4"
        " WHERE number = ?1",
        [(*row, sign) for row in found],
    )
