"""A bus's archives within a transaction: making them, and what they hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ensue.engine import archives, logs, replays
from ensue.engine.archives import Shelf
from ensue.engine.logs import Record
from ensue.engine.sockets import Archive
from ensue.engine.transaction import Transaction
from ensue.resources.bus.model import (
    ARCHIVE_LOOKS_MAX,
    ArchiveModel,
    ArchiveState,
    BusModel,
)
from ensue.resources.bus.rules.envelope import envelope
from ensue.words import values
from ensue.words.errors import InvalidDeclaration
from ensue.words.values import Json

LOOK_AT_ONCE = 100


def prepare(
    tx: Transaction, bus: BusModel, declared: Sequence[ArchiveModel]
) -> tuple[str | None, tuple[Archive, ...]]:
    """Make the archives of a bus; returns the SQL table of what they hold, and the archives.

    Returns:
        No table, where nothing is archived.

    Raises:
        InvalidDeclaration: something else has the name of the SQL table.
    """
    number = tx.number(bus.ref)
    made = tuple(Archive(each.name, each.keep_ms, _wants(tx, number, each)) for each in declared)
    had_some = bool(archives.shelves(tx, number))
    has_some = archives.declare(tx, number, made)
    if has_some:
        if not had_some and _is_there(tx, bus.archive):
            raise InvalidDeclaration(
                f"the SQL table {bus.archive} is there already",
                at=str(bus.ref),
                hint="Rename the bus, or whatever has that name.",
            )
        archives.create(tx, bus.archive)
        return bus.archive, made
    if had_some:
        tx.execute(f"DROP TABLE IF EXISTS {bus.archive}")
    return None, ()


@dataclass
class Wanted:
    """What of a bus's log one archive will take, as far as it was looked at, from the newest on.

    Attributes:
        events: how many that is.
        bytes: how many bytes of JSON they are.
        oldest_ms: when the oldest of them was published.
        newest_ms: the same of the newest.
    """

    events: int = 0
    bytes: int = 0
    oldest_ms: int | None = None
    newest_ms: int | None = None

    def count(self, record: Record) -> None:
        """Take an older record into account."""
        self.events += 1
        self.bytes += len((record.new or "").encode())
        self.oldest_ms = record.at_ms
        self.newest_ms = record.at_ms if self.newest_ms is None else self.newest_ms


@dataclass
class Look:
    """A look at what of a bus's log its archives will take.

    Attributes:
        shelves: the archives as they were when it was begun, with when the oldest and the newest
            event of each was published.
        before: the sequence number before which it looks next.
        first: the one before which it does not look.
        is_whole: whether that is the oldest of the log.
        wanted: what each archive will take, by its number.
    """

    shelves: list[tuple[Shelf, int | None, int | None]]
    before: int
    first: int
    is_whole: bool
    wanted: dict[int, Wanted] = field(default_factory=dict)


def begin_look(tx: Transaction, bus: BusModel) -> Look:
    """What the archives hold, and which part of the log is to be looked at."""
    source = tx.facts.directory.source(bus.ref)
    shelves = [
        (each, *archives.ends(tx, source, each)) for each in archives.shelves(tx, source.number)
    ]
    last = logs.last_sequence(tx, source.table)
    oldest = logs.first_sequence(tx, source.table)
    first = max(1 if oldest is None else oldest, last - ARCHIVE_LOOKS_MAX + 1)
    before = last + 1 if shelves and oldest is not None else first
    return Look(shelves, before, first, is_whole=oldest is None or first <= oldest)


def look(tx: Transaction, bus: BusModel, so_far: Look) -> bool:
    """Look at a part of the log; returns whether there is more."""
    source = tx.facts.directory.source(bus.ref)
    taker = archives.taker(tx, source)
    after = max(so_far.first - 1, so_far.before - 1 - LOOK_AT_ONCE)
    for record in reversed(logs.read(tx, source.table, after, so_far.before - 1 - after)):
        number = taker(record) if record.sequence < so_far.before else None
        if number is not None:
            so_far.wanted.setdefault(number, Wanted()).count(record)
    so_far.before = after + 1
    return so_far.before > so_far.first


def states(looked: Look, declared: Mapping[str, ArchiveModel]) -> list[ArchiveState]:
    """What each archive keeps; also one that is declared no more and is not empty yet."""
    return [
        _state(shelf, oldest_ms, newest_ms, looked, declared.get(shelf.name))
        for shelf, oldest_ms, newest_ms in looked.shelves
    ]


def _state(
    shelf: Shelf,
    oldest_ms: int | None,
    newest_ms: int | None,
    looked: Look,
    model: ArchiveModel | None,
) -> ArchiveState:
    wanted = looked.wanted.get(shelf.number, Wanted())
    return ArchiveState(
        name=shelf.name,
        pattern=None if model is None or model.pattern is None else dict(model.pattern),
        keep_ms=shelf.keep_ms,
        is_declared=model is not None,
        events=shelf.records + wanted.events,
        in_log=wanted.events,
        bytes=shelf.bytes + wanted.bytes,
        oldest_ms=wanted.oldest_ms if oldest_ms is None else oldest_ms,
        newest_ms=newest_ms if wanted.newest_ms is None else wanted.newest_ms,
        is_whole=looked.is_whole,
    )


def kept(tx: Transaction, bus: BusModel) -> dict[str, Json]:
    """How many events are in the archives of a bus, and how many replays of it are not over."""
    number = tx.number(bus.ref)
    return {
        "archived": sum(shelf.records for shelf in archives.shelves(tx, number)),
        "replays": replays.open_count(tx, number),
    }


def _wants(tx: Transaction, number: int, archive: ArchiveModel) -> Callable[[Record], bool]:
    """What tells whether an archive is to keep a record."""
    compiled, text = archive.compiled, tx.facts.records.text

    def wants(record: Record) -> bool:
        if compiled is None:
            return True
        stored = values.decode(record.new or "{}")
        if not isinstance(stored, dict):
            return False
        event = envelope(stored, text(number, record.sequence))
        return compiled.matches(values.as_plain(event))

    return wants


def _is_there(tx: Transaction, table: str) -> bool:
    return tx.row("SELECT 1 FROM sqlite_schema WHERE name = ?", (table,)) is not None
