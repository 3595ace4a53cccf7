"""Where an execution stood, read from its history: for setting it going again, and for forks.

Each line is one line of control, as a `Branch` is: the top, a branch of a Parallel, an iteration of
a Map. Nothing is evaluated; what a state was given and what it gave is what the events tell.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast

from ensue.languages.states.branches import TOP
from ensue.languages.states.events import TO, Event
from ensue.languages.states.program import DISTRIBUTED, Machine, Map, Parallel
from ensue.words.values import Json


@dataclass(slots=True)
class Line:
    """One line of control, at the end of the events.

    Attributes:
        id: that of its branch.
        parent: that of the branch whose Parallel or Map it belongs to; None for the top.
        scope: the JSON pointer of its states.
        index: which branch of the Parallel, which item of the Map.
        state: the state that it is in, or is to enter next.
        input: what that state was given, or is to be given.
        entered: the id of the event of the state's entry; 0 before it.
        variables: what it assigned itself.
        previous: the id of its last event.
        is_open: whether the state has begun branches of its own.
        is_over: whether the line came to its end, and ``output`` is what it gives.
        output: see ``is_over``.
        lines: the lines within its state, by their ids.
        first: of an open Parallel, the id of its first branch.
    """

    id: int
    parent: int | None = None
    scope: str = ""
    index: int = 0
    state: str = ""
    input: Any = None
    entered: int = 0
    variables: dict[str, Json] = field(default_factory=dict)
    previous: int = 0
    is_open: bool = False
    is_over: bool = False
    output: Any = None
    lines: dict[int, Line] = field(default_factory=dict)
    first: int = 0


def standing(machine: Machine, events: Iterable[Event]) -> dict[int, Line]:
    """The lines of an execution that the events tell of, by their ids; the top is 0.

    Args:
        machine: the machine that was run.
        events: its history from the beginning, to its end or a part of it.
    """
    reader = _Reader(machine)
    for event in events:
        reader.read(event)
    return reader.lines


class _Reader:
    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._branch_of: dict[int, int] = {}
        self.lines: dict[int, Line] = {}

    def read(self, event: Event) -> None:
        self._branch_of[event.id] = event.branch
        kind, details = event.type, event.details
        if kind == "ExecutionStarted":
            start = self._machine.scope.start
            self.lines[TOP] = Line(TOP, state=start, input=details.get("input"))
        elif kind == "MapIterationStarted":
            self._begin(event, details["index"])
        elif kind.endswith("StateEntered"):
            line = self.lines.get(event.branch) or self._begin(event, None)
            line.state, line.input, line.entered = details["name"], details.get("input"), event.id
        elif kind.endswith("StateExited"):
            self._leave(self.lines[event.branch], details)
        elif kind in {"ParallelStateStarted", "MapStateStarted"}:
            self._open(self.lines[event.branch], details)
        if event.branch in self.lines and not kind.startswith("Execution"):
            self.lines[event.branch].previous = event.id

    def _begin(self, event: Event, index: int | None) -> Line:
        """A line that an event is the first of: within the state that the one before it is of."""
        before = self.lines[self._branch_of[event.previous]]
        parent = before
        if not before.is_open and before.parent is not None:
            # The iteration before this one.
            parent = self.lines[before.parent]
        state = self._machine.state(parent.scope, parent.state)
        if isinstance(state, Parallel):
            index = event.branch - parent.first
            scope = state.branches[index]
        else:
            scope = cast("Map", state).processor
        line = Line(event.branch, parent.id, scope.pointer, index or 0, scope.start)
        self.lines[line.id] = parent.lines[line.id] = line
        return line

    def _open(self, line: Line, details: dict[str, Any]) -> None:
        self._forget(line)
        state = self._machine.state(line.scope, line.state)
        line.is_open = not isinstance(state, Map) or state.mode != DISTRIBUTED
        line.first = details.get("first", 0)

    def _leave(self, line: Line, details: dict[str, Any]) -> None:
        state = self._machine.state(line.scope, line.state)
        to = details.get(TO, state.next)
        line.variables = {**line.variables, **details.get("assignedVariables", {})}
        line.entered = 0
        self._forget(line)
        if to is None:
            line.is_over, line.output, line.input = True, details.get("output"), None
        else:
            line.state, line.input = to, details.get("output")

    def _forget(self, line: Line) -> None:
        """Forget the lines within a state: it is left, or begins anew."""
        for inner in line.lines.values():
            self._forget(inner)
            self.lines.pop(inner.id, None)
        line.lines = {}
        line.is_open = False
