"""A data set: the items of an object, of the objects that a manifest names, or of a listing.

It does no I/O. It says what it needs next, a window of an object or a page of a listing, is given
that, and gives items and a cursor. The cursor is small, is JSON, and is all that must be kept:

    cursor ──▶ need(cursor) ──▶ Window | Listing ──▶ take(cursor, what was got) ──▶ items, cursor
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from ensue.languages.states.errors import StateError
from ensue.languages.states.readers.config import (
    LIST_OBJECTS,
    S3_INVENTORY,
    ReaderConfig,
    parse_config,
)
from ensue.languages.states.readers.delimited import CSVReader
from ensue.languages.states.readers.lines import decoded
from ensue.languages.states.readers.window import (
    ITEM_BYTES_MAX,
    Piece,
    Place,
    failed,
    read_window,
)
from ensue.words.values import Json, shown

FILES_AT_ONCE_MAX = 100
LISTED_AT_ONCE_MAX = 1_000


class File(msgspec.Struct, frozen=True, omit_defaults=True):
    """An object to read.

    Attributes:
        bucket: its bucket.
        key: its key.
        version: one of its versions; None for the current one.
    """

    bucket: str
    key: str
    version: str | None = None

    @property
    def source(self) -> str:
        """What the context object calls it, as ``Map.Item.Source``."""
        return f"S3://{self.bucket}/{self.key}"


class Cursor(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the reading of a data set stands.

    Attributes:
        taken: how many items were read.
        files: the next objects to read, the first of them in part.
        place: where in the first of them.
        etag: which state of the first of them is read; empty before it is known.
        manifest: where in the manifest the files behind ``files`` are named.
        named: how many files of an inventory were named.
        after: the key behind which the listing goes on; None from its beginning.
        header: the columns of an inventory's files.
        is_named: whether ``files`` are the last.
    """

    taken: int = 0
    files: tuple[File, ...] = ()
    place: Place = Place()
    etag: str = ""
    manifest: Place = Place()
    named: int = 0
    after: str | None = None
    header: tuple[str, ...] | None = None
    is_named: bool = False


class Window(msgspec.Struct, frozen=True):
    """A need: bytes of an object, as many as are at hand, at least one more than last time.

    Attributes:
        file: the object.
        offset: the first byte, of the body as it is when it is not compressed.
    """

    file: File
    offset: int


class Listing(msgspec.Struct, frozen=True):
    """A need: the next objects of a bucket, in the order of their keys.

    Attributes:
        bucket: the bucket.
        prefix: how their keys begin.
        after: the key behind which they are; None for the first.
        limit: how many at most.
    """

    bucket: str
    prefix: str
    after: str | None
    limit: int


class Got(msgspec.Struct, frozen=True):
    """Bytes of an object.

    Attributes:
        data: the bytes from the offset that was asked for.
        is_end: whether the body ends with them.
        etag: tells this state of the object from others.
    """

    data: bytes
    is_end: bool
    etag: str = ""


class Listed(msgspec.Struct, frozen=True):
    """Objects of a bucket.

    Attributes:
        objects: what is known of each, as S3 tells it: Key, Size, Etag, LastModified.
        is_end: whether there are no more.
    """

    objects: Sequence[Mapping[str, Json]]
    is_end: bool


class Taken(msgspec.Struct, frozen=True):
    """Items.

    Attributes:
        items: the items, in order.
        cursor: where the reading goes on.
        source: where they are from, as ``Map.Item.Source``.
        keys: the key of each, where they are members of an object.
    """

    items: Sequence[Json]
    cursor: Cursor
    source: str
    keys: Sequence[str] | None = None


