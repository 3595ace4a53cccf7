"""Requests of strangers, signed as each app's callers sign them, so that they get past the door."""

from __future__ import annotations

import itertools
from typing import Any

from requests import PreparedRequest
from requests.auth import AuthBase

from ensue import App
from ensue.app.routes import Route
from ensue.doors.http.routing import names_in, shape_of
from ensue.engine.clock import SystemClock
from ensue.identity import AnyOf, ApiKeys

_numbers = itertools.count()


class AsCaller(AuthBase):
    """Signs each request to a route that verifies, by what verifies it.

    Args:
        app: whose routes.
    """

    def __init__(self, app: App) -> None:
        self._routes = [each for each in app.routes if each.verify is not None]

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the headers of the route that the request is for."""
        path = (request.path_url or "").partition("?")[0]
        for route in self._routes:
            values = _values(route.path, path)
            if route.method == request.method and values is not None:
                line = (request.method, request.path_url or "/")
                request.headers.update(_signature(route, values, _bytes(request.body), line))
        return request


def _values(template: str, path: str) -> dict[str, str] | None:
    wanted, given = shape_of(template).split("/"), path.split("/")
    if len(wanted) != len(given):
        return None
    pairs = list(zip(wanted, given, strict=True))
    if any(each not in {"{}", value} and "{" not in each for each, value in pairs):
        return None
    found = [value for each, value in pairs if "{" in each]
    return dict(zip(names_in(template), found, strict=True))


def _bytes(body: Any) -> bytes:
    if isinstance(body, str):
        return body.encode()
    return bytes(body or b"")


def _signature(
    route: Route, values: dict[str, str], body: bytes, line: tuple[str, str]
) -> dict[str, str]:
    assert route.verify is not None
    verifiers = route.verify._verifiers
    verifier = verifiers.get(values.get("provider", "")) or next(iter(verifiers.values()))
    one: Any = verifier.verifiers[0] if isinstance(verifier, AnyOf) else verifier
    if isinstance(one, ApiKeys):
        return {one._header: one._fixed[0].read()} if one._fixed else {}
    if not hasattr(one, "sign"):
        return {}
    number = str(next(_numbers))
    now_ms = SystemClock().now_ms()
    signed: dict[str, str] = one.sign(
        body, message=f"m-{number}", nonce=f"n-{now_ms}-{number}", now_ms=now_ms, line=line
    )
    return signed
