"""The words of buckets: objects, what is known of them, and what happens to them.

absent ──put──▶ there ──put──▶ there (another version)
   ▲              │
   └───delete─────┘   in a bucket with versions: a delete marker, and the versions stay
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypedDict

from ensue.words.errors import InvalidDeclaration
from ensue.words.names import Ref, sql_name
from ensue.words.values import Json

KEY_BYTES_MAX = 1_024
SIZE_BYTES_DEFAULT = 5 * 2**30
SIZE_BYTES_MAX = 5 * 2**40
BODY_BYTES_MAX = 1_048_576
GET_BYTES_MAX = 16_777_216
METADATA_BYTES_MAX = 2_048
CONTENT_TYPE_LENGTH_MAX = 255
PAGE_MAX = 1_000
DELETE_MAX = 1_000
NONCURRENT_MAX = 1_000
CHUNK_BYTES = 262_144

CONTENT_TYPE = "application/octet-stream"
ABSENT = ""


@dataclass(frozen=True)
class BucketModel:
    """A bucket as declared.

    Attributes:
        ref: what it is called.
        versions: whether what is overwritten or deleted stays as a version.
        noncurrent_ms: how long it stays; None for any time.
        noncurrent_max: how many versions of a key stay beside the current one; None for any.
        expire_ms: after how long an object is removed; None for never.
        size_max: how many bytes an object may have.
    """

    ref: Ref
    versions: bool = False
    noncurrent_ms: int | None = None
    noncurrent_max: int | None = None
    expire_ms: int | None = None
    size_max: int = SIZE_BYTES_DEFAULT

    def __post_init__(self) -> None:
        """Check what is declared.

        Raises:
            InvalidDeclaration: a number is out of range, or there are no versions to keep.
        """
        at = str(self.ref)
        if not 1 <= self.size_max <= SIZE_BYTES_MAX:
            raise InvalidDeclaration(
                f"expected size_max from 1 to {SIZE_BYTES_MAX} bytes, got {self.size_max}", at=at
            )
        if not self.versions and (self.noncurrent_ms, self.noncurrent_max) != (None, None):
            raise InvalidDeclaration(
                "expected versions=True with noncurrent_for and noncurrent_max", at=at
            )
        if self.noncurrent_max is not None and not 1 <= self.noncurrent_max <= NONCURRENT_MAX:
            raise InvalidDeclaration(
                f"expected noncurrent_max from 1 to {NONCURRENT_MAX}, got {self.noncurrent_max}",
                at=at,
            )
        for name, value in (("noncurrent_for", self.noncurrent_ms), ("expire", self.expire_ms)):
            if value == 0:
                raise InvalidDeclaration(f"expected a time above 0 for {name}", at=at)

    @property
    def sql(self) -> str:
        """The SQL table of its objects."""
        return sql_name(self.ref.app, self.ref.name)

    @property
    def changes(self) -> str:
        """The SQL table of its changes."""
        return sql_name(self.ref.app, self.ref.name, "_changes")


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What is known of an object beside its body.

    Attributes:
        key: its name in the bucket.
        etag: the MD5 of its body in hexadecimal: the same body has the same.
        size: of its body in bytes.
        content_type: its media type.
        metadata: what the one who put it said of it.
        version: the number of this put; each later one of the bucket has a higher one.
        created_ms: when an object of this key was first put; anew after it was deleted.
        modified_ms: when this version was put.
    """

    key: str
    etag: str
    size: int
    content_type: str
    metadata: Mapping[str, str]
    version: int
    created_ms: int
    modified_ms: int

    def as_json(self) -> dict[str, Json]:
        """It as a value."""
        return {
            "key": self.key,
            "etag": self.etag,
            "size": self.size,
            "content_type": self.content_type,
            "metadata": dict(self.metadata),
            "version": self.version,
            "created_ms": self.created_ms,
            "modified_ms": self.modified_ms,
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Json]) -> ObjectInfo:
        """The object of which `as_json` made this value."""
        said: dict[str, object] = dict(found)
        return cls(**said)  # type: ignore[arg-type] # as it was written


@dataclass(frozen=True, slots=True)
class ObjectVersion:
    """A version of an object, or a delete marker.

    Attributes:
        key: the object's key.
        version: its number.
        is_latest: whether it is the newest of the key.
        is_marker: whether it only says that the object was deleted.
        modified_ms: when it was put, or the object deleted.
        etag: as of `ObjectInfo`; None for a marker.
        size: as of `ObjectInfo`; None for a marker.
    """

    key: str
    version: int
    is_latest: bool
    is_marker: bool
    modified_ms: int
    etag: str | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class ObjectPage:
    """A page of a listing.

    Attributes:
        objects: the objects, in the order of their keys' UTF-8 bytes.
        prefixes: what the keys that are rolled up have in common, up to the delimiter.
        next: where the next page begins; None for the last one.
    """

    objects: list[ObjectInfo]
    prefixes: list[str]
    next: str | None


@dataclass(frozen=True, slots=True)
class VersionPage:
    """A page of the versions of objects.

    Attributes:
        versions: by key, the newest of each first.
        next: where the next page begins; None for the last one.
    """

    versions: list[ObjectVersion]
    next: str | None


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """Something that happened to an object.

    Attributes:
        id: the same at every delivery.
        kind: ``insert``, ``update`` or ``remove``.
        bucket: the bucket's name.
        key: the object's key.
        old: the object before; None for an insert.
        new: the object after; None for a remove.
        at_ms: when it happened.
        expired: a remove that time made, by ``expire_after``, and nobody else.
    """

    id: str
    kind: str
    bucket: str
    key: str
    old: ObjectInfo | None
    new: ObjectInfo | None
    at_ms: int
    expired: bool = False

    @property
    def size(self) -> int:
        """Of the object that it is about: the one after, or the one removed."""
        return self._about.size

    @property
    def etag(self) -> str:
        """Of the object that it is about."""
        return self._about.etag

    @property
    def version(self) -> int:
        """Of the object that it is about."""
        return self._about.version

    @property
    def _about(self) -> ObjectInfo:
        found = self.new or self.old
        if found is None:
            raise ValueError("a change without an object")
        return found


class PutOptions(TypedDict, total=False):
    """What is said of an object that is put; see `Bucket.put`."""

    content_type: str | None
    metadata: Mapping[str, str] | None
    expect_etag: str | None


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of an object that is put, checked.

    Attributes:
        content_type: its media type.
        metadata: by name.
        expect_etag: what the one that is there must have; `ABSENT` for none being there; None for
            any.
    """

    content_type: str = CONTENT_TYPE
    metadata: Mapping[str, str] = field(default_factory=dict)
    expect_etag: str | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """A body that is on the shelf.

    Attributes:
        id: its id there.
        size: its size in bytes.
        etag: the MD5 of its bytes in hexadecimal.
    """

    id: str
    size: int
    etag: str
