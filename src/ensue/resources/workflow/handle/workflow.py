"""A workflow: what is declared, its sockets, and its workers."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from ensue.engine import pauses
from ensue.engine.consumers import ActionConsumer, TransactionConsumer
from ensue.engine.engine import Engine
from ensue.engine.home import Home
from ensue.engine.pauses import Pausable
from ensue.engine.sockets import Delivery, Refusal, Source
from ensue.engine.transaction import Transaction
from ensue.engine.workers import Worker
from ensue.languages.states.execution import ABORTED, Outcome
from ensue.languages.states.parse import compile_machine
from ensue.languages.states.program import Machine
from ensue.languages.states.resource_names import parse_resource
from ensue.resources.workflow import rules, store
from ensue.resources.workflow.handle.answering import Answering
from ensue.resources.workflow.handle.approving import Approving, forms_of
from ensue.resources.workflow.handle.looking import Looking
from ensue.resources.workflow.handle.map_runs import LookingAtMapRuns
from ensue.resources.workflow.handle.mending import Mending
from ensue.resources.workflow.handle.starting import Starting
from ensue.resources.workflow.handle.tracing import Tracing
from ensue.resources.workflow.handle.versions import Versioned
from ensue.resources.workflow.model import (
    RUNNING,
    Execution,
    Integrations,
    Objects,
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
)
from ensue.words import values
from ensue.words.errors import Conflict, InvalidDeclaration, InvalidInput, NotFound
from ensue.words.names import Ref
from ensue.words.values import Json
from ensue.words.wiring import Code, Link, Wiring, into

START_SYNC_MS = 300_000


class Workflow(
    Starting,
    Looking,
    Tracing,
    Versioned,
    LookingAtMapRuns,
    Mending,
    Answering,
    Approving,
    Pausable,
):
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
        self._forms = forms_of(model, self._machine)
        if model.is_express and has_map_runs(self._machine):
            raise InvalidDeclaration(
                "expected a STANDARD workflow for a distributed Map, got an EXPRESS one",
                at=str(model.ref),
                hint="Make it STANDARD; the children of the Map may be EXPRESS.",
            )
        self._notices = Notices()
        self._readers = OrderedDict()
        self._setting: Setting | None = None

    @property
    def ref(self) -> Ref:
        """What it is called."""
        return self.model.ref

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

    def found(self, tx: Transaction, name: str) -> tuple[WorkflowModel, int]:
        """What an execution is one of, and its number: also that of a child of a map run.

        Raises:
            NotFound: there is none of this name.
        """
        try:
            return super().found(tx, name)
        except NotFound:
            if self.setting.map_runs is None:
                raise
        children = self.model.children
        try:
            return children, store.number_of(tx, children, name)
        except NotFound:
            return super().found(tx, name)

    def is_child(self, name: str) -> bool:
        """Whether an execution is a child of a map run.

        Raises:
            NotFound: there is none of this name.
        """
        model, _ = self._home.engine.read(lambda tx: self.found(tx, name))
        return model.ref != self.ref

    def declared(self) -> dict[str, Json]:
        """Its declaration, for people."""
        return {
            "type": self.model.type,
            "keep_ms": self.model.keep_ms,
            "definition": rules.decoded(self.definition),
        }

    def wiring(self) -> Wiring:
        """What its tasks reach, and where what it could not do goes."""
        links = [Link(self.ref, self.model.dead_letters, "dead letters")]
        if self._machine is not None:
            for name, state in rules.tasks_of(rules.decoded(self.definition)):
                found = self.setting.integrations.named(parse_resource(state["Resource"]), state)
                if found is not None:
                    links.append(Link(self.ref, found, into(found.kind), name))
        return Wiring(tuple(links), code=self._code(), told=("definition",))

    def _code(self) -> tuple[Code, ...]:
        """The application's functions that it runs itself: a state machine names others."""
        return ()

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
        store.clear_definitions(tx, number, definition)
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
