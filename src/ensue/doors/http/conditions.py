"""Conditional requests and ranges (RFC 9110, 13 and 14), decided from headers and an object."""

from __future__ import annotations

from datetime import UTC
from email.utils import formatdate, parsedate_to_datetime

from ensue.doors.http.statuses import PreconditionFailed
from ensue.doors.http.wire import Headers
from ensue.resources.bucket import ObjectInfo
from ensue.words.errors import InvalidValue

_ANY = "*"


def etag_of(info: ObjectInfo) -> str:
    """An object's etag as headers have it."""
    return f'"{info.etag}"'


def http_date(ms: int) -> str:
    """A time as headers have it, to the second."""
    return formatdate(ms // 1_000, usegmt=True)


def is_unchanged(headers: Headers, info: ObjectInfo) -> bool:
    """Whether the client has the object already, and is told no more than that (304).

    Raises:
        PreconditionFailed: the object is another one than the client expects.
    """
    expected = _text(headers, b"if-match")
    if expected is not None:
        if not _names(expected, info, weakly=False):
            raise _another(info, "if-match")
    elif _is_older(_text(headers, b"if-unmodified-since"), info):
        raise _another(info, "if-unmodified-since")
    known = _text(headers, b"if-none-match")
    if known is not None:
        return _names(known, info, weakly=True)
    since = _seconds(_text(headers, b"if-modified-since"))
    return since is not None and info.modified_ms // 1_000 <= since


def asked_range(headers: Headers, info: ObjectInfo) -> str | None:
    """The ``Range`` header, unless it is for another version of the object (If-Range).

    It means something for a GET only (RFC 9110, 14.2).
    """
    only_if = _text(headers, b"if-range")
    if only_if is not None and only_if not in {etag_of(info), http_date(info.modified_ms)}:
        return None
    return _text(headers, b"range")


def expected_etag(headers: Headers) -> str | None:
    """What a write expects to be there, in the words of `Bucket.put`; None for anything.

    Raises:
        InvalidValue: the headers expect what cannot be said.
    """
    expected, unwanted = _text(headers, b"if-match"), _text(headers, b"if-none-match")
    if unwanted is not None and (unwanted != _ANY or expected is not None):
        raise InvalidValue(
            "expected If-None-Match: * alone, or If-Match", at="headers.if-none-match"
        )
    if unwanted is not None:
        return ""
    if expected is not None and "," in expected:
        raise InvalidValue("expected one etag", at="headers.if-match")
    return expected


def _names(given: str, info: ObjectInfo, *, weakly: bool) -> bool:
    if given == _ANY:
        return True
    tags = [each.strip() for each in given.split(",")]
    if weakly:
        tags = [each.removeprefix("W/") for each in tags]
    return etag_of(info) in tags


def _is_older(given: str | None, info: ObjectInfo) -> bool:
    since = _seconds(given)
    return since is not None and info.modified_ms // 1_000 > since


def _seconds(given: str | None) -> int | None:
    """Seconds since 1970 of a date in a header; None for none, or for what is no date."""
    if given is None:
        return None
    try:
        found = parsedate_to_datetime(given)
        return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None


def _text(headers: Headers, name: bytes) -> str | None:
    found = headers.get(name)
    return None if found is None else found.decode("latin-1").strip()


def _another(info: ObjectInfo, header: str) -> PreconditionFailed:
    return PreconditionFailed(
        f"expected another object than the one with {etag_of(info)}", at=f"headers.{header}"
    )
