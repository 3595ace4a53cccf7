"""What a routine gets as ``ctx``: what it awaits of it is recorded."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Iterable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TypeVar, overload

from ensue.languages.states.execution import ExecutionFacts
from ensue.resources.workflow.routine.awaiting import Awaiting
from ensue.resources.workflow.routine.group import Group, discard, maker
from ensue.resources.workflow.routine.run import RoutineRun
from ensue.words.errors import InvalidInput, InvalidValue

BRANCHES_MAX = 10_000
CONCURRENCY_DEFAULT = 100

R = TypeVar("R")
T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
Branch = Awaitable[A] | Callable[[], Awaitable[A]]

# The idempotency key of the step that runs in this task.
step_key: ContextVar[str | None] = ContextVar("step_key", default=None)


class WorkflowContext(Awaiting):
    """What a workflow function gets as ``ctx``. What it awaits of it is recorded.

    After a crash the function is run again from its beginning, and is given what is recorded: it
    must ask for the same things in the same order. Whatever may come out otherwise the next time
    (the time, randomness, reads, calls) belongs into a step, or comes from `now`, `random` and
    `uuid`.

    Args:
        run: the execution.
    """

    def __init__(self, run: RoutineRun) -> None:
        super().__init__(run)
        self._drawn = (-1, 0, 0)

    @property
    def execution(self) -> ExecutionFacts:
        """Which execution it is: ``id``, ``name``, ``started_ms``."""
        return self._run.execution

    async def map(
        self,
        function: Callable[[T], Awaitable[R]],
        items: Iterable[T],
        *,
        concurrency: int = CONCURRENCY_DEFAULT,
        name: str = "map",
    ) -> list[R]:
        """Do the same for each of several items, side by side.

        When one fails the others are ended where they wait, and its error is raised here.

        Args:
            function: given an item, an ``async def`` of steps, or what makes a step of it:
                ``lambda line: ctx.step(reserve, line)``.
            items: the same at each replay, at most 10,000.
            concurrency: how many at once.
            name: the step's name in the history.

        Returns:
            What each returned, in the order of the items.

        Raises:
            InvalidValue: there are too many items, or nothing is to run at once.
            Exception: whatever one of them raises.
        """
        self._run.current()  # nobody else may await this
        found = list(items)
        _check_size(len(found), concurrency)
        makers = [lambda item=item: function(item) for item in found]
        results: list[R] = await Group(name, "Map", makers, concurrency)
        return results

    @overload
    async def parallel(self, one: Branch[A], /, *, name: str = ...) -> tuple[A]: ...

    @overload
    async def parallel(
        self, one: Branch[A], two: Branch[B], /, *, name: str = ...
    ) -> tuple[A, B]: ...

    @overload
    async def parallel(
        self, one: Branch[A], two: Branch[B], three: Branch[C], /, *, name: str = ...
    ) -> tuple[A, B, C]: ...

    @overload
    async def parallel(self, *branches: Branch[Any], name: str = ...) -> tuple[Any, ...]: ...

    async def parallel(self, *branches: Branch[Any], name: str = "parallel") -> tuple[Any, ...]:
        """Do several things side by side.

        When one fails the others are ended where they wait, and its error is raised here.

        Args:
            branches: awaitables, such as ``ctx.step(charge, order)``, or functions that make them:
                an ``async def`` of steps.
            name: the step's name in the history.

        Returns:
            What each returned, in their order.

        Raises:
            InvalidValue: there are too many.
            Exception: whatever one of them raises.
        """
        try:
            self._run.current()  # nobody else may await this
            _check_size(len(branches), 1)
            found = await Group(name, "Parallel", [maker(each) for each in branches], BRANCHES_MAX)
        finally:
            discard(branches)
        return tuple(found)

    def now(self) -> datetime:
        """What time it is, in UTC: when the last thing was recorded; the same at each replay."""
        return datetime.fromtimestamp(self._run.now_ms / 1_000, UTC)

    def random(self) -> float:
        """A number from 0 up to but not including 1, the same at each replay."""
        return (self._draw() >> 75) / (1 << 53)

    def uuid(self) -> str:
        """A new unique id, the same at each replay."""
        bits = self._draw() & ~(0xF << 76) & ~(0b11 << 62) | 0x4 << 76 | 0b10 << 62
        text = f"{bits:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def patched(self, mark: str) -> bool:
        """Whether to go on as the code is now: False where this place was passed by older code.

        So that a change fits executions that are under way:
        ``if ctx.patched("weigh"): await ctx.step(weigh, parcel)``.

        Args:
            mark: a name of the change; it is recorded.
        """
        return self._run.marked(mark)

    @property
    def idempotency_key(self) -> str:
        """The key of the ``async def`` step that runs: the same at each of its tries.

        Raises:
            InvalidInput: none runs here.
        """
        found = step_key.get()
        if found is None:
            raise InvalidInput(
                "expected an async def step that runs, got none",
                hint="A def step needs no such key: it happens exactly once.",
            )
        return found

    def _draw(self) -> int:
        strand = self._run.current()
        number, asked, count = self._drawn
        count = count + 1 if (number, asked) == (strand.number, strand.asked) else 0
        self._drawn = strand.number, strand.asked, count
        seed = f"{self._run.seed}/{strand.number}/{strand.asked}/{count}"
        return int.from_bytes(hashlib.blake2b(seed.encode(), digest_size=16).digest())


def _check_size(count: int, concurrency: int) -> None:
    if count > BRANCHES_MAX:
        raise InvalidValue(
            f"expected at most {BRANCHES_MAX} side by side, got {count}",
            hint="Start a workflow of its own for each part.",
        )
    if concurrency < 1:
        raise InvalidValue(f"expected a concurrency of at least 1, got {concurrency}")
