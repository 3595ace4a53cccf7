"""What a task calls, as the workflow sees it: something inside, or something outside.

*Inside* is done within the transaction of the task's transition: it happens exactly once, with it.
*Outside* is done by itself, at least once, and its answer is taken up exactly once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias

from ensue.engine.transaction import Transaction
from ensue.languages.states.resource_names import TaskResource
from ensue.words.names import Ref
from ensue.words.values import Json


@dataclass(frozen=True, slots=True)
class Waiting:
    """The place in an execution that waits for the end of what it started.

    Attributes:
        branch: the key of the branch; see `engine.executions`.
        attempt: what the answer must name: of another attempt it is stale.
        form: in which form it wants the end told: ``output``, just the output; ``sync`` and
            ``sync:2``, as Step Functions describes an execution, the output as text or as it is.
    """

    branch: int
    attempt: int
    form: str = "output"


class TaskCall(NamedTuple):
    """Who calls, and from where.

    Attributes:
        workflow: the workflow.
        execution: the execution's record id.
        execution_arn: its name for those who speak AWS.
        execution_name: its name.
        state: the state's name.
        key: an idempotency key: the same however often this task is tried.
        retries: how often it was tried before: 0 for the first time.
        token: the token that ends the task, where it waits for one.
        waiting: the place that waits for what is started, for tasks that run as long as that.
        timeout_ms: how long the task may take; None for no bound of its own.
        heartbeat_ms: how long it may be silent; None for as long as it likes.
        credentials: as whom it is to be done; None for as the app.
    """

    workflow: Ref
    execution: str
    execution_arn: str
    execution_name: str
    state: str
    key: str
    retries: int = 0
    token: str | None = None
    waiting: Waiting | None = None
    timeout_ms: int | None = None
    heartbeat_ms: int | None = None
    credentials: Json = None


@dataclass(frozen=True, slots=True)
class Inside:
    """A task that is done in the transaction of its transition.

    Attributes:
        perform: does it, and answers; what it raises undoes what it did, and fails the task. A
            ``StateError`` names its error; any other exception is named by its class.
    """

    perform: Callable[[Transaction, Json, TaskCall], Json]


@dataclass(frozen=True, slots=True)
class Outside:
    """A task that works outside of any transaction.

    Attributes:
        act: does it, and answers; what it raises fails the task, as for `Inside`.
    """

    act: Callable[[Json, TaskCall], Awaitable[Json]]


Integration: TypeAlias = Inside | Outside


class Integrations(Protocol):
    """What there is for tasks to call."""

    def find(self, resource: TaskResource, arguments: Json = None) -> Integration:
        """What a task calls.

        Args:
            resource: what the task names.
            arguments: what it is called with; None when the workflow is declared.

        Raises:
            NotFound: there is no such thing; says what there is.
            InvalidDeclaration: it is there, and cannot be called so.
        """

    def named(self, resource: TaskResource, definition: Mapping[str, Json]) -> Ref | None:
        """The resource that a task reaches; None where its definition does not tell.

        Args:
            resource: what the task names.
            definition: the task's state, as it is written.
        """

    def faults(
        self, resource: TaskResource, definition: Mapping[str, Json]
    ) -> Iterable[tuple[str, str]]:
        """What is wrong with a task as far as its definition tells; it was found.

        Args:
            resource: what the task names.
            definition: the task's state, as it is written.

        Yields:
            The place in the state, such as ``Parameters/QueueUrl``, and what is wrong there.
        """
