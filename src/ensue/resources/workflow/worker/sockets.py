"""Tasks that name a resource of ours, ``ensue:KIND:NAME``: done through its sockets.

    ensue:function:reserve            called: a ``def`` inside, an ``async def`` outside
    ensue:queue:payments              delivered to, inside; its answer is {"id": ...}
    ensue:workflow:ship               started, inside; its answer tells of the execution
    ensue:workflow:ship.sync          the same, and the task is done when the execution is

Of another app it is ``ensue:queue:shop/payments``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, cast

from ensue.engine.engine import Engine
from ensue.engine.sockets import Delivery, Refusal
from ensue.engine.transaction import Transaction
from ensue.languages.states.errors import StateError
from ensue.languages.states.resource_names import ENSUE, SYNC, SYNC_2, TaskResource
from ensue.resources.workflow import rules, store
from ensue.resources.workflow.model import (
    Inside,
    Integration,
    Integrations,
    Outside,
    TaskCall,
    Waiting,
    WorkflowModel,
)
from ensue.words import values
from ensue.words.errors import InvalidDeclaration, NotFound
from ensue.words.names import Ref
from ensue.words.values import Json


class Starts(Protocol):
    """A workflow, as another one starts its executions."""

    @property
    def model(self) -> WorkflowModel:
        """The workflow as declared."""

    def start_in(
        self, tx: Transaction, given: str, *, name: str | None, waiting: Waiting | None
    ) -> store.Started:
        """Start an execution within a transaction."""


class Sockets:
    """What tasks call: resources of ours by their sockets, and all else by another.

    Args:
        app: whose resources are named without an app.
        engine: where the sockets are.
        others: finds what is none of ours; None where there is nothing else.
    """

    def __init__(self, app: str, engine: Engine, others: Integrations | None) -> None:
        self._app = app
        self._engine = engine
        self._others = others
        self._found: dict[str, Integration] = {}

    def find(self, resource: TaskResource, arguments: Json = None) -> Integration:
        """What a task calls (see `Integrations`)."""
        if resource.service == ENSUE:
            found = self._found.get(resource.text)
            if found is None:
                found = self._found[resource.text] = self._ours(resource)
            return found
        if self._others is None:
            raise NotFound(
                f"there is no integration {resource.text}",
                hint="Name a resource of the app: ensue:KIND:NAME.",
            )
        return self._others.find(resource, arguments)

    def named(self, resource: TaskResource, definition: Mapping[str, Json]) -> Ref | None:
        """The resource that a task reaches (see `Integrations`)."""
        if resource.service == ENSUE:
            app, _, name = resource.name.rpartition("/")
            return Ref(app or self._app, resource.kind, name)
        return None if self._others is None else self._others.named(resource, definition)

    def faults(
        self, resource: TaskResource, definition: Mapping[str, Json]
    ) -> Iterable[tuple[str, str]]:
        """What is wrong with a task as far as its definition tells (see `Integrations`)."""
        if resource.service == ENSUE or self._others is None:
            return ()
        return self._others.faults(resource, definition)

    def _ours(self, resource: TaskResource) -> Integration:
        name, app = resource.name, self._app
        if "/" in name:
            app, name = name.split("/")
        ref, directory = Ref(app, resource.kind, name), self._engine.directory
        if ref.kind == "workflow":
            return _starting(cast(Starts, directory.target(ref)), resource)
        if resource.mode in {SYNC, SYNC_2}:
            raise InvalidDeclaration(
                f"expected a workflow for {resource.mode}, got {ref}",
                at=resource.text,
                hint="What is called is done with its answer: leave .sync out.",
            )
        sockets = directory.has(ref)
        if "callable" in sockets:
            inside = directory.inside(ref)
            if inside is not None:
                return Inside(lambda tx, arguments, _: inside(tx, arguments))
            outside = directory.callable(ref)
            return Outside(lambda arguments, _: outside(arguments))
        target = directory.target(ref)

        def deliver(tx: Transaction, arguments: Json, call: TaskCall) -> Json:
            del call
            [taken] = target.deliver(tx, [Delivery(values.encode(arguments))])
            if isinstance(taken, Refusal):
                raise StateError(taken.code, taken.message)
            return {"id": taken}

        return Inside(deliver)


def _starting(workflow: Starts, resource: TaskResource) -> Integration:
    if workflow.model.is_express and resource.mode in {SYNC, SYNC_2}:
        raise InvalidDeclaration(
            f"expected a standard workflow for {resource.mode}, got {workflow.model.ref}",
            at=resource.text,
            hint="Nobody can wait for an express execution: leave .sync out, or make it standard.",
        )

    def start(tx: Transaction, arguments: Json, call: TaskCall) -> Json:
        given = rules.encoded(arguments, "input")
        started = workflow.start_in(tx, given, name=None, waiting=call.waiting)
        return {
            "id": store.execution_id(tx, started.number),
            "arn": workflow.model.execution_arn(started.name),
            "name": started.name,
            "started_ms": started.started_ms,
        }

    return Inside(start)
