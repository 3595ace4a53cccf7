"""The words of workflows: what one is, how it is run, and what is known of an execution.

    running ──its end──▶ succeeded | failed
       │ ──its time is over──▶ timed_out
       └ ──stop──▶ aborted

A workflow is ``STANDARD``: each execution is a row, durable at every transition; or ``EXPRESS``: an
execution runs in memory, at least once, and its outcome is a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, TypedDict, get_args

from ensue.engine.handlers import Policy
from ensue.words.names import Ref, sql_name
from ensue.words.shapes import TypeForm

STANDARD, EXPRESS = "STANDARD", "EXPRESS"
WorkflowType = Literal["STANDARD", "EXPRESS"]
LogLevel = Literal["ALL", "ERROR", "OFF"]
TYPES: tuple[str, ...] = get_args(WorkflowType)
LOG_LEVELS: tuple[str, ...] = get_args(LogLevel)

RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED = 0, 1, 2, 3, 4
STATUSES = ("RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")

TRANSITIONS_MAX = 200
BYTES_PER_COMMIT_MAX = 4_194_304
PAGE_MAX = 1_000
DEATHS_MAX = 3
TRIES_MAX = 10
KEEP_MS_DEFAULT = 90 * 86_400_000
EXPRESS_MS_MAX = 300_000
DEAD_LETTERS = "-dlq"
TASKS = "workflow-tasks"
CHILDREN, CHILD_TASKS = "workflow-children", "workflow-child-tasks"
MAP_RUNS, MAP_DATA = "workflow-map-runs", "workflow-map-data"
# What waits for an execution that is a child is its map run.
MAP_FORM = "map"

REGION, ACCOUNT = "us-east-1", "000000000000"


class WorkflowOptions(TypedDict, total=False):
    """How a workflow is run; see `App.workflow`."""

    keep: str | float
    log: LogLevel
    concurrency: int
    task_timeout: str | float
    was: str
    forms: Mapping[str, TypeForm]


@dataclass(frozen=True)
class WorkflowModel:
    """A workflow as declared.

    Attributes:
        ref: what it is called.
        type: ``STANDARD`` or ``EXPRESS``.
        keep_ms: how long an execution is kept once it has ended.
        log: of an express workflow: of which executions the history is kept.
        policy: how its tasks outside are taken: how many at once, and how long one may run.
        was: the name that it had before; None for none.
        forms: the types of the answers of people, by the names of the states that ask them.
    """

    ref: Ref
    type: WorkflowType = "STANDARD"
    keep_ms: int = KEEP_MS_DEFAULT
    log: LogLevel = "ERROR"
    policy: Policy = field(default_factory=Policy)
    was: str | None = None
    forms: Mapping[str, TypeForm] = field(default_factory=dict, hash=False)

    @property
    def is_express(self) -> bool:
        """Whether its executions run in memory."""
        return self.type == EXPRESS

    @cached_property
    def table(self) -> str:
        """The SQL table of the log of its executions' status changes."""
        return sql_name(self.ref.app, self.ref.name, "_executions")

    @cached_property
    def tasks(self) -> Ref:
        """The queue of its tasks that work outside."""
        kind = CHILD_TASKS if self.ref.kind == CHILDREN else TASKS
        return Ref(self.ref.app, kind, self.ref.name)

    @cached_property
    def map_runs(self) -> Ref:
        """The queue of what its map runs do inside."""
        return Ref(self.ref.app, MAP_RUNS, self.ref.name)

    @cached_property
    def map_data(self) -> Ref:
        """The queue of what its map runs read and write."""
        return Ref(self.ref.app, MAP_DATA, self.ref.name)

    @cached_property
    def children(self) -> WorkflowModel:
        """What the children of its map runs are executions of."""
        return replace(self, ref=Ref(self.ref.app, CHILDREN, self.ref.name), was=None)

    @cached_property
    def dead_letters(self) -> Ref:
        """The queue for work that could not be done; its execution fails then, and says so."""
        return Ref(self.ref.app, "queue", self.ref.name + DEAD_LETTERS)

    @cached_property
    def arn(self) -> str:
        """Its name for those who speak AWS."""
        return f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{self.ref.name}"

    def execution_arn(self, name: str) -> str:
        """The name of one of its executions for those who speak AWS."""
        kind = "express" if self.is_express else "execution"
        return f"arn:aws:states:{REGION}:{ACCOUNT}:{kind}:{self.ref.name}:{name}"
