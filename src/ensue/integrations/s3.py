"""S3: buckets of ours, by the API of S3.

Bodies are texts, as the results of tasks are JSON: bytes that are no UTF-8 are read as U+FFFD.

Source: S3 API reference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeVar
from urllib.parse import unquote

from ensue.engine.transaction import Transaction
from ensue.integrations.answers import seconds_date
from ensue.integrations.faults import BAD_REQUEST, NOT_FOUND, Fault, Wording, invalid
from ensue.integrations.names import Resources, last_part
from ensue.integrations.parameters import ANY, NUMBER, OBJECT, TEXT, Parameters
from ensue.integrations.service import Action, Asked, Service
from ensue.resources import bucket as bucket_kind
from ensue.resources.bucket import Bucket, ObjectInfo, OutOfRange, PutOptions, Span
from ensue.words import values
from ensue.words.errors import ConditionFailed, InvalidInput, TooLarge
from ensue.words.values import Json

T = TypeVar("T")

CONTENT_TYPE: Final = "binary/octet-stream"
KEYS_MAX = 1_000
PRECONDITION_FAILED, TOO_RANGED = 412, 416

_OWNER: Final = frozenset({"ExpectedBucketOwner", "RequestPayer", "ChecksumMode"})
_ENCRYPTION: Final = "bodies are kept as the disk keeps them; encrypt the disk"
_READ: Final = Parameters(
    required={"Bucket": TEXT, "Key": TEXT},
    optional={"Range": TEXT, "IfMatch": TEXT},
    passed_over=_OWNER,
)
_PUT: Final = Parameters(
    required={"Bucket": TEXT, "Key": TEXT},
    optional={
        "Body": ANY,
        "ContentType": TEXT,
        "Metadata": OBJECT,
        "IfMatch": TEXT,
        "IfNoneMatch": TEXT,
    },
    passed_over=_OWNER | {"ChecksumAlgorithm", "StorageClass"},
    lacking={
        "ACL": "who may read what is for the app to decide",
        "ServerSideEncryption": _ENCRYPTION,
        "SSEKMSKeyId": _ENCRYPTION,
        "SSECustomerKey": _ENCRYPTION,
    },
)
_DELETE: Final = Parameters(
    required={"Bucket": TEXT, "Key": TEXT}, optional={"IfMatch": TEXT}, passed_over=_OWNER
)
_COPY: Final = Parameters(
    required={"Bucket": TEXT, "Key": TEXT, "CopySource": TEXT},
    optional={"ContentType": TEXT, "Metadata": OBJECT, "MetadataDirective": TEXT},
    passed_over=_OWNER,
)
_LIST: Final = Parameters(
    required={"Bucket": TEXT},
    optional={
        "Prefix": TEXT,
        "Delimiter": TEXT,
        "MaxKeys": NUMBER,
        "ContinuationToken": TEXT,
        "StartAfter": TEXT,
    },
    passed_over=_OWNER | {"EncodingType", "FetchOwner"},
)
_LIST_OLD: Final = Parameters(
    required={"Bucket": TEXT},
    optional={"Prefix": TEXT, "Delimiter": TEXT, "MaxKeys": NUMBER, "Marker": TEXT},
    passed_over=_OWNER | {"EncodingType"},
)


def get_object(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """An object with its body, as text."""
    given = asked.arguments
    bucket, stored = _stored(tx, asked.resources, given)
    info = stored.info
    span = Span(0, info.size - 1)
    said = given.get("Range")
    wanted = bucket_kind.parse_range(said) if isinstance(said, str) else None
    answer = _known(info)
    if wanted is not None:
        span = _refusing(lambda: bucket_kind.span_of(wanted, info.size))
        answer |= {
            "ContentLength": span.length,
            "ContentRange": f"bytes {span.first}-{span.last}/{info.size}",
        }
    body = _refusing(lambda: bucket_kind.read_in(tx, bucket.model, stored, span))
    return answer | {"Body": body.decode(errors="replace")}


def head_object(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """What is known of an object."""
    _, stored = _stored(tx, asked.resources, asked.arguments, is_head=True)
    return _known(stored.info)


def put_object(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """Store an object: a text as it is, any other value as JSON."""
    given = asked.arguments
    bucket = _bucket(asked.resources, given.get("Bucket"))
    body = given.get("Body", "")
    content = (body if isinstance(body, str) else values.encode(body)).encode()
    options = _options(given)
    expected = given.get("IfMatch")
    if given.get("IfNoneMatch") is not None:
        expected = ""
    if expected is not None:
        options["expect_etag"] = str(expected)
    info = _refusing(
        lambda: bucket_kind.put(
            tx,
            bucket.model,
            bucket_kind.check_key(given.get("Key")),
            content,
            bucket_kind.said(**options),
        )
    )
    return {"ETag": _quoted(info)} | _version(bucket, info)


def delete_object(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """Remove an object; that there is none is no error."""
    given = asked.arguments
    bucket = _bucket(asked.resources, given.get("Bucket"))
    expected = given.get("IfMatch")
    was_there = _refusing(
        lambda: bucket_kind.delete_in(
            tx,
            bucket.model,
            bucket_kind.check_key(given.get("Key")),
            expect_etag=None if expected is None else str(expected),
        )
    )
    return {"DeleteMarker": True} if was_there and bucket.model.versions else {}


def copy_object(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """Copy an object within a bucket or into another."""
    given = asked.arguments
    target = _bucket(asked.resources, given.get("Bucket"))
    from_bucket, _, key = unquote(str(given.get("CopySource"))).lstrip("/").partition("/")
    source, stored = _stored(tx, asked.resources, {"Bucket": from_bucket, "Key": key})
    options = _options(given)
    if given.get("MetadataDirective", "COPY") == "COPY":
        options = {"content_type": stored.info.content_type, "metadata": stored.info.metadata}
    info = _refusing(
        lambda: bucket_kind.copy_in(
            tx,
            (source.model, stored),
            target.model,
            bucket_kind.check_key(given.get("Key")),
            bucket_kind.said(**options),
        )
    )
    result: dict[str, Json] = {
        "ETag": _quoted(info),
        "LastModified": seconds_date(info.modified_ms),
    }
    return {"CopyObjectResult": result} | _version(target, info)


def list_objects_v2(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """A page of a bucket's objects, in the order of their keys."""
    given = asked.arguments
    answer, following = _listed(
        tx,
        asked,
        after=_text(given, "ContinuationToken"),
        start_after=_text(given, "StartAfter"),
    )
    found = _list(answer, "Contents")
    answer["KeyCount"] = len(found) + len(_list(answer, "CommonPrefixes"))
    for name in ("ContinuationToken", "StartAfter"):
        if name in given:
            answer[name] = given[name]
    return answer if following is None else answer | {"NextContinuationToken": following}


