"""Removals, and those that time makes: items whose end has come."""

from __future__ import annotations

import math

from ensue.engine.transaction import Transaction
from ensue.resources.table import schema
from ensue.resources.table.model import TTL_AGE_S_MAX, TableModel
from ensue.words.changes import Key

# Ends behind this are as far away as this: no clock comes there, and a float may be infinite.
_FAR_S = 10**12


def remove(tx: Transaction, table: TableModel, key: Key, *, expired: bool = False) -> None:
    """Remove the item with this key, which is there."""
    tx.execute(f"DELETE FROM {table.sql} WHERE {table.where_key}", key)
    # The trigger cannot know who deletes, or when: the newest record is this one's.
    tx.execute(
        f"UPDATE {table.changes} SET hop = ?, at_ms = ?, expired = ?"
        f" WHERE sequence = (SELECT max(sequence) FROM {table.changes})",
        (tx.hop, None if table.keep_ms is None else tx.now_ms, 1 if expired else None),
    )
    tx.touched.add(tx.number(table.ref))


def next_end_ms(tx: Transaction, table: TableModel) -> int | None:
    """When the next item expires, or did; None when none ever does."""
    end = schema.attribute(str(table.ttl))
    found = tx.row(
        f"SELECT {end} FROM {table.sql} WHERE {schema.has_end(str(table.ttl))}"
        f" AND {end} > ? ORDER BY {end} LIMIT 1",
        (tx.now_ms / 1_000 - TTL_AGE_S_MAX,),
    )
    if found is None or not isinstance(found[0], int | float):
        return None
    return math.ceil(min(found[0], _FAR_S) * 1_000)


def remove_expired(tx: Transaction, table: TableModel, limit: int) -> int:
    """Remove at most ``limit`` items whose end has come, oldest end first; returns how many."""
    end, now_s = schema.attribute(str(table.ttl)), tx.now_ms / 1_000
    keys = tx.rows(
        f"SELECT {', '.join(table.key_columns)} FROM {table.sql}"
        f" WHERE {schema.has_end(str(table.ttl))} AND {end} > ? AND {end} <= ?"
        f" ORDER BY {end} LIMIT ?",
        (now_s - TTL_AGE_S_MAX, now_s, limit),
    )
    for key in keys:
        remove(tx, table, tuple(part for part in key if part is not None), expired=True)
    return len(keys)
