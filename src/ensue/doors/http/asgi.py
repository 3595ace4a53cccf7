"""The ASGI application: it guards, dispatches, and answers; every error has one form."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import TypeAlias
from urllib.parse import quote

from starlette.routing import Mount, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ensue.app.app import App
from ensue.app.platform import Platform
from ensue.doors.http import tracing
from ensue.doors.http.cloudevents import cloudevent_routes
from ensue.doors.http.guard import Guard
from ensue.doors.http.house import HouseRoute
from ensue.doors.http.metrics import METRICS, exposer
from ensue.doors.http.pages import static_routes
from ensue.doors.http.resources import house_routes
from ensue.doors.http.responding import Responder
from ensue.doors.http.routing import Endpoint, make_router
from ensue.doors.http.sharing import Admitted, Shared, cors_of, preflights
from ensue.doors.http.statuses import (
    MethodNotAllowed,
    body_of,
    encode,
    headers_of,
    internal_body,
    status_of,
)
from ensue.doors.http.tokens import tokens_of
from ensue.doors.http.wire import (
    ANSWERING,
    HEADERS,
    NO_STORE,
    STATUS,
    Gone,
    headers_of_request,
    respond,
)
from ensue.identity import Issuer
from ensue.observe.traffic import OTHER
from ensue.words.errors import EnsueError, InvalidDeclaration, NotPermitted, StoreClosed

BODY_BYTES_MAX = 1_048_576
HOUSE = "/_ensue"
CONSOLE = "/console"
DESCRIPTION = "/openapi.json"
MESSAGING = "/asyncapi.json"
DENIED = "ensue.denied"  # why the guard let a request go nowhere but to routes that verify it

MakeConsole: TypeAlias = Callable[[Platform, Guard], ASGIApp]

log = logging.getLogger("ensue.http")


class Door:
    """An ASGI 3 application (https://asgi.readthedocs.io/en/latest/specs/www.html).

    Args:
        router: what is where.
        guard: who may call.
        platform: makes the ids under which faults of ours are logged, and counts what is answered.
        apart: what is where of the routes that a request may come to although the guard holds it
            back: those that verify who sent it, and those for pages of other sites.
        console: makes what answers ``/console``, and lets in who comes there, when somebody first
            does; None for nothing.
    """

    def __init__(
        self,
        router: Router,
        guard: Guard,
        platform: Platform,
        apart: Router,
        console: Callable[[], ASGIApp] | None = None,
    ) -> None:
        self._console = None if console is None else cache(console)
        self._router = router
        self._apart = apart
        self._guard = guard
        self._platform = platform
        self._new_id = platform.new_id
        self._traffic = platform.traffic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; no error leaves here but a cancellation."""
        if scope["type"] != "http":
            await _decline(scope, receive, send)
            return
        began_ns = self._traffic.steady_ns()
        headers = scope[HEADERS] = dict(scope["headers"])
        tracer = self._platform.tracer
        span = None if tracer is None else tracing.begin(tracer, scope)
        try:
            await self._answer(scope, receive, send)
        finally:
            if span is not None:
                tracing.end(span, scope, headers)
            if STATUS in scope:
                took_ns = self._traffic.steady_ns() - began_ns
                self._traffic.answered(scope.get(ANSWERING, OTHER), scope[STATUS], took_ns)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = headers_of_request(scope)
        if self._console is not None and _is_console(scope):
            await self._show(self._console(), scope, receive, send)
            return
        try:
            try:
                self._guard.check(scope, headers)
            except NotPermitted as denied:
                refusal = await self._guard.weigh(scope, headers, denied)
                if refusal is not None:
                    await self._without_key(scope, receive, send, refusal)
                    return
            await self._router(scope, receive, send)
        except EnsueError as error:
            await self._answer_error(scope, send, error)
        except Gone:
            log.debug("a client left while it sent %s %s", scope["method"], scope["path"])
        except asyncio.CancelledError:
            stopped = StoreClosed("the server stopped before the answer was ready")
            await respond(scope, send, status_of(stopped), body_of(stopped))
            raise
        except Exception as fault:  # noqa: BLE001 - the border: no fault of ours reaches a client
            await self._answer_fault(scope, send, fault)

    async def _show(self, console: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the console answer, which asks for the key itself."""
        try:
            self._guard.check_name(headers_of_request(scope))
        except NotPermitted as refusal:
            await self._answer_error(scope, send, refusal)
            return
        begun = False

        async def sends(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await console(scope, receive, sends)
        except Exception as fault:
            if begun:
                raise
            await self._answer_fault(scope, send, fault)

    async def _without_key(
        self, scope: Scope, receive: Receive, send: Send, denied: NotPermitted
    ) -> None:
        """Answer a request that may go nowhere but to a route that decides by itself who may."""
        scope[DENIED] = denied
        try:
            await self._apart(scope, receive, send)
        except MethodNotAllowed:
            raise denied from None

    async def _answer_error(self, scope: Scope, send: Send, error: EnsueError) -> None:
        status = status_of(error)
        if status >= 500:
            log.warning("%s %s: %s", scope["method"], quote(scope["path"]), error)
        await respond(scope, send, status, body_of(error), headers_of(error))

    async def _answer_fault(self, scope: Scope, send: Send, fault: Exception) -> None:
        request_id = self._new_id()
        log.error(
            "%s %s failed, request %s",
            scope["method"],
            quote(scope["path"]),
            request_id,
            exc_info=fault,
        )
        headers = [(b"x-request-id", request_id.encode())]
        await respond(scope, send, 500, internal_body(request_id), headers)


def _is_console(scope: Scope) -> bool:
    path: str = scope["path"].removeprefix(scope.get("root_path", ""))
    return path == CONSOLE or path.startswith(f"{CONSOLE}/")


async def _denied(scope: Scope, receive: Receive, send: Send) -> None:
    del receive, send
    denied: NotPermitted = scope[DENIED]
    raise denied


async def _decline(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer what is no request: let lifespans pass, close WebSockets."""
    if scope["type"] == "lifespan":
        for _ in range(2):
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
    elif scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1000})


