"""Rows of a bucket's SQL as objects, and the log of what happens to them."""

from __future__ import annotations

from typing import Any

from ensue.engine.shelf import BodyPlace
from ensue.engine.transaction import Transaction
from ensue.resources.bucket.model import BucketModel, ObjectInfo
from ensue.words import values

COLUMNS = "key, etag, size, content_type, metadata, version, created_ms, modified_ms"


def as_object(row: tuple[Any, ...]) -> ObjectInfo:
    """The object of which a row of `COLUMNS` tells."""
    key, etag, size, content_type, metadata, *rest = row
    said: Any = values.decode(metadata) if metadata is not None else {}
    return ObjectInfo(key, etag, size, content_type, said, *rest)


def place_of(tx: Transaction, bucket: BucketModel, body: str) -> BodyPlace:
    """Where the body of a row is."""
    return BodyPlace(tx.number(bucket.ref), body)


def log_change(
    tx: Transaction,
    bucket: BucketModel,
    *,
    old: ObjectInfo | None,
    new: ObjectInfo | None,
    expired: bool = False,
) -> None:
    """Add what happened to an object to the bucket's log."""
    kind = "remove" if new is None else "insert" if old is None else "update"
    about = new or old
    tx.execute(
        f"INSERT INTO {bucket.changes} (kind, key, old, new, hop, version, at_ms, expired)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            kind,
            None if about is None else about.key,
            None if old is None else values.encode(old.as_json()),
            None if new is None else values.encode(new.as_json()),
            tx.hop,
            None if about is None else about.version,
            tx.now_ms,
            1 if expired else None,
        ),
    )
    tx.touched.add(tx.number(bucket.ref))
