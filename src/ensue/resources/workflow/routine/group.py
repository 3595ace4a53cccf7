"""Strands of its own that a strand waits for: those of a parallel or of a map."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ensue.languages.states.events import Event
from ensue.languages.states.signals import Signal
from ensue.resources.workflow.routine.strand import Asked, Stage, Strand, enter
from ensue.resources.workflow.routine.typed import as_told
from ensue.words.values import Json


@dataclass
class Group(Asked):
    """Branches of a parallel, or iterations of a map.

    When one fails the others are ended, and the one who waits gets its error.

    Attributes:
        name: the step's.
        kind: ``Parallel`` or ``Map``.
        makers: what makes the awaitable of each; called when it begins.
        concurrency: how many run at once.
    """

    name: str
    kind: str
    makers: Sequence[Callable[[], Awaitable[Any]]]
    concurrency: int
    is_long = False  # what its strands wait for says so
    _strands: dict[int, Strand] = field(default_factory=dict)
    _results: dict[int, Any] = field(default_factory=dict)
    _next: int = 0

    @property
    def is_map(self) -> bool:
        """Whether it is a map: then each iteration is told by events of its own."""
        return self.kind == "Map"

    def begin(self, stage: Stage, strand: Strand) -> None:
        """Begin as many as may run at once."""
        enter(stage, strand, f"{self.kind}StateEntered", {"name": self.name})
        stage.hold(strand)
        details = {"length": len(self.makers)} if self.is_map else {}
        stage.emit(strand, f"{self.kind}StateStarted", details)
        self._fill(stage, strand)

    def recorded(self, event: Event) -> Signal | None:
        """Nothing is signalled to it."""
        del event
        return None

    def on(self, stage: Stage, strand: Strand, signal: Signal) -> bool:
        """Nothing is signalled to it."""
        del stage, strand, signal
        return False

    def again(self, stage: Stage, strand: Strand) -> None:
        """Its strands ask for themselves."""

    def cancel(self, stage: Stage, strand: Strand) -> None:
        """End all its strands."""
        del strand
        for index, each in list(self._strands.items()):
            if self.is_map:
                self._tell(stage, each, "MapIterationAborted", index)
            stage.end(each)
        self._strands.clear()

    def _fill(self, stage: Stage, strand: Strand) -> None:
        while self._next < len(self.makers) and len(self._strands) < self.concurrency:
            index, self._next = self._next, self._next + 1
            self._start(stage, strand, index)
        if not self._strands:
            self._succeed(stage, strand)

    def _start(self, stage: Stage, strand: Strand, index: int) -> None:
        def ended(value: object, fault: BaseException | None) -> None:
            child = self._strands.pop(index)
            if fault is None:
                self._results[index] = value
                if self.is_map:
                    self._tell(stage, child, "MapIterationSucceeded", index)
                self._fill(stage, strand)
            else:
                self._fail(stage, strand, child, index, fault)

        child = stage.spawn(strand, self.makers[index], ended)
        self._strands[index] = child
        if self.is_map:
            self._tell(stage, child, "MapIterationStarted", index)

    def _succeed(self, stage: Stage, strand: Strand) -> None:
        found = [self._results[index] for index in range(len(self.makers))]
        stage.emit(strand, f"{self.kind}StateSucceeded", {})
        details: dict[str, Json] = {"name": self.name}
        if not stage.is_replaying:
            details["output"] = as_told(found)
        stage.emit(strand, f"{self.kind}StateExited", details)
        stage.resume(strand, found)

    def _fail(
        self, stage: Stage, strand: Strand, child: Strand, index: int, fault: BaseException
    ) -> None:
        if self.is_map:
            self._tell(stage, child, "MapIterationFailed", index)
        self.cancel(stage, strand)
        stage.emit(strand, f"{self.kind}StateFailed", {})
        stage.resume(strand, None, fault)

    def _tell(self, stage: Stage, child: Strand, kind: str, index: int) -> None:
        stage.emit(child, kind, {"name": self.name, "index": index})


def maker(given: Awaitable[Any] | Callable[[], Awaitable[Any]]) -> Callable[[], Awaitable[Any]]:
    """What makes the awaitable of a branch: itself, or the one that it is."""
    if callable(given):
        return given
    found: Awaitable[Any] = given
    return lambda: found


def discard(given: Sequence[object]) -> None:
    """Let go of coroutines that were never begun."""
    for each in given:
        if inspect.iscoroutine(each):
            each.close()
