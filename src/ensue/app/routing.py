"""The routes of an app, as declared: which function answers which method on which path."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar, Unpack

from ensue.app.cors import Cors, Origins
from ensue.app.direct import Declaring
from ensue.app.flowing import Flowing
from ensue.app.pages import answers_with_a_page, pages_beside
from ensue.app.planning import DirectOptions
from ensue.app.routes import Answer, Route, RouteOptions
from ensue.resources.table import Table
from ensue.words.errors import EnsueError, InvalidDeclaration
from ensue.words.shapes import TypeForm

F = TypeVar("F", bound=Callable[[Any], Answer])


class Routing(Flowing):
    """What an app declares its routes with.

    Attributes:
        routes: what was declared, in that order.
        error_answers: what answers an error of each class, where the app has a form of its own.
        shared: which pages of other sites may call the routes; None for no site's.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.routes: list[Route] = []
        self.error_answers: dict[type[EnsueError], Callable[[Any], Answer]] = {}
        self.shared: Cors | None = None

    def cors(
        self,
        *,
        origins: Origins,
        headers: Sequence[str] = (),
        expose: Sequence[str] = (),
        credentials: bool = False,
        keep: str | float = "10m",
    ) -> None:
        """Let pages of other sites call the app's routes (not those under ``/_ensue``).

        A route with an option ``cors`` of its own keeps to that; with None it is for no other site.

        Args:
            origins: their sites, such as ``["https://shop.example"]``; ``"*"`` for any.
            headers: headers that they may send, beside the platform's and those that the route's
                function takes.
            expose: headers of answers that they may read, beside the platform's.
            credentials: whether the browser sends its cookies along, and lets them be set.
            keep: for how long a browser remembers all this.

        Raises:
            InvalidDeclaration: it was said already, an origin or header is none, or any site would
                get the cookies.
        """
        if self.shared is not None:
            raise InvalidDeclaration(
                "expected one cors() of an app, got another",
                hint="What is for one route is its option cors=.",
            )
        self.shared = Cors(origins, headers, expose, credentials, keep)

    def get(self, path: str, **options: Unpack[RouteOptions]) -> Declaring:
        """Declare what answers a GET; see `route`."""
        return self.route("GET", path, **options)

    def post(self, path: str, **options: Unpack[RouteOptions]) -> Declaring:
        """Declare what answers a POST; see `route`."""
        return self.route("POST", path, **options)

    def put(self, path: str, **options: Unpack[RouteOptions]) -> Declaring:
        """Declare what answers a PUT; see `route`."""
        return self.route("PUT", path, **options)

    def delete(self, path: str, **options: Unpack[RouteOptions]) -> Declaring:
        """Declare what answers a DELETE; see `route`."""
        return self.route("DELETE", path, **options)

    def patch(self, path: str, **options: Unpack[RouteOptions]) -> Declaring:
        """Declare what answers a PATCH; see `route`."""
        return self.route("PATCH", path, **options)

    def route(self, method: str, path: str, **options: Unpack[RouteOptions]) -> Declaring:
        """Declare what answers a method on a path.

        Arguments named in the path come from it, ``body`` is the decoded body, ``raw: bytes`` the
        body as it came, an argument of the type `SignedRequest` the verified request, one that is
        annotated with `Header` or `Cookie` what that holds, ``tx`` the transaction of a ``def`` (a
        snapshot for GET), and all others come from the query. Types are checked before the
        function runs.

        Args:
            method: GET, POST, PUT, PATCH or DELETE.
            path: such as ``/orders/{id}``.
            options: ``status``: the status of its answer (200). ``statuses``: other statuses it
                answers with, for the description: what one means, or the type of its body.
                ``rate``: how many requests it takes, such as ``"5/s"``; beyond it answers 429.
                ``burst``: how many it takes at once (1). ``idempotency``: ``"required"`` to refuse
                requests without an ``Idempotency-Key``; one that is sent is honoured in any case.
                ``verify``: a verifier such as `Stripe`: only requests that it verifies, against the
                body as it came, are taken; a list of verifiers, of which one must do; or, by the
                path's parameter ``provider``, those of each provider. ``cors``: which pages of
                other sites may call it, as a `Cors`, instead of those that `cors` says; None for
                none. ``limit``: how many requests each caller may make, such as ``"100/60s"``, or a
                `RateLimit`; every answer says how the caller stands, and 429 that there is no room.
                ``private``: a secret is in its requests or answers, so it takes no idempotency key,
                under which both would be kept, is not recorded by ``--record`` and not kept by
                caches.

        Returns:
            What the function is declared with, as a decorator. Without a function, one of its
            methods says what is done to a resource: ``app.get("/orders/{id}").get(orders,
            "{path.id}")``.

        Raises:
            InvalidDeclaration: the path is taken or none, or the signature does not fit it.
        """

        return Declaring(method, path, options, self._add_route)

    def on_error(self, kind: type[EnsueError]) -> Callable[[F], F]:
        """Declare how the app's routes answer an error, where its clients expect another form.

        The function gets the error and gives the whole answer, its status too; headers that belong
        to the error, such as ``WWW-Authenticate`` and ``Retry-After``, go along. It must not raise.

        Args:
            kind: a class of errors; its subclasses too, unless they have an answer of their own.

        Raises:
            InvalidDeclaration: there is an answer to this class already.
        """

        def declare(given: F) -> F:
            if kind in self.error_answers:
                raise InvalidDeclaration(f"there are two answers to {kind.__name__}")
            self.error_answers[kind] = given
            return given

        return declare

    def error_answer(self, error: EnsueError) -> Answer | None:
        """The app's own answer to an error of one of its routes; None where it has none."""
        for each in type(error).__mro__:
            if each in self.error_answers:
                return self.error_answers[each](error)
        return None

    def crud(
        self, path: str, table: Table[Any], *, body: TypeForm | None = None, rate: str | None = None
    ) -> None:
        """Declare the routes of a table's items, without a handler.

        With one key attribute ``id``: ``POST path`` makes an item under a new id, ``GET path``
        answers with a page of all items, and ``GET``, ``PUT`` and ``DELETE path/{id}`` answer with
        one, store one whole and remove one. With two,
        ``customer`` and ``id``, the same under ``path/{customer}``, and ``GET path/{customer}``
        answers with a page of a partition.

        Args:
            path: such as ``/orders``.
            table: whose items.
            body: the type of an item in requests; any object by default. With a table of a type,
                the item is checked against that too.
            rate: how many requests each route takes, such as ``"5/s"``.

        Raises:
            InvalidDeclaration: a route is there already, or the type is none.
        """
        *above, last = table.model.key
        base = "/".join([path, *(f"{{{name}}}" for name in above)])
        one = f"{base}/{{{last}}}"
        in_path = {name: f"{{path.{name}}}" for name in table.model.key}
        key = list(in_path.values())
        typed: DirectOptions = {} if body is None else {"body": body}
        location = "/".join([base.replace("{", "{path."), f"{{result.{last}}}"])
        told: DirectOptions = {**typed, "headers": {"location": location}}
        options: RouteOptions = {"rate": rate}
        making: RouteOptions = {**options, "status": 201}
        made = {"...": "{body}", **in_path, last: "{new_id}"}
        self.post(base, **making).put(table, made, **told)
        if above:
            self.get(base, **options).query(table, in_path[above[0]])
        else:
            self.get(base, **options).scan(table)
        self.get(one, **options).get(table, key)
        self.put(one, **options).put(table, {"...": "{body}", **in_path}, **typed)
        self.delete(one, **options).delete(table, key)

    def _add_route(self, made: Route) -> None:
        if any((each.method, each.path) == (made.method, made.path) for each in self.routes):
            raise InvalidDeclaration(f"there are two functions for {made.name}")
        if answers_with_a_page(made):
            made = replace(made, pages=pages_beside(made.function, self.name))
        self.routes.append(made)
