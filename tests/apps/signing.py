"""Requests of strangers, signed as each app's callers sign them, so that they get past the door."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import httpx
from requests import PreparedRequest
from requests.auth import AuthBase

from ensue import App
from ensue.app.routes import Route
from ensue.doors.http.routing import names_in, shape_of
from ensue.engine.clock import SystemClock
from ensue.identity import AnyOf, ApiKeys, Bearer, Signer

_numbers = itertools.count()


class AsCaller(AuthBase):
    """Signs each request to a route that verifies, by what verifies it.

    Args:
        app: whose routes.
        shown: what callers of the app show whose credentials it keeps itself, by header.
    """

    def __init__(self, app: App, shown: Mapping[str, str]) -> None:
        self._routes = [each for each in app.routes if each.verify is not None]
        self._shown = shown

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the headers of the route that the request is for."""
        path = (request.path_url or "").partition("?")[0]
        for route in self._routes:
            values = _values(route.path, path)
            if route.method == request.method and values is not None:
                line = (route.method, request.path_url or "")
                verifier = _verifier_of(route, values)
                if isinstance(verifier, ApiKeys | Bearer):
                    request.headers.update(_shown_to(verifier, self._shown))
                elif hasattr(verifier, "sign"):
                    request.headers.update(_signature(verifier, _bytes(request.body), line))
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


def _verifier_of(route: Route, values: Mapping[str, str]) -> Any:
    assert route.verify is not None
    verifiers = route.verify._verifiers
    verifier = verifiers.get(values.get("provider", "")) or next(iter(verifiers.values()))
    return verifier.verifiers[0] if isinstance(verifier, AnyOf) else verifier


def _shown_to(verifier: ApiKeys | Bearer, shown: Mapping[str, str]) -> dict[str, str]:
    if isinstance(verifier, ApiKeys) and verifier._fixed:
        return {verifier._header: verifier._fixed[0].read()}
    return dict(shown)


def _signature(verifier: Signer, body: bytes, line: tuple[str, str]) -> dict[str, str]:
    number = str(next(_numbers))
    now_ms = SystemClock().now_ms()
    return verifier.sign(
        body,
        message=f"m-{number}",
        nonce=f"n-{now_ms}-{number}",
        now_ms=now_ms,
        line=line,
    )


def shown_by(folder: str, url: str) -> dict[str, str]:
    """What callers of an app show whose credentials it keeps itself.

    Args:
        folder: of the app.
        url: where it runs.
    """
    if folder != "metering":
        return {}
    made = httpx.post(
        f"{url}/v1/admin/keys",
        headers={"X-Admin-Key": "demo-admin-key"},
        json={"customer_id": "acme", "name": "test", "rate_limit": 10_000},
    )
    return {"X-API-Key": made.json()["api_key"]}
