"""Map runs: children are started as there is room, until all items are read and all have ended.

    begin ─▶ FILL ─▶ READ (outside) ─▶ children are there ─▶ started ─▶ ended ─┐
               ▲                                                               │
               └──────────── while there are items, and room for them ─────────┘
    ─▶ the last has ended ─▶ WRITE (outside) ─▶ the execution goes on
    ─▶ too many failed, or nobody waits any more ─▶ STOP, until no child runs ─▶ the same

What is inside commits with what it follows from: the end of a child, that it is counted, and that
the next one is started, are one transaction. Reading and writing (`map_data`) are work of a queue
of their own; what they come to is taken up once, with the place behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from ensue.engine import executions, map_runs, work
from ensue.engine.handlers import Policy, WorkHandler
from ensue.engine.transaction import Transaction
from ensue.engine.work import Work
from ensue.languages.states.commands import StartMapRun
from ensue.languages.states.environment import Facts
from ensue.languages.states.errors import RUNTIME as RUNTIME_ERROR
from ensue.languages.states.errors import StateError
from ensue.languages.states.map_runs import MapPlan, entries
from ensue.languages.states.map_runs.children import child_definition
from ensue.languages.states.map_runs.making import ChildMaker
from ensue.languages.states.program import Map
from ensue.resources.workflow import store
from ensue.resources.workflow.model import (
    ABORTED,
    DEATHS_MAX,
    FAILED,
    SUCCEEDED,
    WorkflowModel,
)
from ensue.resources.workflow.store import Ending, Job, Loaded, job_text
from ensue.resources.workflow.store import map_runs as rows
from ensue.resources.workflow.store.map_runs import OVER, RUNNING, STOPPING, WRITING, MapRow
from ensue.resources.workflow.worker import map_results
from ensue.resources.workflow.worker.facts import RunFacts
from ensue.resources.workflow.worker.machines import Machines
from ensue.words.values import Json

FILL: Final = "fill"
STOP: Final = "stop"
READ: Final = "read"
WRITE: Final = "write"

STARTS_AT_ONCE_MAX = 100
STOPS_AT_ONCE_MAX = 100
AHEAD_MAX = 1_000
CHILDREN_AT_ONCE_MAX = 1_000


class MapJob(msgspec.Struct, array_like=True):
    """A piece of work for a map run.

    Attributes:
        kind: FILL: start children, and have items read; STOP: stop the children that run; READ:
            read a piece of the data set; WRITE: write the results.
        run: the number of the map run.
        piece: which piece.
    """

    kind: str
    run: int
    piece: int = 0


job_of: Final = msgspec.json.Decoder(MapJob).decode


class Numbers(msgspec.Struct, frozen=True):
    """The queues that map runs put work into.

    Attributes:
        runs: what map runs do inside.
        data: what they read and write.
        children: what lets their children go on.
    """

    runs: int
    data: int
    children: int


class MapRuns:
    """The map runs of a workflow.

    Args:
        model: the workflow, as declared.
        numbers: its queues.
        machines: its machines.
    """

    def __init__(self, model: WorkflowModel, numbers: Numbers, machines: Machines) -> None:
        self.model = model
        self._numbers = numbers
        self._machines = machines

    def handler(self) -> WorkHandler:
        """The handler of the queue of what map runs do inside."""
        return WorkHandler(
            ref=self.model.map_runs,
            dead_letters=self.model.dead_letters,
            actor=f"{self.model.ref.name}-map-runs",
            policy=Policy(max_receives=DEATHS_MAX),
            transact=self.do,
            dead=self.bury,
        )

    def begin(self, tx: Transaction, parent: Loaded, command: StartMapRun) -> None:
        """Start a map run; it goes on as work, once this has committed."""
        plan = command.plan
        machine = self._machines.of(tx, parent.definition)
        text = msgspec.json.encode(child_definition(machine.definition, plan)).decode()
        opening = rows.Opening(
            parent.workflow,
            parent.id,
            executions.key(parent.id, command.branch),
            command.attempt,
            store.keep_definition(tx, self._numbers.children, text),
        )
        self._add(tx, FILL, rows.add(tx, opening, plan))

    def cancel(self, tx: Transaction, branch: int, attempt: int) -> None:
        """Stop the map run that a branch waited for; nothing when there is none."""
        row = rows.waited_for(tx, branch, attempt)
        if row is None:
            return
        if row.phase == STOPPING:
            rows.mark(tx, row, status=ABORTED)
        else:
            self._stop(tx, row, ABORTED, None, None)

    def do(self, tx: Transaction, piece: Work) -> None:
        """Do a piece of work inside."""
        job = job_of(piece.body)
        row = rows.load(tx, job.run)
        if row is None:
            return
        if job.kind == STOP:
            self._stop_children(tx, row)
        elif row.phase == RUNNING:
            self.go_on(tx, rows.mark(tx, row, is_filling=0))

    def bury(self, tx: Transaction, piece: Work, reason: str) -> None:
        """Let a map run fail whose work could not be done."""
        row = rows.load(tx, job_of(piece.body).run)
        if row is not None and row.phase == RUNNING:
            self.fail(tx, row, StateError(RUNTIME_ERROR, reason))

    def ended(self, tx: Transaction, child: int, ending: Ending) -> None:
        """Count the end of a child, and start another one.

        Args:
            tx: the transaction in which it ended.
            child: the key of its row.
            ending: how it ended.
        """
        items = rows.ended(tx, child, ending)
        if not items:
            return
        row = rows.count_end(
            tx,
            map_runs.child(child).run,
            items=items,
            succeeded=ending.status == SUCCEEDED,
            held=len(ending.output or ""),
        )
        if row.phase == STOPPING:
            if row.running == 0:
                self._stopped(tx, row)
        elif row.phase == RUNNING and not self._has_failed(tx, row):
            self.go_on(tx, row)

    def taken(
        self,
        tx: Transaction,
        row: MapRow,
        inputs: Sequence[tuple[str, int]],
        *,
        items: int,
        is_read: bool,
    ) -> None:
        """Go on with children whose items were read.

        Args:
            tx: the transaction.
            row: the map run.
            inputs: the input of each, as JSON text, and how many items are in it.
            items: how many items were read.
            is_read: whether there are no more.
        """
        row = rows.add_children(tx, row, inputs, items=items, is_read=is_read)
        if not self._has_failed(tx, row):
            self.go_on(tx, row)

    def go_on(self, tx: Transaction, row: MapRow) -> None:
        """Start children while there is room, have items read ahead, or come to the end."""
        room = (row.max_concurrency or CHILDREN_AT_ONCE_MAX) - row.running
        many = min(room, row.pending, STARTS_AT_ONCE_MAX)
        if many > 0:
            row = self._start_children(tx, row, many)
        if row.is_read and row.running == row.pending == 0:
            self._finish(tx, row)
            return
        if not row.is_read and not row.is_reading and row.pending < AHEAD_MAX:
            row = self._have_read(tx, row)
        if row.phase == RUNNING and row.pending and room > many and not row.is_filling:
            self._add(tx, FILL, row.id)
            rows.mark(tx, row, is_filling=1)

    def reconsider(self, tx: Transaction, row: MapRow) -> None:
        """Go on with other bounds."""
        if not self._has_failed(tx, row):
            self.go_on(tx, row)

    def fail(self, tx: Transaction, row: MapRow, fault: StateError) -> MapRow:
        """Let a map run fail: its children are stopped first."""
        return self._stop(tx, row, FAILED, fault.error, fault.cause)

    def written(self, tx: Transaction, row: MapRow, fault: StateError | None) -> None:
        """Let the execution go on whose results are written, or could not be."""
        if fault is not None:
            self._over(tx, row, FAILED, error=fault.error, cause=fault.cause)
        elif row.status == FAILED:
            self._over(tx, row, FAILED, error=row.error, cause=row.cause)
        else:
            self._over(tx, row, SUCCEEDED, map_results.written(tx, row))

    def state_of(self, tx: Transaction, row: MapRow, plan: MapPlan) -> Map:
        """The Map that a map run is of."""
        loaded = store.load(tx, row.execution)
        assert loaded is not None  # noqa: S101 - an execution is kept as long as it runs
        state = self._machines.of(tx, loaded.definition).state(plan.scope, plan.state)
        assert isinstance(state, Map)  # noqa: S101 - that is what made the plan
        return state

    def _have_read(self, tx: Transaction, row: MapRow) -> MapRow:
        """Have more items read: those that are here at once, others as work."""
        plan = rows.plan_of(tx, row.id)
        if plan.reading is not None:
            self._add(tx, READ, row.id, row.pieces, outside=True)
            return rows.mark(tx, row, is_reading=1)
        found = entries(plan.items)[row.items : row.items + AHEAD_MAX]
        _, held = rows.reading_of(tx, row.id)
        facts: Facts = RunFacts(tx.now_ms, tx.facts.ids.source)
        maker = ChildMaker(self.state_of(tx, row, plan), plan, facts, held)
        is_read = row.items + len(found) >= len(plan.items)
        try:
            made = rows.input_texts(maker.make(found, is_last=is_read))
        except StateError as fault:
            return self.fail(tx, row, fault)
        rows.save_reading(tx, row.id, None, maker.held)
        row = rows.add_children(tx, row, made, items=len(found), is_read=is_read)
        if not row.is_filling:
            self._add(tx, FILL, row.id)
            row = rows.mark(tx, row, is_filling=1)
        return row

    def _start_children(self, tx: Transaction, row: MapRow, many: int) -> MapRow:
        for child, given in rows.next_pending(tx, row, many):
            rows.begin_child(tx, self._numbers.children, row, child, given)
        return rows.mark(tx, row, started=row.started + many)

    def _has_failed(self, tx: Transaction, row: MapRow) -> bool:
        """Stop the map run when more failed than may; whether it was."""
        fault = map_results.excess(row)
        if fault is None:
            return False
        self.fail(tx, row, fault)
        return True

    def _stop(
        self, tx: Transaction, row: MapRow, status: int, error: str | None, cause: str | None
    ) -> MapRow:
        row = rows.mark(tx, row, phase=STOPPING, status=status, error=error, cause=cause)
        if row.running:
            self._add(tx, STOP, row.id)
        else:
            self._stopped(tx, row)
        return row

    def _stop_children(self, tx: Transaction, row: MapRow) -> None:
        if row.phase != STOPPING:
            return
        found = rows.running_children(tx, row, STOPS_AT_ONCE_MAX)
        for execution in found.values():
            job = Job(store.STOP, execution, cause=f"the map run {row.uuid} was stopped")
            work.add(tx, self._numbers.children, job_text(job))
        if len(found) == STOPS_AT_ONCE_MAX:
            rows.mark(tx, row, stopped=max(found) + 1)
            self._add(tx, STOP, row.id)

    def _stopped(self, tx: Transaction, row: MapRow) -> None:
        """Come to the end of a map run that was stopped, or failed."""
        if row.status == ABORTED:
            rows.mark(tx, row, phase=OVER, ended_ms=tx.now_ms)
        elif map_results.is_written(tx, row):
            self._write(tx, row)
        else:
            self._over(tx, row, FAILED, error=row.error, cause=row.cause)

    def _finish(self, tx: Transaction, row: MapRow) -> None:
        """Come to the end of a map run all of whose children have ended."""
        if map_results.is_written(tx, row):
            self._write(tx, row)
            return
        try:
            output = map_results.collected(tx, self.model, row)
        except StateError as fault:
            self._over(tx, row, FAILED, error=fault.error, cause=fault.cause)
        else:
            self._over(tx, row, SUCCEEDED, output)

    def _over(
        self,
        tx: Transaction,
        row: MapRow,
        status: int,
        output: Json = None,
        *,
        error: str | None = None,
        cause: str | None = None,
    ) -> None:
        """Keep the end of a map run, and let the branch go on that waits for it."""
        ended = {"status": status, "ended_ms": tx.now_ms, "error": error, "cause": cause}
        rows.mark(tx, row, phase=OVER, **ended)
        place = executions.within(row.branch)
        kind = store.SUCCEEDED if status == SUCCEEDED else store.FAILED
        job = Job(kind, place.execution, place.number, row.attempt, output, error, cause)
        work.add(tx, row.workflow, job_text(job))

    def _write(self, tx: Transaction, row: MapRow) -> None:
        rows.mark(tx, row, phase=WRITING)
        self._add(tx, WRITE, row.id, outside=True)

    def _add(
        self, tx: Transaction, kind: str, run: int, piece: int = 0, *, outside: bool = False
    ) -> None:
        queue = self._numbers.data if outside else self._numbers.runs
        work.add(tx, queue, msgspec.json.encode(MapJob(kind, run, piece)).decode())
