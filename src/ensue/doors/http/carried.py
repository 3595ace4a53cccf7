"""Arguments from headers and cookies. What they hold is never told: it may be a secret."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import inspect
from starlette.types import Scope

from ensue.app.routes import Parameter
from ensue.words import values
from ensue.words.errors import InvalidValue
from ensue.words.shapes.expected import described

_NUL = b"\0"


class Carried:
    """Reads those arguments of a route that come from headers and cookies.

    Args:
        parameters: the route's.
    """

    def __init__(self, parameters: Sequence[Parameter]) -> None:
        self._headers = [
            (each, each.wire.lower().encode()) for each in parameters if each.place == "header"
        ]
        self._cookies = [each for each in parameters if each.place == "cookie"]
        self.is_any = bool(self._headers or self._cookies)

    def read(self, scope: Scope) -> dict[str, object]:
        """The arguments by name; those that the request does not have are left out.

        Raises:
            InvalidValue: one is missing, given twice, or not of its type; says which.
        """
        found = {}
        for each, name in self._headers:
            at = f"headers.{each.wire.lower()}"
            given = _values_of(scope, name)
            if len(given) > 1:
                raise InvalidValue(f"expected one header {each.wire}, got {len(given)}", at=at)
            if given:
                found[each.name] = _converted(given[0].strip(b" \t"), each, at)
            elif each.required:
                raise InvalidValue(f"expected the header {each.wire}, got none", at=at)
        if self._cookies:
            cookies = cookies_of(scope)
            for each in self._cookies:
                at = f"cookies.{each.wire}"
                if each.wire in cookies:
                    found[each.name] = _converted(cookies[each.wire].encode("latin-1"), each, at)
                elif each.required:
                    raise InvalidValue(f"expected the cookie {each.wire}, got none", at=at)
        return found

    def credential(self, scope: Scope) -> bytes:
        """What tells one caller from another, as far as the route looks at it."""
        parts = [_NUL.join(_values_of(scope, name)) for _, name in self._headers]
        if self._cookies:
            cookies = cookies_of(scope)
            parts += [cookies.get(each.wire, "").encode("latin-1") for each in self._cookies]
        return _NUL.join(parts)


def cookies_of(scope: Scope) -> dict[str, str]:
    """The request's cookies by name (RFC 6265); of a repeated one the first, as the nearest."""
    found: dict[str, str] = {}
    # HTTP/2 may cut the header in pieces.
    for line in _values_of(scope, b"cookie"):
        for pair in line.decode("latin-1").split(";"):
            name, is_pair, value = pair.partition("=")
            if is_pair:
                found.setdefault(name.strip(), value.strip().removeprefix('"').removesuffix('"'))
    return found


def _values_of(scope: Scope, name: bytes) -> list[bytes]:
    return [value for given, value in scope["headers"] if given == name]


def _converted(given: bytes, parameter: Parameter, at: str) -> object:
    try:
        found = msgspec.convert(given.decode(), parameter.type, strict=False)
        values.check_wire(found, at)
    except (msgspec.ValidationError, UnicodeDecodeError, InvalidValue):
        said = described(inspect.type_info(parameter.type))
        raise InvalidValue(f"expected {said}, got something else", at=at) from None
    return found
