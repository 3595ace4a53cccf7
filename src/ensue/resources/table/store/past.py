"""A table as it was: rebuilt from the change log, as far back as that is kept."""

from __future__ import annotations

from dataclasses import dataclass

from ensue.engine import changes, hops, logs
from ensue.engine.ids import Place
from ensue.engine.transaction import Transaction
from ensue.resources.table import schema
from ensue.resources.table.model import (
    CHANGES_SEARCHED,
    PAGE_MAX,
    At,
    TableModel,
)
from ensue.resources.table.store.rows import Parameters, as_item, living, row
from ensue.words.changes import Change, Key, KeyValue
from ensue.words.errors import InvalidValue, NotKept
from ensue.words.units import as_ms, iso
from ensue.words.values import Item


@dataclass(frozen=True, slots=True)
class Past:
    """A moment of a table: behind this position of its change log, at this time."""

    position: int
    at_ms: int


def past(tx: Transaction, table: TableModel, at: At) -> Past:
    """The moment that a caller means.

    Args:
        tx: where to look.
        table: of which table.
        at: a time, as a datetime, ms since 1970 or ISO text; or the id of a change: right after it.

    Raises:
        InvalidValue: it is none of these, or the id of another table's change.
        NotKept: the changes since then are not kept any more; says since when they are.
    """
    place = tx.facts.records.place(at) if isinstance(at, str) else None
    moment = _after_change(tx, table, place, at) if place else _at_time(tx, table, as_ms(at))
    first, forgotten_ms = logs.kept_from(tx, tx.number(table.ref), table.changes)
    if moment.position < first - 1 or (place is None and moment.at_ms < forgotten_ms):
        raise NotKept(
            f"the changes of {table.ref} are kept from {iso(forgotten_ms)} on,"
            f" {'that change was before' if place else f'{iso(moment.at_ms)} is before'}",
            at=str(table.ref),
            hint="Declare the table with keep_changes, such as keep_changes='7d'.",
        )
    if place is None and not _is_timed(tx, table, moment):
        raise NotKept(
            f"when the changes of {table.ref} before {iso(moment.at_ms)} were made is not kept any"
            " more",
            at=str(table.ref),
            hint="Say the id of a change, right after which it shall be.",
        )
    return moment


def _is_timed(tx: Transaction, table: TableModel, moment: Past) -> bool:
    """Whether it is known that the changes up to a moment were made before it.

    The time of a change may be that of its hop, which is forgotten before the change is where a
    follower has not read it yet.
    """
    if logs.is_timed(tx, table.changes, moment.position):
        return True
    oldest = hops.oldest_ms(tx)
    return oldest is not None and oldest <= moment.at_ms


def _after_change(tx: Transaction, table: TableModel, place: Place, at: At) -> Past:
    if place.number != tx.number(table.ref):
        raise InvalidValue(f"expected the id of a change of {table.ref}, got {at!r}", at="$.at")
    at_ms = logs.time_of(tx, table.changes, place.sequence)
    if at_ms is None and table.ttl is not None:
        raise NotKept(
            f"when the change {at} of {table.ref} was made is not kept, and so neither is which"
            " items had ended",
            at=str(table.ref),
            hint="Say a time.",
        )
    return Past(place.sequence, tx.now_ms if at_ms is None else at_ms)


def _at_time(tx: Transaction, table: TableModel, at_ms: int) -> Past:
    return Past(logs.first_since(tx, table.changes, at_ms + 1) - 1, at_ms)


def source_at(
    table: TableModel,
    moment: Past,
    *,
    partition: KeyValue | None = None,
    key: Key | None = None,
) -> tuple[str, Parameters]:
    """What to select from in place of the table, and its parameters.

    These are the rows that have not changed since, and what was before the first change since of
    each of the others.

    Args:
        table: the table.
        moment: as of when.
        partition: only this partition of the table is asked for.
        key: only this item is asked for.
    """
    columns = table.key_columns
    parameters: Parameters = {"position": moment.position}
    rows_, log = "", "sequence > :position"
    if key is not None:
        rows_ = f" AND {table.where_key}"
        log += f" AND key = {schema.key_text(*(f':{each}' for each in columns))}"
        parameters |= dict(zip(columns, key, strict=True))
    elif partition is not None:
        text = schema.key_text(":partition")
        rows_ = " AND pk = :partition"
        if len(columns) == 1:
            log += f" AND key = {text}"
        else:  # the keys that begin so, up to the letter behind the comma
            begin = f"substr({text}, 1, length({text}) - 1)"
            log += f" AND key > {begin} || ',' AND key < {begin} || '-'"
        parameters["partition"] = partition
    parts = ", ".join(
        f"{schema.key_part('key', index)} AS {name}" for index, name in enumerate(columns)
    )
    source = (
        f"(SELECT {', '.join(columns)}, item FROM {table.sql} WHERE {schema.key_text(*columns)}"
        f" NOT IN (SELECT key FROM {table.changes} WHERE {log}){rows_} UNION ALL"
        f" SELECT {parts}, old AS item FROM (SELECT key, old, min(sequence)"
        f" FROM {table.changes} WHERE {log} GROUP BY key) WHERE old IS NOT NULL)"
    )
    return source, parameters


def get_at(tx: Transaction, table: TableModel, key: object, at: At) -> Item | None:
    """The item with this key as it was; None when there was none."""
    place, moment = table.as_key(key), past(tx, table, at)
    source, parameters = source_at(table, moment, key=place)
    alive, ends = living(table, moment.at_ms)
    found = row(tx, table, f"SELECT item FROM {source} WHERE true{alive}", parameters | ends)
    return None if found is None else as_item(found[0])


def history(
    tx: Transaction, table: TableModel, key: object, *, limit: int, before: str | None
) -> list[Change]:
    """The changes of one item that are kept, newest first."""
    if not 1 <= limit <= PAGE_MAX:
        raise InvalidValue(f"expected a limit from 1 to {PAGE_MAX}, got {limit}")
    end = 2**62
    if before is not None:
        place = tx.facts.records.place(before)
        if place is None or place.number != tx.number(table.ref):
            raise InvalidValue(
                f"expected the id of a change of {table.ref}, got {before!r}", at="$.before"
            )
        end = place.sequence
    text = key_text(tx, table.as_key(key))
    found = logs.about(tx, table.changes, text, before=end, limit=limit)
    return [changes.change_of(tx, table.ref, each) for each in found]


def last_change(tx: Transaction, table: TableModel, key: Key) -> int | None:
    """The sequence number of the newest change of an item that is there, by its hop."""
    found = tx.row(
        f"SELECT max(c.sequence) FROM {table.sql} i JOIN {table.changes} c ON c.hop = i.hop"
        f" WHERE {table.where_key} AND c.new = i.item",
        dict(zip(table.key_columns, key, strict=True)),
    )
    if found and isinstance(found[0], int):
        return found[0]
    # Last written by a statement from outside, which names no hop: look among the newest changes.
    newest = f"SELECT sequence, key FROM {table.changes} ORDER BY sequence DESC LIMIT ?"
    found = tx.row(
        f"SELECT max(sequence) FROM ({newest}) WHERE key = ?",
        (CHANGES_SEARCHED, key_text(tx, key)),
    )
    return found[0] if found and isinstance(found[0], int) else None


def key_text(tx: Transaction, key: Key) -> str:
    """A key as the change log has it."""
    names = ["pk", "sk"][: len(key)]
    [(text,)] = tx.execute(
        f"SELECT {schema.key_text(*(f':{name}' for name in names))}",
        dict(zip(names, key, strict=True)),
    )
    return str(text)
