"""The functions of a workflow, and its executions that are in memory.

An execution is kept in memory while it is at short steps, so that none of them costs a replay. One
that waits long is let go of: then it is rows only, and is replayed when it is woken.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Coroutine, Iterable, Mapping
from functools import partial
from typing import Any, NamedTuple

import msgspec

from ensue.engine import executions
from ensue.engine.engine import Engine
from ensue.engine.ids import seeded_random
from ensue.engine.transaction import Transaction
from ensue.engine.typed import as_typed
from ensue.languages.states.branches import Branches
from ensue.languages.states.errors import StateError
from ensue.languages.states.execution import ExecutionFacts, Progress
from ensue.languages.states.resource_names import TaskResource
from ensue.languages.states.walk import PAYLOAD_BYTES_MAX
from ensue.resources.workflow import rules, store
from ensue.resources.workflow.model import (
    Inside,
    Integration,
    Integrations,
    Outside,
    TaskCall,
)
from ensue.resources.workflow.routine.asks import Task
from ensue.resources.workflow.routine.commands import CallFunction
from ensue.resources.workflow.routine.context import WorkflowContext, step_key
from ensue.resources.workflow.routine.record import Record, effective
from ensue.resources.workflow.routine.run import RoutineRun
from ensue.resources.workflow.routine.typed import plain_result
from ensue.resources.workflow.store import Loaded, histories
from ensue.resources.workflow.worker.facts import RunFacts
from ensue.words.errors import WorkflowChanged
from ensue.words.names import Ref
from ensue.words.shapes import Shape
from ensue.words.values import Json

LIVE_MAX = 1_000
CALLS_MAX = 10_000
STEP = "step"

Routine = Callable[[WorkflowContext, Any], Coroutine[Any, Any, Any]]
_decode_progress = msgspec.json.Decoder(Progress).decode


class Version(NamedTuple):
    """A version of a workflow's function.

    Attributes:
        routine: the function.
        shape: of its input; None for any value.
    """

    routine: Routine
    shape: Shape[Any] | None


class Where(NamedTuple):
    """Which call of which execution."""

    execution: int
    branch: int
    attempt: int


class Routines:
    """The functions of a workflow, by their version, and its executions in memory.

    Args:
        name: the workflow's.
        make_tx: wraps a transaction into what the app's functions get.
    """

    def __init__(self, name: str, make_tx: Callable[[Transaction], Any]) -> None:
        self.versions: dict[int, Version] = {}
        self.faults: dict[Where, BaseException] = {}
        self._name = name
        self._make_tx = make_tx
        self._live: OrderedDict[int, RoutineRun] = OrderedDict()
        self._calls: OrderedDict[Where, CallFunction] = OrderedDict()
        self._numbers: dict[int, int] = {}

    def resume(
        self,
        tx: Transaction,
        loaded: Loaded,
        facts: RunFacts,
        branches: Branches,
        *,
        next_event: int,
    ) -> RoutineRun:
        """The run of an execution, as far as it is recorded.

        Raises:
            WorkflowChanged: the code does not fit its record.
        """
        kept = self._live.pop(loaded.id, None)
        if kept is not None:
            if kept.next_event == next_event:
                kept.attach(facts, branches)
                return kept
            kept.close()  # what it did last was rolled back
        if not loaded.progress:
            return self._made(tx, loaded, facts, branches)
        return self._replayed(tx, loaded, facts, branches)

    def keep(self, execution: int, run: RoutineRun) -> None:
        """Keep an execution in memory, if it goes on soon."""
        if run.outcome is not None or run.is_long:
            run.close()
            return
        self._live[execution] = run
        while len(self._live) > LIVE_MAX:
            self._live.popitem(last=False)[1].close()

    def close(self) -> None:
        """Let go of all that is in memory."""
        while self._live:
            self._live.popitem()[1].close()
        self._calls.clear()
        self.faults.clear()

    @property
    def live(self) -> int:
        """How many executions are in memory."""
        return len(self._live)

    def note(self, where: Where, call: CallFunction) -> None:
        """Keep what is to be called; what is forgotten is found again by a replay."""
        self._calls[where] = call
        while len(self._calls) > CALLS_MAX:
            self._calls.popitem(last=False)

    def call_at(self, where: Where) -> CallFunction | None:
        """What is to be called."""
        return self._calls.get(where)

    def answered(self, execution: int, branch: int, attempt: int) -> BaseException | None:
        """Forget a call that has been answered; returns what it raised, where that is known."""
        where = Where(execution, branch, attempt)
        self._calls.pop(where, None)
        return self.faults.pop(where, None)

    def found(self, tx: Transaction, where: Where) -> CallFunction | None:
        """What is to be called, by a replay of its own; None when nobody wants that any more.

        Raises:
            WorkflowChanged: the code does not fit the record.
        """
        asked = self.asked(tx, where)
        command = None if asked is None else asked.wanted
        return command if isinstance(command, CallFunction) else None

    def asked(self, tx: Transaction, where: Where) -> Task | None:
        """What a strand waits for, by a replay of its own; None where it waits for no task.

        Raises:
            WorkflowChanged: the code does not fit the record.
        """
        loaded = store.load(tx, where.execution)
        if loaded is None or not loaded.progress:
            return None
        run = self._replayed(tx, loaded, RunFacts(tx.now_ms, seeded_random(0)), None)
        try:
            asked = run.waits(where.branch)
        finally:
            run.close()
        wanted = getattr(asked, "wanted", None)
        is_it = getattr(wanted, "attempt", None) == where.attempt
        return asked if is_it and isinstance(asked, Task) else None

    def do_inside(
        self, tx: Transaction, call: CallFunction, where: Where, token: str | None
    ) -> Json:
        """Call a ``def`` in the transaction."""
        given = call.arguments if token is None else (token,)
        try:
            return _bounded(call.state, call.function(*given, self._make_tx(tx)))
        except Exception as fault:
            self.faults[where] = fault
            raise

    def _replayed(
        self,
        tx: Transaction,
        loaded: Loaded,
        facts: RunFacts,
        branches: Branches | None,
    ) -> RoutineRun:
        record = Record(effective(histories.all_of(tx, loaded.id)))
        run = self._made(tx, loaded, facts, branches, record)
        try:
            run.replay()
        except BaseException:
            run.close()
            raise
        return run

    def _made(
        self,
        tx: Transaction,
        loaded: Loaded,
        facts: RunFacts,
        branches: Branches | None,
        record: Record | None = None,
    ) -> RoutineRun:
        progress = _decode_progress(loaded.progress) if loaded.progress else Progress()
        execution = ExecutionFacts(
            executions.record_id(tx.facts.records, loaded.id),
            loaded.name,
            loaded.started_ms,
            machine_name=self._name,
            redrives=loaded.redrives,
            redriven_ms=loaded.redriven_ms,
        )
        make = partial(_make, *self._function(tx, loaded.definition))
        run = RoutineRun(make, facts, execution, branches, record=record, progress=progress)
        run.raised = partial(self.answered, loaded.id)
        return run

    def _function(self, tx: Transaction, definition: int) -> Version:
        version = self._numbers.get(definition)
        if version is None:
            version = self._numbers[definition] = version_of(store.definition_text(tx, definition))
        found = self.versions.get(version)
        if found is None:
            known = ", ".join(map(str, sorted(self.versions)))
            raise WorkflowChanged(1, f"version {version} of the function", f"version {known}")
        return found


class Steps:
    """What a workflow's code calls: its steps, and whatever state machines call.

    Args:
        engine: the engine.
        routines: the workflow's functions.
        others: finds what is no step.
    """

    def __init__(self, engine: Engine, routines: Routines, others: Integrations) -> None:
        self._engine = engine
        self._routines = routines
        self._others = others

    def find(self, resource: TaskResource, arguments: Json = None) -> Integration:
        """What a task calls (see `Integrations`)."""
        if resource.kind != STEP:
            return self._others.find(resource, arguments)
        where = _where(arguments)
        call = self._routines.call_at(where)
        if call is None or call.is_action:
            return Outside(self._act)
        known = call
        return Inside(lambda tx, _, task: self._routines.do_inside(tx, known, where, task.token))

    def named(self, resource: TaskResource, definition: Mapping[str, Json]) -> Ref | None:
        """The resource that a task reaches (see `Integrations`)."""
        return self._others.named(resource, definition)

    def faults(
        self, resource: TaskResource, definition: Mapping[str, Json]
    ) -> Iterable[tuple[str, str]]:
        """What is wrong with a task as far as its definition tells (see `Integrations`)."""
        return self._others.faults(resource, definition)

    async def _act(self, arguments: Json, task: TaskCall) -> Json:
        """Call an ``async def`` outside."""
        where = _where(arguments)
        call = self._routines.call_at(where)
        if call is None:
            call = self._engine.read(lambda tx: self._routines.found(tx, where))
        if call is None:
            raise StateError("Ensue.Stale", "nobody waits for it any more")
        step_key.set(task.key)
        given = call.arguments if task.token is None else (task.token,)
        try:
            return _bounded(call.state, await call.function(*given))
        except Exception as fault:
            self._routines.faults[where] = fault
            raise


def version_text(name: str, version: int) -> str:
    """What stands for a version of a function among the definitions."""
    return msgspec.json.encode({"Function": name, "Version": version}).decode()


def version_of(text: str) -> int:
    """The version that a definition stands for."""
    return int(msgspec.json.decode(text)["Version"])


async def _make(routine: Routine, shape: Shape[Any] | None, run: RoutineRun, given: Json) -> object:
    """The function's coroutine: what does not fit the type of its input fails the execution."""
    found = given if shape is None else as_typed(shape, given)
    return await routine(WorkflowContext(run), found)


def _bounded(name: str, value: object) -> Json:
    """What a step's function returned, if a history can hold it."""
    found = plain_result(name, value)
    rules.plain(found, most=PAYLOAD_BYTES_MAX)
    return found


def _where(arguments: Any) -> Where:  # noqa: ANN401 - what `RoutineAdvance` gave
    return Where(*arguments)
