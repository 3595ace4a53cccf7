"""What map runs read and write: the objects of buckets (see `resources.workflow.Objects`)."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterable, AsyncIterator
from typing import Final

from ensue.engine.home import Home
from ensue.integrations.names import Resources, last_part
from ensue.languages.states.errors import ITEM_READER_FAILED, RESULT_WRITER_FAILED, StateError
from ensue.languages.states.readers import File, Got, Listed, Listing
from ensue.resources.bucket import Bucket, ObjectInfo
from ensue.words.errors import EnsueError, InvalidValue
from ensue.words.values import shown

GZIP_MAGIC: Final = b"\x1f\x8b"
KNOWN_ETAGS_MAX = 1_000
_INFLATED_BYTES: Final = 262_144


class BucketObjects:
    """The objects of the buckets that run.

    Args:
        home: the app whose workflow asks; its own buckets come first.
    """

    def __init__(self, home: Home) -> None:
        self._resources = Resources(home)
        # Whether the body with this etag is compressed.
        self._compressed: dict[str, bool] = {}

    async def read(self, file: File, offset: int, size: int) -> Got:
        """Bytes of an object, of what it was before it was compressed with gzip.

        Raises:
            StateError: States.ItemReaderFailed: it cannot be read.
        """
        try:
            bucket = self._bucket(file.bucket, ITEM_READER_FAILED)
            version = None if file.version is None else _version(file.version)
            info = await bucket.head(file.key, version=version)
            if info is None:
                raise _failed(f"there is no object {shown(file.key)} in {file.bucket}")
            if await self._is_compressed(bucket, info, version):
                return await _inflated(bucket, info, version, offset, size)
            return await _plain(bucket, info, version, offset, size)
        except EnsueError as fault:
            raise _failed(str(fault)) from None

    async def list(self, listing: Listing) -> Listed:
        """The next objects of a bucket.

        Raises:
            StateError: States.ItemReaderFailed: there is no such bucket.
        """
        try:
            bucket = self._bucket(listing.bucket, ITEM_READER_FAILED)
            page = await bucket.list(listing.prefix, limit=listing.limit, start_after=listing.after)
        except EnsueError as fault:
            raise _failed(str(fault)) from None
        return Listed(
            [
                {
                    "Etag": f'"{each.etag}"',
                    "Key": each.key,
                    "LastModified": each.modified_ms // 1_000,
                    "Size": each.size,
                    "StorageClass": "STANDARD",
                }
                for each in page.objects
            ],
            is_end=page.next is None,
        )

    async def write(self, bucket: str, key: str, parts: AsyncIterator[bytes]) -> int:
        """Write an object; how many bytes it has.

        Raises:
            StateError: States.ResultWriterFailed: it cannot be written.
        """
        try:
            found = self._bucket(bucket, RESULT_WRITER_FAILED)
            kind = "application/x-ndjson" if key.endswith(".jsonl") else "application/json"
            return (await found.put(key, parts, content_type=kind)).size
        except EnsueError as fault:
            raise StateError(RESULT_WRITER_FAILED, str(fault)) from None

    def _bucket(self, name: str, error: str) -> Bucket:
        found = self._resources.find("bucket", last_part(name))
        if isinstance(found, Bucket):
            return found
        like = self._resources.nearest("bucket", name)
        hint = "" if like is None else f"; did you mean {like}?"
        raise StateError(error, f"there is no bucket {shown(name)}{hint}")

    async def _is_compressed(self, bucket: Bucket, info: ObjectInfo, version: int | None) -> bool:
        if info.size < len(GZIP_MAGIC):
            return False
        known = self._compressed.get(info.etag)
        if known is None:
            async with bucket.open(info.key, range="bytes=0-1", version=version) as reader:
                known = await reader.read() == GZIP_MAGIC
            if len(self._compressed) >= KNOWN_ETAGS_MAX:
                self._compressed.clear()
            self._compressed[info.etag] = known
        return known


async def _plain(
    bucket: Bucket, info: ObjectInfo, version: int | None, offset: int, size: int
) -> Got:
    if offset >= info.size:
        return Got(b"", is_end=True, etag=info.etag)
    last = min(offset + size, info.size) - 1
    async with bucket.open(info.key, range=f"bytes={offset}-{last}", version=version) as reader:
        data = await reader.read()
        return Got(data, is_end=offset + len(data) >= info.size, etag=reader.info.etag)


async def _inflated(
    bucket: Bucket, info: ObjectInfo, version: int | None, offset: int, size: int
) -> Got:
    """A part of what was compressed: all before it is passed over."""
    until, position, found = offset + size, 0, bytearray()
    async with bucket.open(info.key, version=version) as reader:
        async for data in _inflating(reader):
            begin = max(0, offset - position)
            position += len(data)
            found += data[begin:]
            if position > until:
                break
        else:
            return Got(bytes(found), is_end=True, etag=reader.info.etag)
        return Got(bytes(found), is_end=False, etag=reader.info.etag)


async def _inflating(chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """What was compressed, a bounded piece at a time; of all members, one after the other."""
    inflate = zlib.decompressobj(wbits=31)
    async for chunk in chunks:
        rest = chunk
        while rest:
            if inflate.eof:
                inflate = zlib.decompressobj(wbits=31)
            try:
                data = inflate.decompress(rest, _INFLATED_BYTES)
            except zlib.error as fault:
                raise _failed(f"expected a body that gzip compressed: {fault}") from None
            rest = inflate.unused_data if inflate.eof else inflate.unconsumed_tail
            if data:
                yield data
    while not inflate.eof and (data := inflate.decompress(b"", _INFLATED_BYTES)):
        yield data
    if not inflate.eof:
        raise _failed("expected a body that gzip compressed, got a part of one")


def _version(text: str) -> int:
    if not text.isdigit():
        raise InvalidValue(f"expected VersionId as a number, got {shown(text)}")
    return int(text)


def _failed(cause: str) -> StateError:
    return StateError(ITEM_READER_FAILED, cause)