def list_objects(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """A page of a bucket's objects, as S3 listed them first: the next begins behind a key."""
    marker = _text(asked.arguments, "Marker")
    answer, following = _listed(tx, asked, after=None, start_after=marker)
    answer["Marker"] = marker or ""
    if following is None:
        return answer
    keys = [each["Key"] for each in _list(answer, "Contents") if isinstance(each, dict)]
    keys += [each["Prefix"] for each in _list(answer, "CommonPrefixes") if isinstance(each, dict)]
    return answer | {"NextMarker": max(map(str, keys))}


def _listed(
    tx: Transaction, asked: Asked, *, after: str | None, start_after: str | None
) -> tuple[dict[str, Json], str | None]:
    given = asked.arguments
    bucket = _bucket(asked.resources, given.get("Bucket"))
    limit = given.get("MaxKeys", KEYS_MAX)
    many = min(limit, KEYS_MAX) if isinstance(limit, int) else KEYS_MAX
    prefix, delimiter = _text(given, "Prefix"), _text(given, "Delimiter")
    page = _refusing(
        lambda: bucket_kind.list_in(
            tx,
            bucket.model,
            prefix or "",
            delimiter=delimiter,
            limit=many,
            after=after,
            start_after=start_after or None,
        )
    )
    contents: list[Json] = [
        {
            "ETag": _quoted(each),
            "Key": each.key,
            "LastModified": seconds_date(each.modified_ms),
            "Size": each.size,
            "StorageClass": "STANDARD",
        }
        for each in page.objects
    ]
    prefixes: list[Json] = [{"Prefix": each} for each in page.prefixes]
    answer: dict[str, Json] = {"Contents": contents} if contents else {}
    if prefixes:
        answer["CommonPrefixes"] = prefixes
    answer |= {
        "IsTruncated": page.next is not None,
        "MaxKeys": many,
        "Name": str(given.get("Bucket")),
        "Prefix": prefix or "",
    }
    if delimiter is not None:
        answer["Delimiter"] = delimiter
    return answer, page.next


def _bucket(resources: Resources, name: Json) -> Bucket:
    found = resources.find("bucket", last_part(name)) if isinstance(name, str) and name else None
    if not isinstance(found, Bucket):
        raise Fault("NoSuchBucket", "The specified bucket does not exist", status=NOT_FOUND)
    return found


def _stored(
    tx: Transaction, resources: Resources, given: Mapping[str, Json], *, is_head: bool = False
) -> tuple[Bucket, bucket_kind.Stored]:
    bucket = _bucket(resources, given.get("Bucket"))
    key = _refusing(lambda: bucket_kind.check_key(given.get("Key")))
    stored = bucket_kind.current(tx, bucket.model, key)
    if stored is None:
        # A HEAD has no body that could say which.
        said = "Not Found" if is_head else "The specified key does not exist."
        raise Fault("NoSuchKey", said, status=NOT_FOUND)
    expected = given.get("IfMatch")
    if expected is not None and str(expected).strip('"') != stored.info.etag:
        raise _precondition()
    return bucket, stored


def _options(given: Mapping[str, Json]) -> PutOptions:
    metadata = given.get("Metadata")
    return {
        "content_type": _text(given, "ContentType") or CONTENT_TYPE,
        "metadata": {name.lower(): str(value) for name, value in metadata.items()}
        if isinstance(metadata, dict)
        else {},
    }


def _known(info: ObjectInfo) -> dict[str, Json]:
    return {
        "AcceptRanges": "bytes",
        "ContentLength": info.size,
        "ContentType": info.content_type,
        "ETag": _quoted(info),
        "LastModified": seconds_date(info.modified_ms),
        "Metadata": dict(info.metadata),
    }


def _version(bucket: Bucket, info: ObjectInfo) -> dict[str, Json]:
    return {"VersionId": str(info.version)} if bucket.model.versions else {}


def _quoted(info: ObjectInfo) -> str:
    return f'"{info.etag}"'


def _text(given: Mapping[str, Json], name: str) -> str | None:
    found = given.get(name)
    return None if found is None else str(found)


def _list(answer: Mapping[str, Json], name: str) -> list[Json]:
    found = answer.get(name)
    return found if isinstance(found, list) else []


def _precondition() -> Fault:
    return Fault(
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
        status=PRECONDITION_FAILED,
        is_modelled=False,
    )


def _refusing(run: Callable[[], T]) -> T:
    """What a function of ours returns; what it refuses as S3 says it.

    Raises:
        Fault: it refuses.
    """
    try:
        return run()
    except ConditionFailed:
        raise _precondition() from None
    except TooLarge as fault:
        raise invalid(str(fault), code="EntityTooLarge") from None
    except OutOfRange:
        raise Fault(
            "InvalidRange",
            "The requested range is not satisfiable",
            status=TOO_RANGED,
            is_modelled=False,
        ) from None
    except InvalidInput as fault:
        raise Fault("InvalidArgument", str(fault), status=BAD_REQUEST, is_modelled=False) from None


SERVICES: Final = (
    Service(
        "aws-sdk:s3",
        "bucket",
        {
            "getObject": Action("getObject", _READ, get_object),
            "headObject": Action("headObject", _READ, head_object),
            "putObject": Action("putObject", _PUT, put_object),
            "deleteObject": Action("deleteObject", _DELETE, delete_object),
            "copyObject": Action("copyObject", _COPY, copy_object),
            "listObjects": Action("listObjects", _LIST_OLD, list_objects),
            "listObjectsV2": Action("listObjectsV2", _LIST, list_objects_v2),
        },
        Wording("S3", "S3", "S3Exception", has_host=True),
        addressed="Bucket",
        lacking="uploads in parts, tags, encryption by the service (answers say nothing of it), and"
        " making buckets: an app declares them",
    ),
)
