"""The bucket: objects, each a file with what is known of it in the store."""

from __future__ import annotations

from ensue.resources.bucket.audit import audit
from ensue.resources.bucket.handle import Bucket, delete_in, list_in
from ensue.resources.bucket.model import (
    CHUNK_BYTES,
    BucketModel,
    ObjectChange,
    ObjectInfo,
    ObjectPage,
    ObjectVersion,
    PutOptions,
    VersionPage,
)
from ensue.resources.bucket.operations import OPERATIONS
from ensue.resources.bucket.rules import (
    OutOfRange,
    Span,
    check_key,
    parse_range,
    said,
    span_of,
)
from ensue.resources.bucket.store import (
    Stored,
    as_event,
    as_work,
    current,
    from_work,
    present,
)
from ensue.resources.bucket.transport import ObjectReader, copy_in, put, read_in
from ensue.words.kinds import Kind
from ensue.words.values import Json

__all__ = [
    "CHUNK_BYTES",
    "KIND",
    "Bucket",
    "BucketModel",
    "ObjectChange",
    "ObjectInfo",
    "ObjectPage",
    "ObjectReader",
    "ObjectVersion",
    "OutOfRange",
    "PutOptions",
    "Span",
    "Stored",
    "VersionPage",
    "as_event",
    "as_work",
    "check_key",
    "copy_in",
    "current",
    "delete_in",
    "from_work",
    "list_in",
    "parse_range",
    "present",
    "put",
    "read_in",
    "said",
    "span_of",
]


async def _status(bucket: Bucket) -> dict[str, Json]:
    return {"objects": await bucket.count()}


KIND = Kind(
    name="bucket",
    plural="buckets",
    summary="Objects: files by key, with what is known of each.",
    aws="S3",
    operations=OPERATIONS,
    status=_status,
    audit=audit,
)
