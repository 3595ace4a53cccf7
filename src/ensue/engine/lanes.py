"""Lanes: how far a reader has come in each shard of a log. A log without shards is one lane.

The records of a shard that was split or merged come before those of the shards that took its
place, so a lane is *ready* only when its parents' lanes are at their ends. So the order of each key
is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from ensue.engine import archives, hops, logs, shards
from ensue.engine.logs import Record
from ensue.engine.shards import Shard
from ensue.engine.sockets import Source
from ensue.engine.transaction import Transaction
from ensue.words.errors import Conflict, InvalidValue

UNREAD_COUNTED_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Lane:
    """One reader in one shard.

    Attributes:
        shard: the shard's number; 0 in a log without shards.
        position: the sequence number of the last record that was read; 0 before the first.
        attempts: starts at the next record that no end followed.
        closed: behind which sequence number the shard has no records; None while it is open.
    """

    shard: int
    position: int
    attempts: int = 0
    closed: int | None = None

    @property
    def is_over(self) -> bool:
        """Whether the shard is closed and read to its end."""
        return self.closed is not None and self.position >= self.closed


def ready(of: Iterable[tuple[Shard, Lane]]) -> Iterator[Lane]:
    """The lanes that may be read from: not over, and all before them are over or gone.

    A shard that never had a record is over at once, but those behind it wait for its parents.

    Args:
        of: the shards with their lanes, parents first.
    """
    unread: set[int] = set()
    for shard, lane in of:
        waits = not unread.isdisjoint(shard.parents)
        if waits or not lane.is_over:
            unread.add(lane.shard)
        if not waits and not lane.is_over:
            yield lane


def lanes_of(tx: Transaction, source: Source, reader: int) -> list[Lane]:
    """The lanes of a reader that may be read from."""
    found = {
        shard: (position, attempts)
        for shard, position, attempts in tx.execute(
            "SELECT shard, position, attempts FROM ensue_readers WHERE number = ?", (reader,)
        )
    }
    if not source.sharded:
        return [Lane(shard, *at) for shard, at in found.items()]
    return list(
        ready(
            (shard, Lane(shard.number, *found.get(shard.number, (0, 0)), shard.closed))
            for shard in shards.all_shards(tx, source.number)
        )
    )


def read(tx: Transaction, source: Source, lane: Lane, limit: int) -> list[Record]:
    """The next records of a lane."""
    if source.sharded:
        return logs.read_shard(tx, source.table, lane.shard, lane.position, limit)
    return archives.read(tx, source, lane.position, limit)


def move(tx: Transaction, source: Source, reader: int, shard: int, position: int) -> None:
    """Let a reader go on behind a position of a shard."""
    tx.execute(
        "INSERT INTO ensue_readers (number, shard, log, position) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (number, shard) DO UPDATE SET position = excluded.position, attempts = 0",
        (reader, shard, source.number, position),
    )


def move_all(tx: Transaction, source: Source, reader: int, position: int) -> None:
    """Let a reader go on behind a position of the log, in every shard."""
    for number in shard_numbers(tx, source):
        move(tx, source, reader, number, position)


def begin(tx: Transaction, source: Source, reader: int, shard: int) -> None:
    """Count a start at the next record of a lane."""
    tx.execute(
        "INSERT INTO ensue_readers (number, shard, log, position, attempts) VALUES (?, ?, ?, 0, 1)"
        " ON CONFLICT (number, shard) DO UPDATE SET attempts = attempts + 1",
        (reader, shard, source.number),
    )


def unbegin(tx: Transaction, reader: int, shard: int) -> None:
    """Take back a start as if it had never been."""
    tx.execute(
        "UPDATE ensue_readers SET attempts = max(0, attempts - 1) WHERE number = ? AND shard = ?",
        (reader, shard),
    )


def start(tx: Transaction, source: Source, reader: int, at: Start) -> bool:
    """Give a reader its position, unless it has one in this log; returns whether it is new."""
    tx.execute("DELETE FROM ensue_readers WHERE number = ? AND log <> ?", (reader, source.number))
    if tx.row("SELECT 1 FROM ensue_readers WHERE number = ?", (reader,)) is not None:
        return False
    move_all(tx, source, reader, position_of(tx, source, at))
    tx.execute("UPDATE ensue_readers SET begun = position WHERE number = ?", (reader,))
    return True


def leave(tx: Transaction, reader: int) -> None:
    """Forget the place of a reader that follows no log any more."""
    tx.execute("DELETE FROM ensue_readers WHERE number = ?", (reader,))


def shard_numbers(tx: Transaction, source: Source) -> list[int]:
    """The numbers of a log's shards; 0 for the one lane of a log without."""
    if not source.sharded:
        return [0]
    return [shard.number for shard in shards.all_shards(tx, source.number)]


