"""What is there, for those who begin to follow a table."""

from __future__ import annotations

from ensue.engine.changes import SNAPSHOT
from ensue.engine.database import SqlValue
from ensue.engine.logs import Record
from ensue.engine.sockets import Chunk
from ensue.engine.transaction import Transaction
from ensue.resources.table import schema
from ensue.resources.table.model import TableModel
from ensue.resources.table.store.expiry import remove
from ensue.resources.table.store.rows import Parameters, is_over, rows


def snapshot(
    tx: Transaction, table: TableModel, after: tuple[SqlValue, SqlValue] | None, limit: int
) -> Chunk:
    """The next items behind a key, in the order of their keys.

    What has expired among them is removed: left to be removed later, its removal would be told to
    who was never told of the item.
    """
    columns = ", ".join(table.key_columns)
    over = is_over(table)
    parameters: Parameters = {"limit": limit}
    if over is not None:
        parameters["now_s"] = tx.now_ms / 1_000
    where = "true"
    if after is not None:
        where = f"({columns}) > ({', '.join(f':{name}' for name in table.key_columns)})"
        parameters.update(zip(table.key_columns, after, strict=False))
    found = list(
        rows(
            tx,
            table,
            f"SELECT {schema.key_text(*table.key_columns)}, item, version,"
            f" {'false' if over is None else f'({over}) IS TRUE'}, {columns}"
            f" FROM {table.sql} WHERE {where} ORDER BY {columns} LIMIT :limit",
            parameters,
        )
    )
    records = [
        Record(0, SNAPSHOT, key, None, item, None, None, version=version)
        for key, item, version, has_ended, *_ in found
        if not has_ended
    ]
    for _, _, _, has_ended, *place in found:
        if has_ended:
            remove(tx, table, tuple(place), expired=True)
    if not found:
        return Chunk([], None)
    pk, *rest = found[-1][4:]
    return Chunk(records, (pk, rest[0] if rest else 0))
