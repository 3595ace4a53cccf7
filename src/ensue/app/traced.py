"""Traced calls to the outside."""

from __future__ import annotations

import httpx

from ensue.engine.home import Home
from ensue.engine.transaction import acting
from ensue.observe.spans import CallSpan


class Traced(httpx.AsyncBaseTransport):
    """Sends requests, and tells of each by a span, where the one who calls is traced.

    Args:
        home: whose calls.
        inner: what sends them.
    """

    def __init__(self, home: Home, inner: httpx.AsyncBaseTransport) -> None:
        self._home = home
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; whoever is called sees the call's span as the caller."""
        span = CallSpan.of(self._home.engine, acting.get())
        if span is None:
            return await self._inner.handle_async_request(request)
        parent, _, state = str(span.context).partition(" ")
        request.headers["traceparent"] = parent
        if state:
            request.headers["tracestate"] = state
        attributes: dict[str, str | int | bool] = {
            "http.request.method": request.method,
            "server.address": request.url.host,
            "server.port": request.url.port or {"https": 443}.get(request.url.scheme, 80),
            # Without what may be secret: who calls, and what is asked.
            "url.full": str(request.url.copy_with(userinfo=b"", query=None, fragment=None)),
        }
        error: str | None = None
        try:
            response = await self._inner.handle_async_request(request)
        except BaseException as fault:
            error = type(fault).__name__
            raise
        else:
            attributes["http.response.status_code"] = response.status_code
            error = str(response.status_code) if response.status_code >= 400 else None
            return response
        finally:
            span.end(request.method, attributes, error)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()
