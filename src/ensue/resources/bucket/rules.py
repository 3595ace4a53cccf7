"""Decisions about objects without I/O: keys, metadata, ranges, conditions, where a page begins."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any, NamedTuple, Unpack

from ensue.resources.bucket.model import (
    ABSENT,
    CONTENT_TYPE,
    CONTENT_TYPE_LENGTH_MAX,
    KEY_BYTES_MAX,
    METADATA_BYTES_MAX,
    ObjectInfo,
    PutOptions,
    Said,
)
from ensue.words.errors import ConditionFailed, InvalidInput, InvalidValue
from ensue.words.values import shown

_LAST = 0x10FFFF
_SURROGATES = (0xD800, 0xDFFF)
_MEDIA_TYPE = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+/[!#$%&'*+.^_`|~0-9A-Za-z-]+( *;[ -~]*)?\Z")
_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?\Z")
_VALUE = re.compile(r"[!-~]([ -~]*[!-~])?\Z")
_TOKEN = re.compile(r"[A-Za-z0-9_-]+\Z")
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})\Z")


def check_key(key: object) -> str:
    """Return ``key`` when it is a key of an object: 1 to 1,024 bytes of UTF-8, any characters.

    Raises:
        InvalidValue: it is not.
    """
    if not isinstance(key, str):
        raise InvalidValue(f"expected a key, a text, got {shown(key)}", at="$.key")
    try:
        size = len(key.encode())
    except UnicodeEncodeError:
        raise InvalidValue("expected a key that UTF-8 can say", at="$.key") from None
    if 1 <= size <= KEY_BYTES_MAX:
        return key
    raise InvalidValue(
        f"expected a key of 1 to {KEY_BYTES_MAX} bytes of UTF-8, got {size}", at="$.key"
    )


def said(**given: Unpack[PutOptions]) -> Said:
    """What is said of an object that is put, checked.

    Raises:
        InvalidValue: the media type or the metadata is none; see `Bucket.put`.
    """
    content_type = given.get("content_type") or CONTENT_TYPE
    if len(content_type) > CONTENT_TYPE_LENGTH_MAX or not _MEDIA_TYPE.match(content_type):
        raise InvalidValue(
            f"expected a media type such as text/plain, got {shown(content_type)}",
            at="$.content_type",
        )
    metadata = given.get("metadata") or {}
    _check_metadata(metadata)
    expected = given.get("expect_etag")
    return Said(content_type, dict(metadata), None if expected is None else bare(expected))


def _check_metadata(metadata: Mapping[Any, Any]) -> None:
    for name, value in metadata.items():
        at = f"$.metadata.{name}"
        if not isinstance(name, str) or not _NAME.match(name):
            raise InvalidValue(
                f"expected a name of lower-case letters, digits and . _ -, got {shown(name)}", at=at
            )
        if not isinstance(value, str) or (value and not _VALUE.match(value)):
            raise InvalidValue(
                f"expected a text of printable ASCII, got {shown(value)}",
                at=at,
                hint="Percent-encode what has other characters.",
            )
    size = sum(len(name) + len(value) for name, value in metadata.items())
    if size > METADATA_BYTES_MAX:
        raise InvalidValue(
            f"expected at most {METADATA_BYTES_MAX} bytes of metadata, got {size}", at="$.metadata"
        )


def bare(etag: str) -> str:
    """An etag without the quotes that it has on the wire."""
    return etag[1:-1] if len(etag) > 1 and etag[0] == etag[-1] == '"' else etag


def check_expected(found: ObjectInfo | None, expected: str | None, key: str) -> None:
    """Check that the object that is there is the one that a write expects.

    Raises:
        ConditionFailed: it is another one, or none, or there is one where none was expected.
    """
    if expected is None:
        return
    there = ABSENT if found is None else found.etag
    if expected == there or (expected == "*" and found is not None):
        return
    wanted = "no object" if expected == ABSENT else f"the etag {shown(expected)}"
    got = "none" if found is None else f"one with {found.etag}"
    raise ConditionFailed(f"expected {wanted} under this key, got {got}", at=key)


class Span(NamedTuple):
    """Which bytes of a body.

    Attributes:
        first: the first one.
        last: the last one.
    """

    first: int
    last: int

    @property
    def length(self) -> int:
        """How many they are."""
        return self.last - self.first + 1


class OutOfRange(InvalidInput):
    """None of the bytes that were asked for are there.

    Args:
        size: how many bytes the object has.
    """

    code = "out_of_range"

    def __init__(self, size: int) -> None:
        super().__init__(f"expected a range within the object's {size} bytes", at="range")
        self.size = size


def parse_range(header: str) -> tuple[int | None, int | None] | None:
    """A ``Range`` header with one range of bytes (RFC 9110, 14.1.2): the first and last byte.

    Without a first byte it is about so many last bytes. None for a header of another unit, of
    several ranges or not well formed: it is ignored, as the RFC allows.
    """
    found = _RANGE.match(header.strip())
    if found is None or found[1] == found[2] == "":
        return None
    first, last = (int(part) if part else None for part in found.groups())
    return None if first is not None and last is not None and last < first else (first, last)


def span_of(asked: tuple[int | None, int | None], size: int) -> Span:
    """The bytes of a body that are asked for.

    Raises:
        OutOfRange: there are none of them.
    """
    first, last = asked
    if first is None:
        first, last = max(0, size - (last or 0)), size - 1
    end = size - 1 if last is None else min(last, size - 1)
    if first > end:
        raise OutOfRange(size)
    return Span(first, end)


def successor(text: str) -> str | None:
    """The least text that is behind all texts with this beginning; None when there is none.

    The order is that of code points, which is that of UTF-8 bytes.
    """
    kept = text.rstrip(chr(_LAST))
    if not kept:
        return None
    last = ord(kept[-1]) + 1
    if _SURROGATES[0] <= last <= _SURROGATES[1]:
        last = _SURROGATES[1] + 1
    return kept[:-1] + chr(last)


def token(bound: str, version: int | None = None) -> str:
    """Where a page begins, as it is given out: behind a text, and perhaps a version of it."""
    raw = bound if version is None else f"{bound}\0{version}"
    return urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def from_token(given: str) -> str:
    """The text of which `token` made this one.

    Raises:
        InvalidValue: it is none of these.
    """
    wrong = InvalidValue(f"expected the next of an earlier page, got {shown(given)}", at="$.after")
    if not _TOKEN.match(given):
        raise wrong
    try:
        return urlsafe_b64decode(given + "=" * (-len(given) % 4)).decode()
    except ValueError:
        raise wrong from None
