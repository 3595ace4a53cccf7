"""What an application holds of a bucket."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable
from typing import Unpack

from ensue.engine.body_keeper import BodyKeeper
from ensue.engine.engine import Engine
from ensue.engine.sockets import Source
from ensue.engine.transaction import Transaction
from ensue.engine.workers import Worker
from ensue.resources.bucket import schema, store, transport
from ensue.resources.bucket.handle.reads import BucketReads, tries
from ensue.resources.bucket.model import (
    DELETE_MAX,
    BucketModel,
    ObjectInfo,
    PutOptions,
)
from ensue.resources.bucket.rules import (
    bare,
    check_expected,
    check_key,
    said,
)
from ensue.resources.bucket.worker import Expiry
from ensue.words import values
from ensue.words.errors import LimitExceeded, NotFound
from ensue.words.names import Ref
from ensue.words.values import Json, shown


class Bucket(BucketReads):
    """Objects: bodies by key, with what is known of each.

    Args:
        home: the app.
        model: the bucket as declared.
    """

    async def put(
        self, key: str, body: bytes | AsyncIterable[bytes], **options: Unpack[PutOptions]
    ) -> ObjectInfo:
        """Store an object; returns what is known of it once it is durable.

        The body is written a chunk at a time. The object is there when all of it is on the disk.

        Args:
            key: 1 to 1,024 bytes of UTF-8, any characters.
            body: the bytes, or chunks of them as they come.
            options: ``content_type``: its media type, ``application/octet-stream`` by default.
                ``metadata``: up to 2 KB of names (lower-case letters, digits and ``. _ -``) and
                values (printable ASCII). ``expect_etag``: the etag that the object which is there
                must have; ``""`` for none being there, ``"*"`` for any.

        Raises:
            InvalidValue: the key, the media type, the metadata or a chunk is none.
            ConditionFailed: another object is there than was expected.
            TooLarge: the body is larger than the bucket takes.
            StoreUnusable: the disk is full, say. Whatever is raised, nothing is left of the body.
        """
        checked = said(**options)
        check_key(key)
        if checked.expect_etag is not None:
            # Once more in the transaction; here it saves writing a body that nobody will read.
            found = await self.head(key)
            check_expected(found, checked.expect_etag, key)
        return await transport.upload(self._home.engine, self.model, key, body, checked)

    async def copy(
        self,
        key: str,
        to: str,
        *,
        bucket: Bucket | None = None,
        version: int | None = None,
        **options: Unpack[PutOptions],
    ) -> ObjectInfo:
        """Copy an object within this bucket or into another; returns what is known of the copy.

        Args:
            key: the object's key.
            to: the copy's key.
            bucket: the copy's bucket, of the same store; this one by default.
            version: one of the object's versions; None for the current one.
            options: as for `put`; what is not said is the object's own.

        Raises:
            NotFound: there is no such object.
            InvalidValue: a key, the media type or the metadata is none.
            ConditionFailed: another object is there than was expected.
            TooLarge: it is larger than the other bucket takes.
            StoreUnusable: the disk is full, say.
        """
        target, checked = bucket or self, said(**options)
        check_key(to)
        for _ in tries():
            found = self._find(check_key(key), version)
            if found is None:
                break
            own = PutOptions(
                content_type=options.get("content_type") or found.info.content_type,
                metadata=found.info.metadata if options.get("metadata") is None
                else options["metadata"],
                expect_etag=checked.expect_etag,
            )  # fmt: skip
            try:
                return await transport.copy(
                    self._home.engine, (self.model, found), target.model, to, said(**own)
                )
            except FileNotFoundError:
                continue
        raise NotFound(f"there is no object {shown(key)}", at=str(self.ref))

    async def delete(
        self, key: str, *, version: int | None = None, expect_etag: str | None = None
    ) -> bool:
        """Remove an object; returns whether there was one.

        In a bucket with versions it stays as a version, behind a delete marker.

        Args:
            key: the object's key.
            version: a version or delete marker to remove for good; None for the current object.
            expect_etag: the etag that the object must have.

        Raises:
            InvalidValue: the key is none.
            ConditionFailed: it has another etag.
        """
        check_key(key)

        def run(tx: Transaction) -> bool:
            if version is not None:
                return store.delete_version(tx, self.model, key, version)
            return delete_in(tx, self.model, key, expect_etag=expect_etag)

        return await self._home.engine.transact(run)

    async def delete_many(self, keys: Iterable[str]) -> int:
        """Remove objects in one transaction; returns how many there were.

        Raises:
            InvalidValue: a key is none.
            LimitExceeded: there are more than 1,000.
        """
        checked = [check_key(key) for key in keys]
        if len(checked) > DELETE_MAX:
            raise LimitExceeded(f"expected at most {DELETE_MAX} keys, got {len(checked)}")
        return await self._home.engine.transact(
            lambda tx: store.delete_many(tx, self.model, checked)
        )

    def declared(self) -> dict[str, Json]:
        """Its declaration, for people."""
        model = self.model
        told: dict[str, Json] = {
            "versions": model.versions,
            "size_max": model.size_max,
            "sql_table": model.sql,
        }
        more = {
            "noncurrent_ms": model.noncurrent_ms,
            "noncurrent_max": model.noncurrent_max,
            "expire_ms": model.expire_ms,
        }
        return told | {name: value for name, value in more.items() if value is not None}

    def check(self, known: set[Ref]) -> None:
        """Nothing that it names can be missing."""
        del known

    def prepare(self, engine: Engine, tx: Transaction) -> None:
        """Make the SQL table, its indexes and the log of changes, and enter its Source."""
        number = engine.declare(
            tx, self.ref, values.encode(self.declared()), sql_table=self.model.sql
        )
        engine.add_log(tx, number, self.model.changes)
        schema.create(tx, self.model)
        engine.directory.add(self.ref, source=Source(number, self.model.changes))

    def connect(self, engine: Engine, tx: Transaction) -> None:
        """It needs no other resource."""
        del engine, tx

    def workers(self, engine: Engine) -> list[Worker]:
        """What removes bodies that nobody needs, and objects and versions that expire."""
        found: list[Worker] = [BodyKeeper(engine, self.ref)]
        if self.model.expire_ms is not None or self.model.noncurrent_ms is not None:
            found.append(Expiry(engine, self.model))
        return found


def delete_in(tx: Transaction, bucket: BucketModel, key: str, *, expect_etag: str | None) -> bool:
    """`Bucket.delete` of a current object, within a transaction.

    Raises:
        InvalidValue: the key is none.
        ConditionFailed: it has another etag.
    """
    expected = None if expect_etag is None else bare(expect_etag)
    return store.delete(tx, bucket, check_key(key), expect_etag=expected) is not None
