"""Services and their actions: what a module of this package declares of the service it speaks for.

An action is *inside*, and performs within the transaction of its task's transition: exactly once;
or *outside*, and acts in the world: at least once, under one idempotency key.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID, uuid5

from ensue.engine.transaction import Transaction
from ensue.integrations.answers import Wire
from ensue.integrations.faults import Wording
from ensue.integrations.names import Resources
from ensue.integrations.parameters import Parameters
from ensue.languages.states.resource_names import (
    REQUEST_RESPONSE,
    WAIT_FOR_TASK_TOKEN,
    Mode,
)
from ensue.resources.workflow import TaskCall
from ensue.words.values import Json

_REQUESTS = UUID("5f0c1f8e-4c53-4b57-9d0c-6a4bb7a0f0d1")


@dataclass(frozen=True, slots=True)
class Asked:
    """What an action is asked to do.

    Attributes:
        resources: what there is.
        arguments: its parameters, checked, without those that are null.
        call: which task of which execution asks.
        now_ms: when.
    """

    resources: Resources
    arguments: dict[str, Json]
    call: TaskCall
    now_ms: int

    @property
    def request_id(self) -> str:
        """The id of the request: one for each task that asks, the same when it asks again."""
        return str(uuid5(_REQUESTS, self.call.key))


Inside: TypeAlias = Callable[[Transaction, Asked], Json]
Outside: TypeAlias = Callable[[Asked], Awaitable[Json]]


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a service does.

    Attributes:
        name: as in the Resource of a task: ``putItem``.
        parameters: what it takes.
        inside: does it within a transaction; None for one that is outside.
        outside: does it in the world; None for one that is inside.
        is_outside: tells, of an action that can be both, which it is for these arguments.
    """

    name: str
    parameters: Parameters
    inside: Inside | None = None
    outside: Outside | None = None
    is_outside: Callable[[Resources, Mapping[str, Json]], bool] | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """A service, as one of the two kinds of integration has it.

    Attributes:
        name: as in the Resource of a task: ``dynamodb``, ``aws-sdk:dynamodb``.
        kind: the kind of our resources that it is about.
        actions: by name.
        wording: how its errors are worded.
        wire: what its answers look like on the wire; None where nothing is added to them.
        addressed: the parameter that names the resource; None where there is none.
        lacking: what of the service is not here, in a few words, for the reference.
        modes: when its tasks may be done: with the answer, or with what comes later.
    """

    name: str
    kind: str
    actions: Mapping[str, Action]
    wording: Wording
    wire: Wire | None = None
    addressed: str | None = None
    lacking: str = ""
    modes: tuple[Mode, ...] = (REQUEST_RESPONSE, WAIT_FOR_TASK_TOKEN)
