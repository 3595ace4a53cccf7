"""Objects of buckets over HTTP, streamed both ways, with ranges and conditions.

What people put into a bucket may be a page with a script. So that it never runs with the rights of
our own pages, an object is answered with a policy that lets it do nothing (Content-Security-Policy:
sandbox), with the type that it was put with and no guessing (nosniff), and, but for types that are
harmless to look at, as a file to save.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Annotated, NamedTuple
from urllib.parse import quote

import msgspec
from starlette.types import Receive, Scope, Send

from ensue.app.claims import Sealed
from ensue.app.platform import Platform
from ensue.doors.http.arguments import Fields
from ensue.doors.http.conditions import (
    asked_range,
    etag_of,
    expected_etag,
    http_date,
    is_unchanged,
)
from ensue.doors.http.routing import Endpoint
from ensue.doors.http.statuses import PreconditionFailed, body_of, encode
from ensue.doors.http.wire import (
    NO_STORE,
    SHARED,
    STATUS,
    STREAMS,
    Gone,
    Headers,
    check_utf8_path,
    headers_of_request,
    respond,
    trace_of,
)
from ensue.resources.bucket import (
    Bucket,
    ObjectInfo,
    ObjectReader,
    OutOfRange,
    check_key,
    parse_range,
    span_of,
)
from ensue.words.errors import ConditionFailed, EnsueError, TooLarge

OBJECT = "/buckets/{name}/objects/{key:path}"
META = b"x-ensue-meta-"
VERSION = b"x-ensue-version"
SIZE_DIGITS_MAX = 18
SHOWN = frozenset({
    "application/pdf",
    "image/avif",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
    "text/plain",
})

HeaderPairs = list[tuple[bytes, bytes]]

log = logging.getLogger("ensue.http")


class OfObject(msgspec.Struct, forbid_unknown_fields=True):
    """Which app's bucket, where several apps have one of that name; and which version."""

    app: str | None = None
    version: Annotated[int, msgspec.Meta(ge=1)] | None = None


