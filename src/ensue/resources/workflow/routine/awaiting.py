"""What a workflow function awaits of its ``ctx``: steps, tasks, time, events, tokens, workflows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable
from datetime import datetime
from typing import Any, Protocol, TypeVar, TypeVarTuple, overload

from ensue.languages.states.commands import Perform
from ensue.languages.states.resource_names import REQUEST_RESPONSE, parse_resource
from ensue.resources.workflow.routine.asks import Place, Task, Timer
from ensue.resources.workflow.routine.commands import AwaitEvent, CallFunction
from ensue.resources.workflow.routine.retry import Retry
from ensue.resources.workflow.routine.run import RoutineRun
from ensue.resources.workflow.routine.typed import (
    as_told,
    check_function,
    kept,
    reader,
    result_shape,
)
from ensue.words.errors import InvalidValue
from ensue.words.names import Ref
from ensue.words.units import as_ms, duration_ms
from ensue.words.values import Json

EVENT_NAME_LENGTH_MAX = 256

R = TypeVar("R")
Ts = TypeVarTuple("Ts")


class Named(Protocol):
    """A resource of the app."""

    @property
    def ref(self) -> Ref:
        """What it is called."""
        ...


class Awaiting:
    """What a workflow function awaits one after the other.

    Args:
        run: the execution.
    """

    def __init__(self, run: RoutineRun) -> None:
        self._run = run

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
        self._run.current()  # nobody else may await this
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
        self._run.current()  # nobody else may await this
        await Timer(name, self._run.now_ms + duration_ms(duration))

    async def sleep_until(self, at: datetime | int | str, *, name: str = "sleep") -> None:
        """Wait until a time: a datetime with its zone, text in ISO 8601, or ms since 1970.

        Raises:
            InvalidValue: it is none of these.
        """
        self._run.current()  # nobody else may await this
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
        self._run.current()  # nobody else may await this
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
        self._run.current()  # nobody else may await this
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

    async def task(
        self,
        resource: str,
        arguments: object = None,
        *,
        name: str | None = None,
        retry: Retry | Iterable[Retry] | None = None,
        timeout: str | float | None = None,  # noqa: ASYNC109 - of the task
    ) -> Json:
        """Do what a state machine's Task does, and record its answer.

        Args:
            resource: such as ``ensue:queue:payments``, ``ensue:function:reserve`` or
                ``arn:aws:states:::dynamodb:updateItem``.
            arguments: what it is called with, a JSON value.
            name: the step's name in the history; the resource by default.
            retry: when it is tried again, and how often; by default it is not.
            timeout: how long it may take, such as ``"30s"``.

        Raises:
            StepFailed: it failed for good.
            StepTimedOut: it took too long, for good.
            InvalidValue: it is no such resource, or one that waits for its token.
        """
        self._run.current()  # nobody else may await this
        called = parse_resource(resource)
        if called.wants_token:
            raise InvalidValue(
                f"expected a task that ends by itself, got {resource}",
                hint="Hand a token out with ctx.wait_for_token.",
            )
        timeout_ms = None if timeout is None else duration_ms(timeout)
        given = kept(arguments)

        def command(place: Place) -> Perform:
            at = (place.branch, place.attempt, place.state, place.retries)
            return Perform(*at, called, given, timeout_ms)

        action = resource.removeprefix("arn:aws:states:::").removeprefix(f"{called.service}:")
        answer: Json = await Task(
            name or resource,
            (called.service, action),
            command,
            lambda: given,
            _retries(retry),
            may_last=called.mode != REQUEST_RESPONSE,
        )
        return answer

    async def call(self, workflow: Named, given: object = None, *, name: str | None = None) -> Json:
        """Start an execution of another workflow, and wait for its end.

        When this one is stopped, or waits no more, so is the other.

        Args:
            workflow: a state machine or a function.
            given: its input, a JSON value.
            name: the step's name in the history; the workflow's by default.

        Returns:
            The other's output.

        Raises:
            StepFailed: the other failed, timed out or was stopped.
        """
        ref = workflow.ref
        resource = f"ensue:{ref.kind}:{ref.app}/{ref.name}.sync"
        return await self.task(resource, given, name=name or ref.name)

    async def start(
        self, workflow: Named, given: object = None, *, name: str | None = None
    ) -> Json:
        """Start an execution of another workflow, and go on.

        It is started in the transaction that records it, so exactly once.

        Args:
            workflow: a state machine or a function.
            given: its input, a JSON value.
            name: the step's name in the history; the workflow's by default.

        Returns:
            ``id``, ``arn``, ``name`` and ``started_ms`` of the execution.

        Raises:
            StepFailed: it cannot be started so; says why.
        """
        ref = workflow.ref
        resource = f"ensue:{ref.kind}:{ref.app}/{ref.name}"
        return await self.task(resource, given, name=name or ref.name)


def check_event_name(name: object) -> None:
    """Check the name of an event.

    Raises:
        InvalidValue: it is none.
    """
    if not isinstance(name, str) or not 1 <= len(name) <= EVENT_NAME_LENGTH_MAX:
        raise InvalidValue(
            f"expected the name of an event, 1 to {EVENT_NAME_LENGTH_MAX} characters, got {name!r}"
        )


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
