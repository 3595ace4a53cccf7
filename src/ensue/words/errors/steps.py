"""Errors of steps of workflows."""

from __future__ import annotations

from ensue.words.errors.root import EnsueError


class StepFailed(EnsueError):
    """A step of a workflow failed for good.

    Args:
        error: the error's name, such as the class of what the step raised.
        cause: what happened, for people; None for nothing said.
        step: the step's name.
        event_id: the event of the execution's history that tells of it.
    """

    code = "step_failed"

    def __init__(
        self,
        error: str,
        cause: str | None = None,
        *,
        step: str | None = None,
        event_id: int | None = None,
    ) -> None:
        super().__init__(f"{error}: {cause}" if cause else error, at=step)
        self.error = error
        self.cause = cause
        self.step = step
        self.event_id = event_id


class StepTimedOut(StepFailed):
    """A step of a workflow took too long: no answer, event or token came in time."""

    code = "step_timed_out"
