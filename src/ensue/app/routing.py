"""The routes of an app, as declared: which function answers which method on which path."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, Unpack

from ensue.app.handlers import Handlers
from ensue.app.routes import Route, RouteOptions, make_route
from ensue.words.errors import InvalidDeclaration

F = TypeVar("F", bound=Callable[..., object])


class Routing(Handlers):
    """What an app declares its routes with.

    Attributes:
        routes: what was declared, in that order.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.routes: list[Route] = []

    def get(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[F], F]:
        """Declare what answers a GET; see `route`."""
        return self.route("GET", path, **options)

    def post(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[F], F]:
        """Declare what answers a POST; see `route`."""
        return self.route("POST", path, **options)

    def put(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[F], F]:
        """Declare what answers a PUT; see `route`."""
        return self.route("PUT", path, **options)

    def delete(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[F], F]:
        """Declare what answers a DELETE; see `route`."""
        return self.route("DELETE", path, **options)

    def patch(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[F], F]:
        """Declare what answers a PATCH; see `route`."""
        return self.route("PATCH", path, **options)

    def route(self, method: str, path: str, **options: Unpack[RouteOptions]) -> Callable[[F], F]:
        """Declare what answers a method on a path.

        Arguments named in the path come from it, ``body`` is the decoded body, ``tx`` the
        transaction of a ``def`` (a snapshot for GET), and all others come from the query. Types
        are checked before the function runs.

        Args:
            method: GET, POST, PUT, PATCH or DELETE.
            path: such as ``/orders/{id}``.
            options: ``status``: the status of its answer (200). ``statuses``: other statuses it
                answers with and what they mean, for the description. ``rate``: how many requests it
                takes, such as ``"5/s"``; beyond it answers 429. ``burst``: how many it takes at
                once (1). ``idempotency``: ``"required"`` to refuse requests without an
                ``Idempotency-Key``; one that is sent is honoured in any case.

        Raises:
            InvalidDeclaration: the path is taken or none, or the signature does not fit it.
        """

        def declare(function: F) -> F:
            self._add_route(make_route(method, path, function, **options))
            return function

        return declare

    def _add_route(self, made: Route) -> None:
        if any((each.method, each.path) == (made.method, made.path) for each in self.routes):
            raise InvalidDeclaration(f"there are two functions for {made.name}")
        self.routes.append(made)
