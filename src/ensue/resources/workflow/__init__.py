"""Workflows: state machines and async functions whose executions are durable."""

from ensue.resources.workflow.audit import (
    audit,
)
from ensue.resources.workflow.handle import (
    FunctionWorkflow,
    Workflow,
)
from ensue.resources.workflow.model import (
    DEAD_LETTERS,
    DEATHS_MAX,
    STATUSES,
    TRIES_MAX,
    Execution,
    ExecutionChange,
    ExecutionPage,
    HistoryPage,
    Inside,
    Integration,
    Integrations,
    MapRun,
    Objects,
    Outside,
    TaskCall,
    Waiting,
    WorkflowAlias,
    WorkflowModel,
    WorkflowOptions,
    WorkflowType,
    WorkflowVersion,
)
from ensue.resources.workflow.operations import (
    OPERATIONS,
    status,
)
from ensue.resources.workflow.routine.context import WorkflowContext
from ensue.resources.workflow.routine.retry import Retry
from ensue.resources.workflow.store import (
    Started,
    describe,
    redrivable,
    send_task_failure,
    send_task_heartbeat,
    send_task_success,
    start,
    tell_started,
)
from ensue.resources.workflow.store.notes import (
    NOTES,
    SAID,
    begun_by,
    history_of,
    state_of_task,
    text_that_begins,
    word_of_job,
)
from ensue.words.kinds import (
    Kind,
)

__all__ = [
    "DEAD_LETTERS",
    "DEATHS_MAX",
    "KIND",
    "NOTES",
    "SAID",
    "STATUSES",
    "TRIES_MAX",
    "Execution",
    "ExecutionChange",
    "ExecutionPage",
    "FunctionWorkflow",
    "HistoryPage",
    "Inside",
    "Integration",
    "Integrations",
    "MapRun",
    "Objects",
    "Outside",
    "Retry",
    "Started",
    "TaskCall",
    "Waiting",
    "Workflow",
    "WorkflowAlias",
    "WorkflowContext",
    "WorkflowModel",
    "WorkflowOptions",
    "WorkflowType",
    "WorkflowVersion",
    "begun_by",
    "describe",
    "history_of",
    "redrivable",
    "send_task_failure",
    "send_task_heartbeat",
    "send_task_success",
    "start",
    "state_of_task",
    "tell_started",
    "text_that_begins",
    "word_of_job",
]

KIND = Kind(
    name="workflow",
    plural="workflows",
    summary="A state machine, or an async function, whose executions are durable.",
    aws="Step Functions",
    operations=OPERATIONS,
    status=status,
    audit=audit,
    wiring=Workflow.wiring,
)
