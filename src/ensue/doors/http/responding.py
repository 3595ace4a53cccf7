"""Answers a route of an app: its arguments, its call, and its answer or its error."""

from __future__ import annotations

import logging
from contextlib import nullcontext
from urllib.parse import quote

from starlette.types import Receive, Scope, Send

from ensue.app.app import App
from ensue.app.calls import Seal
from ensue.app.claims import Sealed
from ensue.app.platform import Platform
from ensue.app.routes import Answer, ObjectAnswer, Route
from ensue.app.signed import PROVIDER
from ensue.doors.http.arguments import Binder
from ensue.doors.http.carried import Carried
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
from ensue.doors.http.pages import asks_for_a_page, respond_error_page, sealing
from ensue.doors.http.routing import names_in
from ensue.doors.http.statuses import headers_of, seal
from ensue.doors.http.wire import (
    ANSWERING,
    NO_STORE,
    PRIVATE,
    headers_of_request,
    read_bytes,
    respond,
    trace_of,
)
from ensue.resources.bucket import check_key
from ensue.words.errors import EnsueError

log = logging.getLogger("ensue.http")


class Responder:
    """Answers one route of an app, its errors in the form that the app declares.

    Args:
        platform: what runs the app.
        app: whose route.
        route: the route.
        bytes_max: how large a body may be.
    """

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
        """Answer a request, an error of ours too where the app says how."""
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
