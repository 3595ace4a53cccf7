"""Rows of a table's SQL as items, and items as rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ensue.engine.database import SqlValue
from ensue.engine.transaction import Transaction
from ensue.resources.table import schema
from ensue.resources.table.model import ITEM_BYTES_MAX, TTL_AGE_S_MAX, TableModel
from ensue.words import values
from ensue.words.changes import Key
from ensue.words.errors import Conflict, TooLarge
from ensue.words.values import Item

Parameters = dict[str, SqlValue]


def rows(
    tx: Transaction, table: TableModel, sql: str, parameters: Parameters
) -> Iterator[tuple[Any, ...]]:
    """The rows of a query, as they are asked for.

    Raises:
        Conflict: another program has written what is no text.
    """
    cursor = tx.execute(sql, parameters)
    try:
        yield from cursor
    except UnicodeDecodeError:
        raise _unreadable(table) from None
    finally:
        cursor.close()


def all_rows(
    tx: Transaction, table: TableModel, sql: str, parameters: Parameters
) -> list[tuple[Any, ...]]:
    """The rows of a query at once, for one that reads no more than it shows.

    Raises:
        Conflict: another program has written what is no text.
    """
    try:
        return tx.execute(sql, parameters).fetchall()
    except UnicodeDecodeError:
        raise _unreadable(table) from None


def row(
    tx: Transaction, table: TableModel, sql: str, parameters: Parameters | Key
) -> tuple[Any, ...] | None:
    """The first row of a query; None when there is none.

    Raises:
        Conflict: another program has written what is no text.
    """
    try:
        found: tuple[Any, ...] | None = tx.execute(sql, parameters).fetchone()
    except UnicodeDecodeError:
        raise _unreadable(table) from None
    return found


def _unreadable(table: TableModel) -> Conflict:
    return Conflict(
        f"{table.ref} holds bytes that are not UTF-8, written by another program",
        at=table.sql,
        hint="Mend or delete the row with SQL.",
    )


def as_item(text: object) -> Item:
    """The item that a row holds."""
    found = values.decode(text if type(text) is str else str(text))
    return Item(found) if isinstance(found, dict) else Item(value=found)


def as_text(item: Mapping[str, object], table: TableModel) -> str:
    """An item as its row holds it.

    Raises:
        InvalidValue: a value cannot be stored.
        TooLarge: it is larger than 400 KB.
    """
    text = values.encode(item)
    if len(text) > ITEM_BYTES_MAX:
        raise TooLarge(
            f"expected an item of at most {ITEM_BYTES_MAX} bytes, got {len(text)}",
            at=str(table.ref),
            hint="Keep large attributes elsewhere and store a reference to them.",
        )
    return text


def is_over(table: TableModel) -> str | None:
    """The SQL condition for an item to have expired at ``:now_s``; None where none ever does.

    What is said to have ended more than five years ago stays: it is a mistake more often than not.
    """
    if table.ttl is None:
        return None
    end = schema.attribute(table.ttl)
    return f"{schema.has_end(table.ttl)} AND {end} <= :now_s AND {end} > :now_s - {TTL_AGE_S_MAX}"


def living(table: TableModel, now_ms: int) -> tuple[str, Parameters]:
    """What to add to the condition of a read, so that it shows no item that has expired."""
    over = is_over(table)
    return ("", {}) if over is None else (f" AND ({over}) IS NOT TRUE", {"now_s": now_ms / 1_000})
