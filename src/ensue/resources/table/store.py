"""What a table does within a transaction. Every write is captured by the table's triggers."""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from ensue.engine.transaction import Transaction
from ensue.languages.expressions import compile_condition, compile_update
from ensue.resources.table import schema
from ensue.resources.table.model import (
    CHANGES_SEARCHED,
    ITEM_BYTES_MAX,
    PAGE_MAX,
    Page,
    TableModel,
)
from ensue.words import values
from ensue.words.changes import Key, KeyValue
from ensue.words.errors import Conflict, InvalidInput, InvalidValue, NotFound, TooLarge
from ensue.words.keys import key_value
from ensue.words.values import Item, Json


def get(tx: Transaction, table: TableModel, key: object) -> Item | None:
    """The item with this key; None when there is none."""
    return _read(tx, table, table.as_key(key))


def put(
    tx: Transaction,
    table: TableModel,
    item: object,
    *,
    where: str | None = None,
    given: Mapping[str, object] | None = None,
) -> bool:
    """Store an item whole, if the condition holds for the one that is there; returns whether."""
    fitted = table.fitted(item)
    text = _encode(fitted, table)
    key = table.key_of(fitted)
    if where is not None and not _holds(where, _read(tx, table, key), given):
        return False
    columns, marks = ("pk, sk", "?, ?") if len(key) == 2 else ("pk", "?")
    tx.execute(
        f"INSERT INTO {table.sql} ({columns}, item, hop) VALUES ({marks}, ?, ?)"
        f" ON CONFLICT ({columns}) DO UPDATE SET item = excluded.item, hop = excluded.hop,"
        " version = version + 1",
        (*key, text, tx.hop),
    )
    tx.touched.add(tx.number(table.ref))
    return True


def update(
    tx: Transaction,
    table: TableModel,
    key: object,
    expression: str,
    *,
    where: str | None = None,
    given: Mapping[str, object] | None = None,
) -> Item | None:
    """Change the item with this key as an update expression says, if the condition holds.

    Returns the item as it is then; None when there is no such item or the condition is false.
    """
    place = table.as_key(key)
    found = _read(tx, table, place)
    if found is None or (where is not None and not _holds(where, found, given)):
        return None
    applied = table.fitted(compile_update(expression).apply(found, given or {}))
    text = _encode(applied, table)
    changed = _item(text)
    if table.key_of(changed) != place:
        raise InvalidInput(
            f"expected an update that leaves the key as it is, got {expression!r}",
            at=str(table.ref),
            hint="Delete the item and put it under its new key.",
        )
    tx.execute(
        f"UPDATE {table.sql} SET item = ?, hop = ?, version = version + 1 WHERE {table.where_key}",
        (text, tx.hop, *place),
    )
    tx.touched.add(tx.number(table.ref))
    return changed


def delete(
    tx: Transaction,
    table: TableModel,
    key: object,
    *,
    where: str | None = None,
    given: Mapping[str, object] | None = None,
) -> Item | None:
    """Remove the item with this key, if the condition holds; returns it, None when nothing went."""
    place = table.as_key(key)
    found = _read(tx, table, place)
    if found is None or (where is not None and not _holds(where, found, given)):
        return None
    tx.execute(f"DELETE FROM {table.sql} WHERE {table.where_key}", place)
    # The trigger cannot know who deletes: the newest record is this one's.
    tx.execute(
        f"UPDATE {table.changes} SET hop = ?"
        f" WHERE sequence = (SELECT max(sequence) FROM {table.changes})",
        (tx.hop,),
    )
    tx.touched.add(tx.number(table.ref))
    return found


def query(
    tx: Transaction,
    table: TableModel,
    partition: object,
    *,
    index: str | None = None,
    limit: int = 100,
    after: str | None = None,
    reverse: bool = False,
) -> Page:
    """The items of one partition, of the table or an index, in the order of their sort keys."""
    if not 1 <= limit <= PAGE_MAX:
        raise InvalidValue(f"expected a limit from 1 to {PAGE_MAX}, got {limit}")
    partition = key_value(partition, "$.partition")
    first, order = _query_columns(table, index)
    present = "" if index is None else f" AND {schema.is_indexed(table.indexes[index])}"
    where = f"{first} = ?{present}"
    parameters: list[KeyValue] = [partition]
    if after is not None:
        cursor = _cursor(after, len(order))
        where += f" AND ({', '.join(order)}) {'<' if reverse else '>'} ({_marks(len(order))})"
        parameters += cursor
    direction = " DESC" if reverse else ""
    sql = (
        f"SELECT item, {', '.join(order)} FROM {table.sql} WHERE {where}"
        f" ORDER BY {', '.join(name + direction for name in order)} LIMIT ?"
    )
    rows = _rows(tx, table, sql, [*parameters, limit + 1])
    following = _as_cursor(rows[limit - 1][1:]) if len(rows) > limit else None
    return Page([_item(row[0]) for row in rows[:limit]], following)


