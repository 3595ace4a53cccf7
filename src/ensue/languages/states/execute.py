"""An execution in memory, in virtual time: for the command line, tests and trying things out.

Nothing sleeps: when nothing is left to do, the time is what the next sleeper waits for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Final, TypeAlias

from ensue.languages.states.branches import MemoryBranches
from ensue.languages.states.commands import Command, Perform, Sleep, StartMapRun
from ensue.languages.states.environment import Facts
from ensue.languages.states.errors import HEARTBEAT_TIMEOUT, RUNTIME
from ensue.languages.states.events import Event
from ensue.languages.states.execute_maps import MapRunInMemory
from ensue.languages.states.execution import (
    ABORTED,
    TIMED_OUT,
    ExecutionFacts,
    Outcome,
    Status,
    Warned,
)
from ensue.languages.states.map_runs.children import child_definition
from ensue.languages.states.parse import compile_machine
from ensue.languages.states.program import Machine, Map
from ensue.languages.states.run import Run
from ensue.languages.states.signals import Signal, TimedOut, Woken
from ensue.languages.states.walk import Limits
from ensue.words.values import Json

TRANSITIONS_MAX = 1_000_000
_NEVER: Final = 2**63

Answer: TypeAlias = Signal | Sequence[Signal] | None
Doer: TypeAlias = Callable[[Perform], Answer]


@dataclass(slots=True)
class VirtualFacts:
    """Time that stands still until it is moved, and chance that follows from a seed.

    Attributes:
        now_ms: the time.
        seed: what the next UUID and number follow from.
    """

    now_ms: int = 0
    seed: int = 1

    def new_uuid(self) -> str:
        """Another UUID, version 4."""
        high, low = self._next(), self._next()
        text = f"{high:016x}{low:016x}"
        variant = "89ab"[int(text[16], 16) % 4]
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"

    def random(self) -> float:
        """Another number of at least 0 and less than 1."""
        return (self._next() >> 11) / 2**53

    def _next(self) -> int:
        """SplitMix64: the seed is the whole state."""
        self.seed = (self.seed + 0x9E3779B97F4A7C15) % 2**64
        mixed = self.seed
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB % 2**64
        return mixed ^ (mixed >> 31)


@dataclass(frozen=True, slots=True)
class Execution:
    """An execution that has ended.

    Attributes:
        status: SUCCEEDED, FAILED, TIMED_OUT or ABORTED.
        output: what it gives, when it succeeded.
        error: the name of its error, else.
        cause: the error's cause.
        events: its history.
        warnings: the limits that it came near.
        ended_ms: when it ended.
    """

    status: Status
    output: Json
    error: str | None
    cause: str | None
    events: list[Event] = field(repr=False)
    warnings: list[Warned] = field(repr=False)
    ended_ms: int = 0


def execute(
    machine: Machine,
    given: Json = None,
    perform: Doer | None = None,
    *,
    facts: VirtualFacts | None = None,
    execution: ExecutionFacts | None = None,
    limits: Limits | None = None,
    branches: MemoryBranches | None = None,
) -> Execution:
    """Run a machine to its end.

    Args:
        machine: the program.
        given: its input.
        perform: does the tasks: gives one signal, or several (Submitted, then Succeeded); None
            where nobody answers: the task then times out, where it has a time-out. None for a
            machine without tasks.
        facts: time and chance to begin with.
        execution: what the context object tells; made up when None.
        limits: what may not be exceeded.
        branches: where the branches are kept, for a doer that asks where it is; a new one when
            None.

    Returns:
        How it ended. An execution in which everyone waits for ever, or that goes through a million
        states, is ABORTED.
    """
    given_facts = facts or VirtualFacts()
    kept = MemoryBranches() if branches is None else branches
    return _Driver(machine, given_facts, execution, perform, limits, branches=kept).run(given)


class _Driver:
    """Does what a run says, in the order in which it comes due."""

    def __init__(
        self,
        machine: Machine,
        facts: VirtualFacts,
        execution: ExecutionFacts | None,
        perform: Doer | None,
        limits: Limits | None,
        *,
        branches: MemoryBranches,
    ) -> None:
        self._machine = machine
        self._facts = facts
        self._perform = perform
        self._limits = limits
        told = execution or made_up(facts)
        self._ends_ms = (
            _NEVER if machine.timeout_s is None else told.started_ms + machine.timeout_s * 1000
        )
        self._run = Run(machine, branches, facts, told, limits=limits)
        # When, in which order it was asked for, whom to tell what.
        self._due: list[tuple[int, int, int, int, Signal]] = []
        self._asked = 0

    def run(self, given: Json) -> Execution:
        run = self._run
        run.begin(given)
        while run.outcome is None:
            command = run.take(TRANSITIONS_MAX)
            if command is not None:
                self._do(command)
            elif run.ready:
                return self._told(self._given_up(f"it went through {TRANSITIONS_MAX} states"))
            elif not self._let_time_pass():
                return self._told(self._given_up("nobody does what it waits for"))
        return self._told(run.outcome)

    def _do(self, command: Command) -> None:
        if isinstance(command, Sleep):
            self._later(command.until_ms, command.branch, command.attempt, Woken())
        elif isinstance(command, Perform):
            self._answer(command)
        elif isinstance(command, StartMapRun):
            self._do_map_run(command)

    def _do_map_run(self, command: StartMapRun) -> None:
        plan, facts = command.plan, self._facts
        state = self._machine.state(plan.scope, plan.state)
        assert isinstance(state, Map)  # noqa: S101 - no other state asks for a map run
        machine = compile_machine(child_definition(self._machine.definition, plan))

        def run_child(name: str, given: Json, began_ms: int) -> Execution:
            own = VirtualFacts(began_ms, int(facts.random() * 2**53))
            return execute(
                machine,
                given,
                self._perform,
                facts=own,
                execution=made_up(own, name),
                limits=self._limits,
            )

        run = MapRunInMemory(state, command, facts, self._perform, run_child)
        signal, ended_ms = run.run()
        if ended_ms <= facts.now_ms:
            self._run.signal(command.branch, command.attempt, signal)
        else:
            self._later(ended_ms, command.branch, command.attempt, signal)

    def _answer(self, task: Perform) -> None:
        answer = None if self._perform is None else self._perform(task)
        signals = answer if isinstance(answer, Sequence) else () if answer is None else (answer,)
        for signal in signals:
            self._run.signal(task.branch, task.attempt, signal)
        if task.timeout_ms is not None:
            at_ms = self._facts.now_ms + task.timeout_ms
            self._later(at_ms, task.branch, task.attempt, TimedOut())
        if task.heartbeat_ms is not None:
            at_ms = self._facts.now_ms + task.heartbeat_ms
            self._later(at_ms, task.branch, task.attempt, TimedOut(HEARTBEAT_TIMEOUT))

    def _later(self, at_ms: int, branch: int, attempt: int, signal: Signal) -> None:
        self._asked += 1
        heappush(self._due, (at_ms, self._asked, branch, attempt, signal))

    def _let_time_pass(self) -> bool:
        """Move the time to the next thing that is due; False when there is none."""
        if not self._due and self._ends_ms == _NEVER:
            return False
        if not self._due or self._due[0][0] >= self._ends_ms:
            self._facts.now_ms = max(self._facts.now_ms, self._ends_ms)
            self._run.stop(TIMED_OUT)
            return True
        at_ms, _, branch, attempt, signal = heappop(self._due)
        before_ms, self._facts.now_ms = self._facts.now_ms, max(self._facts.now_ms, at_ms)
        if not self._run.signal(branch, attempt, signal):
            self._facts.now_ms = before_ms
        return True

    def _given_up(self, why: str) -> Outcome:
        self._run.stop(ABORTED, RUNTIME, f"The execution does not end: {why}.")
        return self._run.outcome or Outcome(ABORTED)

    def _told(self, outcome: Outcome) -> Execution:
        return Execution(
            outcome.status,
            outcome.output,
            outcome.error,
            outcome.cause,
            self._run.drain_events(),
            self._run.drain_warnings(),
            self._facts.now_ms,
        )


def made_up(facts: Facts, name: str = "execution") -> ExecutionFacts:
    """What the context object tells of an execution that nobody started."""
    arn = "arn:aws:states:us-east-1:000000000000"
    return ExecutionFacts(
        id=f"{arn}:execution:machine:{name}",
        name=name,
        started_ms=facts.now_ms,
        role="arn:aws:iam::000000000000:role/ensue",
        machine_id=f"{arn}:stateMachine:machine",
        machine_name="machine",
    )