class Dataset:
    """The data set of an ItemReader.

    Args:
        action: what it calls: ``getObject`` or ``listObjectsV2``.
        arguments: Bucket, and Key and VersionId or Prefix.
        config: the fields of ReaderConfig, resolved.

    Raises:
        StateError: what it says is no data set: States.ItemReaderFailed.
    """

    def __init__(
        self, action: str, arguments: Mapping[str, Json], config: Mapping[str, Json]
    ) -> None:
        self.config: ReaderConfig = parse_config(config, action)
        self._lists = action == LIST_OBJECTS
        self._bucket = _text(arguments, "Bucket")
        self._prefix = _text(arguments, "Prefix", "") if self._lists else ""
        version = arguments.get("VersionId")
        self._file = File(
            self._bucket,
            "" if self._lists else _text(arguments, "Key"),
            None if version is None else str(version),
        )
        self._reader = self.config.reader()

    def begin(self) -> Cursor:
        """The cursor before the first item."""
        if self._lists or self.config.manifest:
            return Cursor()
        return Cursor(files=(self._file,), is_named=True)

    def need(self, cursor: Cursor) -> Window | Listing | None:
        """What `take` must be given next; None when all items are read."""
        if cursor.taken >= self.config.items_max:
            return None
        if cursor.files:
            return Window(cursor.files[0], cursor.place.offset)
        if cursor.is_named:
            return None
        if self._lists:
            left = self.config.items_max - cursor.taken
            limit = FILES_AT_ONCE_MAX if self.config.flattens else min(LISTED_AT_ONCE_MAX, left)
            return Listing(self._bucket, self._prefix, cursor.after, limit)
        return Window(self._file, cursor.manifest.offset)

    def take(self, cursor: Cursor, got: Got | Listed, items_max: int) -> Taken:
        """The items of what was needed.

        A cursor that has not moved says that the window was too short: it is needed once more, and
        longer.

        Args:
            cursor: the cursor that `need` was asked with.
            got: what it needed.
            items_max: how many items are wanted at most; a listing may give more.

        Raises:
            StateError: what is there is no item; names the object and the place in it.
        """
        if isinstance(got, Listed):
            return self._take_listing(cursor, got)
        file = cursor.files[0] if cursor.files else self._file
        try:
            if cursor.files:
                return self._take_items(cursor, got, items_max)
            return Taken([], self._take_names(cursor, got), file.source)
        except StateError as fault:
            fault.cause = f"{file.source}: {fault.cause}"
            raise

    def _take_listing(self, cursor: Cursor, got: Listed) -> Taken:
        after = str(got.objects[-1]["Key"]) if got.objects else cursor.after
        source = f"S3://{self._bucket}"
        moved = msgspec.structs.replace(cursor, after=after, is_named=got.is_end)
        if self.config.flattens:
            # What ends with a slash is the empty object that stands for a folder.
            keys = [str(each["Key"]) for each in got.objects]
            files = tuple(File(self._bucket, key) for key in keys if not key.endswith("/"))
            return Taken([], msgspec.structs.replace(moved, files=files), source)
        items = [dict(each) for each in got.objects]
        return Taken(items, msgspec.structs.replace(moved, taken=cursor.taken + len(items)), source)

    def _take_items(self, cursor: Cursor, got: Got, items_max: int) -> Taken:
        file = cursor.files[0]
        if cursor.etag and cursor.etag != got.etag:
            raise failed(
                "expected the object as it was when its first items were read, got another"
            )
        reader = self._reader if cursor.header is None else CSVReader(cursor.header)
        wanted = min(items_max, self.config.items_max - cursor.taken)
        piece: Piece = read_window(
            reader, got.data, cursor.place, is_end=got.is_end, items_max=wanted
        )
        taken = cursor.taken + len(piece.items)
        if piece.place.is_done:
            moved = msgspec.structs.replace(
                cursor, taken=taken, files=cursor.files[1:], place=Place(), etag=""
            )
        elif piece.place == cursor.place:
            moved = cursor
        else:
            moved = msgspec.structs.replace(cursor, taken=taken, place=piece.place, etag=got.etag)
        return Taken(piece.items, moved, file.source, piece.keys)

    def _take_names(self, cursor: Cursor, got: Got) -> Cursor:
        if self.config.manifest == S3_INVENTORY:
            return self._take_inventory(cursor, got)
        piece = read_window(
            CSVReader(("uri",)),
            got.data,
            cursor.manifest,
            is_end=got.is_end,
            items_max=FILES_AT_ONCE_MAX,
        )
        return msgspec.structs.replace(
            cursor,
            files=tuple(_file_of(row, index) for index, row in enumerate(piece.items)),
            manifest=piece.place,
            is_named=piece.place.is_done,
        )

    def _take_inventory(self, cursor: Cursor, got: Got) -> Cursor:
        if not got.is_end:
            if len(got.data) >= ITEM_BYTES_MAX:
                raise failed(f"expected a manifest of at most {ITEM_BYTES_MAX} bytes")
            return cursor
        found = decoded(got.data, "the manifest")
        manifest = found if isinstance(found, dict) else {}
        if (form := manifest.get("fileFormat")) != "CSV":
            raise failed(f"expected an inventory whose fileFormat is CSV, got {shown(form)}")
        bucket, files = manifest.get("destinationBucket"), manifest.get("files")
        schema = manifest.get("fileSchema")
        if not (isinstance(bucket, str) and isinstance(files, list) and isinstance(schema, str)):
            raise failed("expected a manifest with destinationBucket, fileSchema and files")
        until = cursor.named + FILES_AT_ONCE_MAX
        named = [
            File(bucket.rpartition(":")[2], _text(each if isinstance(each, dict) else {}, "key"))
            for each in files[cursor.named : until]
        ]
        return msgspec.structs.replace(
            cursor,
            files=tuple(named),
            named=until,
            header=tuple(column.strip() for column in schema.split(",")),
            is_named=until >= len(files),
        )


def _file_of(row: Json, index: int) -> File:
    uri = str(row["uri"]) if isinstance(row, dict) else ""
    scheme, _, path = uri.partition("://")
    bucket, _, key = path.partition("/")
    if scheme.lower() != "s3" or not bucket or not key:
        raise failed(f"expected s3://BUCKET/KEY, got {shown(uri)}", f"file {index + 1} of the page")
    return File(bucket, key)


def _text(found: Mapping[str, Json], field: str, default: str | None = None) -> str:
    value = found.get(field, default)
    if not isinstance(value, str) or (default is None and not value):
        raise failed(f"expected {field} as a text, got {shown(value)}")
    return value
