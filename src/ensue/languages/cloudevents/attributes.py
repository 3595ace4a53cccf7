"""What the attributes of a CloudEvent may be: names, and values of each type."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TypeAlias
from urllib.parse import quote

from ensue.words import values
from ensue.words.errors import InvalidValue

Extension: TypeAlias = bool | int | str

SPECVERSION = "1.0"
NAME_LENGTH_MAX = 64
TEXT_LENGTH_MAX = 8_192
INTEGER_MIN, INTEGER_MAX = -(2**31), 2**31 - 1
CONTEXT = ("id", "source", "type", "subject", "time", "datacontenttype", "dataschema")
REQUIRED = ("specversion", "id", "source", "type")
TAKEN = frozenset({*CONTEXT, "specversion", "data"})

_NAME = re.compile(r"[a-z0-9]+\Z")
# Controls, surrogates, and the code points that are no characters.
_PLANES = "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
_NO_CHARACTER = re.compile(rf"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef{_PLANES}]")
_URI_REFERENCE = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+\Z")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:)(\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)\Z", re.ASCII
)
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - RFC 9110's word
_MEDIA_TYPE = re.compile(
    rf"{_TOKEN}/{_TOKEN}(?:\s*;\s*{_TOKEN}\s*=\s*(?:{_TOKEN}|\"(?:[^\"\\]|\\.)*\"))*\s*\Z",
    re.ASCII,
)


def check_name(name: object, at: str) -> str:
    """Return the name of an extension attribute.

    Raises:
        InvalidValue: it has other than lower-case letters and digits, or is taken.
    """
    if not isinstance(name, str) or not _NAME.match(name) or len(name) > NAME_LENGTH_MAX:
        raise InvalidValue(
            f"expected the name of an attribute: lower-case letters and digits, at most"
            f" {NAME_LENGTH_MAX}; got {values.shown(name)}",
            at=at,
        )
    if name in TAKEN:
        raise InvalidValue(f"expected an extension, got {name}, which is none", at=at)
    return name


def check_text(value: object, at: str) -> str:
    """Return a String: text that is not empty and has no control characters.

    Raises:
        InvalidValue: it is none.
    """
    if not isinstance(value, str) or not value:
        raise InvalidValue(f"expected text, got {values.shown(value)}", at=at)
    found = _NO_CHARACTER.search(value)
    if found is not None:
        code = f"U+{ord(found[0]):04X}"
        raise InvalidValue(f"expected text without {code}, which is no character", at=at)
    if len(value) > TEXT_LENGTH_MAX:
        raise InvalidValue(f"expected at most {TEXT_LENGTH_MAX} characters", at=at)
    return value


def as_text(text: str) -> str:
    """A text without the control characters in it: they are percent-encoded."""
    return _NO_CHARACTER.sub(lambda found: quote(found[0], errors="replace"), text)


def check_uri_reference(value: object, at: str) -> str:
    """Return a URI-reference of RFC 3986.

    Raises:
        InvalidValue: it is none, or empty.
    """
    text = check_text(value, at)
    if not _URI_REFERENCE.match(text):
        raise InvalidValue(f"expected a URI-reference, got {values.shown(value)}", at=at)
    return text


def is_uri_reference(text: str) -> bool:
    """Whether a text is a URI-reference of RFC 3986."""
    return _URI_REFERENCE.match(text) is not None


def check_uri(value: object, at: str) -> str:
    """Return an absolute URI of RFC 3986.

    Raises:
        InvalidValue: it is none.
    """
    text = check_text(value, at)
    if not _URI.match(text) or not _URI_REFERENCE.match(text):
        raise InvalidValue(f"expected an absolute URI, got {values.shown(value)}", at=at)
    return text


def check_time(value: object, at: str) -> str:
    """Return a Timestamp of RFC 3339.

    Raises:
        InvalidValue: it is none.
    """
    if not isinstance(value, str) or plain_time(value) is None:
        raise InvalidValue(
            f"expected a time of RFC 3339 such as 2026-11-21T18:30:00Z, got {values.shown(value)}",
            at=at,
        )
    return value


def plain_time(text: str) -> str | None:
    """A time of RFC 3339 in the one form that all programs read; None for no time.

    Upper case, at most microseconds; a leap second is the second before it.
    """
    found = _TIME.match(text)
    if found is None:
        return None
    day, hour, second, fraction, zone = found.groups()
    second = "59" if second == "60" else second
    plain = f"{day}T{hour}{second}{(fraction or '')[:7]}{zone.upper()}"
    try:
        datetime.fromisoformat(plain)
    except ValueError:
        return None
    return plain


def check_media_type(value: object, at: str) -> str:
    """Return a media type of RFC 2046.

    Raises:
        InvalidValue: it is none.
    """
    text = check_text(value, at)
    if not _MEDIA_TYPE.match(text):
        raise InvalidValue(
            f"expected a media type such as application/json, got {values.shown(value)}", at=at
        )
    return text


def check_extension(value: object, at: str) -> Extension:
    """Return the value of an extension: a boolean, an integer of 32 bits, or text.

    Raises:
        InvalidValue: it is none of these.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        if INTEGER_MIN <= value <= INTEGER_MAX:
            return value
        raise InvalidValue(f"expected an integer of 32 bits, got {value}", at=at)
    if isinstance(value, str):
        return check_text(value, at) if value else value
    raise InvalidValue(f"expected a boolean, an integer or text, got {values.shown(value)}", at=at)


def is_json(media_type: str | None) -> bool:
    """Whether a media type says that its content is JSON; without one it is taken to be."""
    if media_type is None:
        return True
    subtype = kind_of(media_type).partition("/")[2]
    return subtype == "json" or subtype.endswith("+json")


def is_text(media_type: str | None) -> bool:
    """Whether a media type says that its content is text in UTF-8."""
    if media_type is None:
        return False
    kind, _, parameters = media_type.partition(";")
    kind = kind.strip().lower()
    charset = re.search(r"charset\s*=\s*\"?([^\";\s]+)", parameters, re.IGNORECASE)
    if charset is not None and charset[1].lower() not in {"utf-8", "us-ascii"}:
        return False
    return kind.startswith("text/") or kind.endswith(("+xml", "/xml"))


def kind_of(media_type: str) -> str:
    """A media type without its parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()
