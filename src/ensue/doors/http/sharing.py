"""Pages of other sites: which of them may call, as the Fetch standard has it.

What a page may read is said by headers of each answer. Whether a browser may send its request at
all is asked before by an ``OPTIONS``, the preflight (https://fetch.spec.whatwg.org/#http-cors-protocol).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from starlette.types import Receive, Scope, Send

from ensue.app.app import App
from ensue.app.cors import Cors
from ensue.app.routes import Route
from ensue.doors.http.guard import Guard, foreign
from ensue.doors.http.routing import Endpoint, shape_of
from ensue.doors.http.statuses import MethodNotAllowed
from ensue.doors.http.wire import SHARED, Headers, headers_of_request, respond

TAKEN = ("content-type", "idempotency-key", "traceparent")
TOLD = (
    "x-request-id",
    "idempotent-replayed",
    "retry-after",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
)
PREFLIGHT = "OPTIONS"

_ASKED = b"access-control-request-method"
_VARY = (
    b"vary",
    b"origin, access-control-request-method, access-control-request-headers",
)


def cors_of(app: App, route: Route) -> Cors | None:
    """Which pages of other sites may call a route; None for none."""
    return app.shared if route.cors == "app" else route.cors


class Shared:
    """An endpoint whose answers pages of other sites may read.

    Args:
        endpoint: what answers.
        cors: which pages.
    """

    def __init__(self, endpoint: Endpoint, cors: Cors) -> None:
        self._endpoint = endpoint
        self._cors = cors
        told = ", ".join([*TOLD, *(each.lower() for each in cors.expose)])
        self._expose = (b"access-control-expose-headers", told.encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and say which pages may read it."""
        self.mark(scope)
        await self._endpoint(scope, receive, send)

    def mark(self, scope: Scope) -> bool:
        """Note what the answer says to browsers; whether the page that asks may call."""
        origin = _origin_of(headers_of_request(scope))
        admitted = origin is not None and self._cors.admits(origin)
        scope[SHARED] = _admitting(self._cors, origin) + [self._expose] * admitted
        return admitted


class Admitted:
    """The same for a request that the guard held back because it comes from another site's page.

    Args:
        endpoint: what answers, and knows which pages may call.
        guard: checks everything else.
    """

    def __init__(self, endpoint: Shared, guard: Guard) -> None:
        self._endpoint = endpoint
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, if nothing else is held against the request."""
        self._guard.check(scope, headers_of_request(scope), shared=self._endpoint.mark(scope))
        await self._endpoint(scope, receive, send)


@dataclass(frozen=True)
class _Offer:
    """What pages may do at a path by one method."""

    cors: Cors
    headers: Sequence[str]


class Preflight:
    """Answers whether a page of another site may send a request to a path.

    Args:
        offers: what it may do, by method.
        methods: the methods of the path.
        guard: knows what this machine is called.
    """

    def __init__(
        self, offers: Mapping[str, _Offer], methods: Collection[str], guard: Guard
    ) -> None:
        self._offers = offers
        heads = {"HEAD"} if "GET" in methods else set[str]()
        self._methods = ", ".join(sorted({PREFLIGHT, *methods, *heads}))
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one preflight."""
        del receive
        headers = headers_of_request(scope)
        self._guard.check_name(headers)
        origin = _origin_of(headers)
        if origin is None or _ASKED not in headers:
            raise MethodNotAllowed(PREFLIGHT, self._methods)
        method = headers[_ASKED].decode("latin-1")
        offer = self._offers.get("GET" if method == "HEAD" else method)
        if offer is None or not offer.cors.admits(origin):
            raise foreign(headers[b"origin"])
        names = sorted(name for name, each in self._offers.items() if each.cors.admits(origin))
        out = [
            *((name, value) for name, value in _admitting(offer.cors, origin) if name != b"vary"),
            (b"access-control-allow-methods", ", ".join(names).encode()),
            (b"access-control-allow-headers", ", ".join(offer.headers).encode()),
            (b"access-control-max-age", b"%d" % offer.cors.keep_s),
            _VARY,
        ]
        await respond(scope, send, 204, b"", out)


def preflights(
    routes: Iterable[tuple[Route, Cors | None]], guard: Guard
) -> list[tuple[str, str, Endpoint]]:
    """The endpoints that answer preflights, one for each path that other sites may call.

    Args:
        routes: all routes, with which pages of other sites may call them.
        guard: knows what this machine is called.
    """
    offers: dict[str, dict[str, _Offer]] = {}
    methods: dict[str, set[str]] = {}
    for route, cors in routes:
        shape = shape_of(route.path)
        methods.setdefault(shape, set()).add(route.method)
        if cors is not None:
            taken = [each.wire.lower() for each in route.parameters if each.place == "header"]
            names = [*TAKEN, *taken, *(each.lower() for each in cors.headers)]
            offer = _Offer(cors, list(dict.fromkeys(names)))
            offers.setdefault(shape, {})[route.method] = offer
    return [
        (PREFLIGHT, shape, Preflight(found, methods[shape], guard))
        for shape, found in offers.items()
    ]


def _origin_of(headers: Headers) -> str | None:
    given = headers.get(b"origin")
    return None if given is None else given.decode("latin-1")


def _admitting(cors: Cors, origin: str | None) -> list[tuple[bytes, bytes]]:
    """The headers by which a browser lets a page read an answer."""
    if cors.any_site:
        return [(b"access-control-allow-origin", b"*")]
    # Whoever keeps the answer keeps it for this origin only.
    out = [(b"vary", b"origin")]
    if origin is not None and cors.admits(origin):
        out.append((b"access-control-allow-origin", origin.encode("latin-1")))
        if cors.credentials:
            out.append((b"access-control-allow-credentials", b"true"))
    return out
