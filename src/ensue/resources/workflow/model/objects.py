"""Where a distributed Map reads its items and writes its results: objects in buckets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from ensue.languages.states.readers import File, Got, Listed, Listing


class Objects(Protocol):
    """Objects, as map runs see them."""

    async def read(self, file: File, offset: int, size: int) -> Got:
        """Bytes of an object, at least one where there are more.

        A body that is compressed with gzip is read as what it was before.

        Args:
            file: the object.
            offset: the first byte.
            size: about how many bytes are wanted.

        Raises:
            StateError: States.ItemReaderFailed: there is no such bucket or object, or it cannot be
                read.
        """
        ...

    async def list(self, listing: Listing) -> Listed:
        """The next objects of a bucket.

        Raises:
            StateError: States.ItemReaderFailed: there is no such bucket.
        """
        ...

    async def write(self, bucket: str, key: str, parts: AsyncIterator[bytes]) -> int:
        """Write an object; how many bytes it has.

        Args:
            bucket: its bucket.
            key: its key.
            parts: its body, part by part.

        Raises:
            StateError: States.ResultWriterFailed: there is no such bucket, or it has no room.
        """
        ...
