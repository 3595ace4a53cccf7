"""Objects by their keys: what is known of one, and puts and deletes of the current ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ensue.engine import bodies
from ensue.engine.transaction import Transaction
from ensue.resources.bucket.model import Body, BucketModel, ObjectInfo, Said
from ensue.resources.bucket.rules import check_expected
from ensue.resources.bucket.store.rows import COLUMNS, as_object, log_change, place_of
from ensue.words import values


class Stored(NamedTuple):
    """An object, and the id of its body."""

    info: ObjectInfo
    body: str


def current(tx: Transaction, bucket: BucketModel, key: str) -> Stored | None:
    """The object that a key stands for; None when there is none."""
    found = tx.row(
        f"SELECT {COLUMNS}, body FROM {bucket.sql} WHERE is_current = 1 AND key = ?", (key,)
    )
    return None if found is None else Stored(as_object(found[:-1]), str(found[-1]))


def version(tx: Transaction, bucket: BucketModel, key: str, number: int) -> Stored | None:
    """A version of an object; None when there is none of this number, or it is a marker."""
    found = tx.row(
        f"SELECT {COLUMNS}, body FROM {bucket.sql}"
        " WHERE version = ? AND key = ? AND body IS NOT NULL",
        (number, key),
    )
    return None if found is None else Stored(as_object(found[:-1]), str(found[-1]))


def put(tx: Transaction, bucket: BucketModel, key: str, body: Body, said: Said) -> ObjectInfo:
    """Let a key stand for a body that is on the shelf.

    Raises:
        ConditionFailed: another object is there than was expected.
    """
    before = current(tx, bucket, key)
    old = None if before is None else before.info
    check_expected(old, said.expect_etag, key)
    if before is not None:
        _retire(tx, bucket, before)
    created_ms = tx.now_ms if old is None else old.created_ms
    tx.execute(
        f"INSERT INTO {bucket.sql} (key, is_current, body, etag, size, content_type, metadata,"
        " created_ms, modified_ms, since_ms) VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            key,
            body.id,
            body.etag,
            body.size,
            said.content_type,
            values.encode(dict(said.metadata)) if said.metadata else None,
            created_ms,
            tx.now_ms,
            tx.now_ms,
        ),
    )
    new = ObjectInfo(
        key=key,
        etag=body.etag,
        size=body.size,
        content_type=said.content_type,
        metadata=dict(said.metadata),
        version=tx.inserted(),
        created_ms=created_ms,
        modified_ms=tx.now_ms,
    )
    bodies.enter(tx, place_of(tx, bucket, body.id), body.size)
    log_change(tx, bucket, old=old, new=new)
    if before is not None:
        forget_beyond(tx, bucket, key)
    return new


def delete(
    tx: Transaction,
    bucket: BucketModel,
    key: str,
    *,
    expect_etag: str | None = None,
    expired: bool = False,
) -> ObjectInfo | None:
    """Let a key stand for nothing any more; returns what it stood for, None for nothing.

    In a bucket with versions that stays as a version, behind a delete marker.

    Raises:
        ConditionFailed: another object is there than was expected.
    """
    before = current(tx, bucket, key)
    check_expected(None if before is None else before.info, expect_etag, key)
    if before is None:
        return None
    _retire(tx, bucket, before)
    if bucket.versions:
        tx.execute(
            f"INSERT INTO {bucket.sql} (key, is_current, created_ms, modified_ms, since_ms)"
            " VALUES (?, 0, ?, ?, ?)",
            (key, tx.now_ms, tx.now_ms, tx.now_ms),
        )
    log_change(tx, bucket, old=before.info, new=None, expired=expired)
    forget_beyond(tx, bucket, key)
    return before.info


def delete_many(tx: Transaction, bucket: BucketModel, keys: Sequence[str]) -> int:
    """Let keys stand for nothing any more; returns how many stood for something."""
    return sum(delete(tx, bucket, key) is not None for key in keys)


def forget_beyond(tx: Transaction, bucket: BucketModel, key: str) -> None:
    """Forget the oldest versions of a key that are more than the bucket keeps beside the current.

    Delete markers go with the versions before them.
    """
    if bucket.noncurrent_max is None:
        return
    last = tx.row(
        f"SELECT version FROM {bucket.sql} WHERE key = ? AND is_current = 0 AND body IS NOT NULL"
        " ORDER BY version DESC LIMIT 1 OFFSET ?",
        (key, bucket.noncurrent_max),
    )
    if last is None:
        return
    forget_rows(
        tx,
        bucket,
        tx.rows(
            f"SELECT version, body FROM {bucket.sql}"
            " WHERE key = ? AND is_current = 0 AND version <= ?",
            (key, last[0]),
        ),
    )


def forget_rows(tx: Transaction, bucket: BucketModel, rows: Sequence[tuple[object, ...]]) -> None:
    """Forget rows of versions and markers, given as their number and body."""
    for number, body in rows:
        tx.execute(f"DELETE FROM {bucket.sql} WHERE version = ?", (int(str(number)),))
        if body is not None:
            bodies.let_go(tx, place_of(tx, bucket, str(body)))


def _retire(tx: Transaction, bucket: BucketModel, before: Stored) -> None:
    """Let an object not be the current one of its key any more."""
    if bucket.versions:
        tx.execute(
            f"UPDATE {bucket.sql} SET is_current = 0, since_ms = ? WHERE version = ?",
            (tx.now_ms, before.info.version),
        )
    else:
        forget_rows(tx, bucket, [(before.info.version, before.body)])
