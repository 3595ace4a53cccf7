"""What a workflow function awaits of its ``ctx``: steps, tasks, time, workflows."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from datetime import datetime
from typing import Any, Protocol, TypeVar, TypeVarTuple, overload

from ensue.languages.states.commands import Perform
from ensue.languages.states.resource_names import REQUEST_RESPONSE, parse_resource
from ensue.resources.workflow.routine.asks import Place, Task, Timer
from ensue.resources.workflow.routine.awaiting_others import (
    AwaitingOthers,
    fields_of,
    name_of,
)
from ensue.resources.workflow.routine.commands import CallFunction
from ensue.resources.workflow.routine.retry import Retry
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

R = TypeVar("R")
Ts = TypeVarTuple("Ts")


class Named(Protocol):
    """A resource of the app."""

    @property
    def ref(self) -> Ref:
        """What it is called."""
        ...


class Awaiting(AwaitingOthers):
    """What a workflow function awaits one after the other.

    Args:
        run: the execution.
    """

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
                *fields_of(place), function, arguments, is_action, timeout_ms=timeout_ms
            )

        return await Task(
            name or name_of(function),
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


def _retries(given: Retry | Iterable[Retry] | None) -> tuple[Retry, ...]:
    if given is None:
        return ()
    return (given,) if isinstance(given, Retry) else tuple(given)
