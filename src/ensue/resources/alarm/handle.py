"""What an application holds of an alarm."""

from __future__ import annotations

from ensue.engine.consumers import TransactionConsumer
from ensue.engine.engine import Engine
from ensue.engine.handlers import Policy, WorkHandler
from ensue.engine.home import Home
from ensue.engine.pauses import Pausable
from ensue.engine.sockets import Source
from ensue.engine.transaction import Origin, Transaction
from ensue.engine.work import Work
from ensue.engine.workers import Worker
from ensue.resources.alarm import schema, store
from ensue.resources.alarm.model import (
    KEEP_CHANGES_MS,
    PAGE_MAX,
    REASON_LENGTH_MAX,
    RETRIES_MAX,
    AlarmModel,
    AlarmStatus,
    Combination,
    State,
    StateChange,
)
from ensue.resources.alarm.worker import Combiner, Watcher, measured
from ensue.words import values
from ensue.words.errors import NotFound
from ensue.words.names import Ref
from ensue.words.values import Json
from ensue.words.wiring import Link, Wiring, into

BY_HAND = "It was set by hand."


class Alarm(Pausable):
    """A condition that is judged at the end of each period, and tells of changes of its state.

    Args:
        home: the app.
        model: the alarm as declared.
    """

    def __init__(self, home: Home, model: AlarmModel) -> None:
        self.model = model
        self._home = home
        self._watcher: Watcher | None = None

    @property
    def ref(self) -> Ref:
        """What it is called."""
        return self.model.ref

    async def status(self) -> AlarmStatus:
        """How it is: its state, why, and since when."""
        found = self._home.engine.read(lambda tx: store.status(tx, self.model))
        return found if self._watcher is None else self._watcher.added_to(found)

    async def changes(self, *, before: int | None = None, limit: int = 100) -> list[StateChange]:
        """The changes of its state, the newest first; those of thirty days are kept.

        Args:
            before: only those before this place in its log: a `StateChange.sequence`.
            limit: how many at most, up to 1,000.
        """
        most = max(0, min(limit, PAGE_MAX))
        return self._home.engine.read(lambda tx: store.changes(tx, self.model, before, most))

    async def set_state(self, state: State, reason: str = BY_HAND) -> bool:
        """Set its state, to try out who is told; the next judgement puts it right.

        Args:
            state: ``OK``, ``ALARM`` or ``INSUFFICIENT_DATA``.
            reason: why, for those who are told.

        Returns:
            Whether that changed it.

        Raises:
            InvalidValue: there is no such state, or the reason is too long.
        """
        values.check_name(reason, "reason", REASON_LENGTH_MAX, "$.reason")
        return await self._home.engine.transact(
            lambda tx: store.set_state(tx, self.model, state, reason), Origin("set-state")
        )

    def declared(self) -> dict[str, Json]:
        """Its declaration, for people."""
        return self.model.declared()

    def wiring(self) -> Wiring:
        """What it watches, who is told, and where its dead letters go."""
        condition = self.model.condition
        watched = condition.children if isinstance(condition, Combination) else (condition.of,)
        links = [Link(each, self.ref, "watches") for each in watched if isinstance(each, Ref)]
        links += [Link(self.ref, each, into(each.kind)) for each in self.model.to]
        links.append(Link(self.ref, self.model.dead_letters, "dead letters"))
        return Wiring(tuple(links))

    def check(self, known: set[Ref]) -> None:
        """Check that what it measures, the alarms it is on, and who is told exist.

        Raises:
            NotFound: one does not.
        """
        condition = self.model.condition
        needed = list(self.model.to)
        if isinstance(condition, Combination):
            needed += condition.children
        elif isinstance(condition.of, Ref):
            needed.append(condition.of)
        for ref in needed:
            if ref not in known:
                raise NotFound(f"there is no {ref}", at=str(self.ref))

    def prepare(self, engine: Engine, tx: Transaction) -> None:
        """Make the log, and enter the alarm with its Source."""
        model = self.model
        declared = values.encode(self.declared())
        number = engine.declare(tx, self.ref, declared, sql_table=model.log)
        schema.create(tx, model)
        engine.add_log(tx, number, model.log)
        store.declare(tx, model)
        source = Source(number, model.log, keep_ms=KEEP_CHANGES_MS)
        engine.directory.add(self.ref, source=source)

    def connect(self, engine: Engine, tx: Transaction) -> None:
        """Check that who is told takes deliveries.

        Raises:
            InvalidDeclaration: a target takes none.
        """
        del tx
        for target in self.model.to:
            engine.directory.target(target)

    def workers(self, engine: Engine) -> list[Worker]:
        """What judges it, and what delivers again what a target refused.

        Raises:
            NotFound: there is no such metric.
            InvalidInput: it cannot be asked for so.
        """

        def transact(tx: Transaction, piece: Work) -> None:
            store.redeliver(tx, piece)

        refused = WorkHandler(
            ref=self.ref,
            dead_letters=self.model.dead_letters,
            actor=self.ref.name,
            policy=Policy(max_receives=RETRIES_MAX + 1),
            transact=transact,
        )
        consumer = TransactionConsumer(engine, refused)
        condition = self.model.condition
        if isinstance(condition, Combination):
            return [Combiner(engine, self.model, condition), consumer]
        measured(engine, self.ref.app, condition, engine.clock.now_ms())
        self._watcher = Watcher(engine, self.model, condition)
        return [self._watcher, consumer]
