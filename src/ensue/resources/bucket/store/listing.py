"""Listings: the objects, or the versions, with a prefix, a page at a time, in the order of keys."""

from __future__ import annotations

from typing import NamedTuple

from ensue.engine.transaction import Transaction
from ensue.resources.bucket.model import (
    BucketModel,
    ObjectInfo,
    ObjectPage,
    ObjectVersion,
    VersionPage,
)
from ensue.resources.bucket.rules import from_token, successor, token
from ensue.resources.bucket.store.rows import COLUMNS, as_object
from ensue.words.errors import InvalidInput, InvalidValue

ROWS_AT_FIRST = 2


class _Roll(NamedTuple):
    """How keys are rolled up."""

    prefix: str
    delimiter: str

    def up(self, key: str) -> str | None:
        """What a key has in common with those that it is rolled up with; None when it is not."""
        cut = key.find(self.delimiter, len(self.prefix))
        return None if cut < 0 else key[: cut + len(self.delimiter)]


def list_objects(
    tx: Transaction,
    bucket: BucketModel,
    prefix: str,
    delimiter: str | None,
    *,
    limit: int,
    after: str | None = None,
    start_after: str | None = None,
) -> ObjectPage:
    """A page of the objects whose keys have a prefix; see `Bucket.list`."""
    begin = prefix
    if start_after is not None:
        begin = max(begin, f"{start_after}\0")
    if after is not None:
        begin = max(begin, from_token(after))
    end = successor(prefix) if prefix else None
    if delimiter is None:
        return _plain(tx, bucket, begin, end, limit)
    return _rolled_up(tx, bucket, _Roll(prefix, delimiter), (begin, end), limit)


def list_versions(
    tx: Transaction, bucket: BucketModel, prefix: str, *, limit: int, after: str | None
) -> VersionPage:
    """A page of the versions of the objects whose keys have a prefix; see `Bucket.list_versions`.

    Raises:
        InvalidInput: the bucket has no versions.
    """
    if not bucket.versions:
        raise InvalidInput("expected a bucket with versions", at=str(bucket.ref))
    key, below = _after_version(after)
    end = successor(prefix) if prefix else None
    found = tx.rows(
        "SELECT key, version, body IS NULL, modified_ms, etag, size, NOT EXISTS (SELECT 1"
        f" FROM {bucket.sql} newer WHERE newer.key = v.key AND newer.version > v.version)"
        f" FROM {bucket.sql} v WHERE key >= ? AND (key > ? OR version < ?)"
        f" {'' if end is None else 'AND key < ?'} ORDER BY key, version DESC LIMIT ?",
        (max(prefix, key), key, below, *(() if end is None else (end,)), limit + 1),
    )
    versions = [
        ObjectVersion(
            key=str(row[0]),
            version=int(str(row[1])),
            is_latest=bool(row[6]),
            is_marker=bool(row[2]),
            modified_ms=int(str(row[3])),
            etag=None if row[4] is None else str(row[4]),
            size=None if row[5] is None else int(str(row[5])),
        )
        for row in found[:limit]
    ]
    more = len(found) > limit
    return VersionPage(versions, token(versions[-1].key, versions[-1].version) if more else None)


def count(tx: Transaction, bucket: BucketModel) -> int:
    """How many objects there are."""
    [(many,)] = tx.rows(f"SELECT count(*) FROM {bucket.sql} WHERE is_current = 1")
    return int(str(many))


def _plain(
    tx: Transaction, bucket: BucketModel, begin: str, end: str | None, limit: int
) -> ObjectPage:
    found = _read(tx, bucket, begin, end, limit + 1)
    objects = found[:limit]
    more = len(found) > limit
    return ObjectPage(objects, [], token(f"{objects[-1].key}\0") if more else None)


def _rolled_up(
    tx: Transaction,
    bucket: BucketModel,
    roll: _Roll,
    bounds: tuple[str, str | None],
    limit: int,
) -> ObjectPage:
    """A page in which the keys that go on behind the delimiter are rolled up.

    What is rolled up is not read: the next look begins behind all that have it in common. Where one
    was rolled up the next often is, so few rows are read at once there, and more where none is.
    """
    objects: list[ObjectInfo] = []
    prefixes: list[str] = []
    at: str | None = bounds[0]
    rows = ROWS_AT_FIRST
    while at is not None:
        rolled_before = len(prefixes)
        found = _read(tx, bucket, at, bounds[1], rows)
        for each in found:
            if at is None or each.key < at:
                continue
            if len(objects) + len(prefixes) == limit:
                return ObjectPage(objects, prefixes, token(at))
            rolled = roll.up(each.key)
            if rolled is None:
                objects.append(each)
                at = f"{each.key}\0"
            else:
                prefixes.append(rolled)
                at = successor(rolled)
        if len(found) < rows:
            break
        rows = ROWS_AT_FIRST if len(prefixes) > rolled_before else min(4 * rows, limit + 1)
    return ObjectPage(objects, prefixes, None)


def _read(
    tx: Transaction, bucket: BucketModel, begin: str, end: str | None, limit: int
) -> list[ObjectInfo]:
    where = "is_current = 1 AND key >= ?" + ("" if end is None else " AND key < ?")
    found = tx.execute(
        f"SELECT {COLUMNS} FROM {bucket.sql} WHERE {where} ORDER BY key LIMIT ?",
        (begin, *(() if end is None else (end,)), limit),
    )
    return [as_object(row) for row in found]


def _after_version(after: str | None) -> tuple[str, int]:
    """The key and the version behind which a page begins."""
    if after is None:
        return "", 0
    key, _, below = from_token(after).rpartition("\0")
    if not below.isdecimal():
        raise InvalidValue("expected the next of an earlier page of versions", at="$.after")
    return key, int(below)
