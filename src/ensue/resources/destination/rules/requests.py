"""What is sent for a delivery: its URL and headers, with parts of its body in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from ensue.engine.secrets import Secret
from ensue.languages.transformers import Missing, Path, find, parse_path
from ensue.resources.destination.model import METHODS, URL_LENGTH_MAX, ApiKey, DestinationModel
from ensue.resources.destination.model.connections import HEADER_TEXT, check_header
from ensue.resources.destination.rules.formats import event_of
from ensue.words import values
from ensue.words.errors import InvalidDeclaration, InvalidValue
from ensue.words.values import Json

BODILESS = frozenset({"GET", "HEAD"})
# The client's own, and those that a delivery has of itself.
OURS = frozenset({
    "connection",
    "content-length",
    "host",
    "idempotency-key",
    "te",
    "traceparent",
    "trailer",
    "transfer-encoding",
    "upgrade",
})
_PLACE = re.compile(r"\{([^{}]*)\}")
_SLASH = re.compile(r"[/\\]")
_DOTS = frozenset({".", ".."})
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


class Rendered(NamedTuple):
    """Where a delivery goes.

    Attributes:
        url: the whole URL.
        headers: those that the destination declares, without secrets.
    """

    url: str
    headers: dict[str, str]


@dataclass(frozen=True)
class _Part:
    """A text, or a path into the body.

    Attributes:
        text: what it is without one.
        path: where it is in a body; None for a plain text.
    """

    text: str
    path: Path | None = None

    def of(self, body: Json) -> str | None:
        """The text for a body; None where there is nothing.

        Raises:
            InvalidValue: what is there is no text, number or boolean.
        """
        if self.path is None:
            return self.text
        there = find(self.path, body)
        if isinstance(there, Missing) or there is None:
            return None
        if isinstance(there, str):
            return there
        found = values.as_json(there)
        if isinstance(found, dict | list):
            raise InvalidValue(
                f"expected text, a number or a boolean, got {values.shown(found)}", at=self.text
            )
        return values.encode(found)


class Plan:
    """How a destination's requests are made.

    Args:
        model: the destination.

    Raises:
        InvalidDeclaration: its URL, method, parameters or headers cannot be; says where.
        InvalidExpression: a path into the body is none; says where.
    """

    def __init__(self, model: DestinationModel) -> None:
        check_url(model.url, "url")
        if model.method not in METHODS:
            raise InvalidDeclaration(
                f"expected a method: {', '.join(METHODS)}; got {model.method!r}", at="method"
            )
        _check_places(model.url, model.path)
        self.sends_body = model.method not in BODILESS
        self._url = model.url
        self._path = {name: _part(text, f"path.{name}") for name, text in model.path.items()}
        self._query = {name: _part(text, f"query.{name}") for name, text in model.query.items()}
        self._headers = {
            name: _header(name, given)
            for name, given in model.headers.items()
            if not isinstance(given, Secret)
        }
        _check_headers(model)
        parts = (*self._path.values(), *self._query.values(), *self._headers.values())
        self._makes_events = model.format != "json"
        self._looks_inside = any(part.path is not None for part in parts)
        if self._makes_events and not self.sends_body:
            raise InvalidDeclaration(
                f"expected a method with a body for {model.format}, got {model.method}",
                at="format",
            )

    def check(self, text: str) -> None:
        """Check that a body, as JSON text, can be sent.

        Raises:
            InvalidValue: it has not what the URL or a header needs, or is no event.
        """
        if self._looks_inside or self._makes_events:
            body = values.decode(text)
            self.render(body)
            if self._makes_events:
                event_of(body)

    def render(self, body: Json) -> Rendered:
        """Where a body goes.

        Raises:
            InvalidValue: it has not what the URL or a header needs.
        """
        url = _PLACE.sub(lambda found: self._segment(found[1], body), self._url)
        if not _DOTS.isdisjoint(urlsplit(url).path.split("/")):
            raise InvalidValue("expected no path parameter that makes . or .. of a segment")
        found = {name: part.of(body) for name, part in self._query.items()}
        query = urlencode({k: v for k, v in found.items() if v is not None}, quote_via=quote)
        if query:
            url += ("&" if urlsplit(url).query else "?") + query
        if len(url) > URL_LENGTH_MAX:
            raise InvalidValue(f"expected a URL of at most {URL_LENGTH_MAX} characters")
        return Rendered(url, self._headers_for(body))

    def _segment(self, name: str, body: Json) -> str:
        part = self._path[name]
        text = part.of(body)
        if not text:
            raise InvalidValue(
                f"expected a value for the path parameter {name}, got nothing", at=part.text
            )
        # Some servers decode %2F before they look for dots.
        if not _DOTS.isdisjoint(_SLASH.split(text)):
            raise InvalidValue("expected no path parameter that makes . or .. of a segment")
        return quote(text, safe="")

    def _headers_for(self, body: Json) -> dict[str, str]:
        made = {}
        for name, part in self._headers.items():
            text = part.of(body)
            if text is None:
                continue
            if not HEADER_TEXT.match(text):
                raise InvalidValue(f"expected printable ASCII for the header {name}", at=part.text)
            made[name] = text.strip()  # white space around it is none of it: RFC 9110, 5.5
        return made


def check_url(url: object, at: str) -> None:
    """Check a URL of HTTP that is declared.

    Raises:
        InvalidDeclaration: it is none, or holds a user or password.
    """
    said = "expected a URL such as https://bank.example/customers"
    if not isinstance(url, str) or not url.isprintable() or " " in url:
        raise InvalidDeclaration(said, at=at)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InvalidDeclaration(said, at=at) from None
    if "@" in parts.netloc:
        raise InvalidDeclaration(
            "expected a URL without a user and password", at=at, hint="Use connection=Basic(...)."
        )
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise InvalidDeclaration(said, at=at)
    if parts.fragment or _PLACE.search(parts.netloc) or _PLACE.search(parts.query):
        raise InvalidDeclaration(
            f"{said}, with {{names}} in its path only, and without a fragment", at=at
        )


def _check_places(url: str, path: Mapping[str, str]) -> None:
    names = _PLACE.findall(url)
    for name in names:
        if not _NAME.match(name):
            raise InvalidDeclaration(f"expected a name in braces, got {name!r}", at="url")
    missing, surplus = sorted(set(names) - set(path)), sorted(set(path) - set(names))
    if missing:
        raise InvalidDeclaration(
            f"expected a value for {{{missing[0]}}}",
            at="url",
            hint=f'Say where it is: path={{"{missing[0]}": "$.detail.{missing[0]}"}}.',
        )
    if surplus:
        raise InvalidDeclaration(f"expected {{{surplus[0]}}} in the URL", at=f"path.{surplus[0]}")


def _part(given: object, at: str) -> _Part:
    if not isinstance(given, str):
        raise InvalidDeclaration(f"expected text, got {type(given).__name__}", at=at)
    if not given.startswith("$"):
        return _Part(given)
    return _Part(given, parse_path(given, at))


def _header(name: str, given: str) -> _Part:
    part = _part(given, f"headers.{name}")
    check_header(name, given, f"headers.{name}")
    return part


def _check_headers(model: DestinationModel) -> None:
    taken = {"authorization"} if model.connection is not None else set()
    if isinstance(model.connection, ApiKey):
        taken = {model.connection.header.lower()}
    signed = {name.lower() for name in model.sign.signs_in} if model.sign is not None else set()
    if both := signed & (OURS | taken):
        raise InvalidDeclaration(
            f"expected a signature in other headers than {min(both)}", at="sign"
        )
    taken |= signed
    for name in model.headers:
        check_header(name, "", f"headers.{name}")
        is_event = name.lower().startswith("ce-") and model.format != "json"
        if name.lower() in OURS | taken or is_event:
            raise InvalidDeclaration(
                "expected a header that is not set already", at=f"headers.{name}"
            )
