"""What goes by itself or by its number: versions, and objects whose time has come."""

from __future__ import annotations

from ensue.engine import bodies
from ensue.engine.transaction import Transaction
from ensue.resources.bucket.model import BucketModel
from ensue.resources.bucket.store.objects import Stored, current, delete, forget_rows
from ensue.resources.bucket.store.rows import COLUMNS, as_object, log_change, place_of


def delete_version(tx: Transaction, bucket: BucketModel, key: str, number: int) -> bool:
    """Remove a version or a delete marker for good; returns whether there was one.

    When it was the newest of its key, the key stands for the one before it again, unless that is a
    marker.
    """
    found = tx.row(f"SELECT body FROM {bucket.sql} WHERE version = ? AND key = ?", (number, key))
    if found is None:
        return False
    before = current(tx, bucket, key)
    tx.execute(f"DELETE FROM {bucket.sql} WHERE version = ?", (number,))
    if found[0] is not None:
        bodies.let_go(tx, place_of(tx, bucket, str(found[0])))
    was_current = before is not None and before.info.version == number
    if before is not None and not was_current:
        return True
    after = _restored(tx, bucket, key)
    old, new = None if before is None else before.info, None if after is None else after.info
    if old is not None or new is not None:
        log_change(tx, bucket, old=old, new=new)
    return True


def next_end_ms(tx: Transaction, bucket: BucketModel) -> int | None:
    """When the next object or version goes by itself, or should have; None when none ever does."""
    ends = []
    for is_current, keep_ms in ((1, bucket.expire_ms), (0, bucket.noncurrent_ms)):
        if keep_ms is None:
            continue
        found = tx.row(
            f"SELECT since_ms FROM {bucket.sql} WHERE is_current = {is_current}"
            " ORDER BY since_ms LIMIT 1"
        )
        if found is not None:
            ends.append(int(str(found[0])) + keep_ms)
    return min(ends, default=None)


def remove_expired(tx: Transaction, bucket: BucketModel, limit: int) -> int:
    """Remove objects and versions whose time has come, the oldest first; returns how many."""
    gone = 0
    if bucket.expire_ms is not None:
        for (key,) in tx.rows(
            f"SELECT key FROM {bucket.sql} WHERE is_current = 1 AND since_ms <= ?"
            " ORDER BY since_ms LIMIT ?",
            (tx.now_ms - bucket.expire_ms, limit),
        ):
            delete(tx, bucket, str(key), expired=True)
            gone += 1
    if bucket.noncurrent_ms is not None:
        rows = tx.rows(
            f"SELECT version, body FROM {bucket.sql} WHERE is_current = 0 AND since_ms <= ?"
            " ORDER BY since_ms, version LIMIT ?",
            (tx.now_ms - bucket.noncurrent_ms, limit),
        )
        forget_rows(tx, bucket, rows)
        gone += len(rows)
    return gone


def _restored(tx: Transaction, bucket: BucketModel, key: str) -> Stored | None:
    """Let a key stand for its newest version, if that is no marker; returns it."""
    if not bucket.versions:
        return None
    found = tx.row(
        f"SELECT {COLUMNS}, body FROM {bucket.sql} WHERE key = ? ORDER BY version DESC LIMIT 1",
        (key,),
    )
    if found is None or found[-1] is None:
        return None
    restored = Stored(as_object(found[:-1]), str(found[-1]))
    tx.execute(
        f"UPDATE {bucket.sql} SET is_current = 1, since_ms = modified_ms WHERE version = ?",
        (restored.info.version,),
    )
    return restored
