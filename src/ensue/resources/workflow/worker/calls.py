"""What a task calls, found and called: its arguments are copies, its answer is plain JSON."""

from __future__ import annotations

from ensue.engine import executions
from ensue.engine.transaction import Transaction
from ensue.languages.states.errors import StateError
from ensue.languages.states.resource_names import ENSUE, SYNC, SYNC_2, TaskResource
from ensue.languages.states.signals import Failed
from ensue.resources.workflow import rules
from ensue.resources.workflow.model import TaskCall, Waiting, WorkflowModel
from ensue.resources.workflow.store import Task

DIED = "Ensue.ProcessDied"


def call_of(
    tx: Transaction, workflow: WorkflowModel, task: Task, resource: TaskResource
) -> TaskCall:
    """Who calls, as what is called is told."""
    records = tx.facts.records
    return make_call(workflow, task, resource, executions.record_id(records, task.execution))


def make_call(
    workflow: WorkflowModel, task: Task, resource: TaskResource, execution_id: str
) -> TaskCall:
    """The same, where the execution's record id is known."""
    waiting = None
    if resource.mode in {SYNC, SYNC_2}:
        form = "output" if resource.service == ENSUE else resource.mode
        waiting = Waiting(executions.key(task.execution, task.branch), task.attempt, form)
    return TaskCall(
        workflow=workflow.ref,
        execution=execution_id,
        execution_arn=workflow.execution_arn(task.name),
        execution_name=task.name,
        state=task.state,
        key=f"{execution_id}-{task.branch}-{task.entered}",
        retries=task.retries,
        token=task.token,
        waiting=waiting,
        timeout_ms=task.timeout_ms,
        heartbeat_ms=task.heartbeat_ms,
        credentials=task.credentials,
    )


def failed(fault: BaseException) -> Failed:
    """What an exception of a task tells its state: a ``StateError`` names its error itself."""
    if isinstance(fault, StateError):
        return Failed(fault.error, fault.cause)
    return Failed(*rules.cause_of(fault))
