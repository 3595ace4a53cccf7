"""What an application holds of a group of schedules."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Unpack

from ensue.engine.consumers import TransactionConsumer
from ensue.engine.engine import Engine
from ensue.engine.handlers import Policy, WorkHandler
from ensue.engine.home import Home, Resource
from ensue.engine.transaction import Transaction
from ensue.engine.work import Work
from ensue.engine.workers import Worker
from ensue.languages.schedules import compile_schedule, upcoming_ms
from ensue.resources.schedule import rules, schema, store, worker
from ensue.resources.schedule.handle.looking import Looking
from ensue.resources.schedule.model import (
    RETRIES_MAX,
    STATES,
    UPCOMING_MAX,
    GroupModel,
    Plan,
    Schedule,
    ScheduleChanges,
    ScheduleOptions,
    check_schedule_name,
)
from ensue.words import values
from ensue.words.errors import InvalidDeclaration, InvalidValue, NotFound
from ensue.words.names import Ref
from ensue.words.values import Json
from ensue.words.wiring import Link, Wiring

log = logging.getLogger("ensue.schedule")


class Schedules(Looking):
    """A group of schedules: declared by the app, or made while it runs. Each is a row.

    Args:
        home: the app.
        name: its name.
    """

    def __init__(self, home: Home, name: str) -> None:
        super().__init__(home, GroupModel(Ref(home.app, "schedule", name)))
        self._declared: dict[str, Plan] = {}
        self._renamed: dict[str, str] = {}

    @property
    def ref(self) -> Ref:
        """What it is called."""
        return self.model.ref

    def declare(
        self,
        name: str,
        expression: str,
        *,
        to: Resource,
        body: object = None,
        options: ScheduleOptions,
        was: str | None = None,
    ) -> None:
        """Declare a schedule; see `App.schedule`.

        With ``was``, the name that it had before, it stays due and paused as it was under that.

        Raises:
            InvalidName: the name is none.
            InvalidDeclaration: the name is taken.
            InvalidExpression: the expression does not compile; says where.
            InvalidValue: an option or the body is none.
        """
        if check_schedule_name(name) in self._declared:
            raise InvalidDeclaration(
                f"there are two schedules called {name} in group {self.ref.name}"
            )
        if was is not None:
            self._renamed[was] = name
        self._declared[name] = rules.make_plan(expression, to.ref, body, options)

    async def create(
        self,
        name: str,
        expression: str,
        *,
        to: Resource | Ref,
        body: object = None,
        **options: Unpack[ScheduleOptions],
    ) -> Schedule:
        """Make a schedule in a transaction of its own; returns it once it is durable.

        Args:
            name: its name, one of this group: letters, digits, ``.``, ``-`` and ``_``.
            expression: ``at(2026-12-01T10:00:00)``, ``rate(5 minutes)`` or
                ``cron(0 2 * * ? *)``.
            to: who gets its firings: a queue, a function, a topic, mail.
            body: what they get, a JSON value.
            options: ``timezone``: on whose clock the expression is read (``UTC``). ``start`` and
                ``end``: it is not due before and after; a rate counts from its start. ``window``:
                it fires at a random moment within so long after it is due, such as ``"15m"``.
                ``missed``: what happens to what was due while nothing ran: ``once`` for one firing
                in its place (the default), ``skip`` for none, ``all`` for each of the last day.
                ``after``: ``delete`` to forget it when it is never due again (``keep``). ``raw``:
                whether the target gets the body as it is, or an object with ``id``, ``schedule``,
                ``due_ms``, ``due`` and ``body`` (true). ``group``: the message group of the
                deliveries.

        Raises:
            InvalidName: the name is none.
            InvalidExpression: the expression does not compile, or is never due.
            InvalidValue: an option or the body is none.
            InvalidDeclaration: the target takes no deliveries.
            NotFound: there is no such target.
            Conflict: there is a schedule of this name.
        """
        plan = plan_of(expression, to, body, options)
        return await self._home.engine.transact(
            lambda tx: rules.shown(store.create(tx, self.model, name, plan))
        )

    async def update(
        self,
        name: str,
        *,
        to: Resource | Ref | None = None,
        **changes: Unpack[ScheduleChanges],
    ) -> Schedule:
        """Change a schedule; what is not named stays as it is.

        When it is due next changes only if the expression, the time zone, the start, the end or the
        window does; then it is due from now on.

        Args:
            name: which.
            to: who gets its firings from now on.
            changes: ``expression``, ``body``, and the options of `create`.

        Raises:
            InvalidExpression: the expression does not compile, or is never due.
            InvalidValue: an option or the body is none.
            NotFound: there is no such schedule, or no such target.
            InvalidDeclaration: the target takes no deliveries.
            Conflict: the app declares it.
        """
        target = None if to is None else _ref(to)
        return await self._home.engine.transact(
            lambda tx: rules.shown(store.update(tx, self.model, name, target, changes))
        )

    async def delete(self, name: str) -> bool:
        """Forget a schedule; returns whether there was one.

        Raises:
            Conflict: the app declares it.
        """
        return await self._home.engine.transact(lambda tx: store.delete(tx, self.model, name))

    async def get(self, name: str) -> Schedule:
        """A schedule.

        Raises:
            NotFound: there is none of this name.
        """
        return self._home.engine.read(lambda tx: rules.shown(store.get(tx, self.model, name)))

    async def page(
        self, *, after: str = "", state: str | None = None, limit: int = 100
    ) -> list[Schedule]:
        """Schedules in the order of their names.

        Args:
            after: the last name of the page before.
            state: only those that are ``active``, ``paused`` or ``completed``.
            limit: how many at most, up to 1,000.

        Raises:
            InvalidValue: there is no such state.
        """
        if state is not None and state not in STATES:
            raise InvalidValue(f"expected one of {', '.join(STATES)}, got {state!r}", at="$.state")
        found = self._home.engine.read(lambda tx: store.page(tx, self.model, after, state, limit))
        return [rules.shown(entry) for entry in found]

    async def pause(self, name: str) -> Schedule:
        """Let a schedule fire no more until it is resumed.

        Raises:
            NotFound: there is none of this name.
            Conflict: it is completed.
        """
        return await self._home.engine.transact(
            lambda tx: rules.shown(store.pause(tx, self.model, name))
        )

    async def resume(self, name: str) -> Schedule:
        """Let a schedule fire again, from now on; what was due meanwhile is left out.

        Raises:
            NotFound: there is none of this name.
            Conflict: it is completed.
        """
        return await self._home.engine.transact(
            lambda tx: rules.shown(store.resume(tx, self.model, name))
        )

    async def fire(self, name: str) -> str:
        """Fire a schedule now, out of turn, whatever its state; returns the firing's id.

        Raises:
            NotFound: there is none of this name, or its target is not there any more.
            InvalidInput: its target refuses the firing.
        """
        return await self._home.engine.transact(lambda tx: worker.fire_now(tx, self.model, name))

    async def next(self, name: str, count: int = 10) -> list[int]:
        """When a schedule is due next, in ms since 1970; empty for one that is not active.

        Args:
            name: which.
            count: how many moments at most, up to 1,000.

        Raises:
            NotFound: there is none of this name.
        """
        entry = self._home.engine.read(lambda tx: store.get(tx, self.model, name))
        found: list[int] = []
        due_ms = entry.due_ms
        while due_ms is not None and len(found) < min(count, UPCOMING_MAX):
            found.append(due_ms)
            due_ms = rules.due_after(entry.plan, entry.anchor_ms, due_ms)
        return found

    async def preview(
        self, expression: str, *, timezone: str = "UTC", count: int = 10
    ) -> list[int]:
        """When an expression is due next, in ms since 1970.

        Args:
            expression: as for `create`.
            timezone: on whose clock it is read.
            count: how many moments at most, up to 1,000.

        Raises:
            InvalidExpression: it does not compile; says where.
            InvalidValue: there is no such time zone.
        """
        now_ms = self._home.engine.clock.now_ms()
        return upcoming_ms(
            compile_schedule(expression, timezone),
            now_ms - 1,
            start_ms=now_ms,
            count=min(count, UPCOMING_MAX),
        )

    async def counts(self) -> dict[str, Json]:
        """How many schedules are in each state, and when the next one fires."""

        def look(tx: Transaction) -> dict[str, Json]:
            return store.counts(tx, self.model) | {"next_ms": store.next_fire_ms(tx, self.model)}

        return self._home.engine.read(look)

    def declared(self) -> dict[str, Json]:
        """Its declaration, for people."""
        return {
            "schedules": {
                name: {
                    "expression": plan.expression,
                    "timezone": plan.timezone,
                    "to": f"{plan.target.kind} {plan.target.name}",
                }
                for name, plan in self._declared.items()
            }
        }

    def wiring(self) -> Wiring:
        """Who gets the firings of its declared schedules, and its dead letters."""
        links = [Link(self.ref, self.model.dead_letters, "dead letters")]
        for name, plan in self._declared.items():
            said: dict[str, Json] = {"expression": plan.expression, "timezone": plan.timezone}
            links.append(Link(self.ref, plan.target, "timer", name, said))
        return Wiring(tuple(links), told=("schedules",))

    def check(self, known: set[Ref]) -> None:
        """Check that each declared schedule's target exists.

        Raises:
            NotFound: one does not.
        """
        for name, plan in self._declared.items():
            if plan.target not in known:
                raise NotFound(
                    f"the schedule {name} of group {self.ref.name} has no target {plan.target}"
                )

    def prepare(self, engine: Engine, tx: Transaction) -> None:
        """Make the table."""
        engine.declare(tx, self.ref, values.encode(self.declared()), sql_table=self.model.table)
        schema.create(tx, self.model)
        engine.directory.add(self.ref)

    def connect(self, engine: Engine, tx: Transaction) -> None:
        """Make the declared schedules what they are declared to be, once all targets are known.

        Raises:
            InvalidDeclaration: a target takes no deliveries.
        """
        del engine
        store.rename(tx, self.model, self._renamed)
        for name in store.declare(tx, self.model, self._declared):
            log.warning("the schedule %s of group %s is never due any more", name, self.ref.name)

    def workers(self, engine: Engine) -> list[Worker]:
        """What fires, and what delivers again what was refused."""

        def transact(tx: Transaction, piece: Work) -> None:
            worker.redeliver(tx, piece)

        refused = WorkHandler(
            ref=self.ref,
            dead_letters=self.model.dead_letters,
            actor=self.ref.name,
            policy=Policy(max_receives=RETRIES_MAX + 1),
            transact=transact,
        )
        return [worker.Scheduler(engine, self.model), TransactionConsumer(engine, refused)]


def plan_of(
    expression: str, to: Resource | Ref, body: object, options: Mapping[str, object]
) -> Plan:
    """What a schedule says, from the words in which it is made.

    Raises:
        InvalidExpression: the expression does not compile; says where.
        InvalidValue: an option or the body is none.
    """
    return rules.make_plan(expression, _ref(to), body, ScheduleOptions(**options))  # type: ignore[typeddict-item]


def create(
    tx: Transaction,
    group: GroupModel,
    name: str,
    plan: Plan,
) -> Schedule:
    """Make a schedule within a transaction."""
    return rules.shown(store.create(tx, group, name, plan))


def _ref(to: Resource | Ref) -> Ref:
    return to if isinstance(to, Ref) else to.ref
