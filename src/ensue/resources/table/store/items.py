"""Items by their keys: reads, and conditional writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple, TypeVar

from ensue.engine.transaction import Transaction
from ensue.languages.expressions import compile_condition, compile_update
from ensue.resources.table.model import (
    BATCH_MAX,
    Condition,
    TableModel,
    Versioned,
)
from ensue.resources.table.rules import check_indexed
from ensue.resources.table.store.expiry import remove
from ensue.resources.table.store.rows import Parameters, as_item, as_text, is_over, living, row
from ensue.words.changes import Key
from ensue.words.errors import InvalidInput, LimitExceeded
from ensue.words.values import Item

T = TypeVar("T")

_ANY = Condition()


class _Stored(NamedTuple):
    """An item that is there, as its row has it."""

    text: str
    item: Item
    version: int


def get(tx: Transaction, table: TableModel, key: object) -> Item | None:
    """The item with this key; None when there is none."""
    place = table.as_key(key)
    if table.ttl is None:
        found = row(tx, table, f"SELECT item FROM {table.sql} WHERE {table.where_key}", place)
    else:
        alive, ends = living(table, tx.now_ms)
        sql = f"SELECT item FROM {table.sql} WHERE {table.where_key}{alive}"
        found = row(tx, table, sql, named(place) | ends)
    return None if found is None else as_item(found[0])


def get_versioned(tx: Transaction, table: TableModel, key: object) -> Versioned | None:
    """The item with this key, and its version; None when there is none."""
    alive, parameters = living(table, tx.now_ms)
    sql = f"SELECT item, version FROM {table.sql} WHERE {table.where_key}{alive}"
    found = row(tx, table, sql, parameters | named(table.as_key(key)))
    return None if found is None else Versioned(as_item(found[0]), found[1])


def put(tx: Transaction, table: TableModel, item: object, condition: Condition = _ANY) -> bool:
    """Store an item whole, if the condition holds for the one that is there; returns whether."""
    fitted = table.fitted(item)
    text = as_text(fitted, table)
    key = table.key_of(fitted)
    if table.indexed:
        _check_indexed(table, fitted)
    # Only where the one that is there matters is it looked at; it matters too when it has expired.
    if table.ttl is not None or not condition.is_always_true:
        found = _read(tx, table, key)
        if not _holds(condition, found):
            return False
    tx.execute(_put_sql(table.sql, table.changes, len(key)), (*key, text, tx.hop))
    tx.touched.add(tx.number(table.ref))
    return True


def update(
    tx: Transaction,
    table: TableModel,
    key: object,
    expression: str,
    condition: Condition = _ANY,
) -> Item | None:
    """Change the item with this key as an update expression says, if the condition holds.

    Returns the item as it is then; None when there is no such item or the condition is false.
    """
    place = table.as_key(key)
    found = _read(tx, table, place)
    if found is None or not _holds(condition, found):
        return None
    applied = table.fitted(compile_update(expression).apply(found.item, condition.given))
    text = as_text(applied, table)
    changed = as_item(text)
    if table.key_of(changed) != place:
        raise InvalidInput(
            f"expected an update that leaves the key as it is, got {expression!r}",
            at=str(table.ref),
            hint="Delete the item and put it under its new key.",
        )
    if table.indexed:
        _check_indexed(table, changed)
    if text != found.text:
        tx.execute(
            f"UPDATE {table.sql} SET item = ?, hop = ?, version = version + 1"
            f" WHERE {table.where_key}",
            (text, tx.hop, *place),
        )
        tx.touched.add(tx.number(table.ref))
    return changed


def delete(
    tx: Transaction, table: TableModel, key: object, condition: Condition = _ANY
) -> Item | None:
    """Remove the item with this key, if the condition holds; returns it, None when nothing went."""
    place = table.as_key(key)
    found = _read(tx, table, place)
    if found is None or not _holds(condition, found):
        return None
    remove(tx, table, place)
    return found.item


def batch_get(tx: Transaction, table: TableModel, keys: Iterable[object]) -> list[Item | None]:
    """The items with these keys, in their order; None for each that is not there."""
    return [get(tx, table, key) for key in _batch(table, keys)]


def batch_put(tx: Transaction, table: TableModel, items: Iterable[object]) -> int:
    """Store items whole; returns how many."""
    batch = _batch(table, items)
    for item in batch:
        put(tx, table, item)
    return len(batch)


def batch_delete(tx: Transaction, table: TableModel, keys: Iterable[object]) -> int:
    """Remove the items with these keys; returns how many were there."""
    return sum(delete(tx, table, key) is not None for key in _batch(table, keys))


def named(key: Key) -> Parameters:
    """A key as the parameters of a statement."""
    return {"pk": key[0]} if len(key) == 1 else {"pk": key[0], "sk": key[1]}


@lru_cache(maxsize=1_024)
def _put_sql(sql: str, changes: str, parts: int) -> str:
    columns, marks = ("pk, sk", "?, ?") if parts == 2 else ("pk", "?")
    # A new item's version is the sequence number that its change will have.
    last = (
        f"coalesce((SELECT max(sequence) FROM {changes}),"
        f" (SELECT seq FROM sqlite_sequence WHERE name = '{changes}'), 0)"
    )
    return (
        f"INSERT INTO {sql} ({columns}, item, hop, version) VALUES ({marks}, ?, ?, {last} + 1)"
        f" ON CONFLICT ({columns}) DO UPDATE SET item = excluded.item, hop = excluded.hop,"
        " version = version + 1 WHERE item IS NOT excluded.item"
    )


def _batch(table: TableModel, given: Iterable[T]) -> list[T]:
    batch = list(given)
    if len(batch) > BATCH_MAX:
        raise LimitExceeded(
            f"expected at most {BATCH_MAX} in a batch, got {len(batch)}",
            at=str(table.ref),
            hint="Make several batches of them.",
        )
    return batch


def _read(tx: Transaction, table: TableModel, key: Key) -> _Stored | None:
    """The item that a write finds. One that has expired is removed first, and so is not found."""
    over = is_over(table)
    if over is None:
        sql = f"SELECT item, version FROM {table.sql} WHERE {table.where_key}"
        found = row(tx, table, sql, key)
    else:
        sql = f"SELECT item, version, ({over}) IS TRUE FROM {table.sql} WHERE {table.where_key}"
        found = row(tx, table, sql, named(key) | {"now_s": tx.now_ms / 1_000})
    if found is None:
        return None
    if over is not None and found[2]:
        remove(tx, table, key, expired=True)
        return None
    return _Stored(found[0], as_item(found[0]), found[1])


def _holds(condition: Condition, found: _Stored | None) -> bool:
    if condition.expect is not None and condition.expect != (found.version if found else 0):
        return False
    if condition.where is None:
        return True
    item = None if found is None else found.item
    return compile_condition(condition.where).holds(item, condition.given)


def _check_indexed(table: TableModel, item: Mapping[str, object]) -> None:
    for name in table.indexed:
        check_indexed(item.get(name), f"$.{name}")
