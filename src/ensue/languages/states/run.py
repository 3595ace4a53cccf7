"""The stepper: what to do next, given what has happened. It does nothing itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, cast

from ensue.languages.states import (
    choices,
    distributed,
    failures,
    maps,
    parallels,
    passing,
    resuming,
    tasks,
    waits,
)
from ensue.languages.states.branches import (
    ENDED,
    FAILED,
    HOLDING,
    READY,
    TOP,
    WAITING,
    Branch,
    Branches,
)
from ensue.languages.states.commands import Command, Perform, Sleep, StartMapRun
from ensue.languages.states.environment import Facts
from ensue.languages.states.errors import TIMEOUT, StateError
from ensue.languages.states.events import Event
from ensue.languages.states.execution import FAILED as STATUS_FAILED
from ensue.languages.states.execution import (
    SUCCEEDED,
    TIMED_OUT,
    ExecutionFacts,
    Outcome,
    Progress,
    Status,
    Warned,
)
from ensue.languages.states.program import Machine, Map, Parallel, State, Task, Wait
from ensue.languages.states.signals import (
    Failed,
    Signal,
    Started,
    Submitted,
    Succeeded,
    TimedOut,
    Woken,
)
from ensue.languages.states.walk import Limits, Walk
from ensue.words.values import Json

_Do = Callable[[Walk, Branch, Any], "Perform | StartMapRun | None"]
_OVER: Final = frozenset({ENDED, FAILED})
_DO: Final[dict[str, _Do]] = {
    "Pass": passing.do_pass,
    "Succeed": passing.succeed,
    "Fail": passing.fail,
    "Choice": choices.choose,
    "Wait": waits.wait,
    "Task": tasks.schedule,
    "Parallel": parallels.fork,
    "Map": distributed.open_map,
}


class Run:
    """An execution as far as it goes between two moments at which it is kept.

    Args:
        machine: the program.
        branches: where the execution stands; empty before ``begin``.
        facts: time and chance.
        execution: what the context object tells.
        progress: what an earlier run kept beside the branches; None for the first.
        limits: what may not be exceeded.

    Attributes:
        outcome: how the execution ended; None while it runs.
        transitions: through how many states this run has gone.
    """

    def __init__(
        self,
        machine: Machine,
        branches: Branches,
        facts: Facts,
        execution: ExecutionFacts,
        progress: Progress | None = None,
        *,
        limits: Limits | None = None,
    ) -> None:
        self._walk = Walk(
            machine,
            branches,
            facts,
            execution,
            progress=progress or Progress(),
            limits=limits or Limits(),
        )
        self.outcome: Outcome | None = None
        self.transitions = 0

    @property
    def ready(self) -> bool:
        """Whether there is more to do now."""
        return bool(self.outcome is None and self._walk.ready) or bool(self._walk.cancels)

    @property
    def progress(self) -> Progress:
        """What to keep beside the branches until the next run."""
        walk = self._walk
        return Progress(
            next_event=walk.next_event,
            next_branch=walk.next_branch,
            ready=list(walk.ready),
            cancelled=list(walk.cancels),
            warned=sorted(walk.warned),
        )

    def begin(self, given: Json) -> None:
        """Start the execution.

        Args:
            given: its input.
        """
        walk = self._walk
        walk.execution.input = given
        top = Branch(id=TOP, state=walk.machine.scope.start, input=given)
        walk.note(top, "ExecutionStarted", {"input": given, "roleArn": walk.execution.role}, 0)
        walk.branches.add(top)
        walk.ready.append(TOP)

    def redrive(self, events: Sequence[Event]) -> None:
        """Set an execution going again that has failed, timed out or was stopped.

        What has succeeded stays; every line of control that had not come to its end goes on with
        the state it was in, from its beginning.

        Args:
            events: its whole history. The progress is that of its end, and there are no branches.
        """
        for branch in resuming.redrive(self._walk, events):
            self._settle(branch)

    def fork(
        self, events: Sequence[Event], point: Event, change: resuming.Changed, origin: str
    ) -> None:
        """Go on from a state in the past of another execution; see `resuming.fork_point`.

        Args:
            events: the other's history up to that point, with it.
            point: the entry of the state. The progress says that the next event has its id.
            change: what the state gets instead of what it got.
            origin: by what the other is known.
        """
        for branch in resuming.fork(self._walk, events, point, change, origin):
            self._settle(branch)

    def take(self, limit: int | None = None) -> Command | None:
        """The next command.

        Args:
            limit: go through at most so many states; the branch whose turn it is then comes last
                the next time.

        Returns:
            None when nothing is left to do until a signal comes, or when the limit is reached:
            then ``ready`` is true.
        """
        walk = self._walk
        done = 0
        while True:
            if walk.cancels:
                return walk.cancel()
            if self.outcome is not None or not walk.ready:
                return None
            if limit is not None and done >= limit:
                walk.ready.rotate(-1)
                return None
            branch = walk.branches.get(walk.ready.popleft())
            if branch is None:
                continue
            done += 1
            command = self._step(branch)
            if command is not None:
                return command

    def signal(self, branch_id: int, attempt: int, signal: Signal) -> bool:
        """Answer a command.

        Args:
            branch_id: the branch that the command named.
            attempt: the attempt that the command named.
            signal: what happened.

        Returns:
            False when nobody waits for that any more; nothing is changed then.
        """
        walk = self._walk
        branch = walk.branches.get(branch_id) if self.outcome is None else None
        if branch is None or branch.phase != WAITING or branch.attempt != attempt:
            return False
        state = walk.machine.state(branch.scope, branch.state)
        if isinstance(signal, Woken):
            return self._wake(branch, state)
        if not isinstance(state, Task | Map) or branch.due_ms is not None:
            return False
        if isinstance(state, Map):
            return self._end_map_run(branch, state, signal)
        return self._tell_task(branch, state, signal)

    def stop(self, status: Status, error: str | None = None, cause: str | None = None) -> None:
        """End the execution from outside: ABORTED, or TIMED_OUT.

        Args:
            status: which of the two.
            error: the name of an error; None for none, and States.Timeout for TIMED_OUT.
            cause: its cause; None for none.
        """
        walk = self._walk
        top = walk.branches.get(TOP)
        if self.outcome is not None or top is None:
            return
        kind = "ExecutionTimedOut" if status == TIMED_OUT else "ExecutionAborted"
        if status == TIMED_OUT:
            error = error or TIMEOUT
        details = {"error": error, "cause": cause}
        told = {name: value for name, value in details.items() if value is not None}
        walk.note(top, kind, told, top.previous if status == TIMED_OUT else 0)
        walk.drop(top)
        walk.ready.clear()
        self.outcome = Outcome(status, error=error, cause=cause)

    def drain_events(self) -> list[Event]:
        """The events since the last call."""
        events, self._walk.events = self._walk.events, []
        return events

    def drain_warnings(self) -> list[Warned]:
        """The warnings since the last call."""
        warnings, self._walk.warnings = self._walk.warnings, []
        return warnings

    def _step(self, branch: Branch) -> Command | None:
        """What the branch whose turn it is does: a state, an iteration, or the word that it sleeps.

        A Map that has room for another iteration gets a turn for each.
        """
        walk = self._walk
        if branch.phase == WAITING:
            return Sleep(branch.id, branch.attempt, branch.due_ms or 0, branch.waits)
        state = walk.machine.scopes[branch.scope].states[branch.state]
        command: Perform | StartMapRun | None = None
        try:
            if branch.phase == HOLDING:
                maps.iterate(walk, branch, cast("Map", state))
                return None
            self.transitions += 1
            if not branch.entered:
                walk.check_history()
                walk.enter(branch, state)
            command = _DO[state.type](walk, branch, state)
        except StateError as fault:
            failures.handle(walk, branch, state, fault)
        self._settle(branch)
        return command

    def _wake(self, branch: Branch, state: State) -> bool:
        if branch.due_ms is None:
            return False
        branch.due_ms = None
        if isinstance(state, Wait):
            try:
                waits.go_on(self._walk, branch, state)
            except StateError as fault:
                failures.handle(self._walk, branch, state, fault)
        else:
            branch.phase = READY
        self._settle(branch)
        return True

    def _tell_task(self, branch: Branch, state: Task, signal: Signal) -> bool:
        if isinstance(signal, Started):
            return tasks.start(self._walk, branch, state, signal)
        if isinstance(signal, Submitted):
            return tasks.submit(self._walk, branch, state, signal)
        if not isinstance(signal, Woken):
            self._answer(branch, state, signal)
        return True

    def _answer(self, branch: Branch, state: Task, signal: Succeeded | Failed | TimedOut) -> None:
        walk = self._walk
        try:
            if isinstance(signal, Succeeded):
                tasks.succeed(walk, branch, state, signal)
            elif isinstance(signal, Failed):
                tasks.fail(walk, branch, state, signal)
            else:
                tasks.time_out(walk, branch, state, signal)
        except StateError as fault:
            failures.handle(walk, branch, state, fault)
        self._settle(branch)

    def _end_map_run(self, branch: Branch, state: Map, signal: Signal) -> bool:
        if not isinstance(signal, Succeeded | Failed):
            return False
        try:
            distributed.end(self._walk, branch, state, signal)
        except StateError as fault:
            failures.handle(self._walk, branch, state, fault)
        self._settle(branch)
        return True

    def _settle(self, branch: Branch) -> None:
        """After a branch went on, ended or failed: its next turn, or what its parent does."""
        walk = self._walk
        while branch.phase in _OVER:
            if branch.parent is None:
                self._conclude(branch)
                return
            child, parent = branch, walk.branches.get(branch.parent)
            if parent is None:
                return
            branch = parent
            state = walk.machine.scopes[parent.scope].states[parent.state]
            try:
                self._join(parent, state, child)
            except StateError as fault:
                failures.handle(walk, parent, state, fault)
        if branch.phase == READY:
            walk.ready.appendleft(branch.id)
            walk.branches.save(branch)

    def _join(self, parent: Branch, state: State, child: Branch) -> None:
        walk = self._walk
        fault = StateError(child.error, child.cause) if child.phase == FAILED else None
        if isinstance(state, Map):
            if fault is None:
                maps.ended(walk, parent, state, child)
            else:
                maps.failed(walk, parent, state, child, fault)
        elif isinstance(state, Parallel):
            if fault is None:
                parallels.ended(walk, parent, state, child)
            else:
                parallels.failed(parent, child, fault)

    def _conclude(self, top: Branch) -> None:
        walk = self._walk
        if top.phase == ENDED:
            walk.tell(top, "ExecutionSucceeded", {"output": top.output})
            self.outcome = Outcome(SUCCEEDED, output=top.output)
        else:
            error = failures.told_error(top.error)
            details = {"cause": top.cause, "error": error}
            told = {name: value for name, value in details.items() if value is not None}
            walk.tell(top, "ExecutionFailed", told)
            self.outcome = Outcome(STATUS_FAILED, error=error, cause=top.cause)
        walk.branches.remove(top)
        walk.ready.clear()
