"""What is known of a map run: the run of a distributed Map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MapRun:
    """A map run as it is shown.

    Attributes:
        id: a UUID; the names of its children begin with it.
        arn: its name for those who speak AWS.
        execution: the name of the execution whose Map it is of.
        state: the Map's name.
        status: ``RUNNING``, ``SUCCEEDED``, ``FAILED`` or ``ABORTED``.
        started_ms: when it started, in ms since 1970.
        ended_ms: when it ended; None while it runs.
        max_concurrency: at most so many children run at once; 0 for no bound of its own.
        tolerated_failure_count: so many items may fail; None for no such bound.
        tolerated_failure_percentage: so much of the items may fail; None for no such bound.
        items: how many items there are of each status (``PENDING`` and those of executions), and in
            all (``TOTAL``), of those that were read so far.
        executions: the same of its children.
        is_read: whether all items were read.
        error: the name of the error that ended it; None for none.
        cause: what happened then, for people.
    """

    id: str
    arn: str
    execution: str
    state: str
    status: str
    started_ms: int
    ended_ms: int | None
    max_concurrency: int
    tolerated_failure_count: int | None
    tolerated_failure_percentage: float | None
    items: Mapping[str, int]
    executions: Mapping[str, int]
    is_read: bool
    error: str | None = None
    cause: str | None = None

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self.status == "RUNNING"
