"""A workflow: what is declared, its sockets, and its workers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from ensue.engine import pauses
from ensue.engine.consumers import ActionConsumer, TransactionConsumer
from ensue.engine.engine import Engine
from ensue.engine.home import Home
from ensue.engine.pauses import Pausable
from ensue.engine.sockets import Delivery, Refusal, Source
from ensue.engine.transaction import Transaction
from ensue.engine.workers import Worker, sleep_until
from ensue.languages.states.execution import ABORTED, Outcome
from ensue.languages.states.parse import compile_machine
from ensue.languages.states.program import Machine
from ensue.resources.workflow import rules, store
from ensue.resources.workflow.handle.answering import Answering
from ensue.resources.workflow.handle.looking import Looking
from ensue.resources.workflow.handle.map_runs import LookingAtMapRuns
from ensue.resources.workflow.handle.mending import Mending
from ensue.resources.workflow.model import (
    RUNNING,
    Execution,
    Integrations,
    Objects,
    Waiting,
    WorkflowModel,
)
from ensue.resources.workflow.worker import (
    Advance,
    ExpressWork,
    Herald,
    Machines,
    Make,
    MapRuns,
    Notices,
    Setting,
    Sockets,
    Tasks,
    advancing,
    check_machine,
    enter,
    has_map_runs,
    map_queues,
    map_workers,
    prepare_map_runs,
    queues_beside,
    shown_run,
)
from ensue.words import values
from ensue.words.errors import Conflict, InvalidDeclaration, InvalidInput
from ensue.words.names import Ref
from ensue.words.units import duration_ms
from ensue.words.values import Json

START_SYNC_MS = 300_000


class Workflow(Looking, LookingAtMapRuns, Mending, Answering, Pausable):
    """A state machine whose executions are durable.

    Args:
        home: the app.
        model: the workflow as declared.
        definition: the text of its definition.
        integrations: what its tasks can call besides the resources of the app; None for nothing.
        objects: where its map runs read items and write results; None for nowhere.

    Raises:
        InvalidDefinition: it is no state machine; lists every fault.
        InvalidDeclaration: a distributed Map is in an express workflow.
    """

    def __init__(
        self,
        home: Home,
        model: WorkflowModel,
        definition: str,
        *,
        integrations: Integrations | None = None,
        objects: Objects | None = None,
    ) -> None:
        rules.check_options(model.type, model.log, str(model.ref))
        self.model = model
        self.definition = definition
        self._home = home
        self._others = integrations
        self._objects = objects
        self._machine = self._compiled()
        if model.is_express and has_map_runs(self._machine):
            raise InvalidDeclaration(
                "expected a STANDARD workflow for a distributed Map, got an EXPRESS one",
                at=str(model.ref),
                hint="Make it STANDARD; the children of the Map may be EXPRESS.",
            )
        self._notices = Notices()
        self._setting: Setting | None = None

    @property
    def ref(self) -> Ref:
        """What it is called."""
        return self.model.ref

    async def start(self, input: object = None, *, name: str | None = None) -> Execution:  # noqa: A002 - the word for it
        """Start an execution; returns it once it is durable.

        Args:
            input: what it is started with, a JSON value of at most 256 KiB.
            name: its name, one of the workflow; a new one by default. Who starts one under the
                same name again, with the same input, gets the one that there is. Of an express
                workflow that holds for five minutes.

        Raises:
            InvalidName: it cannot be called so.
            InvalidValue: the input is no JSON value.
            TooLarge: the input is larger than 256 KiB.
            Conflict: there is one of this name that was started with another input.
        """
        text = rules.encoded(input, "input")
        return await self._home.engine.transact(
            lambda tx: self._started(tx, text, name), repeats=True
        )

    async def start_sync(
        self,
        input: object = None,  # noqa: A002 - the word for it
        *,
        name: str | None = None,
        timeout: str | float = START_SYNC_MS / 1_000,  # noqa: ASYNC109 - on the engine's clock
    ) -> Execution:
        """Start an execution and wait for its end.

        An execution of an express workflow runs at once, in memory, and leaves no row.

        Args:
            input: as for `start`.
            name: as for `start`; who names one that there is waits for that.
            timeout: how long to wait at most, such as ``"30s"``, or seconds.

        Returns:
            The execution as it ended; as it is, when it has not ended in time. It goes on then; of
            an express workflow it is TIMED_OUT.

        Raises:
            EnsueError: as for `start`.
            InvalidValue: the timeout is no duration.
        """
        timeout_ms = duration_ms(timeout)
        if self.model.is_express:
            return await self._run_express(rules.encoded(input, "input"), name, timeout_ms)
        engine = self._home.engine
        until_ms = engine.clock.now_ms() + timeout_ms
        named = rules.name_of(name) or engine.ids.new_id()
        # From before its start, so that there is no need to look before the commit that ends it.
        end = store.end_of(self.setting.queue, named)
        woken = engine.listen(end)
        try:
            started = await self.start(input, name=named)
            return await self._ended(started, woken, until_ms) if started.is_running else started
        finally:
            engine.unlisten(end, woken)

    async def stop(
        self, name: str, *, error: str | None = None, cause: str | None = None
    ) -> Execution:
        """Stop an execution: it is ABORTED, and what it waits for is stopped too.

        Args:
            name: the execution's name.
            error: the name of an error.
            cause: what happened, for people.

        Returns:
            The execution as it is then; one that had ended already is as it was.

        Raises:
            NotFound: there is no execution of this name.
        """

        def run(tx: Transaction) -> Execution:
            number = store.number_of(tx, self.model, name)
            self.stop_in(tx, number, Outcome(ABORTED, error=error, cause=cause))
            return store.by_number(tx, self.model, number)

        return await self._home.engine.transact(run)

    async def call(self, body: Json) -> Json:
        """Start an execution, wait for its end, and return its output (the Callable socket).

        Raises:
            Conflict: it did not succeed, or did not end in five minutes.
        """
        ended = await self.start_sync(body)
        if ended.status != "SUCCEEDED":
            said = ": ".join(each for each in (ended.error, ended.cause) if each)
            raise Conflict(
                f"the execution {ended.name} of {self.ref} is {ended.status}"
                + (f": {said}" if said else "")
            )
        return ended.output

    async def pause(self) -> bool:
        """Let no execution go on, and no task outside begin, until `resume`; what is under way
        ends. Starts are taken, and wait.

        Returns:
            Whether it was not paused before.
        """
        engine = self._home.engine
        for queue in queues_beside(self.setting):
            await pauses.pause(engine, queue)
        return await pauses.pause(engine, self.ref)

    async def resume(self) -> bool:
        """Let it go on at once with what has waited; returns whether it was paused."""
        engine = self._home.engine
        for queue in queues_beside(self.setting):
            await pauses.resume(engine, queue)
        return await pauses.resume(engine, self.ref)

    def start_within(
        self,
        tx: Transaction,
        input: object = None,  # noqa: A002 - the word for it
        *,
        name: str | None = None,
    ) -> Execution:
        """Start an execution within a transaction; see `start`."""
        return self._started(tx, rules.encoded(input, "input"), name)

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
        if self.model.is_express:
            return store.start_express(tx, self.model, given, name=name)
        definition = self.setting.definition
        return store.start(tx, self.model, definition, given, name=name, waiting=waiting)

    def stop_in(self, tx: Transaction, number: int, outcome: Outcome) -> None:
        """End an execution from outside, within a transaction; nothing when it has ended."""
        loaded = store.load(tx, number)
        if loaded is None or loaded.status != RUNNING:
            return
        setting = self.setting
        under_way = setting.make(setting, tx, loaded, origin=tx.origin)
        if not loaded.progress:
            under_way.begin()
        under_way.stop(outcome)
        under_way.go()

    @property
    def setting(self) -> Setting:
        """What its executions have in common while its app runs.

        Raises:
            StoreClosed: the app is not running.
        """
        _ = self._home.engine
        assert self._setting is not None  # noqa: S101 - made before the app is open
        return self._setting

    def declared(self) -> dict[str, Json]:
        """Its declaration, for people."""
        return {
            "type": self.model.type,
            "keep_ms": self.model.keep_ms,
            "definition": rules.decoded(self.definition),
        }

    def check(self, known: set[Ref]) -> None:
        """What its tasks name is looked up when all is there."""
        del known

    def prepare(self, engine: Engine, tx: Transaction) -> None:
        """Make its log, keep its definition, and enter it with its sockets.

        Raises:
            InvalidDeclaration: executions are under way that cannot go on as it is declared now.
        """
        model = self.model
        number, tasks, definition = enter(engine, tx, model, self.definition)
        machines = Machines()
        if self._machine is not None:
            machines.add(definition, self._machine)
        self._setting = Setting(
            model=model,
            queue=number,
            tasks=tasks,
            definition=definition,
            machines=machines,
            integrations=self._integrations(engine),
            notices=self._notices,
            make=self._make(),
            map_runs=prepare_map_runs(engine, tx, model, self._machine, machines),
        )
        engine.directory.add(
            self.ref,
            target=self,
            source=Source(number, model.table, keep_ms=model.keep_ms),
            call=self.call,
            is_sure=True,
        )

    def connect(self, engine: Engine, tx: Transaction) -> None:
        """Look up what its tasks call.

        Raises:
            InvalidDeclaration: something is not there, or cannot be called so.
        """
        del engine, tx
        if self._machine is not None:
            check_machine(self.setting, self._machine)

    def workers(self, engine: Engine) -> list[Worker]:
        """What lets its executions go on, and what does its tasks."""
        setting = self.setting
        numbers = frozenset({setting.queue, setting.tasks}) | map_queues(engine, setting)
        herald = Herald(engine, self.ref.name, numbers, self._notices)
        if self.model.is_express:
            return [ActionConsumer(engine, ExpressWork(engine, setting).handler()), herald]
        return [
            TransactionConsumer(engine, advancing(setting)),
            ActionConsumer(engine, Tasks(engine, setting).handler()),
            herald,
            *map_workers(engine, setting, self._objects),
        ]

    def deliver(self, tx: Transaction, deliveries: Sequence[Delivery]) -> list[str | Refusal]:
        """Start an execution for each delivery (the Target socket); its id is the name."""
        return [self._deliver(tx, index, each) for index, each in enumerate(deliveries)]

    def _deliver(self, tx: Transaction, index: int, delivery: Delivery) -> str | Refusal:
        try:
            given = rules.encoded(values.decode(delivery.body), "input")
            name = rules.name_from(delivery.deduplication_id)
            started = self._started(tx, given, name)
        except (InvalidInput, Conflict) as fault:
            return Refusal(index, fault.code, str(fault))
        return started.id

    def _running_map_runs(self) -> MapRuns | None:
        return self.setting.map_runs

    def _compiled(self) -> Machine | None:
        """The state machine; None for a function."""
        return compile_machine(self.definition)

    def _integrations(self, engine: Engine) -> Integrations:
        """What its tasks call."""
        return Sockets(self.ref.app, engine, self._others)

    def _make(self) -> Make:
        """What lets its executions go on."""
        return Advance

    def _started(self, tx: Transaction, given: str, name: str | None) -> Execution:
        started = self.start_in(tx, given, name=name)
        if not started.is_new and not self.model.is_express:
            return store.by_number(tx, self.model, started.number)
        return store.shown_new(tx, self.model, self.setting.definition, started, given)

    async def _ended(self, started: Execution, woken: asyncio.Event, until_ms: int) -> Execution:
        engine = self._home.engine
        number = store.number_in(engine.records, started.id)
        look = partial(store.by_number, workflow=self.model, execution=number)
        with engine.awaited.waiting():
            while True:
                await sleep_until(woken, until_ms, engine.clock)
                woken.clear()
                found = engine.read(look)
                if not found.is_running or engine.clock.now_ms() >= until_ms:
                    return found

    async def _run_express(self, given: str, name: str | None, most_ms: int) -> Execution:
        engine = self._home.engine
        drawn, now_ms = engine.ids.new_id(), engine.clock.now_ms()
        express = store.Express(rules.name_of(name) or drawn, now_ms, rules.decoded(given))
        ran = await ExpressWork(engine, self.setting).run(express, drawn, most_ms)
        return shown_run(self.setting, express, drawn, ran, engine.clock.now_ms())
