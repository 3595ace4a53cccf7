"""The app, as declared: its resources, handlers and routes. It does nothing until it is run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, Unpack, overload
from weakref import WeakKeyDictionary

import httpx

from ensue.app.client import make_client
from ensue.app.options import (
    RouteOptions,
    change_filter,
    change_kinds,
)
from ensue.app.routes import Route, make_route
from ensue.app.transaction import Tx
from ensue.engine.handlers import Policy, PolicyOptions, make_policy
from ensue.engine.home import Home, Resource
from ensue.engine.logs import Record
from ensue.engine.transaction import Origin, Transaction, acting
from ensue.observe import traceparent
from ensue.resources import function as function_kind
from ensue.resources import mail as mail_kind
from ensue.resources.bus import Bus, Event
from ensue.resources.function import Feed, Function, FunctionModel
from ensue.resources.mail import Mail
from ensue.resources.queue import Queue
from ensue.resources.table import Change, Table, as_event
from ensue.words.errors import InvalidDeclaration, NotFound
from ensue.words.names import Ref, check_name
from ensue.words.values import Json

F = TypeVar("F", bound=Callable[..., object])
T = TypeVar("T")
R = TypeVar("R", bound=Resource)


class App:
    """An application: tables, queues, buses, functions, mail and routes under one name.

    Args:
        name: lower-case words joined by ``-``; it is part of the names of the SQL tables.

    Raises:
        InvalidName: the name breaks the naming rule.
    """

    def __init__(self, name: str) -> None:
        self.name = check_name(name, "app")
        self.home = Home(self.name, Tx)
        self.resources: dict[Ref, Resource] = {}
        self.routes: list[Route] = []
        self._http: httpx.AsyncClient | None = None
        self._calls: WeakKeyDictionary[Origin, int] = WeakKeyDictionary()
        self.outside: Mapping[str, httpx.AsyncBaseTransport] = {}

    # Resources

    def table(
        self,
        name: str,
        *,
        key: str | tuple[str, ...],
        indexes: Mapping[str, str | tuple[str, ...]] | None = None,
        seed: Sequence[Mapping[str, object]] = (),
    ) -> Table:
        """Declare a table: items by key, with every change captured.

        Args:
            name: its name.
            key: the attribute that identifies an item, or two: partition key and sort key.
            indexes: secondary indexes by name: a partition attribute, or two with a sort attribute.
            seed: items that are there when the table is made for the first time.

        Raises:
            InvalidName: a name breaks the naming rule.
            InvalidDeclaration: the name is taken, or a key or index has no such shape.
        """
        table = Table(self.home, check_name(name, "table"), key=key, indexes=indexes, seed=seed)
        return self._add(table)

    def queue(self, name: str, *, max_receives: int = 10) -> Queue:
        """Declare a queue and its dead-letter queue, ``<name>-dlq``.

        Args:
            name: its name.
            max_receives: after so many receives without success a message is dead-lettered.

        Raises:
            InvalidName: the name breaks the naming rule.
            InvalidDeclaration: the name is taken, or the number is out of range.
        """
        queue = Queue(self.home, check_name(name, "queue"), max_receives=max_receives)
        Policy(max_receives=max_receives).check(str(queue.ref))
        self._add(queue)
        if queue.dead_letters is not None:
            self._add(queue.dead_letters)
        return queue

    def bus(self, name: str, *, source: str | None = None) -> Bus:
        """Declare a bus: events in a log, delivered by rules.

        Args:
            name: its name.
            source: the source of events that name none; the app's name by default.

        Raises:
            InvalidName: the name breaks the naming rule.
            InvalidDeclaration: the name is taken.
        """
        return self._add(Bus(self.home, check_name(name, "bus"), source=source))

    def mail(self, name: str, *, to: str | None = None, sender: str | None = None) -> Mail:
        """Declare mail: letters for a mail server, or for the outbox folder.

        Args:
            name: its name.
            to: the address of letters that name none.
            sender: the address letters come from.

        Raises:
            InvalidName: the name breaks the naming rule.
            InvalidValue: an address is none.
            InvalidDeclaration: the name is taken.
        """
        options = {} if sender is None else {"sender": sender}
        mail = self._add(Mail(self.home, check_name(name, "mail"), to=to, **options))
        self._add(Queue(self.home, name + mail_kind.DEAD_LETTERS, is_dead_letters=True))
        return mail

    # Handlers

    @overload
    def function(self, function: Callable[..., Any], /) -> Function: ...

    @overload
    def function(
        self, *, name: str | None = None, retries: int = 9, **policy: Unpack[PolicyOptions]
    ) -> Callable[[Callable[..., Any]], Function]: ...

    def function(  # type: ignore[misc] # mypy does not match unpacked options to themselves
        self,
        function: Callable[..., Any] | None = None,
        /,
        *,
        name: str | None = None,
        retries: int = 9,
        **policy: Unpack[PolicyOptions],
    ) -> Function | Callable[[Callable[..., Any]], Function]:
        """Declare a function: a target of rules, which can be sent work and invoked.

        A ``def f(body, tx)`` runs in the transaction that takes its work, an ``async def f(body)``
        outside.

        Args:
            function: the function, when used without parentheses.
            name: its name; the function's own by default.
            retries: how often it is tried again before its work is dead-lettered.
            policy: ``rate``, ``timeout``, ``concurrency``, ``batch``, ``retry_base``, ``retry_cap``
                as for `Queue.consumer`.

        Raises:
            InvalidName: the name breaks the naming rule.
            InvalidDeclaration: the name is taken, or the function takes other arguments.
        """

        def declare(given: Callable[..., Any]) -> Function:
            return self._add_function(
                given, name, make_policy(retries + 1, **policy), present=lambda body, _: body
            )

        return declare(function) if function else declare

    def on_change(
        self,
        table: Table,
        *,
        kind: str | Sequence[str] | None = None,
        where: Mapping[str, Json] | str | None = None,
        name: str | None = None,
        retries: int = 9,
        **policy: Unpack[PolicyOptions],
    ) -> Callable[[F], F]:
        """Declare a function that follows a table's changes, each item's in order.

        A change that fails is retried and holds back the later changes of its item only.

        Args:
            table: whose changes.
            kind: ``insert``, ``update`` or ``remove``, or several; all by default.
            where: which changes: an event pattern on ``eventName``, ``OldImage`` and ``NewImage``,
                or a condition expression on them, such as
                ``NewImage.quantity > OldImage.quantity``.
            name: its name; the function's own by default.
            retries: how often it is tried again before a change is dead-lettered.
            policy: as for `function`.

        Raises:
            InvalidPattern: the pattern does not compile; says where.
            InvalidExpression: the expression does not compile; says where.
            InvalidDeclaration: there is no such kind of change, the name is taken, or the function
                takes other arguments than (change, tx), or (change) for an ``async def``.
        """
        kinds = change_kinds(kind)
        matches = None if where is None else change_filter(where)

        def wants(record: Record) -> bool:
            if record.kind not in kinds:
                return False
            return matches is None or matches(as_event(record))

        feed = Feed(
            source=table.ref,
            wants=wants,
            present=table.change,
            as_work=table.as_work,
            said={
                "table": table.ref.name,
                "kinds": list(kinds),
                "where": dict(where) if isinstance(where, Mapping) else where,
            },
        )

        def present(body: Json, work_id: str) -> Change:
            del work_id
            return table.change_from(body)

        def declare(given: F) -> F:
            self._add_function(
                given, name, make_policy(retries + 1, **policy), present=present, feed=feed
            )
            return given

        return declare

    def on_event(
        self,
        bus: Bus,
        pattern: Mapping[str, Json],
        *,
        name: str | None = None,
        retries: int = 9,
        **policy: Unpack[PolicyOptions],
    ) -> Callable[[F], F]:
        """Declare a function and the rule that delivers a bus's matching events to it.

        Args:
            bus: whose events.
            pattern: an event pattern, such as ``{"detail-type": ["OrderPlaced"]}``.
            name: its name, and the rule's; the function's own by default.
            retries: how often it is tried again before an event is dead-lettered.
            policy: as for `function`.

        Raises:
            InvalidPattern: the pattern does not compile; says where.
            InvalidDeclaration: the name is taken, or the function takes other arguments than
                (event, tx), or (event) for an ``async def``.
        """

        def present(body: Json, work_id: str) -> Event:
            del work_id
            return Event.from_envelope(body if isinstance(body, dict) else {})

        def declare(given: F) -> F:
            function = self._add_function(
                given, name, make_policy(retries + 1, **policy), present=present
            )
            bus.rule(function.ref.name, pattern, to=function)
            return given

        return declare

    def _add_function(
        self,
        given: Callable[..., Any],
        name: str | None,
        policy: Policy,
        *,
        present: Callable[[Json, str], Any],
        feed: Feed | None = None,
    ) -> Function:
        own = name or str(getattr(given, "__name__", "function")).strip("_")
        ref = Ref(self.name, "function", check_name(own, "function"))
        policy.check(str(ref))
        dead_letters = Queue(self.home, own + function_kind.DEAD_LETTERS, is_dead_letters=True)
        model = FunctionModel(ref, dead_letters.ref, policy)
        function = self._add(Function(self.home, model, given, present=present, feed=feed))
        self._add(dead_letters)
        return function

    def function_named(self, name: str) -> Function:
        """A declared function, change handler or event handler by its name.

        Raises:
            NotFound: there is none.
        """
        found = self.resources.get(Ref(self.name, "function", name))
        if isinstance(found, Function):
            return found
        raise NotFound(f"there is no function {name} in {self.name}")

    # Routes

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

    def route(
        self,
        method: str,
        path: str,
        *,
        status: int = 200,
        statuses: Mapping[int, str] | None = None,
        rate: str | None = None,
        burst: int = 1,
    ) -> Callable[[F], F]:
        """Declare what answers a method on a path.

        Arguments named in the path come from it, ``body`` is the decoded body, ``tx`` the
        transaction of a ``def`` (a snapshot for GET), and all others come from the query. Types
        are checked before the function runs.

        Args:
            method: GET, POST, PUT, PATCH or DELETE.
            path: such as ``/orders/{id}``.
            status: the status of its answer.
            statuses: other statuses it answers with and what they mean, for the description.
            rate: how many requests it takes, such as ``"5/s"``; beyond it answers 429.
            burst: how many requests it takes at once.

        Raises:
            InvalidDeclaration: the path is taken or none, or the signature does not fit it.
        """

        def declare(function: F) -> F:
            made = make_route(
                method,
                path,
                function,
                status=status,
                statuses=statuses,
                rate=rate,
                burst=burst,
            )
            if any((each.method, each.path) == (method, path) for each in self.routes):
                raise InvalidDeclaration(f"there are two functions for {made.name}")
            self.routes.append(made)
            return function

        return declare

    # At run time

    async def run(
        self,
        function: Callable[..., T],
        *arguments: Any,  # noqa: ANN401 - whatever the function takes
    ) -> T:
        """Run a function in a transaction of its own: ``function(*arguments, tx)``.

        Args:
            function: a plain function whose last argument is the transaction.
            arguments: its other arguments.

        Returns:
            What it returns, once that is durable.

        Raises:
            StoreClosed: the app is not running.
            Exception: whatever the function raises; then nothing that it did has happened.
        """

        def transact(tx: Transaction) -> T:
            return function(*arguments, Tx(tx))

        return await self.home.engine.transact(transact)

    @property
    def http(self) -> httpx.AsyncClient:
        """A client for calls to the outside from actions.

        What an action sends carries ``Idempotency-Key``, the same at every retry of its work (its
        second call the key with ``-2``, and so on), and a W3C ``traceparent``, unless the call
        names its own.
        """
        if self._http is None:
            self._http = make_client(self.outside, self._sign)
        return self._http

    async def close_http(self) -> None:
        """Close the client's connections."""
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    async def _sign(self, request: httpx.Request) -> None:
        origin, engine = acting.get(), self.home.engine
        if origin.cause is not None:
            call = self._calls[origin] = self._calls.get(origin, 0) + 1
            key = engine.records.text(*origin.cause)
            request.headers.setdefault("Idempotency-Key", key if call == 1 else f"{key}-{call}")
            request.headers.setdefault("traceparent", str(traceparent(engine, origin)))

    def _add(self, resource: R) -> R:
        if resource.ref in self.resources:
            raise InvalidDeclaration(
                f"there are two resources called {resource.ref}",
                hint="Rename one; queues, functions and mail make a dead-letter queue <name>-dlq.",
            )
        self.resources[resource.ref] = resource
        return resource
