"""Spans of requests, for whoever traces."""

from __future__ import annotations

from starlette.types import Scope

from ensue.doors.http.wire import ANSWERING, STATUS, TRACED, Headers, trace_of
from ensue.observe.spans import RequestSpan, Tracer
from ensue.observe.traffic import METHODS

AGENT_LENGTH_MAX = 200


def begin(tracer: Tracer, scope: Scope) -> RequestSpan:
    """Begin the span of a request: what it causes is part of it."""
    span = RequestSpan(tracer, trace_of(scope))
    scope[TRACED] = span.trace
    return span


def end(span: RequestSpan, scope: Scope, headers: Headers) -> None:
    """End the span of a request that was answered, or whose client has left."""
    if not span.sampled:
        return
    method = scope["method"] if scope["method"] in METHODS else "_OTHER"
    status = scope.get(STATUS)
    attributes: dict[str, str | int | bool] = {
        "http.request.method": method,
        "url.path": scope["path"],
        "url.scheme": scope["scheme"],
        "network.protocol.version": scope["http_version"],
    }
    if status is not None:
        attributes["http.response.status_code"] = status
    route = scope.get(ANSWERING)
    if route is not None:
        attributes |= {"http.route": route.name.partition(" ")[2], "ensue.app": route.app}
    server, client = scope.get("server"), scope.get("client")
    if server:
        attributes |= {"server.address": server[0], "server.port": server[1] or 0}
    if client:
        attributes["client.address"] = client[0]
    agent = headers.get(b"user-agent")
    if agent:
        attributes["user_agent.original"] = agent.decode("latin-1")[:AGENT_LENGTH_MAX]
    name = method if route is None else route.name
    error = str(status) if status is None or status >= 500 else None
    span.end(name, attributes, error if status is not None else "disconnected")
