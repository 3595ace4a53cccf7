"""The bare ASGI side of a request: its headers, its body, and the answer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from starlette.types import Receive, Scope, Send

from ensue.doors.http.statuses import BodyTooLarge, WrongMediaType
from ensue.words.errors import InvalidValue

HEADERS = "ensue.headers"
PATH_NAMES = "ensue.path"  # a path's parameters by the names that the app gives them
NO_STORE = "ensue.no_store"
PRIVATE = "ensue.private"  # a secret is sent or shown: nothing of it is recorded
SHARED = "ensue.shared"  # the headers that let pages of other sites read the answer
ANSWERING = "ensue.answering"  # the route that answers
TRACED = "ensue.traced"  # the traceparent of the request's own span
STATUS = "ensue.status"  # of the answer, once it is on its way
STREAMS = "ensue.streams"  # the body is taken as it comes, however long that takes

Headers = dict[bytes, bytes]
HeaderList = Iterable[tuple[bytes, bytes]]

_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_TRACESTATE = re.compile(rb"[!-~][ -~]{0,510}[!-~]")
_BODILESS = frozenset({204, 304})


class Gone(Exception):
    """The client left before it had sent its request."""


def headers_of_request(scope: Scope) -> Headers:
    """The request's headers by lower-case name; of a repeated one the last."""
    found: Headers = scope[HEADERS]
    return found


def trace_of(scope: Scope) -> str | None:
    """The request's W3C traceparent (https://www.w3.org/TR/trace-context/); None if it has none.

    One that is not of version 00 or not well formed is ignored, as the specification says. A
    tracestate is behind it, after a space. Where the request has a span of its own, it is that.
    """
    if TRACED in scope:
        own: str = scope[TRACED]
        return own
    headers = headers_of_request(scope)
    given = headers.get(b"traceparent")
    parent = None if given is None else trace_in(given.decode("latin-1"))
    state = headers.get(b"tracestate")
    if parent is None or state is None or not _TRACESTATE.fullmatch(state):
        return parent
    return f"{parent} {state.decode('latin-1')}"


def trace_in(text: str) -> str | None:
    """A W3C traceparent; None for what is none."""
    return text if _TRACEPARENT.fullmatch(text) else None


async def read_body(scope: Scope, receive: Receive, bytes_max: int) -> bytes:
    """The request's body.

    Raises:
        BodyTooLarge: it is, or says it is, larger than ``bytes_max``; the rest is not read.
        WrongMediaType: it is said to be something else than JSON.
        Gone: the client left.
    """
    body = await read_bytes(scope, receive, bytes_max)
    if body:
        _check_media_type(headers_of_request(scope))
    return body


async def read_bytes(scope: Scope, receive: Receive, bytes_max: int) -> bytes:
    """The request's body, whatever it is said to be.

    Raises:
        BodyTooLarge: it is, or says it is, larger than ``bytes_max``; the rest is not read.
        Gone: the client left.
    """
    headers = headers_of_request(scope)
    announced = headers.get(b"content-length", b"0")
    # int() takes at most some 4,300 digits, and no server lets longer ones through.
    if len(announced) > 18 or (announced.isdigit() and int(announced) > bytes_max):
        raise _too_large(bytes_max)
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        if len(body) > bytes_max:
            break
        message = await receive()
        body += message.get("body", b"")
    if message["type"] == "http.disconnect":
        raise Gone
    if len(body) > bytes_max:
        raise _too_large(bytes_max)
    return body


def _too_large(bytes_max: int) -> BodyTooLarge:
    return BodyTooLarge(
        f"expected a body of at most {bytes_max} bytes",
        at="$",
        hint="Send less at a time, or a reference to what is kept elsewhere.",
    )


def _check_media_type(headers: Headers) -> None:
    given = headers.get(b"content-type")
    if given == b"application/json":
        return
    said = (given or b"").decode("latin-1")
    kind = said.partition(";")[0].strip().lower()
    if kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json")):
        return
    raise WrongMediaType(
        f"expected the content-type application/json, got {said[:60] or 'none'}",
        at="headers.content-type",
    )


async def respond(
    scope: Scope, send: Send, status: int, body: bytes, headers: HeaderList = ()
) -> None:
    """Send an answer: JSON unless ``headers`` say otherwise; to HEAD without the body."""
    out = [(b"x-content-type-options", b"nosniff")]
    if status not in _BODILESS:
        out.append((b"content-length", b"%d" % len(body)))
        if body:
            out.append((b"content-type", b"application/json"))
    if NO_STORE in scope:
        out.append((b"cache-control", b"no-store"))
    if headers:
        named = {name for name, _ in headers}
        out = [each for each in out if each[0] not in named]
        out.extend(headers)
    if SHARED in scope:
        out.extend(scope[SHARED])
    scope[STATUS] = status
    start: dict[str, Any] = {"type": "http.response.start", "status": status, "headers": out}
    await send(start)
    if scope["method"] == "HEAD" or status in _BODILESS:
        body = b""
    await send({"type": "http.response.body", "body": body})


def check_utf8_path(scope: Scope) -> None:
    """Refuse a path that is not UTF-8; servers put U+FFFD where it is not.

    Raises:
        InvalidValue: it is not.
    """
    if "\ufffd" in scope["path"] and b"%EF%BF%BD" not in scope.get("raw_path", b"").upper():
        raise InvalidValue("expected a path of UTF-8", at="path")
