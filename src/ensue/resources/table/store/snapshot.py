"""What is there, for those who begin to follow a table."""

from __future__ import annotations

from ensue.engine.changes import SNAPSHOT
from ensue.engine.database import SqlValue
from ensue.engine.logs import Record
from ensue.engine.sockets import Chunk
from ensue.engine.transaction import Transaction
from ensue.resources.table import schema
from ensue.resources.table.model import TableModel
from ensue.resources.table.store.rows import Parameters, living, rows


def snapshot(
    tx: Transaction, table: TableModel, after: tuple[SqlValue, SqlValue] | None, limit: int
) -> Chunk:
    """The next items behind a key, in the order of their keys."""
    columns = ", ".join(table.key_columns)
    alive, ends = living(table, tx.now_ms)
    parameters: Parameters = ends | {"limit": limit}
    where = "true"
    if after is not None:
        where = f"({columns}) > ({', '.join(f':{name}' for name in table.key_columns)})"
        parameters.update(zip(table.key_columns, after, strict=False))
    found = list(
        rows(
            tx,
            table,
            f"SELECT {schema.key_text(*table.key_columns)}, item, version, {columns}"
            f" FROM {table.sql} WHERE {where}{alive} ORDER BY {columns} LIMIT :limit",
            parameters,
        )
    )
    records = [
        Record(0, SNAPSHOT, key, None, item, None, None, version=version)
        for key, item, version, *_ in found
    ]
    if not found:
        return Chunk([], None)
    pk, *rest = found[-1][3:]
    return Chunk(records, (pk, rest[0] if rest else 0))
