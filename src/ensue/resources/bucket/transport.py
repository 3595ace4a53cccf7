"""The bodies of objects on their way to the shelf and back, a chunk at a time."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Callable
from dataclasses import dataclass

from ensue.engine.engine import Engine
from ensue.engine.shelf import BodyPlace, Draft, OpenBody, Shelf
from ensue.engine.transaction import Transaction
from ensue.resources.bucket import store
from ensue.resources.bucket.model import (
    BODY_BYTES_MAX,
    CHUNK_BYTES,
    GET_BYTES_MAX,
    Body,
    BucketModel,
    ObjectInfo,
    Said,
)
from ensue.resources.bucket.rules import Span
from ensue.words.errors import InvalidValue, StoreUnusable, TooLarge
from ensue.words.values import shown


async def upload(
    engine: Engine, bucket: BucketModel, key: str, body: bytes | AsyncIterable[bytes], said: Said
) -> ObjectInfo:
    """Bring a body to the shelf, and then let a key stand for it.

    Raises:
        TooLarge: it is larger than the bucket takes; nothing is left of it.
        ConditionFailed: another object is there than was expected; nothing is left of the body.
        StoreUnusable: the disk is full, say; nothing is left of the body.
    """
    shelf = engine.facts.shelf
    number = engine.number(bucket.ref)
    drafts: list[Draft] = []
    try:
        # Kept where it is found, although who waits is cancelled while it is made.
        await shelf.do(lambda: drafts.append(shelf.draft(number, engine.ids.new_id)))
        written = await _write(shelf, drafts[0], bucket, body)
    except BaseException:
        for draft in drafts:
            draft.discard()
            shelf.writing.discard(draft.place)
        raise
    return await _commit(engine, lambda tx: store.put(tx, bucket, key, written, said), drafts[0])


async def copy(
    engine: Engine,
    source: tuple[BucketModel, store.Stored],
    target: BucketModel,
    key: str,
    said: Said,
) -> ObjectInfo:
    """Let a key of a bucket stand for the body of another object too.

    Raises:
        FileNotFoundError: the body has gone meanwhile.
        TooLarge: it is larger than the bucket takes.
        ConditionFailed: another object is there than was expected.
        StoreUnusable: the disk is full, say.
    """
    shelf, stored = engine.facts.shelf, source[1]
    _check_size(target, stored.info.size)
    before = BodyPlace(engine.number(source[0].ref), stored.body)
    number = engine.number(target.ref)
    drafts: list[Draft] = []
    try:
        await shelf.do(lambda: drafts.append(shelf.link(before, number, engine.ids.new_id)))
    except BaseException:
        for draft in drafts:
            draft.discard()
            shelf.writing.discard(draft.place)
        raise
    body = Body(drafts[0].place.id, stored.info.size, stored.info.etag)
    return await _commit(engine, lambda tx: store.put(tx, target, key, body, said), drafts[0])


def put(tx: Transaction, bucket: BucketModel, key: str, body: bytes, said: Said) -> ObjectInfo:
    """Bring a small body to the shelf, and let a key stand for it when this transaction commits.

    A transaction that is undone leaves the body, which the shelf's keeper removes.

    Raises:
        TooLarge: it is larger than 1 MiB, or than the bucket takes.
        ConditionFailed: another object is there than was expected.
        StoreUnusable: the disk is full, say.
    """
    if len(body) > BODY_BYTES_MAX:
        raise TooLarge(
            f"expected at most {BODY_BYTES_MAX} bytes within a transaction, got {len(body)}",
            at=key,
            hint="Put it from an async def, with Bucket.put.",
        )
    _check_size(bucket, len(body))
    facts = tx.facts
    draft = facts.shelf.draft(tx.number(bucket.ref), facts.ids.new_id)
    try:
        draft.write(body)
        draft.finish()
    except BaseException:
        draft.discard()
        raise
    finally:
        facts.shelf.unsettled.add(draft.place)
        facts.shelf.writing.discard(draft.place)
    return store.put(tx, bucket, key, Body(draft.place.id, len(body), _etag(body)), said)


def read_in(tx: Transaction, bucket: BucketModel, stored: store.Stored, span: Span) -> bytes:
    """Some bytes of a small body, within a transaction.

    Raises:
        TooLarge: they are more than 1 MiB.
        StoreUnusable: the body cannot be read.
    """
    if span.length > BODY_BYTES_MAX:
        raise TooLarge(
            f"expected at most {BODY_BYTES_MAX} bytes within a transaction, got {span.length}",
            at=stored.info.key,
            hint="Read it from an async def, with Bucket.open.",
        )
    try:
        body = tx.facts.shelf.open(BodyPlace(tx.number(bucket.ref), stored.body))
    except FileNotFoundError:
        raise StoreUnusable(
            f"the body of {shown(stored.info.key)} is gone",
            at=str(bucket.ref),
            hint="`ensue check` says what else is damaged; restore a backup.",
        ) from None
    try:
        return body.read(span.first, span.length)
    finally:
        body.close()


def copy_in(
    tx: Transaction,
    source: tuple[BucketModel, store.Stored],
    target: BucketModel,
    key: str,
    said: Said,
) -> ObjectInfo:
    """Let a key stand for the body of another object too, when this transaction commits.

    A transaction that is undone leaves the body's second place, which the shelf's keeper removes.

    Raises:
        TooLarge: it is larger than the bucket takes.
        ConditionFailed: another object is there than was expected.
        StoreUnusable: the body cannot be read, or the disk is full.
    """
    facts, stored = tx.facts, source[1]
    _check_size(target, stored.info.size)
    before = BodyPlace(tx.number(source[0].ref), stored.body)
    try:
        draft = facts.shelf.link(before, tx.number(target.ref), facts.ids.new_id)
    except FileNotFoundError:
        raise StoreUnusable(
            f"the body of {shown(stored.info.key)} is gone",
            at=str(source[0].ref),
            hint="`ensue check` says what else is damaged; restore a backup.",
        ) from None
    facts.shelf.unsettled.add(draft.place)
    facts.shelf.writing.discard(draft.place)
    body = Body(draft.place.id, stored.info.size, stored.info.etag)
    return store.put(tx, target, key, body, said)


@dataclass
class ObjectReader:
    """An object whose body is being read. It stays readable when it is overwritten or deleted.

    Attributes:
        info: what is known of it.
        span: which of its bytes are read.
    """

    info: ObjectInfo
    span: Span
    _shelf: Shelf
    _body: OpenBody

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The bytes, in chunks of at most 256 KiB."""
        at = self.span.first
        while at <= self.span.last:
            chunk = await self._read(at, min(CHUNK_BYTES, self.span.last + 1 - at))
            at += len(chunk)
            yield chunk

    async def read(self) -> bytes:
        """The bytes at once.

        Raises:
            TooLarge: there are more than 16 MiB.
        """
        if self.span.length > GET_BYTES_MAX:
            raise TooLarge(
                f"expected at most {GET_BYTES_MAX} bytes at once, got {self.span.length}",
                at=self.info.key,
                hint="Open it, and read it in chunks.",
            )
        return b"".join([chunk async for chunk in self])

    def close(self) -> None:
        """It is read no more."""
        self._body.close()

    async def _read(self, at: int, count: int) -> bytes:
        chunk = await self._shelf.do(lambda: self._body.read(at, count))
        if not chunk:
            raise StoreUnusable(
                f"expected {self.info.size} bytes of body, got {at}",
                at=self.info.key,
                hint="`ensue check` says what else is damaged; restore a backup.",
            )
        return chunk


