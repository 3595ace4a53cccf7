"""What an application holds of a bus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ensue.engine.engine import Engine
from ensue.engine.home import Home, Resource
from ensue.engine.sockets import Source
from ensue.engine.transaction import Transaction
from ensue.engine.waiting import read_when
from ensue.engine.workers import Worker
from ensue.resources.bus import store
from ensue.resources.bus.model import TARGETS_MAX, BusModel, Match, Rule
from ensue.resources.bus.rules import RuleSet
from ensue.words import values
from ensue.words.errors import InvalidDeclaration, NotFound
from ensue.words.names import Ref, check_name
from ensue.words.values import Json


class Bus:
    """Events, kept in a log and delivered by rules.

    Args:
        home: the app.
        name: its name.
        source: the source of events that name none; the app's name by default.
        keep_ms: how long its events are kept; None for as long as what is over is kept.
    """

    def __init__(
        self, home: Home, name: str, *, source: str | None = None, keep_ms: int | None = None
    ) -> None:
        self.model = BusModel(Ref(home.app, "bus", name), source or home.app, keep_ms)
        self.rules = RuleSet()
        self._home = home

    @property
    def ref(self) -> Ref:
        """What it is called."""
        return self.model.ref

    def rule(
        self, name: str, pattern: Mapping[str, Json], *, to: Resource | Sequence[Resource]
    ) -> None:
        """Deliver the events that match a pattern to one or more targets.

        The deliveries commit together with the event, so none is lost and none is made twice.

        Args:
            name: the rule's name, one of this bus.
            pattern: an event pattern, such as ``{"detail-type": ["OrderPlaced"]}``.
            to: the targets: queues, functions, mail.

        Raises:
            InvalidPattern: the pattern does not compile; says where.
            InvalidName: the name breaks the naming rule.
            InvalidDeclaration: there is such a rule already, or there are no or too many targets.
        """
        targets = tuple(each.ref for each in (to if isinstance(to, Sequence) else [to]))
        if not 1 <= len(targets) <= TARGETS_MAX:
            raise InvalidDeclaration(
                f"expected 1 to {TARGETS_MAX} targets for rule {name}, got {len(targets)}"
            )
        self.rules.add(Rule(check_name(name, "rule"), dict(pattern), targets))

    async def publish(
        self,
        detail_type: str,
        detail: Mapping[str, object],
        *,
        source: str | None = None,
        resources: Sequence[str] = (),
    ) -> str:
        """Publish an event in a transaction of its own; returns its id once it is durable.

        Args:
            detail_type: what it says, such as ``OrderPlaced``.
            detail: a JSON object.
            source: who says it.
            resources: what it is about.

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
            )
        )

    async def tail(
        self, *, after: int | None = None, limit: int = 10, wait_ms: int = 0
    ) -> tuple[list[Json], int]:
        """The events behind a position, or the newest, and the position behind the last of them.

        Args:
            after: a position of an earlier call; None for the newest events.
            limit: how many at most, up to 1,000.
            wait_ms: when there are none yet, how long to wait for the first.
        """
        engine = self._home.engine
        return await read_when(
            engine,
            engine.number(self.ref),
            lambda tx: store.tail(tx, self.model, after, limit),
            lambda found: bool(found[0]) or after is None,
            wait_ms,
        )

    async def explain(self, event_id: str) -> list[Match]:
        """For each rule whether it matched an event, and if not, which fields failed.

        Raises:
            NotFound: the bus keeps no such event.
        """
        return self._home.engine.read(lambda tx: self.explain_in(tx, event_id))

    def explain_in(self, tx: Transaction, event_id: str) -> list[Match]:
        """`explain`, within a transaction."""
        place = tx.facts.records.place(event_id)
        if place is None or place.number != tx.number(self.ref):
            raise NotFound(f"there is no event {event_id} on {self.ref}")
        event = store.event(tx, self.model, place.sequence)
        if event is None:
            raise NotFound(f"{self.ref} does not keep the event {event_id} any more")
        return self.rules.explain(event)

    async def count(self) -> int:
        """How many events were ever published."""
        return self._home.engine.read(lambda tx: store.depth(tx, self.model))

    def declared(self) -> dict[str, Json]:
        """Its declaration, for people."""
        keep_ms = self.model.keep_ms
        return {
            "source": self.model.source,
            **({} if keep_ms is None else {"keep_ms": keep_ms}),
            "rules": {
                rule.name: {
                    "pattern": dict(rule.pattern),
                    "targets": [f"{target.kind} {target.name}" for target in rule.targets],
                }
                for rule in self.rules.all()
            },
        }

    def check(self, known: set[Ref]) -> None:
        """Check that each rule's targets exist.

        Raises:
            NotFound: one does not.
        """
        for rule in self.rules.all():
            for target in rule.targets:
                if target not in known:
                    raise NotFound(f"rule {rule.name} of {self.ref} has no target {target}")

    def prepare(self, engine: Engine, tx: Transaction) -> None:
        """Make the log, and enter the bus with its sockets."""
        number = engine.declare(
            tx, self.ref, values.encode(self.declared()), sql_table=self.model.events
        )
        engine.add_log(tx, number, self.model.events)
        source = Source(number, self.model.events, keep_ms=self.model.keep_ms)
        engine.directory.add(self.ref, source=source)

    def connect(self, engine: Engine, tx: Transaction) -> None:
        """Check that each rule's targets take deliveries."""
        del tx
        for rule in self.rules.all():
            for target in rule.targets:
                engine.directory.target(target)

    def workers(self, engine: Engine) -> list[Worker]:
        """It delivers when it is published to, and does nothing by itself."""
        del engine
        return []
