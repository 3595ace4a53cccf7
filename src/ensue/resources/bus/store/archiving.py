"""A bus's archives within a transaction: making them, and what they hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ensue.engine import archives, replays
from ensue.engine.logs import Record
from ensue.engine.sockets import Archive
from ensue.engine.transaction import Transaction
from ensue.resources.bus.model import ArchiveModel, ArchiveState, BusModel
from ensue.resources.bus.rules.envelope import envelope
from ensue.words import values
from ensue.words.errors import InvalidDeclaration
from ensue.words.values import Json


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


def states(
    tx: Transaction, bus: BusModel, declared: Mapping[str, ArchiveModel]
) -> list[ArchiveState]:
    """What each archive holds; also one that is declared no more and is not empty yet."""
    source = tx.facts.directory.source(bus.ref)
    found: list[ArchiveState] = []
    for shelf in archives.shelves(tx, source.number):
        oldest_ms, newest_ms = archives.ends(tx, source, shelf)
        model = declared.get(shelf.name)
        pattern = None if model is None or model.pattern is None else dict(model.pattern)
        found.append(
            ArchiveState(
                name=shelf.name,
                pattern=pattern,
                keep_ms=shelf.keep_ms,
                is_declared=model is not None,
                events=shelf.records,
                bytes=shelf.bytes,
                oldest_ms=oldest_ms,
                newest_ms=newest_ms,
            )
        )
    return found


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
