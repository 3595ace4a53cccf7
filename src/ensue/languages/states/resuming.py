"""Setting an execution going again where its history ends, or from a state of its past.

What has succeeded stays as it is. Every line that has not come to its end goes on with the state
that it was in: from its beginning, with the input that it had, and without a retry used up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from ensue.languages.states import failures, maps, parallels
from ensue.languages.states.branches import ENDED, READY, TOP, Branch
from ensue.languages.states.data import take_in
from ensue.languages.states.errors import StateError
from ensue.languages.states.events import Event
from ensue.languages.states.program import Map, Parallel
from ensue.languages.states.standing import Line, standing
from ensue.languages.states.walk import Walk
from ensue.words.errors import NotFound

REDRIVEN: Final = "ExecutionRedriven"
FORKED: Final = "ExecutionForked"


@dataclass(frozen=True, slots=True)
class Changed:
    """What another execution gets instead, from the state on at which it leaves its origin.

    Attributes:
        has_input: whether the state gets another input.
        input: the input.
        variables: variables that have another value for that state's line of control.
    """

    has_input: bool = False
    input: Any = None
    variables: Mapping[str, Any] | None = None


def fork_point(events: Sequence[Event], at: int | str) -> Event:
    """The event at which a fork leaves its origin: the entry of a state.

    Args:
        events: the origin's history.
        at: the id of an event: the state that its line of control was in then; or the name of a
            state: the last time that it was entered.

    Raises:
        NotFound: there is no such event, or it is in no state; or the state was not entered.
    """
    if isinstance(at, str):
        entries = [each for each in events if each.type.endswith("StateEntered")]
        named = [each for each in entries if each.details.get("name") == at]
        if named:
            return named[-1]
        raise NotFound(f"the state {at} was not entered", hint="Name one that is in the history.")
    found = next((event for event in events if event.id == at), None)
    if found is None:
        raise NotFound(f"there is no event {at}", hint="The history tells the ids of its events.")
    before = [each for each in events if each.id <= at and each.branch == found.branch]
    entries = [each for each in before if each.type.endswith("StateEntered")]
    if entries:
        return entries[-1]
    raise NotFound(f"the event {at} is in no state", hint="Name one behind the entry of a state.")


def redrive(walk: Walk, events: Iterable[Event]) -> list[Branch]:
    """Let all go on that had not come to its end.

    Args:
        walk: the execution: it has no branches, and its next event is the one behind the last.
        events: its history.

    Returns:
        Branches that have come further at once: their states end, or fail, without another step.
    """
    lines = standing(walk.machine, events)
    top = lines[TOP]
    told = walk.note(
        Branch(TOP), REDRIVEN, {"redriveCount": walk.execution.redrives}, walk.next_event - 1
    )
    top.previous = told
    return _Revival(walk, told).revive(top)


def fork(
    walk: Walk, events: Iterable[Event], point: Event, change: Changed, origin: str
) -> list[Branch]:
    """Let an execution go on from a state in the past of another, which may get other data.

    Args:
        walk: the new execution: it has no branches, and its next event has the point's id.
        events: the origin's history up to the point, with it.
        point: the entry of the state.
        change: what it gets instead.
        origin: by what the origin is known.

    Returns:
        Branches that have come further at once: their states end, or fail, without another step.
    """
    lines = standing(walk.machine, events)
    line = lines[point.branch]
    line.entered, line.previous = 0, point.previous
    if change.has_input:
        line.input = change.input
    if change.variables:
        line.variables = {**line.variables, **change.variables}
    told = walk.note(
        Branch(point.branch), FORKED, {"name": line.state, "origin": origin}, point.previous
    )
    line.previous = told
    return _Revival(walk, told).revive(lines[TOP])


class _Revival:
    """Makes branches of lines.

    Args:
        walk: the execution.
        told: the id of the event that says that it goes on.
    """

    def __init__(self, walk: Walk, told: int) -> None:
        self._walk = walk
        self._told = told
        self._settled: list[Branch] = []

    def revive(self, line: Line) -> list[Branch]:
        """Let a line and all within it go on; returns those that have come further at once."""
        walk = self._walk
        branch = self._branch(line)
        state = walk.machine.state(line.scope, line.state)
        walk.branches.add(branch)
        if not line.is_open or not line.lines or not isinstance(state, Parallel | Map):
            walk.ready.append(branch.id)
            return self._settled
        for inner in sorted(line.lines.values(), key=lambda inner: inner.id):
            if inner.is_over:
                walk.branches.add(self._over(inner))
            else:
                self.revive(inner)
        try:
            if isinstance(state, Parallel):
                self._hold_parallel(branch, state, line)
            else:
                self._hold_map(branch, state, line)
        except StateError as fault:
            failures.handle(walk, branch, state, fault)
            self._settled.append(branch)
        return self._settled

    def _hold_parallel(self, branch: Branch, state: Parallel, line: Line) -> None:
        walk = self._walk
        left = len(state.branches) - sum(inner.is_over for inner in line.lines.values())
        branch.memory = {"left": left}
        walk.hold(branch)
        missing = [at for at in range(len(state.branches)) if line.first + at not in line.lines]
        if missing:
            given = take_in(state.data, branch.input, walk.environment(branch, state))
            for index in missing:
                scope = state.branches[index]
                child = Branch(
                    line.first + index,
                    branch.id,
                    scope.pointer,
                    index,
                    scope.start,
                    input=given,
                    attempt=self._told,
                    previous=line.previous,
                )
                walk.branches.add(child)
                walk.ready.append(child.id)
        if not left:
            parallels.close(walk, branch, state)
            self._settled.append(branch)

    def _hold_map(self, branch: Branch, state: Map, line: Line) -> None:
        over = sum(inner.is_over for inner in line.lines.values())
        maps.reopen(
            self._walk,
            branch,
            state,
            begun=max(inner.index for inner in line.lines.values()) + 1,
            succeeded=over,
            going=len(line.lines) - over,
        )
        for inner in line.lines.values():
            child = self._walk.branches.get(inner.id)
            if child is not None and child.phase != ENDED:
                items = cast("list[Any]", branch.items)
                item = items[inner.index]
                if branch.memory["keyed"]:
                    item, child.key = item["Value"], item["Key"]
                child.item = item
        if not branch.memory["left"]:
            maps.close(self._walk, branch, state)
            self._settled.append(branch)

    def _branch(self, line: Line) -> Branch:
        return Branch(
            line.id,
            line.parent,
            line.scope,
            line.index,
            line.state,
            READY,
            entered=line.entered,
            input=line.input,
            variables=line.variables,
            # What still answers an attempt of before is stale: no attempt had so high a number.
            attempt=self._told,
            entered_ms=self._walk.facts.now_ms if line.entered else 0,
            previous=line.previous,
        )

    def _over(self, line: Line) -> Branch:
        return Branch(
            line.id,
            line.parent,
            line.scope,
            line.index,
            line.state,
            ENDED,
            variables=line.variables,
            output=line.output,
            previous=line.previous,
        )