async def _commit(
    engine: Engine, run: Callable[[Transaction], ObjectInfo], draft: Draft
) -> ObjectInfo:
    """Commit the row of a body; when that fails, nothing is left of the body.

    It goes on to its end although who waits for it is cancelled: a row that commits after that
    needs its body.
    """

    async def commit() -> ObjectInfo:
        try:
            return await engine.transact(run)
        except BaseException:
            draft.discard()
            raise
        finally:
            engine.facts.shelf.writing.discard(draft.place)

    committing = asyncio.ensure_future(commit())
    try:
        return await asyncio.shield(committing)
    except asyncio.CancelledError:
        committing.add_done_callback(lambda done: done.cancelled() or done.exception())
        raise


async def _write(
    shelf: Shelf, draft: Draft, bucket: BucketModel, body: bytes | AsyncIterable[bytes]
) -> Body:
    md5 = hashlib.md5(usedforsecurity=False)
    size = 0
    gathered = bytearray()

    def add() -> None:
        md5.update(gathered)
        draft.write(bytes(gathered))
        gathered.clear()

    def end() -> None:
        if gathered:
            add()
        draft.finish()

    async for piece in _pieces(body):
        size += len(piece)
        _check_size(bucket, size)
        gathered += piece
        if len(gathered) >= CHUNK_BYTES:
            await shelf.do(add)
    await shelf.do(end)
    return Body(draft.place.id, size, md5.hexdigest())


async def _pieces(body: bytes | AsyncIterable[bytes]) -> AsyncIterator[bytes | memoryview]:
    """A body in pieces; what is given as a whole in pieces of a chunk."""
    if isinstance(body, bytes | bytearray | memoryview):
        whole = memoryview(body).cast("B")
        for at in range(0, len(whole), CHUNK_BYTES):
            yield whole[at : at + CHUNK_BYTES]
        return
    if not isinstance(body, AsyncIterable):
        raise InvalidValue(
            f"expected bytes, or chunks that come asynchronously, got {shown(body)}", at="$.body"
        )
    async for piece in body:
        if not isinstance(piece, bytes | bytearray | memoryview):
            raise InvalidValue(f"expected chunks of bytes, got {shown(piece)}", at="$.body")
        yield piece


def _check_size(bucket: BucketModel, size: int) -> None:
    if size > bucket.size_max:
        raise TooLarge(
            f"expected an object of at most {bucket.size_max} bytes, got {size} or more",
            at=str(bucket.ref),
        )


def _etag(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()
