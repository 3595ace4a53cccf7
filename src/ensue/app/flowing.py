"""The workflows of an app, as declared, and what follows their executions."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, Unpack, overload

from ensue.app.options import HandlerOptions, terms_of
from ensue.app.piping import Piping
from ensue.engine.handlers import Policy
from ensue.engine.home import Resource
from ensue.engine.lanes import parse_start
from ensue.engine.logs import Record
from ensue.engine.transaction import Transaction
from ensue.integrations import AwsIntegrations, BucketObjects
from ensue.resources import workflow as workflow_kind
from ensue.resources.function import Feed
from ensue.resources.queue import Queue
from ensue.resources.workflow import (
    STATUSES,
    ExecutionChange,
    FunctionWorkflow,
    Workflow,
    WorkflowContext,
    WorkflowModel,
    WorkflowOptions,
    WorkflowType,
)
from ensue.words import values
from ensue.words.errors import InvalidDeclaration
from ensue.words.names import Ref, check_name
from ensue.words.units import duration_ms
from ensue.words.values import Json

F = TypeVar("F", bound=Callable[..., object])
W = TypeVar("W", bound=Workflow)
Routine = Callable[[WorkflowContext, Any], Coroutine[Any, Any, Any]]

KEEP = "90d"
TASKS_AT_ONCE = 100
TASK_TIMEOUT = "1h"


class Flowing(Piping):
    """What an app declares its workflows with."""

    @overload
    def workflow(self, function: Routine, /) -> FunctionWorkflow: ...

    @overload
    def workflow(
        self,
        name: str,
        *,
        definition: Mapping[str, object] | str | Path,
        type: WorkflowType = ...,
        **options: Unpack[WorkflowOptions],
    ) -> Workflow: ...

    @overload
    def workflow(
        self,
        name: str | None = None,
        *,
        version: int = ...,
        **options: Unpack[WorkflowOptions],
    ) -> Callable[[Routine], FunctionWorkflow]: ...

    def workflow(
        self,
        name: str | Routine | None = None,
        *,
        definition: Mapping[str, object] | str | Path | None = None,
        type: WorkflowType = "STANDARD",  # noqa: A002 - the word for it
        version: int = 1,
        **options: Unpack[WorkflowOptions],
    ) -> Workflow | FunctionWorkflow | Callable[[Routine], FunctionWorkflow]:
        """Declare a workflow: by its definition in the Amazon States Language, or as a function.

        Each execution of a ``STANDARD`` workflow is durable at every transition, and a task that is
        done inside is done exactly once. An ``EXPRESS`` execution runs in memory, at least once.

        Without a definition it decorates an ``async def f(ctx, input)``, whose awaited steps are
        recorded; see `WorkflowContext`. When ``input`` is annotated with a dataclass, Body,
        TypedDict or pydantic model, it is one.

        Args:
            name: its name; of a function its own by default, or the function itself when used
                without parentheses.
            definition: a state machine: an object, JSON text, or the path of a file with it. In an
                object a resource of the app may stand where a task names its ``Resource``.
            type: ``STANDARD`` or ``EXPRESS``.
            version: of a function: executions keep to the version that they began with; see
                `FunctionWorkflow.version`.
            options: ``keep``: how long executions are kept when they have ended (``"90d"``).
                ``log``: of an express workflow: the history of which executions is kept: ``ALL``,
                ``ERROR`` (those that failed) or ``OFF``. ``concurrency``: how many tasks outside,
                or express executions, run at once (100). ``task_timeout``: how long a task outside
                may run that says nothing of it (``"1h"``). ``was``: the name that it had before.
                ``forms``: of states that wait for a token, by their names: the type of the answer,
                so that who approves gets a form, and what does not fit is refused.

        Raises:
            InvalidName: the name breaks the naming rule.
            InvalidDefinition: it is no state machine; lists every fault.
            InvalidDeclaration: the name is taken, an option is none, a task calls what is not
                there, or the function takes other arguments.
        """
        if definition is None:

            def declare(given: Routine) -> FunctionWorkflow:
                called = name if isinstance(name, str) else given.__name__.replace("_", "-")
                model = self._flow_model(called, type, options)
                flow = FunctionWorkflow(self.home, model, given, version=version)
                self._add_flow(flow)
                self._add(flow.events)
                return flow

            return declare(name) if callable(name) else declare
        if not isinstance(name, str):
            raise InvalidDeclaration(f"expected the name of a workflow, got {values.shown(name)}")
        model = self._flow_model(name, type, options)
        text, others = text_of(definition, self.name), AwsIntegrations(self.home)
        objects = BucketObjects(self.home)
        flow = Workflow(self.home, model, text, integrations=others, objects=objects)
        return self._add_flow(flow)

    def on_execution(
        self,
        flow: Workflow,
        *,
        status: str | Sequence[str] | None = None,
        start: str | int = "latest",
        name: str | None = None,
        retries: int = 9,
        **policy: Unpack[HandlerOptions],
    ) -> Callable[[F], F]:
        """Declare a function that follows a workflow's executions: each change of status.

        It gets an `ExecutionChange`. A change that fails is retried, and holds back the later
        changes of its execution only.

        Args:
            flow: whose executions.
            status: only changes to it, or to these: ``RUNNING``, ``SUCCEEDED``, ``FAILED``,
                ``TIMED_OUT``, ``ABORTED``; all by default.
            start: where a new function begins: ``"latest"``, ``"horizon"``, a sequence number, or
                a time as ISO 8601.
            name: its name; the function's own by default.
            retries: how often it is tried again before a change is dead-lettered.
            policy: as for `function`.

        Raises:
            InvalidValue: there is no such place to start at.
            InvalidDeclaration: there is no such status, the name is taken, or the function takes
                other arguments than (change, tx), or (change) for an ``async def``.
        """
        wanted = _statuses(status)
        kinds = frozenset(each.lower() for each in wanted)

        def wants(record: Record) -> bool:
            return record.kind in kinds

        def show(tx: Transaction, record: Record) -> ExecutionChange:
            del tx
            return ExecutionChange.of(flow.ref.name, values.decode(record.new or "{}"))

        def present(body: Json, work_id: str) -> ExecutionChange:
            del work_id
            return ExecutionChange.of(flow.ref.name, body)

        feed = Feed(
            source=flow.ref,
            wants=wants,
            present=show,
            as_work=lambda _, record: record.new or "{}",
            said={"workflow": flow.ref.name, "status": list(wanted), "start": start},
            takes="change",
            start=parse_start(start),
        )

        def declare(given: F) -> F:
            self._add_function(given, name, terms_of(retries, policy), present=present, feed=feed)
            return given

        return declare

    def _flow_model(
        self, name: str, type_: WorkflowType, options: WorkflowOptions
    ) -> WorkflowModel:
        ref = Ref(self.name, "workflow", check_name(name, "workflow"))
        policy = Policy(
            max_receives=workflow_kind.TRIES_MAX,
            timeout_ms=duration_ms(options.get("task_timeout", TASK_TIMEOUT)),
            concurrency=options.get("concurrency", TASKS_AT_ONCE),
        )
        policy.check(str(ref))
        return WorkflowModel(
            ref,
            type=type_,
            keep_ms=duration_ms(options.get("keep", KEEP)),
            log=options.get("log", "ERROR"),
            policy=policy,
            was=options.get("was"),
            forms=dict(options.get("forms", {})),
        )

    def _add_flow(self, flow: W) -> W:
        model = flow.model
        self._add(flow)
        was = None if model.was is None else model.was + workflow_kind.DEAD_LETTERS
        self._add(Queue(self.home, model.dead_letters.name, is_dead_letters=True, was=was))
        return flow


def text_of(definition: Mapping[str, object] | str | Path, app: str) -> str:
    """A definition as JSON text, resources of the app by their names.

    Raises:
        InvalidDeclaration: it cannot be read, or JSON cannot hold it.
    """
    if isinstance(definition, str):
        return definition
    if isinstance(definition, Path):
        try:
            return definition.read_text()
        except (OSError, UnicodeDecodeError) as fault:
            raise InvalidDeclaration(
                f"the definition cannot be read: {fault}", at=str(definition)
            ) from fault
    return values.encode(_named(definition, app))


def _named(said: Any, app: str) -> Any:  # noqa: ANN401 - JSON with resources in it
    if isinstance(said, Mapping):
        return {key: _named(inner, app) for key, inner in said.items()}
    if isinstance(said, list | tuple):
        return [_named(inner, app) for inner in said]
    ref = getattr(said, "ref", None)
    if not isinstance(ref, Ref):
        return said
    resource: Resource = said
    where = "" if resource.ref.app == app else f"{ref.app}/"
    return f"ensue:{ref.kind}:{where}{ref.name}"


def _statuses(status: str | Sequence[str] | None) -> tuple[str, ...]:
    wanted = STATUSES if status is None else (status,) if isinstance(status, str) else tuple(status)
    unknown = [each for each in wanted if each not in STATUSES]
    if unknown or not wanted:
        raise InvalidDeclaration(
            f"expected a status: {', '.join(STATUSES)}; got {status!r}",
            hint="Leave it out to follow every change.",
        )
    return wanted
