"""A history read as frames: one for each time that a state was entered."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ensue.languages.states.draw.graph import Outcome

HistoryEvent = Mapping[str, Any]

_ENTERED = re.compile(r"^(\w+)StateEntered$")
_SCHEDULED = {"TaskScheduled", "LambdaFunctionScheduled", "ActivityScheduled"}
_ENDS = {"ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"}
_OF_CONTAINERS = re.compile(
    r"^(Parallel|Map)(State|Iteration|Run)(Succeeded|Failed|Aborted|Started)$"
)


@dataclass
class Frame:
    """A state from its entry on.

    Attributes:
        name: the state's name.
        kind: its type.
        parent: the frame of the Parallel or Map that it is in; None at the top.
        before: the frame from which one came to it; None for the first of a graph.
        resource: what it calls; empty where that is not told.
        tries: how often its task was scheduled.
        has_failed: whether the last that was heard of it is a failure.
        is_out: whether it was left.
        is_ended: whether the execution ended while it was in this state.
    """

    name: str
    kind: str
    parent: Frame | None = None
    before: Frame | None = None
    resource: str = ""
    tries: int = 0
    has_failed: bool = False
    is_out: bool = False
    is_ended: bool = False

    @property
    def outcome(self) -> Outcome:
        """How it went."""
        if self.is_out:
            return "caught" if self.has_failed else "succeeded"
        if self.has_failed:
            return "failed"
        is_over = self.is_ended or any(frame.is_out for frame in _outward(self))
        return "aborted" if is_over else "running"

    @property
    def root(self) -> Frame:
        """The first frame of the branch or iteration that it is in."""
        frame = self
        while frame.before is not None:
            frame = frame.before
        return frame


def frames_of(events: Iterable[HistoryEvent]) -> list[Frame]:
    """What a history tells of states, in the order in which they were entered.

    Args:
        events: as Step Functions shows them: with ``type``, ``id`` and ``previousEventId``, and
            their details by name. The first may be missing; what follows from those is left out.
    """
    reader = _Reader()
    for event in events:
        reader.read(event)
    return reader.frames


class _Reader:
    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self._at: dict[int, Frame | None] = {}
        self._exits: set[int] = set()

    def read(self, event: HistoryEvent) -> None:
        kind, at = str(event["type"]), int(event["id"])
        before = self._at.get(int(event.get("previousEventId", 0)))
        entered = _ENTERED.match(kind)
        if entered:
            self._at[at] = self._enter(event, entered[1], before)
            return
        frame = self._meant(kind, event, before)
        self._at[at] = frame
        if kind in _ENDS:
            self._end(kind, frame)
        elif kind == "ExecutionRedriven":
            self._go_on()
        elif frame is not None:
            _hear(frame, kind, event, before)

    def _enter(self, event: HistoryEvent, kind: str, before: Frame | None) -> Frame:
        frame = Frame(str(details_of(event).get("name", "")), kind)
        if before is not None and not before.is_out:
            frame.parent = before
        elif before is not None:
            frame.parent, frame.before = before.parent, before
        self.frames.append(frame)
        return frame

    @staticmethod
    def _meant(kind: str, event: HistoryEvent, before: Frame | None) -> Frame | None:
        """The frame that an event speaks of: the nearest around the one that it follows from."""
        name = details_of(event).get("name") if "State" in kind or "Map" in kind else None
        container = _OF_CONTAINERS.match(kind)
        if name is None and container is None:
            return before
        for frame in _outward(before):
            is_meant = frame.name == name if name is not None else not frame.is_out
            if is_meant and (container is None or frame.kind == container[1]):
                return frame
        return before

    def _go_on(self) -> None:
        for frame in self.frames:
            if not frame.is_out:
                frame.has_failed = frame.is_ended = False

    def _end(self, kind: str, last: Frame | None) -> None:
        if kind in {"ExecutionFailed", "ExecutionTimedOut"}:
            for frame in _outward(last):
                frame.has_failed = frame.has_failed or not frame.is_out
        for frame in self.frames:
            frame.is_ended = not frame.is_out


def _hear(frame: Frame, kind: str, event: HistoryEvent, before: Frame | None) -> None:
    frame.is_ended = False
    if kind.endswith("StateExited"):
        frame.is_out = True
    elif kind in _SCHEDULED:
        frame.tries += 1
        frame.has_failed = False
        frame.resource = _resource(details_of(event)) or frame.resource
    elif kind.endswith(("Succeeded", "Started", "Submitted")):
        frame.has_failed = False
    elif kind.endswith(("Failed", "TimedOut")):
        frame.has_failed = True
        for inner in _outward(before):
            if inner is frame:
                break
            inner.has_failed = inner.has_failed or not inner.is_out


def _outward(frame: Frame | None) -> Iterator[Frame]:
    while frame is not None:
        yield frame
        frame = frame.parent


def details_of(event: HistoryEvent) -> Mapping[str, Any]:
    """The details of an event; empty for none."""
    for name, value in event.items():
        if name.endswith("EventDetails") and isinstance(value, Mapping):
            return value
    return {}


def _resource(details: Mapping[str, Any]) -> str:
    resource, service = str(details.get("resource", "")), details.get("resourceType")
    if service == "ensue":
        return f"ensue:{resource}"
    return f"arn:aws:states:::{service}:{resource}" if service else resource
