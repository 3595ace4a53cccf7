"""A workflow that is an async function: its awaited steps are recorded."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from ensue.engine import deduplication, work
from ensue.engine.engine import Engine
from ensue.engine.executions import within
from ensue.engine.home import Home
from ensue.engine.sockets import Delivery, Refusal
from ensue.engine.transaction import Transaction
from ensue.engine.workers import Worker
from ensue.languages.states.program import Machine
from ensue.resources.workflow import rules, store
from ensue.resources.workflow.handle.workflow import Workflow
from ensue.resources.workflow.model import RUNNING, Integrations, WorkflowModel
from ensue.resources.workflow.routine.awaiting_others import check_event_name
from ensue.resources.workflow.routine.context import WorkflowContext
from ensue.resources.workflow.routine.typed import input_shape
from ensue.resources.workflow.store import GO, Job, inbox, job_text
from ensue.resources.workflow.store.asking import Wait
from ensue.resources.workflow.worker import (
    FunctionRevival,
    Make,
    Revival,
    Routines,
    Sockets,
    Steps,
    Version,
    Where,
    maker,
    version_text,
)
from ensue.words import values
from ensue.words.errors import (
    Conflict,
    InvalidDeclaration,
    InvalidInput,
    InvalidValue,
    LimitExceeded,
    NotFound,
    Unfit,
)
from ensue.words.names import Ref
from ensue.words.values import Json
from ensue.words.wiring import Code

EVENTS = "workflow-events"

Function = Callable[[WorkflowContext, Any], Coroutine[Any, Any, Any]]
F = TypeVar("F", bound=Callable[..., Any])


class FunctionWorkflow(Workflow):
    """An async function whose executions are durable: each awaited step is recorded.

    Args:
        home: the app.
        model: the workflow as declared.
        function: ``async def f(ctx, input)``.
        version: which version of it this is; executions keep to the one that they began with.
        integrations: what `WorkflowContext.task` can call besides the resources of the app.

    Raises:
        InvalidDeclaration: the function takes other arguments, or the version is none.
    """

    def __init__(
        self,
        home: Home,
        model: WorkflowModel,
        function: Function,
        *,
        version: int = 1,
        integrations: Integrations | None = None,
    ) -> None:
        self.function = function
        self._routines = Routines(model.ref.name, home.make_tx)
        self._add_version(version, function, model.ref.name)
        definition = version_text(model.ref.name, version)
        super().__init__(home, model, definition, integrations=integrations)
        self.events = Events(self)

    def version(self, number: int) -> Callable[[F], F]:
        """Keep an older version of the function, for the executions that began with it.

        Args:
            number: which version the function below is.

        Raises:
            InvalidDeclaration: there is one of this number, or the function takes other arguments.
        """

        def declare(function: F) -> F:
            self._add_version(number, function, f"{self.ref.name} version {number}")
            return function

        return declare

    async def send_event(
        self,
        execution: str,
        event: str,
        body: object = None,
        *,
        deduplication_id: str | None = None,
    ) -> bool:
        """Send an execution an event, which `WorkflowContext.wait_for_event` waits for.

        One that is not waited for yet waits for that, at most 1,000 of an execution.

        Args:
            execution: the execution's name.
            event: the event's name, 1 to 256 characters.
            body: a JSON value of at most 256 KiB.
            deduplication_id: a second event with the same one, within five minutes, is none.

        Returns:
            Whether the execution runs; one that has ended gets no events.

        Raises:
            NotFound: there is no execution of this name.
            InvalidValue: the name is none, or the body no JSON value.
            LimitExceeded: too many events wait for the execution.
        """
        return await self._home.engine.transact(
            lambda tx: self.send_event_within(
                tx, execution, event, body, deduplication_id=deduplication_id
            )
        )

    def send_event_within(
        self,
        tx: Transaction,
        execution: str,
        event: str,
        body: object = None,
        *,
        deduplication_id: str | None = None,
    ) -> bool:
        """Send an execution an event within a transaction; see `send_event`."""
        check_event_name(event)
        text = rules.encoded(body, "event")
        number = store.number_of(tx, self.model, execution)
        loaded = store.load(tx, number)
        if loaded is None or loaded.status != RUNNING:
            return False
        key = None if deduplication_id is None else f"{number}/{deduplication_id}"
        hashed = None if key is None else deduplication.content_id(key)

        def add() -> int:
            inbox.put(tx, number, event, text)
            return work.add(tx, self.setting.queue, job_text(Job(GO, number)))

        deduplication.add_once(tx, self.setting.queue, hashed, add)
        return True

    def declared(self) -> dict[str, Json]:
        """Its declaration, for people."""
        return {
            "type": self.model.type,
            "keep_ms": self.model.keep_ms,
            "function": self.function.__name__,
            "versions": [*sorted(self._routines.versions)],
        }

    def _code(self) -> tuple[Code, ...]:
        return tuple(Code(self.ref, each.routine) for each in self._routines.versions.values())

    def prepare(self, engine: Engine, tx: Transaction) -> None:
        """Make its log, note its version, and enter it with its sockets."""
        self._routines.close()
        super().prepare(engine, tx)

    def connect(self, engine: Engine, tx: Transaction) -> None:
        """Let what was held be tried again: the code may fit now."""
        super().connect(engine, tx)
        queue = self.setting.queue
        for job in inbox.release(tx, queue):
            work.add(tx, queue, job)

    def _add_version(self, number: int, function: Callable[..., Any], at: str) -> None:
        if number < 1 or number in self._routines.versions:
            raise InvalidDeclaration(f"expected another version from 1 on, got {number}", at=at)
        self._routines.versions[number] = Version(function, input_shape(function, at))

    def _check_answer(self, tx: Transaction, wait: Wait, output: object) -> None:
        """What the code that waits would make of it, by a replay of its own."""
        execution = within(wait.row).execution
        asked = self._routines.asked(tx, Where(execution, wait.branch.id, wait.branch.attempt))
        if asked is None:
            return
        try:
            asked.read(rules.decoded(rules.encoded(output, "output")))
        except Unfit as fault:
            raise InvalidValue(fault.message, at=fault.at, hint=fault.hint) from None

    def _compiled(self) -> Machine | None:
        return None

    def _integrations(self, engine: Engine) -> Integrations:
        others = Sockets(self.ref.app, engine, self._others)
        return Steps(engine, self._routines, others)

    def _revival(self) -> Revival:
        return FunctionRevival()

    def _make(self) -> Make:
        return maker(self._routines)


class Events:
    """The events of a workflow's executions as a target: what is delivered to it is sent.

    A delivery is an object with the name of an ``execution``, the name of an ``event`` and perhaps
    a ``body``.

    Args:
        workflow: whose executions.
    """

    def __init__(self, workflow: FunctionWorkflow) -> None:
        self._workflow = workflow

    @property
    def ref(self) -> Ref:
        """What it is called: as the workflow."""
        return self._workflow.ref._replace(kind=EVENTS)

    def declared(self) -> dict[str, Json]:
        """Its declaration, for people."""
        return {"workflow": self._workflow.ref.name}

    def check(self, known: set[Ref]) -> None:
        """Nothing that it names can be missing."""
        del known

    def prepare(self, engine: Engine, tx: Transaction) -> None:
        """Enter it in the directory."""
        engine.declare(tx, self.ref, values.encode(self.declared()))
        engine.directory.add(self.ref, target=self, is_sure=True)

    def connect(self, engine: Engine, tx: Transaction) -> None:
        """Nothing to look up."""
        del engine, tx

    def workers(self, engine: Engine) -> list[Worker]:
        """Nothing: the workflow does it."""
        del engine
        return []

    def deliver(self, tx: Transaction, deliveries: Sequence[Delivery]) -> list[str | Refusal]:
        """Send an event for each delivery (the Target socket); its id is the execution's."""
        return [self._deliver(tx, index, each) for index, each in enumerate(deliveries)]

    def _deliver(self, tx: Transaction, index: int, delivery: Delivery) -> str | Refusal:
        said = values.decode(delivery.body)
        if not isinstance(said, dict) or not isinstance(said.get("execution"), str):
            wanted = "expected an object with the names of an execution and an event"
            return Refusal(index, InvalidInput.code, f"{wanted}, got {values.shown(said)}")
        execution = str(said["execution"])
        try:
            self._workflow.send_event_within(
                tx,
                execution,
                said.get("event"),  # type: ignore[arg-type] # it is checked there
                said.get("body"),
                deduplication_id=delivery.deduplication_id,
            )
        except (InvalidInput, NotFound, Conflict, LimitExceeded) as fault:
            return Refusal(index, fault.code, str(fault))
        return store.execution_id(tx, store.number_of(tx, self._workflow.model, execution))