class _House:
    """What is under ``/_ensue``: none of it may be kept by caches."""

    def __init__(self, router: Router) -> None:
        self._router = router

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[NO_STORE] = True
        await self._router(scope, receive, send)


def asgi_app(
    platform: Platform,
    app: App | None = None,
    *,
    key: str | None = None,
    issuer: Issuer | None = None,
    loopback: bool = True,
    body_bytes_max: int = BODY_BYTES_MAX,
    console: MakeConsole | None = None,
) -> Door:
    """The ASGI application that serves an app's routes, ``/_ensue`` and what describes them.

    Args:
        platform: what runs the apps.
        app: whose routes; those of all the platform's apps by default.
        key: what each request must show, but for ``GET /_ensue/health``.
        issuer: whose tokens will do as well; None for nobody's.
        loopback: whether only this machine can connect.
        body_bytes_max: how large the body of a request may be.
        console: makes what answers ``/console``; None for no console.

    Raises:
        NotPermitted: other machines can connect, and there is neither key nor issuer.
        InvalidDeclaration: two routes have the same method and path, one has the console's, or the
            issuer's keys have no address that can be trusted.
        MissingExtra: tokens are to be verified, and ``ensue[jose]`` is not installed.
    """
    tokens = None if issuer is None else tokens_of(platform, issuer)
    guard = Guard(key, loopback=loopback, tokens=tokens)
    apps = platform.apps if app is None else [app]
    if console is not None:
        _check_console_free(apps)
    house = [
        *house_routes(platform, body_bytes_max, has_key=bool(key or issuer)),
        *cloudevent_routes(platform, body_bytes_max),
    ]
    endpoints: list[tuple[str, str, Endpoint]] = []
    # Where requests go that the guard holds back.
    apart: list[tuple[str, str, Endpoint]] = []
    for each in apps:
        for route in each.routes:
            responder: Endpoint = Responder(platform, each, route, body_bytes_max)
            cors = cors_of(each, route)
            if cors is not None:
                shared = Shared(responder, cors)
                responder = shared
                if route.verify is None:
                    apart.append((route.method, route.path, Admitted(shared, guard)))
            endpoints.append((route.method, route.path, responder))
            apart.extend(endpoints[-1:] if route.verify is not None else [])
    asked = preflights(
        ((route, cors_of(each, route)) for each in apps for route in each.routes), guard
    )
    endpoints.extend([*asked, *static_routes(apps)])
    apart.extend(asked)
    if not any((method, path) == ("GET", DESCRIPTION) for method, path, _ in endpoints):
        endpoints.append(("GET", DESCRIPTION, _describer(apps, house, has_key=bool(key or issuer))))
    if not any((method, path) == ("GET", MESSAGING) for method, path, _ in endpoints):
        endpoints.append(("GET", MESSAGING, _messaging_describer(apps)))
    if not any((method, path) == ("GET", METRICS) for method, path, _ in endpoints):
        endpoints.append(("GET", METRICS, exposer(platform)))
    inside = make_router((each.method, each.path, each.endpoint) for each in house)
    mount = Mount(HOUSE, app=_House(inside))
    return Door(
        make_router(endpoints, mounts=[mount]),
        guard,
        platform,
        make_router(apart, default=_denied),
        None if console is None else partial(console, platform, guard),
    )


def _check_console_free(apps: Sequence[App]) -> None:
    for each in apps:
        for route in each.routes:
            if route.path == CONSOLE or route.path.startswith(f"{CONSOLE}/"):
                raise InvalidDeclaration(
                    f"expected a path that is not below {CONSOLE}, got {route.path}",
                    at=f"{each.name} {route.name}",
                    hint="The console is there; run without it: --console off.",
                )


def _describer(apps: Sequence[App], house: Sequence[HouseRoute], *, has_key: bool) -> Endpoint:
    made: list[bytes] = []

    async def describe(scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        if not made:
            # Few processes are ever asked, and building it takes a while.
            from ensue.doors.http.openapi import described_api  # noqa: PLC0415

            made.append(encode(described_api(apps, house, HOUSE, has_key=has_key)))
        await respond(scope, send, 200, made[0])

    return describe


def _messaging_describer(apps: Sequence[App]) -> Endpoint:
    async def describe(scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        # As above; but what a registry of schemas knows is another thing tomorrow.
        from ensue.app.messaging import kept_schemas  # noqa: PLC0415
        from ensue.doors.http.asyncapi import described_messaging  # noqa: PLC0415

        await respond(scope, send, 200, encode(described_messaging(apps, await kept_schemas(apps))))

    return describe