class Start(NamedTuple):
    """Where to begin in a log.

    Attributes:
        place: ``latest``, behind all that is there; ``horizon``, at the oldest that is kept;
            ``sequence``, at a sequence number; ``time``, at the first record of that time or later.
        value: the sequence number, or the time in ms since 1970.
    """

    place: str
    value: int = 0


LATEST, HORIZON = Start("latest"), Start("horizon")


def parse_start(given: str | int) -> Start:
    """Where to begin, from the words in which it is given.

    Args:
        given: ``"latest"``, ``"horizon"``, a sequence number, or a time as ISO 8601 (in UTC, where
            it names no zone).

    Raises:
        InvalidValue: it is none of these.
    """
    if isinstance(given, int) and not isinstance(given, bool) and given >= 0:
        return Start("sequence", given)
    if given in {"latest", "horizon"}:
        return Start(str(given))
    if isinstance(given, str):
        if given.isascii() and given.isdigit() and len(given) < 19:
            return Start("sequence", int(given))
        try:
            at = datetime.fromisoformat(given)
        except ValueError:
            pass
        else:
            zoned = at if at.tzinfo else at.replace(tzinfo=UTC)
            return Start("time", round(zoned.timestamp() * 1_000))
    raise InvalidValue(
        f"expected latest, horizon, a sequence number or a time as ISO 8601, got {given!r}"
    )


def position_of(tx: Transaction, source: Source, at: Start) -> int:
    """The position behind which to begin."""
    last = logs.last_sequence(tx, source.table)
    if at.place == "horizon":
        return 0
    if at.place == "sequence":
        return min(last, max(0, at.value - 1))
    if at.place == "time":
        since = _first_since(tx, source, at.value)
        return last if since is None else since - 1
    return last


def _first_since(tx: Transaction, source: Source, at_ms: int) -> int | None:
    if source.sharded:
        return hops.first_since(tx, source.table, "sequence", at_ms)
    return archives.first_since(tx, source, at_ms)


def check_confirmed(reader: str, confirm: str | None, records: int) -> None:
    """Check that whoever sets a reader back, or forward, means it.

    Raises:
        Conflict: ``confirm`` is not the reader's name.
    """
    if confirm != reader:
        raise Conflict(
            f"up to {records} records would be read again, or skipped, by {reader}",
            hint=f"Confirm it with the reader's name: {reader}.",
        )


class Lag(NamedTuple):
    """How far behind a reader is in one shard.

    Attributes:
        shard: which; 0 in a log without shards.
        position: the sequence number of the last record that it has read.
        unread: how many records it has not read, counted up to 10,000.
        lag_ms: how old the oldest of them is; 0 where there is none.
    """

    shard: int
    position: int
    unread: int
    lag_ms: int


def lags(tx: Transaction, source: Source, reader: int) -> list[Lag]:
    """How far behind a reader is, in each shard that it has not read to its end."""
    found: dict[int, int] = dict(
        tx.execute("SELECT shard, position FROM ensue_readers WHERE number = ?", (reader,))
    )
    if not source.sharded:
        return [lag(tx, source, Lane(0, at)) for at in found.values()]
    every = [
        Lane(each.number, found.get(each.number, 0), closed=each.closed)
        for each in shards.all_shards(tx, source.number)
    ]
    return [lag(tx, source, lane) for lane in every if not lane.is_over]


def lag(tx: Transaction, source: Source, lane: Lane) -> Lag:
    """How far behind a lane is."""
    where = "shard = ? AND sequence > ?" if source.sharded else "sequence > ?"
    at = (lane.shard, lane.position) if source.sharded else (lane.position,)
    [(unread,)] = tx.execute(
        f"SELECT count(*) FROM (SELECT 1 FROM {source.table} WHERE {where} LIMIT ?)",
        (*at, UNREAD_COUNTED_MAX),
    )
    unread += archives.unread(tx, source, lane.position, UNREAD_COUNTED_MAX - unread)
    oldest = read(tx, source, lane, 1)
    at_ms = oldest[0].at_ms if oldest else None
    return Lag(lane.shard, lane.position, unread, 0 if at_ms is None else max(0, tx.now_ms - at_ms))
