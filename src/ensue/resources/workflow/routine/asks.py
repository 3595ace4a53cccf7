"""What a strand can wait for: a task, a time, or strands of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from ensue.languages.states.commands import RETRY, WAIT, Sleep
from ensue.languages.states.events import Event
from ensue.languages.states.signals import (
    Failed,
    Signal,
    Started,
    Submitted,
    Succeeded,
    TimedOut,
    Woken,
)
from ensue.resources.workflow.routine.commands import Raised, RoutineCommand
from ensue.resources.workflow.routine.retry import Retry, choose, error_names
from ensue.resources.workflow.routine.strand import Asked, Stage, Strand, enter
from ensue.words.errors import StepFailed, StepTimedOut
from ensue.words.values import Json

RETRY_AT = "retryAtMs"  # of a TaskFailed: when it is tried again
RETRIER = "retrier"  # of a TaskFailed: which of the step's retries that is by
UNNAMED: Final = "States.TaskFailed"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in an execution a task is asked for.

    Attributes:
        branch: the strand's number.
        attempt: what the answer must name.
        state: the step's name.
        retries: how often the step has been tried before.
        key: an idempotency key, the same at every try.
    """

    branch: int
    attempt: int
    state: str
    retries: int
    key: str


@dataclass
class Task(Asked):
    """A step, an event, a token, a child: all that somebody else answers.

    Attributes:
        name: the step's.
        resource: what is called: its type and its name, as history tells them.
        command: what the runner is to do, made for a place.
        input: what history tells of its arguments; asked for only when it is new.
        retries: when it is tried again.
        read: what an answer is for the code.
        is_inside: whether it is done by whoever runs the execution, in the same transaction.
        may_last: whether the execution is not kept in memory for it.
        told: more that history tells of it.
        wanted: what the runner was last asked to do for it.
    """

    name: str
    resource: tuple[str, str]
    command: Callable[[Place], RoutineCommand]
    input: Callable[[], Json]
    retries: tuple[Retry, ...] = ()
    read: Callable[[Json], Any] = lambda found: found
    is_inside: bool = False
    may_last: bool = False
    told: dict[str, Json] = field(default_factory=dict)
    wanted: RoutineCommand | None = None
    _used: list[int] = field(default_factory=list)
    _tries: int = 0
    _is_started: bool = False
    _backs_off: bool = False

    @property
    def is_long(self) -> bool:
        """Whether the execution is not kept in memory for it."""
        return self.may_last or self._backs_off

    def begin(self, stage: Stage, strand: Strand) -> None:
        """Enter the step."""
        details: dict[str, Any] = {"name": self.name}
        if not stage.is_replaying:
            details["input"] = self.input()
        enter(stage, strand, "TaskStateEntered", details)
        self._used = [0] * len(self.retries)
        self._schedule(stage, strand)

    def again(self, stage: Stage, strand: Strand) -> None:
        """Ask once more, with all its retries."""
        self._used = [0] * len(self.retries)
        self._schedule(stage, strand)

    def recorded(self, event: Event) -> Signal | None:
        """The signal that a recorded event comes from."""
        details = event.details
        if event.type == "TaskSucceeded":
            return Succeeded(details.get("output"))
        if event.type == "TaskFailed":
            return Failed(details.get("error"), details.get("cause"))
        if event.type == "TaskTimedOut":
            return TimedOut(details["error"], details.get("cause"))
        if event.type == "TaskSubmitted":
            return Submitted(details.get("output"))
        if event.type == "TaskStarted":
            return Started()
        return Woken() if event.type == "TaskScheduled" else None

    def on(self, stage: Stage, strand: Strand, signal: Signal) -> bool:
        """Take a signal."""
        if isinstance(signal, Woken):
            self._wake(stage, strand)
            return True
        if self._backs_off:
            return False
        self._start(stage, strand)
        if isinstance(signal, Submitted):
            self.may_last = True
            self._emit(stage, strand, "TaskSubmitted", {"output": signal.output})
        elif isinstance(signal, Succeeded):
            self._succeed(stage, strand, signal.output)
        elif isinstance(signal, Failed | TimedOut):
            self._fail(stage, strand, signal)
        return True

    def _wake(self, stage: Stage, strand: Strand) -> None:
        if self._backs_off:
            self._schedule(stage, strand)
        elif self.wanted is not None:
            stage.want_again(strand, self.wanted)

    def _schedule(self, stage: Stage, strand: Strand) -> None:
        strand.attempt += 1
        self._is_started = self._backs_off = False
        self._emit(stage, strand, "TaskScheduled", self.told)
        key = stage.key(strand.entered)
        place = Place(strand.number, strand.attempt, self.name, self._tries, key)
        self._tries += 1
        self.wanted = self.command(place)
        stage.want(strand, self.wanted, is_inside=self.is_inside)

    def _start(self, stage: Stage, strand: Strand) -> None:
        if not self._is_started:
            self._is_started = True
            self._emit(stage, strand, "TaskStarted", {})

    def _succeed(self, stage: Stage, strand: Strand, output: Json) -> None:
        try:
            value, fault = self.read(output), None
        except Exception as found:  # noqa: BLE001 - what the code gets instead
            value, fault = None, found
        self._emit(stage, strand, "TaskSucceeded", {"output": output})
        stage.emit(strand, "TaskStateExited", {"name": self.name, "output": output})
        stage.resume(strand, value, fault)

    def _fail(self, stage: Stage, strand: Strand, signal: Failed | TimedOut) -> None:
        is_late = isinstance(signal, TimedOut)
        error = signal.error or UNNAMED
        details: dict[str, Any] = {"error": error, "cause": signal.cause}
        if not stage.is_replaying:
            details |= self._retried(stage, signal, error)
        event = self._emit(stage, strand, "TaskTimedOut" if is_late else "TaskFailed", details)
        until_ms = event.details.get(RETRY_AT)
        if until_ms is None:
            kind = StepTimedOut if is_late else StepFailed
            fault = kind(error, signal.cause, step=self.name, event_id=event.id)
            stage.resume(strand, None, fault)
            return
        if (retrier := event.details.get(RETRIER, 0)) < len(self._used):
            self._used[retrier] += 1
        strand.attempt += 1
        self._backs_off = True
        stage.want(strand, Sleep(strand.number, strand.attempt, until_ms, RETRY))

    def _retried(self, stage: Stage, signal: Failed | TimedOut, error: str) -> dict[str, Json]:
        """What is recorded of another try; nothing where there is none."""
        fault = signal.fault if isinstance(signal, Raised) else None
        chosen = choose(self.retries, self._used, error_names(fault, error))
        if chosen is None:
            return {}
        delay_ms = self.retries[chosen].delay_ms(self._used[chosen], stage.chance())
        asked_ms = getattr(fault, "retry_after_ms", None) or 0  # what could not be reached may say
        delay_ms = max(delay_ms, asked_ms)
        return {RETRY_AT: stage.now_ms + delay_ms, RETRIER: chosen}

    def _emit(self, stage: Stage, strand: Strand, kind: str, details: dict[str, Any]) -> Event:
        service, resource = self.resource
        return stage.emit(strand, kind, {"resourceType": service, "resource": resource, **details})


@dataclass
class Timer(Asked):
    """A time to wait for.

    Attributes:
        name: the step's.
        until_ms: when.
    """

    name: str
    until_ms: int
    is_long = True

    def begin(self, stage: Stage, strand: Strand) -> None:
        """Enter the wait."""
        self.again(stage, strand)

    def again(self, stage: Stage, strand: Strand) -> None:
        """Ask, or once more."""
        details = {"name": self.name, "input": {"until_ms": self.until_ms}}
        enter(stage, strand, "WaitStateEntered", details)
        strand.attempt += 1
        stage.want(strand, Sleep(strand.number, strand.attempt, self.until_ms, WAIT))

    def recorded(self, event: Event) -> Signal | None:
        """The signal that a recorded event comes from."""
        return Woken() if event.type == "WaitStateExited" else None

    def on(self, stage: Stage, strand: Strand, signal: Signal) -> bool:
        """Take a signal."""
        if not isinstance(signal, Woken):
            return False
        stage.emit(strand, "WaitStateExited", {"name": self.name})
        stage.resume(strand, None)
        return True