class Objects:
    """Answers what is asked of the objects of buckets.

    Args:
        platform: whose buckets.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._query = Fields(OfObject, "query")

    async def get(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with an object, or with some of its bytes."""
        bucket, key, given = self._asked(scope)
        await answer_object(scope, receive, send, bucket, key, version=given.version)

    async def put(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Store an object, whose body comes as it comes."""
        bucket, key, _ = self._asked(scope)
        await take_object(self._platform, scope, receive, send, bucket=bucket, key=key)

    async def delete(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Remove an object, or a version of one."""
        del receive
        bucket, key, given = self._asked(scope)
        expected = expected_etag(headers_of_request(scope))

        async def run() -> Sealed:
            await bucket.delete(key, version=given.version, expect_etag=expected)
            return Sealed(204, b"")

        await _performed(self._platform, scope, "delete-object bucket", run)
        await respond(scope, send, 204, b"")

    def _asked(self, scope: Scope) -> tuple[Bucket, str, OfObject]:
        check_utf8_path(scope)
        given = self._query.convert(self._query.gather(scope["query_string"]))
        name, key = scope["path_params"]["p0"], scope["path_params"]["p1"]
        found = self._platform.resource("bucket", name, given.app)
        if not isinstance(found, Bucket):
            raise TypeError(f"{found.ref} is no bucket")
        return found, check_key(key), given


async def answer_object(
    scope: Scope,
    receive: Receive,
    send: Send,
    bucket: Bucket,
    key: str,
    *,
    version: int | None = None,
    status: int = 200,
) -> None:
    """Answer a GET or HEAD with an object: whole, some of its bytes, or that it is unchanged.

    Raises:
        NotFound: there is no such object.
        PreconditionFailed: it is another one than the client expects.
        StoreUnusable: its body cannot be read.
    """
    headers = headers_of_request(scope)
    reader = await bucket.reader(key, version=version)
    try:
        out = _told(reader.info)
        if is_unchanged(headers, reader.info):
            await respond(scope, send, 304, b"", out)
            return
        out += _shown(reader.info)
        asked = asked_range(headers, reader.info) if scope["method"] == "GET" else None
        wanted = None if asked is None else parse_range(asked)
        if wanted is not None:
            size = reader.info.size
            try:
                reader.span = span_of(wanted, size)
            except OutOfRange as error:
                unmet = [(b"content-range", b"bytes */%d" % size)]
                await respond(scope, send, 416, body_of(error), unmet)
                return
            status = 206
            said = b"bytes %d-%d/%d" % (*reader.span, size)
            out.append((b"content-range", said))
        await _send(scope, receive, send, (status, out), reader)
    finally:
        reader.close()


async def take_object(
    platform: Platform, scope: Scope, receive: Receive, send: Send, *, bucket: Bucket, key: str
) -> None:
    """Store the body of a PUT or POST as an object, as it comes, and answer what is known of it.

    Raises:
        InvalidValue: the key, the media type or the metadata is none.
        TooLarge: the body is larger than the bucket takes.
        PreconditionFailed: another object is there than the client expects.
        Gone: the client left before all had come; nothing is left of it.
        StoreUnusable: the disk is full, say.
    """
    headers = headers_of_request(scope)
    announced = headers.get(b"content-length", b"0")
    if not _is_size(announced) or int(announced) > bucket.model.size_max:
        raise TooLarge(
            f"expected an object of at most {bucket.model.size_max} bytes", at=str(bucket.ref)
        )
    content_type = headers.get(b"content-type")
    scope[STREAMS] = True
    found: list[ObjectInfo] = []

    async def run() -> Sealed:
        info = await bucket.put(
            key,
            _body(receive),
            content_type=None if content_type is None else content_type.decode("latin-1"),
            metadata=_metadata(headers),
            expect_etag=expected_etag(headers),
        )
        found.append(info)
        return Sealed(200, encode(info))

    await _performed(platform, scope, "put-object bucket", run)
    await respond(scope, send, 200, encode(found[0]), _told(found[0]))


async def _performed(
    platform: Platform, scope: Scope, actor: str, run: Callable[[], Awaitable[Sealed]]
) -> None:
    try:
        await platform.perform(actor, run, trace=trace_of(scope))
    except ConditionFailed as error:
        raise PreconditionFailed(error.message, at=error.at) from None


async def _body(receive: Receive) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        yield message.get("body", b"")
        if not message.get("more_body"):
            return


async def _send(
    scope: Scope,
    receive: Receive,
    send: Send,
    start: tuple[int, HeaderPairs],
    reader: ObjectReader,
) -> None:
    status, headers = start
    out = [
        (b"x-content-type-options", b"nosniff"),
        (b"content-length", b"%d" % reader.span.length),
        *([(b"cache-control", b"no-store")] if NO_STORE in scope else []),
        *headers,
        *scope.get(SHARED, ()),
    ]
    scope[STATUS] = status
    await send({"type": "http.response.start", "status": status, "headers": out})
    if scope["method"] == "HEAD":
        await send({"type": "http.response.body", "body": b""})
        return
    leaving = asyncio.ensure_future(_leaves(receive))
    try:
        async for chunk in reader:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            if leaving.done():
                return
        await send({"type": "http.response.body", "body": b""})
    except EnsueError:
        # The answer has begun: that it ends too soon is all that can be said now.
        log.exception("%s %s ends too soon", scope["method"], quote(scope["path"]))
    finally:
        leaving.cancel()
        with suppress(asyncio.CancelledError):
            await leaving


async def _leaves(receive: Receive) -> None:
    """Return when the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _told(info: ObjectInfo) -> HeaderPairs:
    """What is known of an object, as headers."""
    return [
        (b"etag", etag_of(info).encode()),
        (b"last-modified", http_date(info.modified_ms).encode()),
        (VERSION, b"%d" % info.version),
    ]


def _shown(info: ObjectInfo) -> HeaderPairs:
    """How a browser is to show an object, and what was said of it."""
    bare = info.content_type.partition(";")[0].strip().lower()
    is_shown = bare in SHOWN or bare.startswith(("audio/", "video/"))
    return [
        (b"content-type", info.content_type.encode("latin-1")),
        (b"accept-ranges", b"bytes"),
        (b"content-disposition", b"inline" if is_shown else b"attachment"),
        (b"content-security-policy", b"sandbox; default-src 'none'"),
        *((META + name.encode(), value.encode()) for name, value in info.metadata.items()),
    ]


def _is_size(announced: bytes) -> bool:
    # int() takes at most some 4,300 digits, and no server lets longer ones through.
    return announced.isdigit() and len(announced) <= SIZE_DIGITS_MAX


def _metadata(headers: Headers) -> dict[str, str]:
    return {
        name.removeprefix(META).decode("latin-1"): value.decode("latin-1")
        for name, value in headers.items()
        if name.startswith(META)
    }


class ObjectEndpoint(NamedTuple):
    """What can be asked of an object by its address.

    Attributes:
        method: the HTTP method.
        endpoint: what answers.
        name: unique; its operationId.
        summary: what it does, one sentence.
    """

    method: str
    endpoint: Endpoint
    name: str
    summary: str


def object_endpoints(platform: Platform) -> list[ObjectEndpoint]:
    """What can be asked of the objects of buckets by their addresses."""
    objects = Objects(platform)
    return [
        ObjectEndpoint("GET", objects.get, "get_object", "Read an object, or some of its bytes."),
        ObjectEndpoint("PUT", objects.put, "put_object", "Store an object, as it comes."),
        ObjectEndpoint(
            "DELETE", objects.delete, "delete_object", "Remove an object, or one of its versions."
        ),
    ]
