"""What a routine gets as ``ctx``: what it awaits of it is recorded."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TypeVar, TypeVarTuple, overload

from ensue.languages.states.execution import ExecutionFacts
from ensue.resources.workflow.routine.asks import Place, Task, Timer
from ensue.resources.workflow.routine.commands import AwaitEvent, CallFunction
from ensue.resources.workflow.routine.group import Group, discard, maker
from ensue.resources.workflow.routine.retry import Retry
from ensue.resources.workflow.routine.run import RoutineRun
from ensue.resources.workflow.routine.typed import as_told, check_function, reader, result_shape
from ensue.words.errors import InvalidInput, InvalidValue
from ensue.words.units import as_ms, duration_ms
from ensue.words.values import Json

BRANCHES_MAX = 10_000
CONCURRENCY_DEFAULT = 100
EVENT_NAME_LENGTH_MAX = 256

R = TypeVar("R")
T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
Ts = TypeVarTuple("Ts")
Branch = Awaitable[A] | Callable[[], Awaitable[A]]

# The idempotency key of the step that runs in this task.
step_key: ContextVar[str | None] = ContextVar("step_key", default=None)


class WorkflowContext:
    """What a workflow function gets as ``ctx``. What it awaits of it is recorded.

    After a crash the function is run again from its beginning, and is given what is recorded: it
    must ask for the same things in the same order. Whatever may come out otherwise the next time
    (the time, randomness, reads, calls) belongs into a step, or comes from `now`, `random` and
    `uuid`.

    Args:
        run: the execution.
    """

    def __init__(self, run: RoutineRun) -> None:
        self._run = run
        self._drawn = (-1, 0, 0)

    @property
    def execution(self) -> ExecutionFacts:
        """Which execution it is: ``id``, ``name``, ``started_ms``."""
        return self._run.execution

    @overload
    async def step(
        self,
        function: Callable[[*Ts], Coroutine[Any, Any, R]],
        *arguments: *Ts,
        name: str | None = None,
        retry: Retry | Iterable[Retry] | None = None,
        timeout: str | float | None = None,  # noqa: ASYNC109 - of the step
    ) -> R: ...

    @overload
    async def step(
        self,
        function: Callable[[*Ts, Any], R],
        *arguments: *Ts,
        name: str | None = None,
        retry: Retry | Iterable[Retry] | None = None,
        timeout: str | float | None = None,  # noqa: ASYNC109 - of the step
    ) -> R: ...

    async def step(  # type: ignore[misc] # mypy does not match a variadic argument to any
        self,
        function: Callable[..., Any],
        *arguments: Any,
        name: str | None = None,
        retry: Retry | Iterable[Retry] | None = None,
        timeout: str | float | None = None,  # noqa: ASYNC109 - of the step
    ) -> Any:
        """Do something once, and record what it returns.

        A ``def`` is called as ``function(*arguments, tx)`` in the transaction that records it: what
        it does and that it was done commit together, exactly once. An ``async def`` is called as
        ``function(*arguments)`` outside, at least once, with `idempotency_key` the same each time.

        Args:
            function: the step.
            arguments: what it gets.
            name: its name in the history; the function's own by default.
            retry: when it is tried again, and how often; by default it is not.
            timeout: how long an ``async def`` may take, such as ``"30s"``.

        Returns:
            What the function returned, as it is read back: a tuple is a list, and what the function
            names as its result's type, a dataclass say, is of that type.

        Raises:
            StepFailed: it failed for good.
            StepTimedOut: it took too long, for good.
            InvalidDeclaration: the function takes other arguments.
            InvalidValue: the timeout is no duration, or one for a ``def``.
        """
        is_action = check_function(function, len(arguments))
        timeout_ms = None if timeout is None else duration_ms(timeout)
        if timeout_ms is not None and not is_action:
            raise InvalidValue(
                "expected no timeout for a def: it runs in the transaction", at="timeout"
            )

        def command(place: Place) -> CallFunction:
            return CallFunction(
                *_fields(place), function, arguments, is_action, timeout_ms=timeout_ms
            )

        return await Task(
            name or _name_of(function),
            ("ensue", "step"),
            command,
            lambda: as_told(list(arguments)),
            _retries(retry),
            reader(result_shape(function)),
            is_inside=not is_action,
            told={} if timeout_ms is None else {"timeoutInSeconds": timeout_ms / 1_000},
        )

    async def sleep(self, duration: str | float, *, name: str = "sleep") -> None:
        """Wait for a time, such as ``"3d"``, or seconds; it costs nothing meanwhile.

        Raises:
            InvalidValue: it is no duration.
        """
        await Timer(name, self._run.now_ms + duration_ms(duration))

    async def sleep_until(self, at: datetime | int | str, *, name: str = "sleep") -> None:
        """Wait until a time: a datetime with its zone, text in ISO 8601, or ms since 1970.

        Raises:
            InvalidValue: it is none of these.
        """
        await Timer(name, as_ms(at, "$.at"))

    async def wait_for_event(
        self,
        event: str,
        *,
        timeout: str | float | None = None,  # noqa: ASYNC109 - of the wait
    ) -> Json:
        """Wait until somebody sends this execution an event; see `Workflow.send_event`.

        One that was sent before it was waited for is there at once, the oldest first; each is
        waited for once.

        Args:
            event: its name.
            timeout: how long to wait; for ever by default.

        Returns:
            The event's body.

        Raises:
            StepTimedOut: none came in time.
            InvalidValue: the name or the timeout is none.
        """
        check_event_name(event)
        timeout_ms = None if timeout is None else duration_ms(timeout)
        body: Json = await Task(
            event,
            ("ensue", "event"),
            lambda place: AwaitEvent(place.branch, place.attempt, event, timeout_ms),
            lambda: None,
            may_last=True,
        )
        return body

    async def wait_for_token(
        self,
        send: Callable[[str, Any], object] | Callable[[str], Awaitable[object]],
        *,
        name: str | None = None,
        timeout: str | float | None = None,  # noqa: ASYNC109 - of the step
        heartbeat: str | float | None = None,
    ) -> Json:
        """Hand a token out, and wait until somebody gives it back, with success or failure.

        Args:
            send: hands it out: a ``def send(token, tx)`` in the transaction that records it, or an
                ``async def send(token)`` outside.
            name: the step's name in the history; the function's own by default.
            timeout: how long to wait; for ever by default.
            heartbeat: for how long nobody may say that it is still being worked on.

        Returns:
            What the token came back with; see `App.send_task_success`.

        Raises:
            StepFailed: it came back with a failure, or could not be handed out.
            StepTimedOut: it did not come back in time.
            InvalidDeclaration: the function takes other arguments.
            InvalidValue: a time is no duration.
        """
        is_action = check_function(send, 1)
        timeout_ms = None if timeout is None else duration_ms(timeout)
        heartbeat_ms = None if heartbeat is None else duration_ms(heartbeat)

        def command(place: Place) -> CallFunction:
            return CallFunction(
                *_fields(place), send, (), is_action, timeout_ms, heartbeat_ms, with_token=True
            )

        answer: Json = await Task(
            name or _name_of(send),
            ("ensue", "token.waitForTaskToken"),
            command,
            lambda: None,
            is_inside=not is_action,
        )
        return answer

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


def check_event_name(name: object) -> None:
    """Check the name of an event.

    Raises:
        InvalidValue: it is none.
    """
    if not isinstance(name, str) or not 1 <= len(name) <= EVENT_NAME_LENGTH_MAX:
        raise InvalidValue(
            f"expected the name of an event, 1 to {EVENT_NAME_LENGTH_MAX} characters, got {name!r}"
        )


def _check_size(count: int, concurrency: int) -> None:
    if count > BRANCHES_MAX:
        raise InvalidValue(
            f"expected at most {BRANCHES_MAX} side by side, got {count}",
            hint="Start a workflow of its own for each part.",
        )
    if concurrency < 1:
        raise InvalidValue(f"expected a concurrency of at least 1, got {concurrency}")


def _retries(given: Retry | Iterable[Retry] | None) -> tuple[Retry, ...]:
    if given is None:
        return ()
    return (given,) if isinstance(given, Retry) else tuple(given)


def _name_of(function: Callable[..., Any]) -> str:
    found = getattr(function, "__name__", None) or getattr(
        getattr(function, "func", None), "__name__", "step"
    )
    return "step" if found == "<lambda>" else str(found)


def _fields(place: Place) -> tuple[int, int, str, int, str]:
    return place.branch, place.attempt, place.state, place.retries, place.key
