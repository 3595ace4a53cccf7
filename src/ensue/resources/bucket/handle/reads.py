"""What can be read of a bucket: objects, their bodies, and listings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from ensue.engine.home import Home
from ensue.engine.shelf import BodyPlace, OpenBody
from ensue.engine.transaction import Transaction
from ensue.resources.bucket import store
from ensue.resources.bucket.model import (
    PAGE_MAX,
    BucketModel,
    ObjectInfo,
    ObjectPage,
    VersionPage,
)
from ensue.resources.bucket.rules import Span, check_key, parse_range, span_of
from ensue.resources.bucket.store import Stored
from ensue.resources.bucket.transport import ObjectReader
from ensue.words.errors import InvalidValue, NotFound, StoreUnusable
from ensue.words.names import Ref
from ensue.words.values import shown

OPEN_TRIES = 3


class BucketReads:
    """The reading half of a bucket.

    Args:
        home: the app.
        model: the bucket as declared.
    """

    def __init__(self, home: Home, model: BucketModel) -> None:
        self.model = model
        self._home = home

    @property
    def ref(self) -> Ref:
        """What it is called."""
        return self.model.ref

    async def head(self, key: str, *, version: int | None = None) -> ObjectInfo | None:
        """What is known of an object, or of one of its versions; None when there is none.

        Raises:
            InvalidValue: the key is none.
        """
        found = self._find(check_key(key), version)
        return None if found is None else found.info

    async def get(
        self,
        key: str,
        *,
        range: str | None = None,  # noqa: A002 - HTTP's word
        version: int | None = None,
    ) -> bytes | None:
        """An object's body, or some of its bytes, at once; None when there is no object.

        Args:
            key: the object's key.
            range: as of `open`.
            version: one of its versions; None for the current one.

        Raises:
            InvalidValue: the key or the range is none.
            OutOfRange: none of the bytes are there.
            TooLarge: there are more than 16 MiB; see `open`.
        """
        if await self.head(key, version=version) is None:
            return None
        async with self.open(key, range=range, version=version) as reader:
            return await reader.read()

    @asynccontextmanager
    async def open(
        self,
        key: str,
        *,
        range: str | None = None,  # noqa: A002 - HTTP's word
        version: int | None = None,
    ) -> AsyncIterator[ObjectReader]:
        """Open an object, to read its body in chunks: ``async for chunk in reader``.

        It can be read to its end although it is overwritten or deleted meanwhile.

        Args:
            key: the object's key.
            range: which bytes, as HTTP says it: ``bytes=0-99``, ``bytes=100-``, ``bytes=-100``.
            version: one of its versions; None for the current one.

        Raises:
            InvalidValue: the key or the range is none.
            NotFound: there is no such object.
            OutOfRange: none of the bytes are there.
            StoreUnusable: its body cannot be read.
        """
        asked = None if range is None else parse_range(range)
        if range is not None and asked is None:
            raise InvalidValue(f"expected a range such as bytes=0-99, got {shown(range)}")
        reader = await self.reader(check_key(key), version=version)
        try:
            if asked is not None:
                reader.span = span_of(asked, reader.info.size)
            yield reader
        finally:
            reader.close()

    async def reader(self, key: str, *, version: int | None = None) -> ObjectReader:
        """What `open` gives, of all bytes; whoever has it closes it.

        Raises:
            NotFound: there is no such object.
            StoreUnusable: its body cannot be read.
        """
        engine = self._home.engine
        shelf = engine.facts.shelf
        opened: list[OpenBody] = []
        for _ in tries():
            found = self._find(key, version)
            if found is None:
                raise NotFound(f"there is no object {shown(key)}", at=str(self.ref))
            place = BodyPlace(engine.number(self.ref), found.body)
            try:
                await shelf.do(lambda place=place: opened.append(shelf.open(place)))  # type: ignore[misc]
            except FileNotFoundError:
                continue  # it was removed since: what is there now is another one
            except BaseException:
                for body in opened:
                    body.close()
                raise
            return ObjectReader(found.info, Span(0, found.info.size - 1), shelf, opened[0])
        raise StoreUnusable(
            f"the body of {shown(key)} is gone",
            at=str(self.ref),
            hint="`ensue check` says what else is damaged; restore a backup.",
        )

    async def list(
        self,
        prefix: str = "",
        *,
        delimiter: str | None = None,
        limit: int = PAGE_MAX,
        after: str | None = None,
        start_after: str | None = None,
    ) -> ObjectPage:
        """A page of the objects whose keys have a prefix, in the order of the keys' UTF-8 bytes.

        Args:
            prefix: with what the keys begin.
            delimiter: keys that have it behind the prefix are rolled up: of those that are alike
                up to it only that is told, once, and the rest is not read.
            limit: objects and rolled-up prefixes a page, 1 to 1,000.
            after: the ``next`` of the page before, of the same prefix and delimiter.
            start_after: a key: only those behind it.

        Raises:
            InvalidValue: the limit, the delimiter or ``after`` is wrong.
        """
        return self._home.engine.read(
            lambda tx: list_in(
                tx,
                self.model,
                prefix,
                delimiter=delimiter,
                limit=limit,
                after=after,
                start_after=start_after,
            )
        )

    async def list_versions(
        self, prefix: str = "", *, limit: int = PAGE_MAX, after: str | None = None
    ) -> VersionPage:
        """A page of the versions and delete markers of the objects whose keys have a prefix.

        Args:
            prefix: with what the keys begin.
            limit: versions a page, 1 to 1,000.
            after: the ``next`` of the page before.

        Raises:
            InvalidInput: the bucket has no versions.
            InvalidValue: the limit or ``after`` is wrong.
        """
        _check_limit(limit)
        _check_prefix(prefix)
        return self._home.engine.read(
            lambda tx: store.list_versions(tx, self.model, prefix, limit=limit, after=after)
        )

    async def count(self) -> int:
        """How many objects there are."""
        return self._home.engine.read(lambda tx: store.count(tx, self.model))

    def _find(self, key: str, version: int | None) -> Stored | None:
        if version is None:
            return self._home.engine.read(lambda tx: store.current(tx, self.model, key))
        return self._home.engine.read(lambda tx: store.version(tx, self.model, key, version))


def tries() -> Iterator[int]:
    """How often to look again for a body that was removed since its row was read."""
    return iter(range(OPEN_TRIES))


def list_in(
    tx: Transaction,
    bucket: BucketModel,
    prefix: str,
    *,
    delimiter: str | None,
    limit: int,
    after: str | None,
    start_after: str | None,
) -> ObjectPage:
    """`Bucket.list`, within a transaction.

    Raises:
        InvalidValue: the limit, the delimiter or ``after`` is wrong.
    """
    _check_limit(limit)
    for given in (prefix, delimiter, start_after):
        _check_prefix(given or "")
    if delimiter == "":
        raise InvalidValue("expected a delimiter of a character or more", at="$.delimiter")
    return store.list_objects(
        tx, bucket, prefix, delimiter, limit=limit, after=after, start_after=start_after
    )


def _check_limit(limit: int) -> None:
    if not 1 <= limit <= PAGE_MAX:
        raise InvalidValue(f"expected a limit from 1 to {PAGE_MAX}, got {limit}", at="$.limit")


def _check_prefix(given: str) -> None:
    if given:
        check_key(given)
