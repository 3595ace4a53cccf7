"""The ASGI application: it guards, dispatches, and answers; every error has one form."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import nullcontext
from urllib.parse import quote

from starlette.routing import Mount, Router
from starlette.types import Receive, Scope, Send

from ensue.app.app import App
from ensue.app.calls import Seal
from ensue.app.claims import Sealed
from ensue.app.platform import Platform
from ensue.app.routes import Answer, ObjectAnswer, Route
from ensue.app.signed import PROVIDER
from ensue.doors.http.arguments import Binder
from ensue.doors.http.carried import Carried
from ensue.doors.http.cloudevents import cloudevent_routes
from ensue.doors.http.guard import Guard
from ensue.doors.http.limits import Limiter
from ensue.doors.http.objects import answer_object
from ensue.doors.http.once import (
    caller_of,
    headers_of_call,
    once_of,
    own_headers,
    read_again,
    refuse_key,
    without_what_was_got,
)
from ensue.doors.http.pages import asks_for_a_page, respond_error_page, sealing, static_routes
from ensue.doors.http.resources import HouseRoute, house_routes
from ensue.doors.http.routing import Endpoint, make_router, names_in
from ensue.doors.http.sharing import Admitted, Shared, cors_of, preflights
from ensue.doors.http.statuses import (
    MethodNotAllowed,
    body_of,
    encode,
    headers_of,
    internal_body,
    seal,
    status_of,
)
from ensue.doors.http.tokens import tokens_of
from ensue.doors.http.wire import (
    ANSWERING,
    HEADERS,
    NO_STORE,
    PRIVATE,
    STATUS,
    Gone,
    headers_of_request,
    read_bytes,
    respond,
    trace_of,
)
from ensue.identity import Issuer
from ensue.resources.bucket import check_key
from ensue.words.errors import EnsueError, NotPermitted, StoreClosed

BODY_BYTES_MAX = 1_048_576
HOUSE = "/_ensue"
DESCRIPTION = "/openapi.json"
MESSAGING = "/asyncapi.json"
DENIED = "ensue.denied"  # why the guard let a request go nowhere but to routes that verify it

log = logging.getLogger("ensue.http")


class Door:
    """An ASGI 3 application (https://asgi.readthedocs.io/en/latest/specs/www.html).

    Args:
        router: what is where.
        guard: who may call.
        platform: makes the ids under which faults of ours are logged, and counts what is answered.
        apart: what is where of the routes that a request may come to although the guard holds it
            back: those that verify who sent it, and those for pages of other sites.
    """

    def __init__(self, router: Router, guard: Guard, platform: Platform, apart: Router) -> None:
        self._router = router
        self._apart = apart
        self._guard = guard
        self._new_id = platform.new_id
        self._traffic = platform.traffic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; no error leaves here but a cancellation."""
        if scope["type"] != "http":
            await _decline(scope, receive, send)
            return
        began_ns = self._traffic.steady_ns()
        try:
            await self._answer(scope, receive, send)
        finally:
            if ANSWERING in scope and STATUS in scope:
                took_ns = self._traffic.steady_ns() - began_ns
                self._traffic.answered(scope[ANSWERING], scope[STATUS], took_ns)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        scope[HEADERS] = headers
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


class _Responder:
    """Answers one route of an app, its errors in the form that the app declares."""

    def __init__(self, platform: Platform, app: App, route: Route, bytes_max: int) -> None:
        self._call = platform.call
        self._ref = route.ref_in(app.name)
        self._route = route
        self._place = f"{app.name} {route.name}"
        self._error_answer = app.error_answer
        self._takes_key = route.takes_key
        self._is_private = route.private
        self._needs_key = route.idempotency == "required"
        self._bytes_max = bytes_max
        names = names_in(route.path)
        self._provider = f"p{names.index(PROVIDER)}" if PROVIDER in names else ""
        self._verifies = route.verify is not None
        self._raw = [each.name for each in route.parameters if each.place == "raw"]
        self._signed = [each.name for each in route.parameters if each.place == "signed"]
        self._verified = platform.verified
        self._streams = route.streams
        self._has_pages = route.pages is not None
        self._seal: Seal = seal if route.pages is None else sealing(route.pages)
        self._bind = Binder(route, names_in(route.path), bytes_max).bind
        self._carried = Carried(route.parameters)
        self._reading = without_what_was_got if route.private else nullcontext
        self._admit = Limiter(platform, route).admit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[ANSWERING] = self._ref
        try:
            await self._respond(scope, receive, send)
        except EnsueError as error:
            answer = self._error_answer(error)
            if answer is None and self._has_pages and asks_for_a_page(scope):
                await respond_error_page(scope, send, error)
                return
            if answer is None:
                raise
            log.info("%s %s: %s", scope["method"], quote(scope["path"]), error)
            own = self._seal(answer)
            told = headers_of(error) + own_headers(own, scope)
            await respond(scope, send, own.status, own.body, told)

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        once = signed = None
        body = b""
        if self._is_private:
            scope[PRIVATE] = scope[NO_STORE] = True
            refuse_key(scope)
        if self._verifies or self._raw:
            body = await read_bytes(scope, receive, self._bytes_max)
            receive = read_again(body)
        if self._verifies:
            provider = scope["path_params"].get(self._provider)
            line = (scope["method"], _path_of(scope))
            signed = await self._verified(self._route, provider, _as_text(scope), body, line)
        self._admit(scope, signed)
        if self._takes_key:
            once, receive = await once_of(
                scope,
                receive,
                place=self._place,
                required=self._needs_key,
                bytes_max=self._bytes_max,
                carried=self._carried.credential(scope) + caller_of(signed),
            )
        with self._reading():
            arguments = await self._bind(scope, receive)
        arguments |= dict.fromkeys(self._raw, body) | dict.fromkeys(self._signed, signed)
        objects: list[ObjectAnswer] = []
        called = await self._call(
            self._route,
            arguments,
            seal=_noting(objects) if self._streams else self._seal,
            trace=trace_of(scope),
            once=once,
            signed=signed,
        )
        for each in objects:
            await answer_object(
                scope, receive, send, each.bucket, check_key(each.key), version=each.version
            )
            return
        sealed = called.sealed
        await respond(scope, send, sealed.status, sealed.body, headers_of_call(called, scope))


def _noting(objects: list[ObjectAnswer]) -> Seal:
    """What seals an answer, but notes an object that is to be streamed once the call is over."""

    def note(answer: Answer) -> Sealed:
        if not isinstance(answer.body, ObjectAnswer):
            return seal(answer)
        objects.append(answer.body)
        return Sealed(answer.status, b"")

    return note


def _path_of(scope: Scope) -> str:
    """The path and the query as they were sent."""
    path = scope.get("raw_path") or quote(scope["path"]).encode()
    query = scope["query_string"]
    return (path + b"?" + query if query else path).decode("latin-1")


def _as_text(scope: Scope) -> dict[str, str]:
    found = headers_of_request(scope)
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in found.items()}


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
) -> Door:
    """The ASGI application that serves an app's routes, ``/_ensue`` and what describes them.

    Args:
        platform: what runs the apps.
        app: whose routes; those of all the platform's apps by default.
        key: what each request must show, but for ``GET /_ensue/health``.
        issuer: whose tokens will do as well; None for nobody's.
        loopback: whether only this machine can connect.
        body_bytes_max: how large the body of a request may be.

    Raises:
        NotPermitted: other machines can connect, and there is neither key nor issuer.
        InvalidDeclaration: two routes have the same method and path, or the issuer's keys have no
            address that can be trusted.
        MissingExtra: tokens are to be verified, and ``ensue[jose]`` is not installed.
    """
    tokens = None if issuer is None else tokens_of(platform, issuer)
    guard = Guard(key, loopback=loopback, tokens=tokens)
    apps = platform.apps if app is None else [app]
    house = [
        *house_routes(platform, body_bytes_max, has_key=bool(key or issuer)),
        *cloudevent_routes(platform, body_bytes_max),
    ]
    endpoints: list[tuple[str, str, Endpoint]] = []
    # Where requests go that the guard holds back.
    apart: list[tuple[str, str, Endpoint]] = []
    for each in apps:
        for route in each.routes:
            responder: Endpoint = _Responder(platform, each, route, body_bytes_max)
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
    inside = make_router((each.method, each.path, each.endpoint) for each in house)
    mount = Mount(HOUSE, app=_House(inside))
    return Door(
        make_router(endpoints, mounts=[mount]),
        guard,
        platform,
        make_router(apart, default=_denied),
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
