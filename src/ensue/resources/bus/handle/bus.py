"""What an application holds of a bus."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from ensue.engine import logs, since
from ensue.engine.consumers import TransactionConsumer
from ensue.engine.engine import Engine
from ensue.engine.home import Home, Resource
from ensue.engine.sockets import Delivery, Refusal, Source
from ensue.engine.tailing import Tail, tail
from ensue.engine.targets import RuleTarget
from ensue.engine.transaction import Transaction
from ensue.engine.workers import Worker
from ensue.languages.cloudevents import CloudEvent
from ensue.languages.transformers import Declared
from ensue.resources.bus import schema, store
from ensue.resources.bus.handle.replaying import Replaying
from ensue.resources.bus.handle.trying import Trying
from ensue.resources.bus.model import (
    TAIL_MAX,
    TARGETS_MAX,
    Accepted,
    BusModel,
    Entry,
    Match,
    Rule,
    Schemas,
)
from ensue.resources.bus.rules.declaring import scheduled_event, scheduled_pattern, target_models
from ensue.resources.bus.rules.envelope import check_word
from ensue.resources.bus.rules.matching import wanting
from ensue.resources.bus.worker.retrying import retrying
from ensue.words import values
from ensue.words.errors import EnsueError, InvalidDeclaration, NotFound
from ensue.words.names import Ref, check_name
from ensue.words.values import Json


class Bus(Replaying, Trying):
    """Events, kept in a log and delivered by rules.

    Args:
        home: the app.
        name: its name.
        source: the source of events that name none; the app's name by default.
        keep_ms: how long its events are kept; None for as long as what is over is kept.
        schedule: declares a schedule, given its name, its expression and the event that this bus
            gets at each firing.
        schemas: what a registry of schemas does for it; None for none."""

    def __init__(
        self,
        home: Home,
        name: str,
        *,
        source: str | None = None,
        keep_ms: int | None = None,
        schedule: Callable[[str, str, Json], None] | None = None,
        schemas: Schemas | None = None,
    ) -> None:
        ref = Ref(home.app, "bus", name)
        said = check_word(source or home.app, f"{ref}/source")
        guard = None if schemas is None else schemas.guard
        super().__init__(home, BusModel(ref, said, keep_ms, guard))
        self.upcast = None if schemas is None else schemas.upcast
        self._schemas = schemas
        self._schedule = schedule

    @property
    def ref(self) -> Ref:
        """What it is called."""
        return self.model.ref

    def rule(
        self,
        name: str,
        pattern: Mapping[str, Json] | None = None,
        *,
        schedule: str | None = None,
        to: Resource | RuleTarget | Sequence[Resource | RuleTarget],
        input: Declared | None = None,  # noqa: A002 - the word for it
        group: str | None = None,
        enabled: bool = True,
    ) -> None:
        """Deliver the events that match a pattern to one or more targets.

        The deliveries commit together with the event, so none is lost and none is made twice.

        Args:
            name: the rule's name, one of this bus.
            pattern: an event pattern, such as ``{"detail-type": ["OrderPlaced"]}``.
            schedule: instead of a pattern: when an event for this rule is published, such as
                ``rate(5 minutes)`` or ``cron(0 2 * * ? *)``. Its detail-type is ``Scheduled
                Event``, its source ``ensue.schedule``.
            to: the targets: queues, functions, mail, topics, streams, other buses; as `RuleTarget`
                those with terms of their own.
            input: what the targets get instead of the event, where they say nothing else.
            group: the path in the event of what the order is kept by, such as
                ``$.detail.orderId``, where the targets say nothing else.
            enabled: whether it delivers.

        Raises:
            InvalidPattern: the pattern does not compile; says where.
            InvalidExpression: the group is no path, or the input does not compile; says where.
            InvalidName: the name breaks the naming rule.
            InvalidDeclaration: there is such a rule already, there are no or too many targets, or
                it has not either a pattern or a schedule.
        """
        check_name(name, "rule")
        if (pattern is None) == (schedule is None):
            raise InvalidDeclaration(f"expected a pattern or a schedule for rule {name}")
        if self.followers.find(name) is not None:
            raise InvalidDeclaration(f"there are two rules called {name}", at=str(self.ref))
        given = to if isinstance(to, Sequence) else [to]
        if not 1 <= len(given) <= TARGETS_MAX:
            raise InvalidDeclaration(
                f"expected 1 to {TARGETS_MAX} targets for rule {name}, got {len(given)}"
            )
        targets = tuple(target_models(given, input, group))
        event = scheduled_event(self.model, name)
        wanted = scheduled_pattern(event) if pattern is None else dict(pattern)
        self.rules.add(Rule(name, wanted, targets, enabled=enabled, schedule=schedule))
        if schedule is not None and self._schedule is not None:
            self._schedule(f"{self.ref.name}.{name}", schedule, event)

    async def publish(
        self,
        detail_type: str,
        detail: Mapping[str, object],
        *,
        source: str | None = None,
        resources: Sequence[str] = (),
        time: str | datetime | None = None,
    ) -> str:
        """Publish an event in a transaction of its own; returns its id once it is durable.

        Args:
            detail_type: what it says, such as ``OrderPlaced``.
            detail: a JSON object.
            source: who says it.
            resources: what it is about.
            time: when it happened, ISO 8601 with its zone, or a datetime with one; now by default.

        Raises:
            InvalidValue: a part is missing or has the wrong type.
            TooLarge: the event is larger than 1 MiB.
            LimitExceeded: too many transactions wait.
        """
        return await self._home.engine.transact(
            lambda tx: store.publish(
                tx,
                self.model,
                self.rules,
                detail_type,
                detail,
                source=source,
                resources=resources,
                time=time,
            ),
            repeats=self.model.guard is None,
        )

    async def publish_batch(self, entries: Sequence[Entry]) -> list[str | Refusal]:
        """Publish events in one transaction, in their order; for each its id, or why it is refused.

        Args:
            entries: objects with ``detail_type``, ``detail`` and what else `publish` takes, 1,000
                at most.

        Raises:
            LimitExceeded: there are more than 1,000, or too many transactions wait.
        """
        return await self._home.engine.transact(
            lambda tx: store.publish_batch(tx, self.model, self.rules, entries),
            repeats=self.model.guard is None,
        )

    async def publish_cloudevent(self, event: CloudEvent) -> Accepted:
        """Publish a CloudEvent in a transaction of its own, once it is durable.

        One whose source sent another of its id in the last day is taken as published.

        Raises:
            InvalidValue: its type or source has more than 256 characters.
            TooLarge: it is larger than 1 MiB.
            LimitExceeded: too many transactions wait.
        """
        return await self._home.engine.transact(
            lambda tx: store.publish_cloudevent(tx, self.model, self.rules, event)
        )

    async def publish_cloudevents(
        self, events: Sequence[CloudEvent | EnsueError]
    ) -> list[Accepted | Refusal]:
        """Publish CloudEvents in one transaction, in their order.

        Args:
            events: the events; a fault in the place of one that could not be read.

        Returns:
            For each what it is called on the bus, or why it was refused.
        """
        return await self._home.engine.transact(
            lambda tx: store.publish_cloudevents(tx, self.model, self.rules, events)
        )

    async def tail(
        self,
        *,
        after: int | None = None,
        limit: int = 10,
        wait_ms: int = 0,
        pattern: Mapping[str, Json] | None = None,
        before: int | None = None,
    ) -> tuple[list[Json], int]:
        """The events behind a position, or the newest, and the position behind the last of them.

        Args:
            after: a position of an earlier call; None for the newest events.
            limit: how many at most, up to 1,000.
            wait_ms: when there are none yet, how long to wait for the first.
            pattern: an event pattern: only the events that match it. One call looks at 10,000
                events at most: it may find none, and yet come to a later position.
            before: a position, instead of ``after``: the newest events before it, and the position
                before which the next are; that is 1 at the beginning.

        Raises:
            InvalidPattern: the pattern does not compile; says where.
            InvalidInput: ``after`` and ``before`` are given.
        """
        reading = Tail(
            self.ref,
            lambda tx, record: store.event_of(tx, self.model, record),
            max(0, min(limit, TAIL_MAX)),
            None if pattern is None else wanting(pattern),
        )
        found, position = await tail(
            self._home.engine, reading, after=after, wait_ms=wait_ms, before=before
        )
        return [*found], position

    async def explain(self, event_id: str) -> list[Match]:
        """For each rule whether it matched an event, and if not, which fields failed.

        Of a rule that matched it says what became of each delivery, where that is known.

        Raises:
            NotFound: the bus keeps no such event.
        """
        return self._home.engine.read(
            lambda tx: store.explain(tx, self.model, self.rules, event_id)
        )

    async def enable(self, rule: str) -> None:
        """Let a rule deliver, until it is disabled or its declaration changes.

        Raises:
            NotFound: there is no such rule.
        """
        await self._switch(rule, enabled=True)

    async def disable(self, rule: str) -> None:
        """Let a rule deliver no more, until it is enabled or its declaration changes.

        What it has matched before is still delivered.

        Raises:
            NotFound: there is no such rule.
        """
        await self._switch(rule, enabled=False)

    async def _switch(self, rule: str, *, enabled: bool) -> None:
        await self._home.engine.transact(
            lambda tx: store.switch(tx, self.model, self.rules, rule, enabled=enabled)
        )
        self.rules.switch(rule, enabled=enabled)

    async def count(self) -> int:
        """How many events were ever published."""
        return self._home.engine.read(lambda tx: store.depth(tx, self.model))

    async def depth(self) -> dict[str, Json]:
        """How many events were ever published, and how many deliveries wait to be tried again."""
        return self._home.engine.read(lambda tx: store.figures(tx, self.model))

    def declared(self) -> dict[str, Json]:
        """Its declaration, for people."""
        keep_ms = self.model.keep_ms
        return {
            "source": self.model.source,
            **({} if keep_ms is None else {"keep_ms": keep_ms}),
            **self._said_archives(),
            **({} if self._schemas is None else {"schemas": self._schemas.name}),
            **({} if self._schemas is None else self._schemas.said),
            "rules": self.described(),
        }

    def described(self) -> dict[str, Json]:
        """Its rules by name, for people."""
        return {
            rule.name: {
                **({"pattern": dict(rule.pattern)} if rule.schedule is None else {}),
                **({} if rule.schedule is None else {"schedule": rule.schedule}),
                **({} if self.rules.is_enabled(rule.name) else {"enabled": False}),
                "targets": [
                    {"to": str(target.ref), **target.said} if target.said else str(target.ref)
                    for target in rule.targets
                ],
            }
            for rule in self.rules.all()
        }

    def check(self, known: set[Ref]) -> None:
        """Check that each rule's targets exist.

        Raises:
            NotFound: one does not.
        """
        for rule in self.rules.all():
            for target in rule.targets:
                named = target.ref, target.terms.dead_letters or target.ref
                for ref in named:
                    if ref not in known:
                        raise NotFound(f"rule {rule.name} of {self.ref} has no target {ref}")

    def prepare(self, engine: Engine, tx: Transaction) -> None:
        """Make the log, and enter the bus with its sockets."""
        number = engine.declare(
            tx, self.ref, values.encode(self.declared()), sql_table=self.model.events
        )
        engine.add_log(tx, number, self.model.events)
        schema.create(tx, self.model)
        store.recall(tx, self.model, self.rules)
        self._note_since(tx, number)
        archive, archives = self._prepare_archives(tx)
        source = Source(
            number,
            self.model.events,
            keep_ms=self.model.keep_ms,
            archive=archive,
            archives=archives,
        )
        engine.declare(tx, self.model.deliveries, values.encode({"of": self.ref.name}))
        targets = [target for rule in self.rules.all() for target in rule.targets]
        engine.directory.add(
            self.ref,
            source=source,
            target=self,
            is_sure=True,
            onward=[each.ref for each in targets],
            letters=[each.terms.dead_letters for each in targets if each.terms.dead_letters],
        )

    def _note_since(self, tx: Transaction, number: int) -> None:
        """Note since when its rules are as they are."""
        rules = {
            rule.name: values.encode([
                dict(rule.pattern),
                [[*target.ref, dict(target.said)] for target in rule.targets],
            ])
            for rule in self.rules.all()
        }
        since.note(tx, number, logs.last_sequence(tx, self.model.events), rules)

    def connect(self, engine: Engine, tx: Transaction) -> None:
        """Check that each rule's targets take deliveries."""
        del tx
        for rule in self.rules.all():
            for target in rule.targets:
                engine.directory.target(target.ref)

    def workers(self, engine: Engine) -> list[Worker]:
        """What makes deliveries again: those that a target did not take, and replays."""
        retries = TransactionConsumer(engine, retrying(self.model, self.rules))
        return [retries, self._replay_worker(engine)]

    def deliver(self, tx: Transaction, deliveries: Sequence[Delivery]) -> list[str | Refusal]:
        """Take a batch within the caller's transaction (the Target socket)."""
        return store.take(tx, self.model, self.rules, deliveries)
