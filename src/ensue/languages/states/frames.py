"""A history read as frames: one for each time that a state was entered.

    frame ──▶ try, try, ...      each is one asking for a task: scheduled, started, ended

A reader takes events as they come, so what was read once is not read again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from ensue.languages.states.events import Event

Outcome = Literal["succeeded", "failed", "caught", "running", "aborted", "untouched"]

CONTAINERS: Final = frozenset({"Map", "Parallel"})

_ENTERED = re.compile(r"^(\w+)StateEntered$")
_SCHEDULED = {"TaskScheduled", "LambdaFunctionScheduled", "ActivityScheduled"}
_STARTED = {"TaskStarted", "LambdaFunctionStarted", "ActivityStarted"}
_ENDS = {"ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"}
_OF_CONTAINERS = re.compile(
    r"^(Parallel|Map)(State|Iteration|Run)(Succeeded|Failed|Aborted|Started)$"
)


@dataclass(eq=False, slots=True)
class Try:
    """A task, each time that it was asked for.

    Attributes:
        id: the id of the event that asked for it.
        at_ms: when that was.
        started_ms: when somebody began with it; None for not yet.
        ended_ms: when it was over; None for not yet.
        ended: the id of the event that says so; 0 for none.
        outcome: how it went.
        error: the name of the error that it failed with; None for none.
        cause: its cause; None for none.
        worker: who was at it, where that is told.
    """

    id: int
    at_ms: int
    started_ms: int | None = None
    ended_ms: int | None = None
    ended: int = 0
    outcome: Outcome = "running"
    error: str | None = None
    cause: str | None = None
    worker: str | None = None


@dataclass(eq=False, slots=True)
class Frame:
    """A state from its entry on.

    Attributes:
        name: the state's name.
        kind: its type.
        id: the id of the event of its entry.
        at_ms: when it was entered.
        parent: the frame of the Parallel or Map that it is in; None at the top.
        before: the frame from which one came to it; None for the first of a graph.
        branch: the id of the branch that it is of, where that is told; 0 for the top.
        index: which iteration of the Map that it is in; None where it is in none.
        resource: what it calls; empty where that is not told.
        tries: its tasks.
        has_failed: whether the last that was heard of it is a failure.
        is_out: whether it was left.
        left: the id of the event of its exit; 0 for none.
        left_ms: when it was left, or the execution ended while it was in it; None for not yet.
        is_ended: whether the execution ended while it was in this state.
        error: the name of the error that it failed with last; None for none.
        cause: its cause; None for none.
        is_retried: whether it waits for another try, where who reads the history knows that.
    """

    name: str
    kind: str
    id: int = 0
    at_ms: int = 0
    parent: Frame | None = None
    before: Frame | None = None
    branch: int = 0
    index: int | None = None
    resource: str = ""
    tries: list[Try] = field(default_factory=list)
    has_failed: bool = False
    is_out: bool = False
    left: int = 0
    left_ms: int | None = None
    is_ended: bool = False
    error: str | None = None
    cause: str | None = None
    is_retried: bool = False

    @property
    def outcome(self) -> Outcome:
        """How it went."""
        if self.is_out:
            return "caught" if self.has_failed else "succeeded"
        if self.has_failed and not self.is_retried:
            return "failed"
        is_over = self.is_ended or any(frame.is_out for frame in outward(self))
        return "aborted" if is_over else "running"

    @property
    def root(self) -> Frame:
        """The first frame of the branch or iteration that it is in."""
        frame = self
        while frame.before is not None:
            frame = frame.before
        return frame


class FrameReader:
    """Reads events as frames.

    Attributes:
        frames: what was read so far, in the order in which the states were entered.
        last: the id of the last event that was read; 0 for none.
    """

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.last = 0
        self._at: dict[int, Frame | None] = {}
        self._index: dict[int, int] = {}

    def read(self, event: Event) -> None:
        """Read the next event."""
        kind, at = event.type, event.id
        self.last = at
        before = self._at.get(event.previous)
        entered = _ENTERED.match(kind)
        if entered:
            self._at[at] = self._enter(event, entered[1], before)
            return
        frame = _meant(event, before)
        self._at[at] = frame
        if kind in _ENDS:
            self._end(event, frame)
        elif kind == "ExecutionRedriven":
            self._go_on()
        elif frame is not None:
            if kind == "MapIterationStarted":
                self._index[at] = int(event.details.get("index", 0))
            _hear(frame, event, before)

    def _enter(self, event: Event, kind: str, before: Frame | None) -> Frame:
        frame = Frame(
            str(event.details.get("name", "")), kind, event.id, event.at_ms, branch=event.branch
        )
        if before is None:
            pass
        elif before.is_out or before.kind not in CONTAINERS:
            # What was not left although another followed is a step whose failure was caught.
            frame.parent, frame.before, frame.index = before.parent, before, before.index
            if not before.is_out:
                before.is_out, before.left_ms = True, event.at_ms
        else:
            frame.parent, frame.index = before, self._index.get(event.previous)
        self.frames.append(frame)
        return frame

    def _go_on(self) -> None:
        for frame in self.frames:
            if not frame.is_out:
                frame.has_failed = frame.is_ended = False
                frame.error = frame.cause = frame.left_ms = None

    def _end(self, event: Event, last: Frame | None) -> None:
        has_failed = event.type in {"ExecutionFailed", "ExecutionTimedOut"}
        if has_failed:
            for frame in outward(last):
                frame.has_failed = frame.has_failed or not frame.is_out
            if last is not None and not last.is_out and last.error is None:
                last.error, last.cause = event.details.get("error"), event.details.get("cause")
        for frame in self.frames:
            if frame.is_out:
                continue
            if event.type == "ExecutionSucceeded" and frame.has_failed:
                frame.is_out = True  # a step of a function whose failure was caught
            frame.is_ended = not frame.is_out
            frame.left_ms = event.at_ms if frame.left_ms is None else frame.left_ms
            for each in frame.tries[-1:]:
                if each.ended_ms is None:
                    each.ended_ms, each.outcome = event.at_ms, "aborted"


def frames_of(events: Iterable[Event]) -> list[Frame]:
    """What a history tells of states, in the order in which they were entered.

    Args:
        events: the first may be missing; what follows from those is left out.
    """
    reader = FrameReader()
    for event in events:
        reader.read(event)
    return reader.frames


def heard(event: Mapping[str, Any]) -> Event:
    """An event as `Event`, of one as Step Functions shows it: its values stay texts."""
    at_ms = event.get("timestamp", 0)
    return Event(
        str(event["type"]),
        int(event["id"]),
        int(event.get("previousEventId", 0)),
        at_ms if isinstance(at_ms, int) else 0,
        dict(_details_of(event)),
    )


def outward(frame: Frame | None) -> Iterator[Frame]:
    """A frame, the one around it, and so forth."""
    while frame is not None:
        yield frame
        frame = frame.parent


def _meant(event: Event, before: Frame | None) -> Frame | None:
    """The frame that an event speaks of: the nearest around the one that it follows from."""
    kind = event.type
    name = event.details.get("name") if "State" in kind or "Map" in kind else None
    container = _OF_CONTAINERS.match(kind)
    if name is None and container is None:
        return before
    for frame in outward(before):
        is_meant = frame.name == name if name is not None else not frame.is_out
        if is_meant and (container is None or frame.kind == container[1]):
            return frame
    return before


def _hear(frame: Frame, event: Event, before: Frame | None) -> None:
    kind, details = event.type, event.details
    frame.is_ended = False
    if kind.endswith("StateExited"):
        frame.is_out, frame.left, frame.left_ms = True, event.id, event.at_ms
    elif kind in _SCHEDULED:
        frame.tries.append(Try(event.id, event.at_ms))
        frame.has_failed = False
        frame.resource = _resource(details) or frame.resource
    elif kind.endswith(("Started", "Submitted")):
        frame.has_failed = False
        if kind in _STARTED:
            _start_try(frame, event)
    elif kind.endswith("Succeeded"):
        frame.has_failed = False
        _end_try(frame, event, "succeeded")
    elif kind.endswith(("Failed", "TimedOut")):
        _fail(frame, event, before)


def _fail(frame: Frame, event: Event, before: Frame | None) -> None:
    """A task, or a branch within the state, has failed."""
    frame.has_failed = True
    _end_try(frame, event, "failed")
    if event.details.get("error") is not None:
        frame.error, frame.cause = event.details["error"], event.details.get("cause")
    for inner in outward(before):
        if inner is frame:
            break
        inner.has_failed = inner.has_failed or not inner.is_out


def _start_try(frame: Frame, event: Event) -> None:
    for each in frame.tries[-1:]:
        each.started_ms, each.worker = event.at_ms, event.details.get("workerName")


def _end_try(frame: Frame, event: Event, outcome: Outcome) -> None:
    for each in frame.tries[-1:]:
        if each.ended_ms is None:
            each.ended, each.ended_ms, each.outcome = event.id, event.at_ms, outcome
            each.error, each.cause = event.details.get("error"), event.details.get("cause")


def _details_of(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """The details of an event as Step Functions shows it; empty for none."""
    for name, value in event.items():
        if name.endswith("EventDetails") and isinstance(value, Mapping):
            return value
    return {}


def _resource(details: Mapping[str, Any]) -> str:
    resource, service = str(details.get("resource", "")), details.get("resourceType")
    if service == "ensue":
        return f"ensue:{resource}"
    return f"arn:aws:states:::{service}:{resource}" if service else resource
