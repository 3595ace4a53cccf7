"""What goes wrong in a state: an error name, by which retriers and catchers choose, and a cause.

    StateError              a state fails: a task's failure, a Fail state, a time-out
    └── DataError           a path, a payload, a function or a query does not apply to the data
        └── QueryError      a JSONata query fails, finds nothing, or finds what does not fit

The names are those of the specification and of Step Functions.
"""

from __future__ import annotations

from typing import Final

ALL: Final = "States.ALL"
TASK_FAILED: Final = "States.TaskFailed"
TIMEOUT: Final = "States.Timeout"
HEARTBEAT_TIMEOUT: Final = "States.HeartbeatTimeout"
PERMISSIONS: Final = "States.Permissions"
RUNTIME: Final = "States.Runtime"
DATA_LIMIT_EXCEEDED: Final = "States.DataLimitExceeded"
RESULT_PATH_MATCH_FAILURE: Final = "States.ResultPathMatchFailure"
PARAMETER_PATH_FAILURE: Final = "States.ParameterPathFailure"
QUERY_EVALUATION_ERROR: Final = "States.QueryEvaluationError"
INTRINSIC_FAILURE: Final = "States.IntrinsicFailure"
BRANCH_FAILED: Final = "States.BranchFailed"
NO_CHOICE_MATCHED: Final = "States.NoChoiceMatched"
EXCEED_TOLERATED_FAILURE_THRESHOLD: Final = "States.ExceedToleratedFailureThreshold"
ITEM_READER_FAILED: Final = "States.ItemReaderFailed"
RESULT_WRITER_FAILED: Final = "States.ResultWriterFailed"

STATES_ERRORS: Final = frozenset({
    ALL,
    TASK_FAILED,
    TIMEOUT,
    HEARTBEAT_TIMEOUT,
    PERMISSIONS,
    RUNTIME,
    DATA_LIMIT_EXCEEDED,
    RESULT_PATH_MATCH_FAILURE,
    PARAMETER_PATH_FAILURE,
    QUERY_EVALUATION_ERROR,
    INTRINSIC_FAILURE,
    BRANCH_FAILED,
    NO_CHOICE_MATCHED,
    EXCEED_TOLERATED_FAILURE_THRESHOLD,
    ITEM_READER_FAILED,
    RESULT_WRITER_FAILED,
})
# States.ALL catches neither of them, and no retrier does.
TERMINAL_ERRORS: Final = frozenset({RUNTIME, DATA_LIMIT_EXCEEDED})


class StateError(Exception):
    """A state fails.

    Args:
        error: the name of the error, by which a retrier or a catcher knows it; None for none.
        cause: what happened, for people; None for none.
    """

    def __init__(self, error: str | None, cause: str | None = None) -> None:
        super().__init__(error, cause)
        self.error = error
        self.cause = cause

    def __str__(self) -> str:
        return f"{self.error}: {self.cause}" if self.cause else str(self.error)


class DataError(StateError):
    """A path, a payload, a function or a query does not apply to the data.

    Args:
        error: the name of the error.
        cause: what happened, not yet with the state: ``told_in`` adds that.
    """

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(error, cause)
        self.error: str = error
        self.cause: str = cause

    def told_in(self, state: str, entered_id: int) -> StateError:
        """The error with the state that it happened in, as Step Functions words it.

        Args:
            state: the state's name.
            entered_id: the id of the event of its entry.
        """
        self.cause = (
            f"An error occurred while executing the state '{state}'"
            f" (entered at the event id #{entered_id}). {self.cause}"
        )
        return self


class QueryError(DataError):
    """A JSONata query fails, finds nothing, or finds what does not fit its field.

    Args:
        cause: what happened.
        location: the field, and the place in it: ``Output`` or ``Arguments/TableName``.
    """

    def __init__(self, cause: str, location: str) -> None:
        super().__init__(QUERY_EVALUATION_ERROR, cause)
        self.location = location
