"""A strand: one line of control of a routine, and what it can wait for.

ready ──▶ waiting (for what it asked) ──▶ ready ──▶ ... ──▶ ended, or closed
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import suppress
from typing import Any, Protocol

from ensue.languages.states.events import Event
from ensue.languages.states.signals import Signal
from ensue.resources.workflow.routine.commands import RoutineCommand
from ensue.words.errors import InvalidInput

TOP = 0


class Asked(ABC):
    """What a strand awaits; the run answers it by and by."""

    def __await__(self) -> Generator[Asked, Any, Any]:
        return (yield self)

    @abstractmethod
    def begin(self, stage: Stage, strand: Strand) -> None:
        """The strand has begun to wait for this."""

    @abstractmethod
    def recorded(self, event: Event) -> Signal | None:
        """The signal that a recorded event comes from; None when it cannot be of this."""

    @abstractmethod
    def on(self, stage: Stage, strand: Strand, signal: Signal) -> bool:
        """Take a signal; returns whether it was one for this."""

    @abstractmethod
    def again(self, stage: Stage, strand: Strand) -> None:
        """Ask once more, as the execution was redriven and nobody is at it any more."""

    def cancel(self, stage: Stage, strand: Strand) -> None:
        """Nobody waits for it any more."""
        stage.unwant(strand)

    @property
    @abstractmethod
    def is_long(self) -> bool:
        """Whether it may take so long that the execution is not kept in memory for it."""


class Strand:
    """One line of control.

    Args:
        number: 0 for the function itself; unique within the execution.
        coroutine: what runs.
        parent: the one that waits for its end; None for the function itself.
        previous: the id of the event that it follows from.
        ended: is told what it returned, or what it raised.
    """

    __slots__ = (
        "_coroutine",
        "asked",
        "attempt",
        "ended",
        "entered",
        "is_closed",
        "number",
        "parent",
        "previous",
        "state",
        "waiting",
    )  # fmt: skip

    def __init__(
        self,
        number: int,
        coroutine: Coroutine[Any, Any, Any],
        parent: Strand | None,
        previous: int,
        ended: Callable[[Any, BaseException | None], None],
    ) -> None:
        self.number = number
        self.parent = parent
        self.previous = previous
        self.ended = ended
        self.waiting: Asked | None = None
        self.attempt = 0  # counts what it waited for, so that a late signal is known as one
        self.asked = 0  # counts what its code asked for, the same at each replay
        self.state = ""  # the step that it is in, and the event of its entry
        self.entered = 0
        self.is_closed = False
        self._coroutine = coroutine

    def go(self, value: Any, fault: BaseException | None) -> Asked:  # noqa: ANN401 - any answer
        """Go on until it waits again.

        Raises:
            StopIteration: it has ended; its value is what it returned.
            Exception: it raised.
        """
        throw, send = self._coroutine.throw, self._coroutine.send
        asked = send(value) if fault is None else throw(fault)
        while not isinstance(asked, Asked):
            asked = throw(foreign(asked))
        self.asked += 1
        return asked

    def close(self) -> None:
        """Let go of it where it waits."""
        self.is_closed = True
        with suppress(RuntimeError):  # it awaits something else instead of ending
            self._coroutine.close()


def enter(stage: Stage, strand: Strand, kind: str, details: dict[str, Any]) -> None:
    """Let a strand enter a step."""
    strand.state = str(details["name"])
    strand.entered = stage.emit(strand, kind, details).id


class Stage(Protocol):
    """What a run offers to what its strands wait for."""

    @property
    def is_replaying(self) -> bool:
        """Whether what happens is recorded already."""
        ...

    @property
    def now_ms(self) -> int:
        """What time it is for the function."""
        ...

    def emit(self, strand: Strand, kind: str, details: dict[str, Any]) -> Event:
        """Make an event, or find it in the record."""
        ...

    def want(self, strand: Strand, command: RoutineCommand, *, is_inside: bool = False) -> None:
        """Let the runner do something, unless that is being done already."""
        ...

    def want_again(self, strand: Strand, command: RoutineCommand) -> None:
        """Let the runner do something that it was asked for before, and has not done."""
        ...

    def hold(self, strand: Strand) -> None:
        """A strand waits for strands of its own."""
        ...

    def unwant(self, strand: Strand) -> None:
        """What a strand wanted is needed no more."""
        ...

    def resume(self, strand: Strand, value: object, fault: BaseException | None = None) -> None:
        """Let a strand go on, with a value or with an error."""
        ...

    def spawn(
        self,
        parent: Strand,
        make: Callable[[], Awaitable[Any]],
        ended: Callable[[Any, BaseException | None], None],
    ) -> Strand:
        """Begin a strand."""
        ...

    def end(self, strand: Strand) -> None:
        """End a strand, and all that it waits for."""
        ...

    def chance(self) -> float:
        """A random number from 0 up to 1."""
        ...

    def key(self, event_id: int) -> str:
        """An idempotency key for the step that began with this event."""
        ...


def foreign(found: object) -> InvalidInput:
    """The error of a function that awaits what is not recorded."""
    return InvalidInput(
        f"expected a workflow to await its ctx only, got {type(found).__name__}",
        hint="Await it in an async def that is a step: ctx.step(fetch, url); use ctx.parallel and"
        " ctx.sleep instead of asyncio's.",
    )