def last_change(tx: Transaction, table: TableModel, key: Key) -> int | None:
    """The sequence number of the newest change of an item that is there, by its hop."""
    found = tx.row(
        f"SELECT max(c.sequence) FROM {table.sql} i JOIN {table.changes} c ON c.hop = i.hop"
        f" WHERE {table.where_key} AND c.new = i.item",
        key,
    )
    if found and isinstance(found[0], int):
        return found[0]
    # Last written by a statement from outside, which names no hop: look among the newest changes.
    newest = f"SELECT sequence, key FROM {table.changes} ORDER BY sequence DESC LIMIT ?"
    found = tx.row(
        f"SELECT max(sequence) FROM ({newest}) WHERE key = json_array({_marks(len(key))})",
        (CHANGES_SEARCHED, *key),
    )
    return found[0] if found and isinstance(found[0], int) else None


def count(tx: Transaction, table: TableModel) -> int:
    """How many items there are."""
    [(found,)] = tx.execute(f"SELECT count(*) FROM {table.sql}")
    return int(found)


def _read(tx: Transaction, table: TableModel, key: Key) -> Item | None:
    sql = f"SELECT item FROM {table.sql} WHERE {table.where_key}"
    found = _rows(tx, table, sql, key)
    return _item(found[0][0]) if found else None


def _rows(
    tx: Transaction, table: TableModel, sql: str, parameters: Sequence[KeyValue]
) -> list[tuple[Any, ...]]:
    try:
        return tx.execute(sql, parameters).fetchall()
    except UnicodeDecodeError:
        raise Conflict(
            f"{table.ref} holds bytes that are not UTF-8, written by another program",
            at=table.sql,
            hint="Mend or delete the row with SQL.",
        ) from None


def _item(text: object) -> Item:
    found = values.decode(str(text))
    return Item(found) if isinstance(found, dict) else Item(value=found)


def _encode(item: Mapping[str, object], table: TableModel) -> str:
    text = values.encode(item)
    if len(text) > ITEM_BYTES_MAX:
        raise TooLarge(
            f"expected an item of at most {ITEM_BYTES_MAX} bytes, got {len(text)}",
            at=str(table.ref),
            hint="Keep large attributes elsewhere and store a reference to them.",
        )
    return text


def _holds(where: str, item: Item | None, given: Mapping[str, object] | None) -> bool:
    return compile_condition(where).holds(item, given or {})


def _query_columns(table: TableModel, index: str | None) -> tuple[str, list[str]]:
    """The SQL expression of the partition, and those of the order within it."""
    if index is None:
        return "pk", ["pk", "sk"][: len(table.key)][1:] or ["pk"]
    attributes = table.indexes.get(index)
    if attributes is None:
        has = ", ".join(table.indexes) or "none"
        raise NotFound(f"there is no index {index} on {table.ref}; it has: {has}")
    key = ["pk", "sk"][: len(table.key)]
    return schema.attribute(attributes[0]), [
        *(schema.attribute(name) for name in attributes[1:]),
        *key,
    ]


def _marks(count: int) -> str:
    return ", ".join("?" * count)


def _as_cursor(parts: tuple[object, ...]) -> str:
    """A place in a query as text that needs no escaping in an address."""
    return urlsafe_b64encode(values.encode(list(parts)).encode()).decode().rstrip("=")


def _cursor(after: str, length: int) -> list[str | int | float]:
    found: Json = None
    try:
        padded = after + "=" * (-len(after) % 4)
        found = values.decode(b64decode(padded, altchars=b"-_", validate=True))
        values.check(found)
    except ValueError:
        found = None  # not base64, or not ASCII
    except InvalidValue:
        found = None
    if isinstance(found, list) and len(found) == length:
        parts = [part for part in found if isinstance(part, str | int | float)]
        if len(parts) == length:
            return parts
    raise InvalidValue(
        f"expected the next of an earlier page, got {after!r}",
        at="$.after",
        hint="Begin without it.",
    )
