"""A history read as frames: one for each time that a state was entered.

    frame ──▶ try, try, ...      each is one asking for a task: scheduled, started, ended

A reader takes events as they come, so what was read once is not read again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, Literal, NamedTuple

import msgspec

Outcome = Literal["succeeded", "failed", "caught", "running", "aborted", "untouched"]

CONTAINERS: Final = frozenset({"Map", "Parallel"})

_SCHEDULED = {"TaskScheduled", "LambdaFunctionScheduled", "ActivityScheduled"}
_STARTED = {"TaskStarted", "LambdaFunctionStarted", "ActivityStarted"}
_ENDS = {"ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"}
_OF_CONTAINERS = re.compile(
    r"^(Parallel|Map)(State|Iteration|Run)(Succeeded|Failed|Aborted|Started)$"
)
_ENTERED = re.compile(r"^(\w+)StateEntered$")


class Details(msgspec.Struct, gc=False):
    """Of an event's details what is no data; see `Event`."""

    name: str | None = None
    index: int | None = None
    resource: str | None = None
    resourceType: str | None = None  # noqa: N815 - as history has it
    error: str | None = None
    cause: str | None = None
    workerName: str | None = None  # noqa: N815 - as history has it


class Heard(msgspec.Struct, array_like=True, gc=False):
    """An event without its data: read from the same JSON as `Event`, passing over what it is of."""

    type: str
    id: int
    previous: int
    at_ms: int
    details: Details
    branch: int = 0


class _Kind(NamedTuple):
    """What a kind of event tells.

    Attributes:
        entered: the type of state that was entered; None for none.
        says: what it says of the state that it is of: one of the words below.
        container: the type of state that it is of; None for any.
        named: whether it is of the state that it names.
    """

    entered: str | None
    says: str
    container: str | None
    named: bool


@cache
def _kind(event: str) -> _Kind:
    entered, container = _ENTERED.match(event), _OF_CONTAINERS.match(event)
    named = "State" in event or "Map" in event
    return _Kind(
        entered[1] if entered else None,
        _said(event),
        container[1] if container else None,
        named,
    )


def _said(event: str) -> str:
    words = {
        "ends": event in _ENDS,
        "redriven": event == "ExecutionRedriven",
        "exited": event.endswith("StateExited"),
        "scheduled": event in _SCHEDULED,
        "began": event in _STARTED,
        "goes": event.endswith(("Started", "Submitted")),
        "succeeded": event.endswith("Succeeded"),
        "failed": event.endswith(("Failed", "TimedOut")),
    }
    return next((word for word, is_it in words.items() if is_it), "")


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

    def read(self, event: Heard) -> None:
        """Read the next event."""
        kind, at = _kind(event.type), event.id
        self.last = at
        before = self._at.get(event.previous)
        if kind.entered is not None:
            self._at[at] = self._enter(event, kind.entered, before)
            return
        frame = _meant(event, kind, before)
        self._at[at] = frame
        if kind.says == "ends":
            self._end(event, frame)
        elif kind.says == "redriven":
            self._go_on()
        elif frame is not None:
            if event.details.index is not None:
                self._index[at] = event.details.index
            _hear(frame, event, kind.says, before)

    def _enter(self, event: Heard, kind: str, before: Frame | None) -> Frame:
        frame = Frame(event.details.name or "", kind, event.id, event.at_ms, branch=event.branch)
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

    def _end(self, event: Heard, last: Frame | None) -> None:
        has_failed = event.type in {"ExecutionFailed", "ExecutionTimedOut"}
        if has_failed:
            for frame in outward(last):
                frame.has_failed = frame.has_failed or not frame.is_out
            if last is not None and not last.is_out and last.error is None:
                last.error, last.cause = event.details.error, event.details.cause
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


def frames_of(events: Iterable[Heard]) -> list[Frame]:
    """What a history tells of states, in the order in which they were entered.

    Args:
        events: the first may be missing; what follows from those is left out.
    """
    reader = FrameReader()
    for event in events:
        reader.read(event)
    return reader.frames


def heard(event: Mapping[str, Any]) -> Heard:
    """An event as Step Functions shows it."""
    at_ms, said = event.get("timestamp", 0), _details_of(event)
    told = {name: said[name] for name in Details.__struct_fields__ if name in said}
    return Heard(
        str(event["type"]),
        int(event["id"]),
        int(event.get("previousEventId", 0)),
        at_ms if isinstance(at_ms, int) else 0,
        Details(**told),
    )


def outward(frame: Frame | None) -> Iterator[Frame]:
    """A frame, the one around it, and so forth."""
    while frame is not None:
        yield frame
        frame = frame.parent


def _meant(event: Heard, kind: _Kind, before: Frame | None) -> Frame | None:
    """The frame that an event speaks of: the nearest around the one that it follows from."""
    name = event.details.name if kind.named else None
    container = kind.container
    if name is None and container is None:
        return before
    for frame in outward(before):
        is_meant = frame.name == name if name is not None else not frame.is_out
        if is_meant and (container is None or frame.kind == container):
            return frame
    return before


def _hear(frame: Frame, event: Heard, says: str, before: Frame | None) -> None:
    frame.is_ended = False
    match says:
        case "exited":
            frame.is_out, frame.left, frame.left_ms = True, event.id, event.at_ms
        case "scheduled":
            frame.tries.append(Try(event.id, event.at_ms))
            frame.has_failed = False
            frame.resource = _resource(event.details) or frame.resource
        case "began" | "goes":
            frame.has_failed = False
            if says == "began":
                _start_try(frame, event)
        case "succeeded":
            frame.has_failed = False
            _end_try(frame, event, "succeeded")
        case "failed":
            _fail(frame, event, before)


def _fail(frame: Frame, event: Heard, before: Frame | None) -> None:
    """A task, or a branch within the state, has failed."""
    frame.has_failed = True
    _end_try(frame, event, "failed")
    if event.details.error is not None:
        frame.error, frame.cause = event.details.error, event.details.cause
    for inner in outward(before):
        if inner is frame:
            break
        inner.has_failed = inner.has_failed or not inner.is_out


def _start_try(frame: Frame, event: Heard) -> None:
    for each in frame.tries[-1:]:
        each.started_ms, each.worker = event.at_ms, event.details.workerName


def _end_try(frame: Frame, event: Heard, outcome: Outcome) -> None:
    for each in frame.tries[-1:]:
        if each.ended_ms is None:
            each.ended, each.ended_ms, each.outcome = event.id, event.at_ms, outcome
            each.error, each.cause = event.details.error, event.details.cause


def _details_of(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """The details of an event as Step Functions shows it; empty for none."""
    for name, value in event.items():
        if name.endswith("EventDetails") and isinstance(value, Mapping):
            return value
    return {}


def _resource(details: Details) -> str:
    resource, service = details.resource or "", details.resourceType
    if service == "ensue":
        return f"ensue:{resource}"
    return f"arn:aws:states:::{service}:{resource}" if service else resource
