"""What a workflow function awaits of others: events, tokens, people."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

from ensue.resources.workflow.routine.asks import Place, Task
from ensue.resources.workflow.routine.commands import AwaitEvent, CallFunction
from ensue.resources.workflow.routine.run import RoutineRun
from ensue.resources.workflow.routine.typed import check_function, form_shape, kept, reader
from ensue.resources.workflow.store.asking import HUMAN
from ensue.words.errors import InvalidValue
from ensue.words.units import duration_ms
from ensue.words.values import Json

EVENT_NAME_LENGTH_MAX = 256

R = TypeVar("R")


class AwaitingOthers:
    """What a workflow function awaits that somebody else is to give.

    Args:
        run: the execution.
    """

    def __init__(self, run: RoutineRun) -> None:
        self._run = run

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

    @overload
    async def wait_for_human(
        self,
        name: str,
        *,
        title: str | None = ...,
        form: type[R],
        data: object = ...,
        timeout: str | float | None = ...,  # noqa: ASYNC109 - of the wait
    ) -> R: ...

    @overload
    async def wait_for_human(
        self,
        name: str,
        *,
        title: str | None = ...,
        form: None = ...,
        data: object = ...,
        timeout: str | float | None = ...,  # noqa: ASYNC109 - of the wait
    ) -> Json: ...

    async def wait_for_human(
        self,
        name: str,
        *,
        title: str | None = None,
        form: type[Any] | None = None,
        data: object = None,
        timeout: str | float | None = None,  # noqa: ASYNC109 - of the wait
    ) -> Any:
        """Wait until somebody decides; it is among the approvals of the workflow until then.

        Who approves answers with a value; `Workflow.send_event` under this name does the same. Who
        rejects lets the step fail, with the error ``Rejected`` and a comment as its cause.

        Args:
            name: what the step is called in the history.
            title: what is to be decided, in a few words; by default the name.
            form: the type of the answer, such as a dataclass: people get a form for it.
            data: what is to be decided on, a JSON value.
            timeout: how long to wait; for ever by default.

        Returns:
            The answer, of the form's type where there is one.

        Raises:
            StepFailed: it was rejected.
            StepTimedOut: nobody decided in time.
            InvalidDeclaration: JSON cannot hold the form's type.
            InvalidValue: the name or the timeout is none, or the data no JSON value.
        """
        self._run.current()  # nobody else may await this
        check_event_name(name)
        timeout_ms = None if timeout is None else duration_ms(timeout)
        shape, schema = (None, None) if form is None else form_shape(form)
        told = {"title": title or name, "data": kept(data), "form": schema}
        return await Task(
            name,
            ("ensue", HUMAN),
            lambda place: AwaitEvent(place.branch, place.attempt, name, timeout_ms),
            lambda: told,
            read=reader(shape),
            may_last=True,
        )

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
                *fields_of(place), send, (), is_action, timeout_ms, heartbeat_ms, with_token=True
            )

        answer: Json = await Task(
            name or name_of(send),
            ("ensue", "token.waitForTaskToken"),
            command,
            lambda: None,
            is_inside=not is_action,
        )
        return answer


def check_event_name(name: object) -> None:
    """Check the name of an event.

    Raises:
        InvalidValue: it is none.
    """
    if not isinstance(name, str) or not 1 <= len(name) <= EVENT_NAME_LENGTH_MAX:
        raise InvalidValue(
            f"expected the name of an event, 1 to {EVENT_NAME_LENGTH_MAX} characters, got {name!r}"
        )


def name_of(function: Callable[..., Any]) -> str:
    """What a step is called that is given no name."""
    found = getattr(function, "__name__", None) or getattr(
        getattr(function, "func", None), "__name__", "step"
    )
    return "step" if found == "<lambda>" else str(found)


def fields_of(place: Place) -> tuple[int, int, str, int, str]:
    """The fields that commands have in common."""
    return place.branch, place.attempt, place.state, place.retries, place.key
