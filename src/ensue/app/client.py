"""The HTTP client with which actions call the outside."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.request import getproxies

import httpx

from ensue.words.errors import NotPermitted

HTTP_TIMEOUT_S = 30.0
CONNECTIONS = 100
KEPT_CONNECTIONS_MAX = 20

Sign = Callable[[httpx.Request], Awaitable[None]]
Around = Callable[[httpx.AsyncBaseTransport], httpx.AsyncBaseTransport]


class _TlsOnDemand(httpx.AsyncBaseTransport):
    """Loads the certificates when they are first needed, in a thread: that takes tens of ms."""

    def __init__(self, limits: httpx.Limits) -> None:
        self._limits = limits
        self._inner: httpx.AsyncHTTPTransport | None = None
        self._making = asyncio.Lock()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request."""
        async with self._making:
            if self._inner is None:
                self._inner = await asyncio.to_thread(
                    lambda: httpx.AsyncHTTPTransport(limits=self._limits)
                )
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the connections."""
        if self._inner is not None:
            await self._inner.aclose()


class Refusing(httpx.AsyncBaseTransport):
    """Sends nothing: for stores from which nothing may get outside."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Refuse a request.

        Raises:
            NotPermitted: always.
        """
        raise NotPermitted(
            "expected no call to the outside: this store is a branch",
            at=f"{request.method} {request.url.host}",
            hint="`ensue run --act` lets a branch act.",
        )


def make_client(
    outside: Mapping[str, httpx.AsyncBaseTransport],
    sign: Sign | None,
    connections: int = CONNECTIONS,
    *,
    keeps_cookies: bool = True,
    around: Around = lambda inner: inner,
) -> httpx.AsyncClient:
    """A client for calls to the outside.

    Args:
        outside: what answers instead of the network, by URL pattern: for tests.
        sign: is given each request before it is sent; None for nobody.
        connections: how many it opens at most.
        keeps_cookies: whether it sends the cookies back that it gets.
        around: what is put around all that sends.
    """
    hooks = {"request": [] if sign is None else [sign]}
    limits = httpx.Limits(
        max_connections=connections, max_keepalive_connections=KEPT_CONNECTIONS_MAX
    )
    cookies = None if keeps_cookies else CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    if outside or getproxies():
        return httpx.AsyncClient(
            timeout=HTTP_TIMEOUT_S,
            transport=around(outside["all://"]) if "all://" in outside else None,
            mounts={pattern: around(each) for pattern, each in outside.items()},
            event_hooks=hooks,
            limits=limits,
            cookies=cookies,
        )
    return httpx.AsyncClient(
        timeout=HTTP_TIMEOUT_S,
        transport=around(httpx.AsyncHTTPTransport(verify=False, limits=limits)),
        mounts={"https://": around(_TlsOnDemand(limits))},
        event_hooks=hooks,
        cookies=cookies,
    )
