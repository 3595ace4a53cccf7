"""Errors as HTTP says them: one table from error class to status, and one form of body.

The body of every error is ``{"error": {"code", "message", "at"?, "hint"?}}``. The errors that only
HTTP knows are here too.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import msgspec

from ensue.app.claims import Sealed
from ensue.app.routes import Answer
from ensue.resources.bucket import OutOfRange
from ensue.words.errors import (
    CircuitOpen,
    ConditionFailed,
    Conflict,
    EnsueError,
    Forbidden,
    InvalidInput,
    InvalidValue,
    LimitExceeded,
    MissingExtra,
    NotFound,
    NotKept,
    NotPermitted,
    NotVerified,
    Overloaded,
    RateExceeded,
    Rejected,
    StoreBusy,
    StoreError,
    TimedOut,
    TokenInFlight,
    TokenReused,
    TooLarge,
    Unreachable,
)
from ensue.words.shapes import to_plain

RETRY_AFTER_S = 1

encode = msgspec.json.Encoder(enc_hook=to_plain, decimal_format="number").encode
"""Encodes every body that leaves the door."""


def seal(answer: Answer) -> Sealed:
    """An answer as it is sent.

    Raises:
        TypeError: JSON has no form for something in it.
        ValueError: a header has a line break or the like in it.
    """
    body = b"" if answer.body is None else encode(answer.body)
    status = 204 if answer.body is None and answer.status == 200 else answer.status
    headers = _headers(answer.headers) if answer.headers else []
    headers += [("set-cookie", each.header()) for each in answer.cookies]
    return Sealed(status, body, headers)


def _headers(given: Mapping[str, str]) -> list[tuple[str, str]]:
    headers = []
    for name, value in given.items():
        # A line break would let whoever chose the value write headers of its own.
        if not value.isprintable():
            raise ValueError(f"the header {name} has a line break or the like in it")
        value.encode("latin-1")
        headers.append((name.lower(), value))
    return headers


class BodyTooLarge(TooLarge):
    """The request's body is larger than the door takes."""

    code = "body_too_large"


class WrongMediaType(InvalidValue):
    """The request's body is said to be something else than JSON."""

    code = "unsupported_media_type"


class PreconditionFailed(ConditionFailed):
    """The object is another one than the request's If-Match, or If-None-Match, expects."""

    code = "precondition_failed"


class MethodNotAllowed(EnsueError):
    """The path is there, but takes other methods.

    Args:
        method: the request's.
        allowed: those that it takes.
    """

    code = "method_not_allowed"

    def __init__(self, method: str, allowed: str) -> None:
        super().__init__(f"expected one of {allowed}, got {method}")
        self.allowed = allowed


class CrossSite(NotPermitted):
    """The request was made by a page of another site, or under a foreign name of this host."""

    code = "cross_site"


STATUSES: Mapping[type[EnsueError], int] = {
    InvalidInput: 400,
    NotPermitted: 401,
    CrossSite: 403,
    Forbidden: 403,
    NotFound: 404,
    NotKept: 410,
    MethodNotAllowed: 405,
    Conflict: 409,
    PreconditionFailed: 412,
    TooLarge: 413,
    WrongMediaType: 415,
    OutOfRange: 416,
    TokenReused: 422,
    Rejected: 502,
    LimitExceeded: 429,
    Overloaded: 429,
    RateExceeded: 429,
    EnsueError: 500,
    MissingExtra: 501,
    Unreachable: 502,
    TimedOut: 504,
    CircuitOpen: 503,
    StoreError: 503,
}
"""The status of each class of error; a class that is not here has that of its nearest base."""


def status_of(error: EnsueError) -> int:
    """The status with which an error is answered."""
    return next(STATUSES[each] for each in type(error).__mro__ if each in STATUSES)


def headers_of(error: EnsueError) -> list[tuple[bytes, bytes]]:
    """The headers that go with an error's status (RFC 9110)."""
    if isinstance(error, MethodNotAllowed):
        return [(b"allow", error.allowed.encode())]
    if isinstance(error, NotPermitted) and not isinstance(error, CrossSite):
        return [(b"www-authenticate", _challenge(error))]
    if isinstance(error, LimitExceeded) and status_of(error) == HTTPStatus.TOO_MANY_REQUESTS:
        return [retry_after(error.retry_after_ms)]
    if isinstance(error, CircuitOpen | StoreBusy | TokenInFlight):
        return [retry_after(getattr(error, "retry_after_ms", None))]
    return []


def _challenge(error: NotPermitted) -> bytes:
    """What a credential must be (RFC 9110, 11.6.1; RFC 6750, 3)."""
    if isinstance(error, NotVerified):
        return error.challenge.encode() + b' realm="ensue"'
    if isinstance(error, Forbidden):
        return b'Bearer realm="ensue", error="insufficient_scope"'
    return b'Bearer realm="ensue"'


def retry_after(wait_ms: int | None) -> tuple[bytes, bytes]:
    """The header that says when to try again: in whole seconds, and not at once.

    Args:
        wait_ms: after how long there may be room; None when nobody knows.
    """
    seconds = RETRY_AFTER_S if wait_ms is None else max(RETRY_AFTER_S, -(-wait_ms // 1_000))
    return b"retry-after", b"%d" % seconds


def body_of(error: EnsueError) -> bytes:
    """An error as the body of an answer."""
    return encode({"error": error.as_dict()})


def internal_body(request_id: str) -> bytes:
    """What a client is told of a fault of ours: nothing but where the log has it."""
    message = f"something went wrong on our side; the log has it as {request_id}"
    return encode({"error": {"code": "internal", "message": message}})
