"""A runner in memory: what a routine asks for is done at once, and any commit can be its last."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ensue.engine.ids import Random, seeded_random
from ensue.languages.states.branches import WAITING, MemoryBranches
from ensue.languages.states.commands import Cancel, Sleep
from ensue.languages.states.events import Event
from ensue.languages.states.execution import ExecutionFacts, Outcome, Progress
from ensue.languages.states.signals import Failed, Signal, Submitted, Succeeded, TimedOut, Woken
from ensue.resources.workflow.routine.commands import AwaitEvent, CallFunction, Raised
from ensue.resources.workflow.routine.context import WorkflowContext
from ensue.resources.workflow.routine.record import (
    CUT_AT,
    REDRIVEN,
    Record,
    effective,
    redrive_point,
)
from ensue.resources.workflow.routine.run import RoutineRun
from ensue.resources.workflow.routine.typed import kept

ID = "00000000-0000-4000-8000-000000000001"


@dataclass
class World:
    """One execution and what is durable of it.

    Attributes:
        routine: the function.
        events: its history.
        effects: what its def steps did.
        out: the commands that are being done outside, by strand.
        calls: the names of the async steps that were called.
        keys: the idempotency keys that they had.
        most: after how many def steps a transaction ends; None for no bound.
    """

    routine: Callable[..., Any]
    now_ms: int = 1_000_000
    events: list[Event] = field(default_factory=list)
    effects: list[Any] = field(default_factory=list)
    out: dict[int, Any] = field(default_factory=dict)
    calls: list[Any] = field(default_factory=list)
    branches: MemoryBranches = field(default_factory=MemoryBranches)
    tokens: set[int] = field(default_factory=set)
    keys: list[str] = field(default_factory=list)
    outcome: Outcome | None = None
    run: RoutineRun | None = None
    most: int | None = None
    source: Random = field(default_factory=lambda: seeded_random(1))

    def random(self) -> float:
        return self.source.random()

    def make(self, run: RoutineRun, given: Any) -> Any:
        return self.routine(WorkflowContext(run), given)

    def start(self, given: Any = None) -> World:
        facts = ExecutionFacts(ID, "one", self.now_ms)
        self.run = RoutineRun(self.make, self, facts, self.branches)
        self.run.begin(given)
        return self.go()

    def crash(self) -> World:
        """Lose what is in memory."""
        if self.run is not None:
            self.run.close()
        self.run = None
        return self

    def alive(self) -> RoutineRun:
        if self.run is None:
            text = msgspec.json.encode(self.events)
            events = msgspec.json.decode(text, type=list[Event])
            self.run = RoutineRun(
                self.make,
                self,
                ExecutionFacts(ID, "one", self.now_ms),
                self.branches,
                record=Record(effective(events)),
                progress=Progress(next_event=len(self.events) + 1),
            )
            self.run.replay()
        return self.run

    def go(self) -> World:
        """Go on until nothing is to be done but outside."""
        while self._commit():
            self.crash()
        return self

    def _commit(self) -> bool:
        """Go on as far as a transaction goes; returns whether it came to its bound."""
        run, done = self.alive(), 0
        while done != self.most and (command := run.take()) is not None:
            if isinstance(command, CallFunction) and not command.is_action:
                done += 1
                run.signal(command.branch, command.attempt, self._call(command))
                if command.with_token:
                    self.tokens.add(command.branch)
            else:
                self._issue(command)
        while done == self.most and (command := run.take(outside_only=True)) is not None:
            self._issue(command)
        is_full = run.ready
        self.events += run.drain_events()
        self.outcome = run.outcome
        waiting = {branch.id for branch in self.branches.all() if branch.phase == WAITING}
        assert is_full or waiting == set(self.out) | self.tokens
        return is_full

    def _issue(self, command: Any) -> None:
        if isinstance(command, Cancel):
            self.out.pop(command.branch, None)
            return
        before = self.out.get(command.branch)
        assert before is None or before.attempt != command.attempt, "it is being done already"
        self.out[command.branch] = command

    def tell(self, branch: int, signal: Signal) -> bool:
        command = self.out[branch]
        self.tokens.discard(branch)
        taken = self.alive().signal(branch, command.attempt, signal)
        if taken and not isinstance(signal, Submitted):
            del self.out[branch]
        self.go()
        return taken

    def step(self) -> bool:
        """Let the first thing outside be done; returns whether there was one."""
        if not self.out:
            return False
        branch = min(self.out, key=lambda each: self._due_ms(self.out[each]))
        command = self.out[branch]
        if isinstance(command, Sleep):
            self.now_ms = max(self.now_ms, command.until_ms)
            self.tell(branch, Woken())
        elif isinstance(command, AwaitEvent):
            self.now_ms += command.timeout_ms or 0
            self.tell(branch, TimedOut())
        else:
            self.tell(branch, self._call(command))
        return True

    def finish(self) -> World:
        while self.outcome is None and self.step():
            pass
        return self

    def redrive(self) -> World:
        self.crash()
        self.out.clear()
        event = Event(
            REDRIVEN, len(self.events) + 1, 0, self.now_ms, {CUT_AT: redrive_point(self.events)}
        )
        self.events.append(event)
        self.outcome = None
        return self.go()

    def types(self) -> list[str]:
        return [event.type for event in self.events]

    def _due_ms(self, command: Any) -> int:
        return command.until_ms if isinstance(command, Sleep) else 0

    def _call(self, command: CallFunction) -> Signal:
        given = ("token",) if command.with_token else ()
        given += command.arguments
        try:
            if command.is_action:
                self.calls.append(command.state)
                self.keys.append(command.key)
                made = command.function(*given)
                try:
                    made.send(None)
                except StopIteration as end:
                    found = end.value
                else:
                    raise AssertionError("steps of these tests wait for nothing")
            else:
                found = command.function(*given, self.effects)
                assert not inspect.isawaitable(found)
            answer = kept(found)
        except Exception as fault:  # noqa: BLE001 - the routine is told of it
            return Raised(type(fault).__name__, str(fault), fault)
        return Submitted(None) if command.with_token else Succeeded(answer)


__all__ = ["Failed", "World"]
