"""A bucket's SQL: a row for each version of an object and each delete marker, and its changes.

``is_current`` is 1 in the row of the version that a key stands for, 0 in all others: the versions
before it, and delete markers. So a listing never meets what is not to be listed.
"""

from __future__ import annotations

from ensue.engine.transaction import Transaction
from ensue.resources.bucket.model import BucketModel


def create(tx: Transaction, bucket: BucketModel) -> None:
    """Make the table and the indexes that the declaration needs, and drop those of an earlier one.

    A body is NULL in a delete marker. since_ms: when the version was put; of one that is not
    current, when it ceased to be.
    """
    sql = bucket.sql
    tx.execute(
        f"CREATE TABLE IF NOT EXISTS {sql} (version INTEGER PRIMARY KEY AUTOINCREMENT,"
        " key TEXT NOT NULL, is_current INTEGER NOT NULL, body TEXT, etag TEXT, size INTEGER,"
        " content_type TEXT, metadata TEXT, created_ms INTEGER NOT NULL,"
        " modified_ms INTEGER NOT NULL, since_ms INTEGER NOT NULL)"
    )
    tx.execute(
        f"CREATE UNIQUE INDEX IF NOT EXISTS {sql}__current ON {sql} (key) WHERE is_current = 1"
    )
    wanted = {
        f"{sql}__versions": bucket.versions and "(key, version DESC)",
        f"{sql}__noncurrent": bucket.noncurrent_ms is not None
        and "(since_ms, version) WHERE is_current = 0",
        f"{sql}__expiry": bucket.expire_ms is not None
        and "(since_ms, version) WHERE is_current = 1",
    }
    for name, on in wanted.items():
        if on:
            tx.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {sql} {on}")
        else:
            tx.execute(f"DROP INDEX IF EXISTS {name}")
