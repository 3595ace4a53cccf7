"""A vault's SQL: a row for each secret, and one for each version, sealed."""

from __future__ import annotations

from ensue.engine.transaction import Transaction
from ensue.resources.vault.model import VaultModel


def create(tx: Transaction, vault: VaultModel) -> None:
    """Make the tables and their indexes, if they are not there yet.

    gone_ms: when a secret that was deleted will be gone; NULL for one that was not.
    """
    table, versions = vault.table, vault.versions
    tx.execute(
        f"CREATE TABLE IF NOT EXISTS {table} (name TEXT PRIMARY KEY NOT NULL,"
        " description TEXT NOT NULL, current INTEGER NOT NULL, previous INTEGER,"
        " last INTEGER NOT NULL, made_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL,"
        " gone_ms INTEGER)"
    )
    tx.execute(
        f"CREATE INDEX IF NOT EXISTS {table}__gone ON {table} (gone_ms) WHERE gone_ms IS NOT NULL"
    )
    tx.execute(
        f"CREATE TABLE IF NOT EXISTS {versions} (name TEXT NOT NULL, version INTEGER NOT NULL,"
        " key_id TEXT NOT NULL, sealed BLOB NOT NULL, at_ms INTEGER NOT NULL,"
        " PRIMARY KEY (name, version))"
    )
    tx.execute(f"CREATE INDEX IF NOT EXISTS {versions}__keys ON {versions} (key_id, name, version)")
