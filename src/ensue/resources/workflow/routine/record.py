"""The record of an execution: its history, as a replay reads it.

A routine that is run again asks for the same things in the same order. Each event that it makes is
matched with the recorded one; what does not match is a `WorkflowChanged`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ensue.languages.states.events import Event
from ensue.words.errors import InvalidInput, NotFound, WorkflowChanged
from ensue.words.values import Json

STARTED = "ExecutionStarted"
SUCCEEDED = "ExecutionSucceeded"
FAILED = "ExecutionFailed"
REDRIVEN = "ExecutionRedriven"
FORKED = "ExecutionForked"
AGAIN = frozenset({REDRIVEN, FORKED})  # from here on, nobody is at what is waited for
ENDS = frozenset({SUCCEEDED, FAILED, "ExecutionAborted", "ExecutionTimedOut"})

FAILED_EVENT = "failedEventId"  # which event of a step an ExecutionFailed comes from
CUT_AT = "afterEventId"  # up to which event the record counts, of one that was redriven


class Record:
    """Events, and how far a replay has come in them.

    Args:
        events: those that count; see `effective`.
    """

    def __init__(self, events: Sequence[Event] = ()) -> None:
        self._events = events
        self._at = 0
        self._end = len(events)

    @property
    def next(self) -> Event | None:
        """The next event; None when the replay has reached the end."""
        return self._events[self._at] if self._at < self._end else None

    @property
    def is_over(self) -> bool:
        """Whether the replay has reached the end."""
        return self._at >= self._end

    @property
    def seed(self) -> str | None:
        """The execution whose seed this one has, as it was forked from it; None for its own."""
        found = (event.details.get("origin") for event in self._events if event.type == FORKED)
        return next(found, None)

    def take(self) -> Event:
        """The next event, which is read then."""
        event = self._events[self._at]
        self._at += 1
        return event

    def match(self, kind: str, branch: int, name: str | None) -> Event | None:
        """The next event, which must be of this kind; None when the replay is at the end.

        Raises:
            WorkflowChanged: it is of another kind, branch or name.
        """
        if self._at >= self._end:
            return None
        event = self._events[self._at]
        if event.type == kind and event.branch == branch and name_in(event.details) == name:
            self._at += 1
            return event
        raise WorkflowChanged(event.id, said(event.type, name_of(event)), said(kind, name))


def name_of(event: Event) -> str | None:
    """What tells an event from others of its kind: the step's name, or what a task calls."""
    return name_in(event.details)


def name_in(details: Mapping[str, Any]) -> str | None:
    """The same, of its details."""
    if "resource" in details:
        return f"{details['resourceType']}:{details['resource']}"
    name = details.get("name")
    return None if name is None else str(name)


_WORDS = {
    "TaskStateEntered": "step",
    "TaskScheduled": "call of",
    "WaitStateEntered": "sleep",
    "MapStateEntered": "map",
    "ParallelStateEntered": "parallel",
    "PassStateEntered": "mark",
    SUCCEEDED: "the end of the function",
    FAILED: "an error in the function",
}


def said(kind: str, name: str | None) -> str:
    """An event in words: ``step charge``."""
    words = _WORDS.get(kind, kind)
    return words if name is None else f"{words} {name}"


def effective(events: Sequence[Event]) -> list[Event]:
    """The events that count: of an execution that was redriven, what was undone does not."""
    found: list[Event] = []
    for event in events:
        if event.type == REDRIVEN and CUT_AT in event.details:
            after = event.details[CUT_AT]
            while found and found[-1].id > after:
                found.pop()
        found.append(event)
    return found


def redrive_point(events: Sequence[Event]) -> int:
    """Up to which event the record of a failed execution counts when it is redriven.

    A step that failed for good, and was not caught, is tried again: the record counts up to before
    its failure. Whatever else failed is gone on with from the end of the record.

    Returns:
        The event's id.
    """
    counted = effective(events)
    last = counted[-1]
    failed = last.details.get(FAILED_EVENT) if last.type in ENDS else None
    if isinstance(failed, int):
        return _before(counted, failed)
    return max(event.id for event in counted if not _is_of_an_end(event))


def _is_of_an_end(event: Event) -> bool:
    """Whether an event tells only that something is over because something else failed."""
    if event.type in ENDS or event.type.endswith("Aborted"):
        return True
    return event.type in {"MapIterationFailed", "MapStateFailed", "ParallelStateFailed"}


def fork_point(events: Sequence[Event], at: int | str) -> int:
    """Up to which event the record of an execution is copied, so that it goes on at a step.

    Args:
        events: its history.
        at: the id of an event, of which the step is gone on with, or the name of a step, which is
            the last of that name.

    Raises:
        NotFound: there is no such event or step.
        InvalidInput: the event is in no step.
    """
    counted = effective(events)
    entered = {event.id: event for event in counted if event.type.endswith("StateEntered")}
    if isinstance(at, str):
        named = [each.id for each in entered.values() if each.details.get("name") == at]
        if not named:
            raise NotFound(f"there is no step {at} in the record", hint="See its history.")
        return _before(counted, named[-1])
    by_id = {event.id: event for event in counted}
    found = by_id.get(at)
    if found is None:
        raise NotFound(f"there is no event {at} in the record", hint="See its history.")
    while found is not None and found.id not in entered:
        found = by_id.get(found.previous)
    if found is None:
        raise InvalidInput(f"expected an event of a step, got {by_id[at].type}", at=f"event {at}")
    return _before(counted, found.id)


def _before(events: Sequence[Event], event_id: int) -> int:
    return max(event.id for event in events if event.id < event_id)


def edited(
    events: Sequence[Event], edit: Callable[[str], tuple[bool, Json]], given: tuple[bool, Json]
) -> list[Event]:
    """A record with other results of steps, and another input.

    Args:
        events: the record.
        edit: for the name of a step: whether its result is another one, and which.
        given: whether the input is another one, and which.
    """
    found: list[Event] = []
    names: dict[int, str] = {}
    for event in events:
        name = event.details.get("name") or names.get(event.previous)
        if name is not None:
            names[event.id] = name
        details = event.details
        if event.type == STARTED and given[0]:
            details = details | {"input": given[1]}
        elif name is not None and "output" in details:
            is_edited, value = edit(name)
            details = details | {"output": value} if is_edited else details
        found.append(event._replace(details=details))
    return found
