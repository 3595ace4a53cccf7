"""What an application holds of a workflow."""

from __future__ import annotations

from collections.abc import Sequence

from ensue.engine.engine import Engine
from ensue.engine.home import Home
from ensue.engine.pauses import Pausable
from ensue.engine.sockets import Delivery, Refusal, Source
from ensue.engine.transaction import Transaction
from ensue.engine.workers import Worker
from ensue.resources.workflow import rules, store
from ensue.resources.workflow.model import (
    Execution,
    ExecutionPage,
    HistoryPage,
    Waiting,
    WorkflowModel,
)
from ensue.words import values
from ensue.words.errors import Conflict, InvalidInput
from ensue.words.names import Ref
from ensue.words.values import Json


class Workflow(Pausable):
    """A state machine, or an async function, whose executions are durable.

    Args:
        home: the app.
        model: the workflow as declared.
        definition: the text of its definition.
    """

    def __init__(self, home: Home, model: WorkflowModel, definition: str) -> None:
        self.model = model
        self.definition = definition
        self._home = home
        self._number = 0

    @property
    def ref(self) -> Ref:
        """What it is called."""
        return self.model.ref

    async def start(self, input: object = None, *, name: str | None = None) -> Execution:  # noqa: A002 - the word for it
        """Start an execution; returns it once it is durable.

        Args:
            input: what it is started with, a JSON value of at most 256 KiB.
            name: its name, one of the workflow; a new one by default. Who starts one under the
                same name again, with the same input, gets the one that there is.

        Raises:
            InvalidName: it cannot be called so.
            InvalidValue: the input is no JSON value.
            TooLarge: the input is larger than 256 KiB.
            Conflict: there is one of this name that was started with another input.
        """
        text = rules.encoded(input, "input")

        def run(tx: Transaction) -> Execution:
            started = self.start_in(tx, text, name=name)
            return store.by_number(tx, self.model, started.number)

        return await self._home.engine.transact(run, repeats=True)

    async def describe(self, name: str) -> Execution:
        """An execution by its name.

        Raises:
            NotFound: there is none of this name, or it is not kept any more.
        """
        return self._home.engine.read(lambda tx: store.describe(tx, self.model, name))

    async def executions(
        self,
        *,
        status: str | None = None,
        since: int | None = None,
        until: int | None = None,
        prefix: str | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> ExecutionPage:
        """Executions: the newest first, or with a prefix in the order of their names.

        Args:
            status: only those of this status, such as ``RUNNING``.
            since: only those that started at this time, in ms since 1970, or later.
            until: only those that started before this time.
            prefix: only those whose name begins so.
            limit: how many at most, up to 1,000.
            after: the ``next`` of the page before.

        Raises:
            InvalidValue: there is no such status, or no such place to go on from.
        """
        return self._home.engine.read(
            lambda tx: store.page(
                tx,
                self.model,
                status=status,
                since_ms=since,
                until_ms=until,
                prefix=prefix,
                limit=limit,
                after=after,
            )
        )

    async def history(
        self, name: str, *, after: int = 0, limit: int = 100, reverse: bool = False
    ) -> HistoryPage:
        """What happened in an execution, event by event, as Step Functions shows it.

        Args:
            name: the execution's name.
            after: only events behind this id; from the end, those before it, 0 for all.
            limit: how many at most, up to 1,000.
            reverse: whether from the end.

        Raises:
            NotFound: there is no execution of this name.
        """
        return self._home.engine.read(
            lambda tx: store.history(
                tx, self.model, name, after=after, limit=limit, reverse=reverse
            )
        )

    def start_in(
        self,
        tx: Transaction,
        given: str,
        *,
        name: str | None = None,
        waiting: Waiting | None = None,
    ) -> store.Started:
        """Start an execution within a transaction; see `start`.

        Args:
            tx: the transaction.
            given: its input, as JSON text.
            name: its name.
            waiting: who waits for its end.
        """
        return store.start(tx, self.model, self._number, given, name=name, waiting=waiting)

    async def counts(self) -> dict[str, Json]:
        """How many executions there are of each status."""
        return self._home.engine.read(lambda tx: store.counts(tx, self.model))

    def declared(self) -> dict[str, Json]:
        """Its declaration, for people."""
        return {"type": self.model.type, "keep_ms": self.model.keep_ms}

    def check(self, known: set[Ref]) -> None:
        """Nothing that it names can be missing."""
        del known

    def prepare(self, engine: Engine, tx: Transaction) -> None:
        """Make its log, keep its definition, and enter it with its sockets."""
        number = engine.declare(
            tx, self.ref, values.encode(self.declared()), sql_table=self.model.table
        )
        engine.add_log(tx, number, self.model.table)
        self._number = store.keep_definition(tx, number, self.definition)
        engine.directory.add(self.ref, target=self, source=Source(number, self.model.table))

    def connect(self, engine: Engine, tx: Transaction) -> None:
        """Nothing to look up."""
        del engine, tx

    def workers(self, engine: Engine) -> list[Worker]:
        """What lets its executions go on."""
        del engine
        return []

    def deliver(self, tx: Transaction, deliveries: Sequence[Delivery]) -> list[str | Refusal]:
        """Start an execution for each delivery (the Target socket); its id is the name."""
        return [self._deliver(tx, index, each) for index, each in enumerate(deliveries)]

    def _deliver(self, tx: Transaction, index: int, delivery: Delivery) -> str | Refusal:
        try:
            given = rules.encoded(values.decode(delivery.body), "input")
            started = self.start_in(tx, given, name=rules.name_from(delivery.deduplication_id))
        except (InvalidInput, Conflict) as fault:
            return Refusal(index, fault.code, str(fault))
        return store.execution_id(tx, started.number)
