"""The handlers of an app, as declared: functions, and what follows changes and events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, Unpack, cast, overload

from ensue.app.options import (
    HandlerOptions,
    ScheduledOptions,
    Terms,
    change_filter,
    change_kinds,
    check_start,
    event_feed,
    terms_of,
)
from ensue.app.reaching import Reaching
from ensue.engine import changes
from ensue.engine.changes import change_kind
from ensue.engine.handlers import PolicyOptions
from ensue.engine.home import Resource
from ensue.engine.lanes import HORIZON, LATEST
from ensue.engine.logs import Record
from ensue.engine.typed import as_typed, body_shape, with_typed
from ensue.resources import function as function_kind
from ensue.resources.adopted import Adopted
from ensue.resources.bus import Bus, Event
from ensue.resources.function import Feed, Function, FunctionModel
from ensue.resources.queue import Queue
from ensue.resources.schedule import Firing, ScheduleOptions
from ensue.resources.table import Change, Table
from ensue.resources.topic import FilterOn, Notification, Topic
from ensue.words.errors import NotFound
from ensue.words.names import Ref, check_name
from ensue.words.values import Json

F = TypeVar("F", bound=Callable[..., object])
_POLICY = (*PolicyOptions.__annotations__, "was", "dead_letter_retention")


class Handlers(Reaching):
    """What an app declares its handlers with."""

    @overload
    def function(self, function: Callable[..., Any], /) -> Function: ...

    @overload
    def function(
        self, *, name: str | None = None, retries: int = 9, **policy: Unpack[HandlerOptions]
    ) -> Callable[[Callable[..., Any]], Function]: ...

    def function(  # type: ignore[misc] # mypy does not match unpacked options to themselves
        self,
        function: Callable[..., Any] | None = None,
        /,
        *,
        name: str | None = None,
        retries: int = 9,
        **policy: Unpack[HandlerOptions],
    ) -> Function | Callable[[Callable[..., Any]], Function]:
        """Declare a function: a target of rules, which can be sent work and invoked.

        A ``def f(body, tx)`` runs in the transaction that takes its work, an ``async def f(body)``
        outside. When ``body`` is annotated with a dataclass, Body, TypedDict or pydantic model, it
        is one; what does not fit is dead-lettered at once.

        Args:
            function: the function, when used without parentheses.
            name: its name; the function's own by default.
            retries: how often it is tried again before its work is dead-lettered.
            policy: ``rate``, ``timeout``, ``concurrency``, ``batch``, ``retry_base``,
                ``retry_cap``, ``on_failure`` as for `Queue.consumer`. ``dead_letter_retention``:
                how long its dead letters are kept, such as ``"14d"``; for ever by default. ``was``:
                the name that it had when the store was last opened; its work, its dead letters and
                its place in the log that it follows stay its own.

        Raises:
            InvalidName: the name breaks the naming rule.
            InvalidDeclaration: the name is taken, or the function takes other arguments.
        """

        def declare(given: Callable[..., Any]) -> Function:
            shape = body_shape(given)

            def present(body: Json, work_id: str) -> object:
                del work_id
                return body if shape is None else as_typed(shape, body)

            return self._add_function(given, name, terms_of(retries, policy), present=present)

        return declare(function) if function else declare

    def on_change(
        self,
        table: Table[Any] | Adopted,
        *,
        kind: str | Sequence[str] | None = None,
        where: Mapping[str, Json] | str | None = None,
        start: str = "latest",
        name: str | None = None,
        retries: int = 9,
        **policy: Unpack[HandlerOptions],
    ) -> Callable[[F], F]:
        """Declare a function that follows a table's changes, each item's in order.

        A change that fails is retried and holds back the later changes of its item only. When
        ``change`` is annotated as ``Change[Order]``, the items before and after are of that type;
        a change that does not fit is dead-lettered at once.

        Args:
            table: whose changes: a table's, or an adopted table's.
            kind: ``insert``, ``update`` or ``remove``, or several; all by default.
            where: which changes: an event pattern on ``eventName``, ``OldImage`` and ``NewImage``,
                or a condition expression on them, such as
                ``NewImage.quantity > OldImage.quantity``.
            start: where a function that is new begins. ``latest``: with the changes that come after
                it. ``horizon``: with the oldest that is kept. ``snapshot``: it gets each item that
                is there as an insert with ``is_snapshot``, and then its changes, with no gap and
                no overlap.
            name: its name; the function's own by default.
            retries: how often it is tried again before a change is dead-lettered.
            policy: as for `function`.

        Raises:
            InvalidPattern: the pattern does not compile; says where.
            InvalidExpression: the expression does not compile; says where.
            InvalidDeclaration: there is no such kind of change or start, the name is taken, or the
                function takes other arguments than (change, tx), or (change) for an ``async def``.
        """
        kinds = change_kinds(kind)
        check_start(start)
        matches = None if where is None else change_filter(where)

        def wants(record: Record) -> bool:
            if change_kind(record) not in kinds:
                return False
            return matches is None or matches(record)

        feed = Feed(
            source=table.ref,
            wants=wants,
            present=lambda tx, record: changes.change_of(tx, table.ref, record),
            as_work=lambda tx, record: changes.as_work(tx, table.ref, record),
            said={
                "table": table.ref.name,
                "kinds": list(kinds),
                "where": dict(where) if isinstance(where, Mapping) else where,
            },
            start=HORIZON if start == "horizon" else LATEST,
            snapshot=start == "snapshot",
        )

        def present(body: Json, work_id: str) -> Change:
            del work_id
            return changes.from_work(table.ref, body)

        def declare(given: F) -> F:
            typed = with_typed(given, Change, "old", "new", or_none=True)
            self._add_function(typed, name, terms_of(retries, policy), present=present, feed=feed)
            return given

        return declare

    def on_event(
        self,
        bus: Bus,
        pattern: Mapping[str, Json],
        *,
        start: str | int | None = None,
        group: str | None = None,
        name: str | None = None,
        upcast: bool = False,
        retries: int = 9,
        **policy: Unpack[HandlerOptions],
    ) -> Callable[[F], F]:
        """Declare a function that gets a bus's matching events: from a rule, or from a position.

        Without ``start`` it is a rule and its target: each event is work of the function as soon as
        it is published. With it the function follows the bus's log, also the part that is archived,
        at its own pace: it begins where it says, knows how far it has come, and is set back or
        forward by `rewind`.

        Args:
            bus: whose events.
            pattern: an event pattern, such as ``{"detail-type": ["OrderPlaced"]}``.
            start: where a new function begins in the log: ``"latest"``, ``"horizon"``, a sequence
                number, or a time as ISO 8601; None for a rule.
            group: the path in the event of what the order is kept by, such as
                ``$.detail.orderId``: an event that fails holds back the later ones of its group.
            name: its name, and the rule's; the function's own by default.
            upcast: whether it gets each event as the newest version of its schema has it, by the
                upcasters of the bus's registry; what they cannot make is dead-lettered at once.
            retries: how often it is tried again before an event is dead-lettered.
            policy: as for `function`.

        Raises:
            InvalidPattern: the pattern does not compile; says where.
            InvalidValue: there is no such place to start at.
            InvalidExpression: the group is no path; says at which character.
            InvalidDeclaration: the name is taken, or the function takes other arguments than
                (event, tx), or (event) for an ``async def``.
        """
        feed = None if start is None else event_feed(bus, pattern, start, group)

        def present(body: Json, work_id: str) -> Event:
            del work_id
            event = body if isinstance(body, dict) else {}
            if feed is not None:
                return Event.from_envelope(bus.as_present(event))
            return Event.from_envelope(bus.upcast(event) if upcast and bus.upcast else event)

        def declare(given: F) -> F:
            typed, terms = with_typed(given, Event, "detail"), terms_of(retries, policy)
            function = self._add_function(typed, name, terms, present=present, feed=feed)
            if feed is None:
                bus.rule(function.ref.name, pattern, to=function, group=group)
            else:
                bus.follow(function, pattern, group)
            return given

        return declare

    def on_message(
        self,
        topic: Topic,
        *,
        filter: Mapping[str, Json] | None = None,  # noqa: A002 - the word for it
        filter_on: FilterOn = "attributes",
        name: str | None = None,
        retries: int = 9,
        **policy: Unpack[HandlerOptions],
    ) -> Callable[[F], F]:
        """Declare a function and its subscription to a topic.

        Args:
            topic: whose messages.
            filter: an event pattern, such as ``{"kind": ["refund"]}``; all messages without one.
            filter_on: what the filter is about: the ``attributes``, or the ``body``.
            name: its name; the function's own by default.
            retries: how often it is tried again before a message is dead-lettered.
            policy: as for `function`.

        Raises:
            InvalidPattern: the filter does not compile; says where.
            InvalidDeclaration: the name is taken, or the function takes other arguments than
                (notification, tx), or (notification) for an ``async def``.
        """

        def present(body: Json, work_id: str) -> Notification:
            del work_id
            return Notification.from_envelope(body)

        def declare(given: F) -> F:
            typed = with_typed(given, Notification, "body")
            function = self._add_function(typed, name, terms_of(retries, policy), present=present)
            topic.subscribe(function, filter=filter, filter_on=filter_on, raw=False)
            return given

        return declare

    @overload
    def schedule(
        self,
        expression: str,
        /,
        *,
        name: str | None = None,
        body: object = None,
        retries: int = 9,
        **options: Unpack[ScheduledOptions],
    ) -> Callable[[F], F]: ...

    @overload
    def schedule(
        self,
        name: str,
        expression: str,
        /,
        *,
        to: Resource,
        body: object = None,
        **options: Unpack[ScheduleOptions],
    ) -> None: ...

    def schedule(
        self,
        *said: str,
        to: Resource | None = None,
        name: str | None = None,
        body: object = None,
        retries: int = 9,
        **options: Any,
    ) -> Callable[[F], F] | None:
        """Declare a schedule: of a function when it decorates one, or of any target.

        A ``def f(firing, tx)`` runs in a transaction, an ``async def f(firing)`` outside. Declared
        schedules are in the group ``schedules``; what they are is made anew at each start, while
        when they are due next, and whether they are paused, is kept.

        Args:
            said: the expression, such as ``rate(5 minutes)`` or ``cron(0 2 * * ? *)``; with ``to``
                the schedule's name, then the expression.
            to: who gets the firings: a queue, a topic, mail, a function.
            name: of a function: its name and the schedule's; the function's own by default.
            body: what is given along, a JSON value.
            retries: of a function: how often it is tried again before a firing is dead-lettered.
            options: ``timezone``, ``start``, ``end``, ``window``, ``missed`` and ``after`` as for
                `Schedules.create`; with ``to`` also ``raw`` and ``group``, for a function also the
                policy as for `function`.

        Raises:
            InvalidExpression: the expression does not compile; says where.
            InvalidValue: an option or the body is none.
            InvalidDeclaration: the name is taken, or the function takes other arguments than
                (firing, tx), or (firing) for an ``async def``.
        """
        if to is not None:
            own, expression = said
            self.schedules().declare(
                own, expression, to=to, body=body, options=cast("ScheduleOptions", options)
            )
            return None
        [expression] = said
        policy: Any = {key: options.pop(key) for key in _POLICY if key in options}
        timing = cast("ScheduleOptions", {**options, "raw": False})

        def present(firing: Json, work_id: str) -> Firing:
            del work_id
            return Firing.from_envelope(firing)

        def declare(given: F) -> F:
            function = self._add_function(given, name, terms_of(retries, policy), present=present)
            self.schedules().declare(
                function.ref.name,
                expression,
                to=function,
                body=body,
                options=timing,
                was=function.model.was,
            )
            return given

        return declare

    def _add_function(
        self,
        given: Callable[..., Any],
        name: str | None,
        terms: Terms,
        *,
        present: Callable[[Json, str], Any],
        feed: Feed | None = None,
    ) -> Function:
        own = name or str(getattr(given, "__name__", "function")).strip("_")
        ref = Ref(self.name, "function", check_name(own, "function"))
        terms.policy.check(str(ref))
        was = None if terms.was is None else terms.was + function_kind.DEAD_LETTERS
        letters = own + function_kind.DEAD_LETTERS
        dead_letters = Queue(
            self.home, letters, is_dead_letters=True, was=was, retention=terms.retention
        )
        model = FunctionModel(ref, dead_letters.ref, terms.policy, terms.was)
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
