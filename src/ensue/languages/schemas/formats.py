"""Formats of texts: which one a text has, as JSON Schema 2020-12 names them.

A text is taken to have a format only beyond doubt, so that whoever checks formats takes it too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from ipaddress import AddressValueError, IPv4Address, IPv6Address

FORMATS = ("date-time", "date", "uuid", "ipv4", "ipv6", "email", "uri")

LENGTH_MAX = 256

_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_DATE_ONLY = re.compile(_DATE)
_DATE_TIME = re.compile(
    _DATE + r"T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-](0[0-9]|1[0-9]|2[0-3]):[0-5][0-9])"
)
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_EMAIL = re.compile(
    r"[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?\.)+[A-Za-z]{2,20}"
)
_URI = re.compile(
    r"(https?|ftp|s3|amqps?|wss?)://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,4})?"
    r"(/[A-Za-z0-9._~!$&'()*+,;=:@/-]*)?(\?[A-Za-z0-9._~=&+-]*)?(#[A-Za-z0-9._~-]*)?"
)


def format_of(text: str) -> str | None:
    """The format of a text; None where it has none, or is longer than 256 characters."""
    if not 3 <= len(text) <= LENGTH_MAX or not text.isascii():
        return None
    return next((name for name, fits in _FITS.items() if fits(text)), None)


def has_format(text: str, name: str) -> bool:
    """Whether a text has a format beyond doubt; True for a format that is not known here."""
    fits = _FITS.get(name)
    return fits is None or (text.isascii() and fits(text))


def _is_date(text: str) -> bool:
    if not _DATE_ONLY.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_date_time(text: str) -> bool:
    if not _DATE_TIME.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_ipv4(text: str) -> bool:
    try:
        return str(IPv4Address(text)) == text
    except AddressValueError:
        return False


def _is_ipv6(text: str) -> bool:
    if ":" not in text or "%" in text or "." in text:
        return False
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True


def _is_email(text: str) -> bool:
    return len(text) <= 64 and _EMAIL.fullmatch(text) is not None


def _is_uri(text: str) -> bool:
    return _URI.fullmatch(text) is not None and ".." not in text.partition("://")[2].split("/")[0]


_FITS: dict[str, Callable[[str], bool]] = {
    "date-time": _is_date_time,
    "date": _is_date,
    "uuid": lambda text: _UUID.fullmatch(text) is not None,
    "ipv4": _is_ipv4,
    "ipv6": _is_ipv6,
    "email": _is_email,
    "uri": _is_uri,
}
