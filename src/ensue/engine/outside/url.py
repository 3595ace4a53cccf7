"""Addresses of outside databases, and their secrets, which are never shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

from ensue.words.errors import InvalidValue

SQLITE, POSTGRESQL = "sqlite", "postgresql"
_SECRET_OPTIONS = ("password", "sslpassword")
_SHAPES = "sqlite:////srv/shop.db or postgresql://user@host/shop"


@dataclass(frozen=True)
class OutsideUrl:
    """Where an outside database is.

    Attributes:
        scheme: ``sqlite`` or ``postgresql``.
        place: for the driver: the file, or the URL with its secrets.
        shown: for people: without secrets.
        secrets: what must not be shown.
    """

    scheme: str
    place: str = field(repr=False)
    shown: str
    secrets: tuple[str, ...] = field(repr=False)

    def __str__(self) -> str:
        return self.shown

    def without_secrets(self, text: str) -> str:
        """A text of the driver's, such as an error, as it may be shown."""
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return text


def parse_outside_url(text: str) -> OutsideUrl:
    """The database that a URL names: ``sqlite:////srv/shop.db``, ``postgresql://user@host/shop``.

    Raises:
        InvalidValue: another scheme, or no place.
    """
    scheme, _, rest = text.partition(":")
    if scheme == SQLITE and rest.startswith("///") and len(rest) > 3 and "\0" not in rest:
        return OutsideUrl(SQLITE, rest[3:], text, ())
    if scheme in {POSTGRESQL, "postgres"} and rest.startswith("//"):
        return _postgresql(text)
    raise InvalidValue(
        f"expected the URL of a database, such as {_SHAPES}, got one of scheme {scheme[:20]!r}",
        hint="Three slashes come before a relative path of SQLite, four before an absolute one.",
    )


def _postgresql(text: str) -> OutsideUrl:
    try:
        parts = urlsplit(text)
        port = f":{parts.port}" if parts.port else ""
        host = parts.hostname or ""
    except ValueError:
        raise InvalidValue(
            f"expected the URL of a database, such as {_SHAPES}",
            hint="Characters such as / and @ in a password are written as %2F and %40.",
        ) from None
    options = parse_qs(parts.query)
    found = [parts.password or "", *(each for o in _SECRET_OPTIONS for each in options.get(o, []))]
    secrets = {form for each in found for form in (each, unquote(each)) if form}
    user = f"{parts.username}@" if parts.username else ""
    host = f"[{host}]" if ":" in host else host
    shown = f"postgresql://{user}{host}{port}{parts.path}"
    return OutsideUrl(POSTGRESQL, text, shown, tuple(sorted(secrets, key=len, reverse=True)))
