"""What can be done to a bucket from outside, by a route or a command, but for bodies."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ensue.resources.bucket.handle import Bucket
from ensue.resources.bucket.model import (
    DELETE_MAX,
    PAGE_MAX,
    ObjectInfo,
    ObjectPage,
    PutOptions,
    VersionPage,
)
from ensue.words.errors import NotFound
from ensue.words.kinds import Operation
from ensue.words.values import Json, shown

Limit = Annotated[int, msgspec.Meta(ge=1, le=PAGE_MAX)]
Version = Annotated[int, msgspec.Meta(ge=1, description="One of the object's versions.")]


class ListObjects(msgspec.Struct, forbid_unknown_fields=True):
    """With what the keys begin, at what to roll them up, and which page."""

    prefix: Annotated[str, msgspec.Meta(description="With what the keys begin.")] = ""
    delimiter: (
        Annotated[str, msgspec.Meta(description="Roll up keys that are alike up to it.")] | None
    ) = None
    limit: Limit = 100
    after: str | None = None
    start_after: (
        Annotated[str, msgspec.Meta(description="Only the keys behind this one.")] | None
    ) = None


class ListVersions(msgspec.Struct, forbid_unknown_fields=True):
    """With what the keys begin, and which page."""

    prefix: Annotated[str, msgspec.Meta(description="With what the keys begin.")] = ""
    limit: Limit = 100
    after: str | None = None


class Head(msgspec.Struct, forbid_unknown_fields=True):
    """Which object, or which of its versions."""

    key: str
    version: Version | None = None


class Delete(msgspec.Struct, forbid_unknown_fields=True):
    """Which object or version, and the etag that the object must have."""

    key: str
    version: Version | None = None
    expect_etag: (
        Annotated[str, msgspec.Meta(description="The etag that the object must have.")] | None
    ) = None


class DeleteMany(msgspec.Struct, forbid_unknown_fields=True):
    """Which objects."""

    keys: Annotated[list[str], msgspec.Meta(max_length=DELETE_MAX)]


class Copy(msgspec.Struct, forbid_unknown_fields=True):
    """Which object, the copy's key, and what is said of the copy."""

    key: str
    to: str
    version: Version | None = None
    content_type: Annotated[str, msgspec.Meta(description="The media type of the copy.")] | None = (
        None
    )
    expect_etag: (
        Annotated[
            str,
            msgspec.Meta(description="The etag that must be there; empty for no object there."),
        ]
        | None
    ) = None


async def _list(bucket: Bucket, given: ListObjects) -> ObjectPage:
    return await bucket.list(
        given.prefix,
        delimiter=given.delimiter,
        limit=given.limit,
        after=given.after,
        start_after=given.start_after,
    )


async def _list_versions(bucket: Bucket, given: ListVersions) -> VersionPage:
    return await bucket.list_versions(given.prefix, limit=given.limit, after=given.after)


async def _head(bucket: Bucket, given: Head) -> ObjectInfo:
    found = await bucket.head(given.key, version=given.version)
    if found is None:
        raise NotFound(f"there is no object {shown(given.key)}", at=str(bucket.ref))
    return found


async def _delete(bucket: Bucket, given: Delete) -> dict[str, Json]:
    return {
        "deleted": await bucket.delete(
            given.key, version=given.version, expect_etag=given.expect_etag
        )
    }


async def _delete_many(bucket: Bucket, given: DeleteMany) -> dict[str, Json]:
    return {"deleted": await bucket.delete_many(given.keys)}


async def _copy(bucket: Bucket, given: Copy) -> ObjectInfo:
    options = PutOptions(content_type=given.content_type, expect_etag=given.expect_etag)
    return await bucket.copy(given.key, given.to, version=given.version, **options)


OPERATIONS = (
    Operation("list-objects", "List objects by their keys.", ListObjects, _list, writes=False),
    Operation(
        "list-versions",
        "List the versions and delete markers of objects.",
        ListVersions,
        _list_versions,
        writes=False,
    ),
    Operation("head-object", "Say what is known of an object.", Head, _head, writes=False),
    Operation("copy-object", "Copy an object within its bucket.", Copy, _copy, writes=True),
    Operation(
        "delete-object", "Remove an object, or one of its versions.", Delete, _delete, writes=True
    ),
    Operation("delete-objects", "Remove several objects.", DeleteMany, _delete_many, writes=True),
)
