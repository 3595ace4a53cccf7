"""Running a routine: it says what to do next, and is told what came of it. It does nothing itself.

    begin, or replay ──▶ take ──▶ command ──▶ signal ──▶ take ──▶ ... ──▶ outcome

The function goes on until each of its strands waits. Then one signal is taken, the strand that it
is for goes on, and so forth; so the order of signals is the order of everything. It is recorded in
the history: a replay gives the same signals in the same order, and what the function asks for
meanwhile must be what is recorded. So it comes to where it was, with nothing done twice.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Coroutine
from pathlib import PurePath
from typing import Any

from ensue.engine.executions import NUMBERS_WITHIN_MAX
from ensue.engine.notices import near
from ensue.languages.states.branches import Branches, MemoryBranches
from ensue.languages.states.errors import StateError
from ensue.languages.states.events import Event
from ensue.languages.states.execution import ExecutionFacts, Outcome, Progress, Status, Warned
from ensue.languages.states.signals import Failed, Signal, Started, Submitted
from ensue.languages.states.walk import HISTORY_EVENTS_MAX
from ensue.resources.workflow.routine.commands import CallFunction, Raised, RoutineCommand
from ensue.resources.workflow.routine.record import (
    AGAIN,
    FAILED,
    FAILED_EVENT,
    STARTED,
    SUCCEEDED,
    Record,
    name_of,
    said,
)
from ensue.resources.workflow.routine.strand import TOP, Asked
from ensue.resources.workflow.routine.strands import Facts, Strands
from ensue.resources.workflow.routine.typed import kept
from ensue.words.errors import EnsueError, LimitExceeded, StepFailed, WorkflowChanged
from ensue.words.values import Json


class RoutineRun(Strands):
    """One execution of a routine.

    Args:
        make: makes its coroutine, given the run and the input.
        facts: the time, and randomness for the delays of retries.
        execution: which execution it is.
        branches: where what its strands wait for is kept; in memory by default.
        record: the events that count so far; none for a new one.
        progress: what an earlier run kept; None for the first.

    Attributes:
        raised: what a step's function raised, by branch and attempt, where that is known.
    """

    def __init__(
        self,
        make: Callable[[RoutineRun, Json], Coroutine[Any, Any, Any]],
        facts: Facts,
        execution: ExecutionFacts,
        branches: Branches | None = None,
        *,
        record: Record | None = None,
        progress: Progress | None = None,
    ) -> None:
        known = progress or Progress()
        super().__init__(facts, execution, branches or MemoryBranches(), record, known.next_event)
        self.raised: Callable[[int, int], BaseException | None] | None = None
        self._make = make
        self._marks: dict[str, bool] = {}
        self._warned = list(known.warned)
        self._warnings: list[Warned] = []

    # For the runner

    def begin(self, given: Json) -> None:
        """Begin a new execution."""
        self._now_ms = self._facts.now_ms
        event = self._make_event(STARTED, TOP, 0, {"input": given})
        self._start(given, event)

    def replay(self) -> None:
        """Come to where the record ends.

        Raises:
            WorkflowChanged: the function does not do what is recorded.
        """
        first = self._record.take()
        self._now_ms = first.at_ms
        self.seed = self._record.seed or self.seed
        self._start(first.details.get("input"), first)
        self._run_ready()
        while (event := self._record.next) is not None:
            if self.outcome is not None:
                got = said(SUCCEEDED, None)
                raise WorkflowChanged(event.id, said(event.type, name_of(event)), got)
            if event.type in AGAIN:
                self._pass_redrives()
            else:
                self._replay_signal(event)
            self._run_ready()

    def signal(self, branch: int, attempt: int, signal: Signal) -> bool:
        """Take a signal for what a strand waits for; returns False when it waits no more."""
        strand = self._strands.get(branch)
        if strand is None or strand.waiting is None or strand.attempt != attempt:
            return False
        if self.outcome is not None:
            return False
        self._now_ms = self._facts.now_ms
        if self.raised is not None and not isinstance(signal, Started | Submitted):
            signal = with_fault(signal, self.raised(branch, attempt))
        return strand.waiting.on(self, strand, signal)

    def attach(self, facts: Facts, branches: Branches) -> None:
        """Go on in another transaction."""
        self._facts, self._branches = facts, branches
        self.transitions = 0

    @property
    def is_begun(self) -> bool:
        """Whether it has been begun, or replayed."""
        return bool(self._next_strand)

    @property
    def progress(self) -> Progress:
        """What to keep until the next run."""
        return Progress(next_event=self.next_event, warned=self._warned)

    @property
    def ready(self) -> bool:
        """Whether there is more to do now, inside."""
        return self.outcome is None and any(map(_is_inside, self._commands.values()))

    def take(self, *, outside_only: bool = False) -> RoutineCommand | None:
        """What to do next; None while there is nothing to do until a signal comes.

        Args:
            outside_only: leave what is done inside for another transaction.

        Raises:
            WorkflowChanged: the function does not do what is recorded.
        """
        self._run_ready()
        self._check_length()
        if self._cancels:
            return self._cancels.popleft()
        if self.outcome is not None:
            return None
        for branch, command in self._commands.items():
            if not (outside_only and _is_inside(command)):
                del self._commands[branch]
                return command
        return None

    def drain_events(self) -> list[Event]:
        """What has happened since this was last asked."""
        found, self._events = self._events, []
        return found

    def waits(self, branch: int) -> Asked | None:
        """What a strand waits for."""
        strand = self._strands.get(branch)
        return None if strand is None else strand.waiting

    def drain_warnings(self) -> list[Warned]:
        """What it has come near since this was last asked."""
        found, self._warnings = self._warnings, []
        return found

    def stop(self, status: Status, error: str | None = None, cause: str | None = None) -> None:
        """End it from outside."""
        self.end(self._top)
        details = {"error": error, "cause": cause}
        kind = "ExecutionAborted" if status == "ABORTED" else "ExecutionTimedOut"
        self.emit(self._top, kind, {key: each for key, each in details.items() if each is not None})
        self.outcome = Outcome(status, None, error, cause)

    def close(self) -> None:
        """Let go of it; its record can be replayed."""
        for strand in sorted(self._strands.values(), key=lambda each: -each.number):
            self._close(strand)
        self._strands.clear()

    # For the context

    def marked(self, name: str) -> bool:
        """Whether the code is to go on as the mark says: where it is new, it is."""
        if name not in self._marks:
            self._marks[name] = self._mark(name)
        return self._marks[name]

    def _mark(self, name: str) -> bool:
        strand = self.current()
        self._pass_redrives()
        event = self._record.next
        if event is not None and not (
            event.type == "PassStateEntered"
            and event.branch == strand.number
            and event.details.get("name") == name
        ):
            return False
        self.emit(strand, "PassStateEntered", {"name": name})
        self.emit(strand, "PassStateExited", {"name": name})
        return True

    # Within

    def _start(self, given: Json, event: Event) -> None:
        self._top = self._add(self._make(self, given), None, event.id, self._ended)

    def _ended(self, value: Any, fault: BaseException | None) -> None:  # noqa: ANN401 - any output
        """The function has ended."""
        if fault is None:
            try:
                output = kept(value)
            except EnsueError as unfit:
                fault = unfit
            else:
                self.emit(self._top, SUCCEEDED, {"output": output})
                self.outcome = Outcome("SUCCEEDED", output)
                return
        error, cause = told(fault)
        details: dict[str, Any] = {"error": error, "cause": cause}
        if isinstance(fault, StepFailed) and fault.event_id is not None:
            details[FAILED_EVENT] = fault.event_id
        try:
            self.emit(self._top, FAILED, details)
        except WorkflowChanged as misfit:
            raise WorkflowChanged(misfit.place, misfit.expected, f"{error}: {cause}") from fault
        self.outcome = Outcome("FAILED", None, error, cause)

    def _check_length(self) -> None:
        """Warn of a history that is long, and end an execution whose history is full."""
        is_many = self._next_strand > NUMBERS_WITHIN_MAX
        if self.outcome is not None or not (is_many or self.next_event > near(HISTORY_EVENTS_MAX)):
            return
        if "history" not in self._warned and not is_many:
            self._warned.append("history")
            said_so = (
                f"the history has {self.next_event - 1} of at most {HISTORY_EVENTS_MAX} events"
            )
            self._warnings.append(Warned("history", f"{said_so}; let a workflow of its own go on"))
        if self._is_too_long():
            self.end(self._top)
            most = (
                f"{NUMBERS_WITHIN_MAX} branches in an execution"
                if is_many
                else f"{HISTORY_EVENTS_MAX} events in a history"
            )
            fault = LimitExceeded(
                f"expected at most {most}",
                hint="Let ctx.call start workflows for its parts.",
            )
            self._ended(None, fault)

    def _replay_signal(self, event: Event) -> None:
        strand = self._strands.get(event.branch)
        waiting = None if strand is None else strand.waiting
        signal = None if waiting is None else waiting.recorded(event)
        if strand is None or waiting is None or signal is None:
            got = "nothing" if waiting is None else f"a wait for {type(waiting).__name__.lower()}"
            raise WorkflowChanged(event.id, said(event.type, name_of(event)), got)
        self._now_ms = event.at_ms
        if not waiting.on(self, strand, signal):
            raise WorkflowChanged(event.id, said(event.type, name_of(event)), "no such wait")


def with_fault(signal: Signal, fault: BaseException | None) -> Signal:
    """A failure with what was raised, by which retries choose too."""
    if fault is None or not isinstance(signal, Failed):
        return signal
    if isinstance(fault, StateError):
        return Raised(fault.error, fault.cause, fault)
    return Raised(signal.error, str(fault), fault)


def _is_inside(command: RoutineCommand) -> bool:
    return isinstance(command, CallFunction) and not command.is_action


def told(fault: BaseException) -> tuple[str, str | None]:
    """An error's name and cause, as an execution that failed by it tells them."""
    if isinstance(fault, StepFailed):
        return fault.error, fault.cause
    found = traceback.extract_tb(fault.__traceback__)
    where = ""
    if found:
        last = found[-1]
        where = f", in {last.name} at {PurePath(last.filename).name}:{last.lineno}"
    return type(fault).__name__, f"{fault}{where}"
