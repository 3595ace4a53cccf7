"""What a routine wants done besides what a state machine wants (languages/states/commands.py)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from ensue.languages.states.commands import Cancel, Perform, Sleep
from ensue.languages.states.signals import Failed


@dataclass(frozen=True, slots=True)
class CallFunction:
    """Call a function of the application; answer with Succeeded or Failed.

    One that hands a token out is answered with Submitted, and ends by its token.

    Attributes:
        branch: the strand that waits for it.
        attempt: what its answer must name.
        state: the step's name.
        retries: how often this step has been tried before.
        key: the same at every try of this step: an idempotency key.
        function: a ``def`` that is called in the transaction, with it as its last argument; or an
            ``async def`` that is called outside.
        arguments: its other arguments.
        is_action: whether it is called outside.
        timeout_ms: how long it may take outside, or until its token comes back; None for any time.
        heartbeat_ms: for how long its token may stay silent; None for any time.
        with_token: whether it gets a token, before the transaction, that ends the step.
    """

    branch: int
    attempt: int
    state: str
    retries: int
    key: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    is_action: bool
    timeout_ms: int | None = None
    heartbeat_ms: int | None = None
    with_token: bool = False


@dataclass(frozen=True, slots=True)
class AwaitEvent:
    """Answer with Succeeded when an event of this name is there, or with TimedOut.

    Attributes:
        branch: the strand that waits for it.
        attempt: what its answer must name.
        name: the event's.
        timeout_ms: how long to wait; None for ever.
    """

    branch: int
    attempt: int
    name: str
    timeout_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Raised(Failed):
    """The function raised.

    Attributes:
        fault: what it raised.
    """

    fault: BaseException | None = None


RoutineCommand: TypeAlias = CallFunction | AwaitEvent | Perform | Sleep | Cancel
