"""The SQL table of a registry."""

from __future__ import annotations

from ensue.engine.transaction import Transaction
from ensue.resources.schemas.model import SchemasModel


def create(tx: Transaction, registry: SchemasModel) -> None:
    """Make the table and its indexes, if they are not there yet.

    A version that was deleted keeps its row without a schema, so that its number stays taken.
    """
    table = registry.table
    tx.execute(
        f"CREATE TABLE IF NOT EXISTS {table} ("
        " id INTEGER PRIMARY KEY AUTOINCREMENT,"
        " subject TEXT NOT NULL, version INTEGER NOT NULL,"
        " schema TEXT, digest TEXT NOT NULL, words TEXT NOT NULL,"
        " origin TEXT NOT NULL, at_ms INTEGER NOT NULL, event TEXT,"
        " UNIQUE (subject, version))"
    )
    tx.execute(
        f"CREATE INDEX IF NOT EXISTS {table}_kept ON {table}"
        " (subject, origin = 'discovered', version DESC) WHERE schema IS NOT NULL"
    )
