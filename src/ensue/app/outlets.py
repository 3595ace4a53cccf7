"""The HTTP clients with which an app reaches the outside, each with connections of its own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import httpx

from ensue.app.client import CONNECTIONS, Refusing, Sign, make_client
from ensue.app.traced import Traced
from ensue.engine.call_keys import next_key
from ensue.engine.home import Home
from ensue.engine.transaction import acting
from ensue.observe import traceparent

ACTIONS = "actions"
IDENTIFIED = "ensue.identified"
VERIFIERS = "verifiers"


class Outlets:
    """An app's HTTP clients: one for its actions, one for each of its destinations.

    A client is made when it is first asked for, and closed with the app.

    Args:
        home: the app.

    Attributes:
        outside: what answers instead of the network, by URL pattern: for tests.
    """

    def __init__(self, home: Home) -> None:
        self.outside: Mapping[str, httpx.AsyncBaseTransport] = {}
        self._home = home
        self._clients: dict[str, httpx.AsyncClient] = {}

    def client(
        self, name: str, *, signed: bool = True, connections: int = CONNECTIONS
    ) -> httpx.AsyncClient:
        """A client with connections of its own, the same for the same name.

        Only that of the actions keeps cookies.

        Args:
            name: whose it is.
            signed: whether its calls carry ``Idempotency-Key`` and ``traceparent``.
            connections: how many it opens at most.
        """
        found = self._clients.get(name)
        if found is None:
            refusing = {"all://": Refusing()} if self._home.settings.holds else self.outside
            sign: Sign | None = self.identify if signed else None
            found = self._clients[name] = make_client(
                refusing,
                sign,
                connections,
                keeps_cookies=name == ACTIONS,
                around=partial(Traced, self._home),
            )
        return found

    async def close(self) -> None:
        """Close all connections."""
        clients, self._clients = self._clients, {}
        for client in clients.values():
            await client.aclose()

    def new_id(self) -> str:
        """An id that nothing else has."""
        return self._home.engine.ids.new_id()

    async def identify(self, request: httpx.Request) -> None:
        """Give a request its ``Idempotency-Key`` and ``traceparent``, once."""
        origin, engine = acting.get(), self._home.engine
        if IDENTIFIED in request.extensions:
            return
        request.extensions[IDENTIFIED] = True
        key, trace = next_key(origin, engine.records), traceparent(engine, origin)
        if key is not None:
            request.headers.setdefault("Idempotency-Key", key)
        if trace is not None:
            parent, _, state = trace.partition(" ")
            request.headers.setdefault("traceparent", parent)
            if state:
                request.headers.setdefault("tracestate", state)
