"""What a transaction does to executions of workflows: starts, events, and the ends of tasks."""

from __future__ import annotations

from ensue.app.recording import RecordingTx
from ensue.resources import workflow as workflow_kind
from ensue.resources.workflow import Execution, FunctionWorkflow, Workflow


class ExecutingTx(RecordingTx):
    """A transaction that starts executions, and tells them what they wait for."""

    __slots__ = ()

    def start(
        self,
        flow: Workflow,
        input: object = None,  # noqa: A002 - the word for it
        *,
        name: str | None = None,
        version: int | str | None = None,
    ) -> Execution:
        """Start an execution of a workflow, when this transaction commits. See `Workflow.start`.

        Args:
            flow: the workflow.
            input: what it is started with, a JSON value of at most 256 KiB.
            name: its name, an idempotency key; a new one by default.
            version: the number of a version, or an alias; by default what the app declares.

        Raises:
            NotFound: there is no such version or alias.
            InvalidName: it cannot be called so.
            InvalidValue: the input is no JSON value.
            TooLarge: the input is larger than 256 KiB.
            Conflict: there is one of this name that was started with another input.
        """
        return flow.start_within(self._inner, input, name=name, version=version)

    def send_event(
        self,
        flow: FunctionWorkflow,
        execution: str,
        event: str,
        body: object = None,
        *,
        deduplication_id: str | None = None,
    ) -> bool:
        """Send an execution an event; see `FunctionWorkflow.send_event`.

        Raises:
            NotFound: there is no execution of this name.
            InvalidValue: the name is none, or the body no JSON value.
            LimitExceeded: too many events wait for the execution.
        """
        return flow.send_event_within(
            self._inner, execution, event, body, deduplication_id=deduplication_id
        )

    def send_task_success(self, token: str, output: object = None) -> None:
        """End the task that waits for a token, with its output. The token is used up.

        Raises:
            NotFound: no task waits for this token.
            InvalidValue: the output is no JSON value.
            TooLarge: the output is larger than 256 KiB.
        """
        workflow_kind.send_task_success(self._inner, token, output)

    def send_task_failure(
        self, token: str, error: str | None = None, cause: str | None = None
    ) -> None:
        """Let the task that waits for a token fail. The token is used up.

        Args:
            token: the token.
            error: the name of the error, by which retriers and catchers choose.
            cause: what happened, for people.

        Raises:
            NotFound: no task waits for this token.
            InvalidValue: the error or the cause is no text, or too long.
        """
        workflow_kind.send_task_failure(self._inner, token, error, cause)

    def send_task_heartbeat(self, token: str) -> None:
        """Say that one is still at the task that waits for a token: its silence begins anew.

        Raises:
            NotFound: no task waits for this token.
        """
        workflow_kind.send_task_heartbeat(self._inner, token)
