"""What the execution that waits for another one is told of its end."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ensue.engine import executions
from ensue.engine.transaction import Transaction
from ensue.languages.states.errors import TASK_FAILED, TIMEOUT
from ensue.resources.workflow import rules
from ensue.resources.workflow.model import STATUSES, Waiting, WorkflowModel
from ensue.resources.workflow.model import SUCCEEDED as HAS_SUCCEEDED
from ensue.resources.workflow.model import TIMED_OUT as HAS_TIMED_OUT
from ensue.resources.workflow.store.executions import Ending, Loaded, input_of
from ensue.resources.workflow.store.jobs import FAILED, SUCCEEDED, Job

OUTPUT: Final = "output"
SYNC: Final = "sync"


def answer_to_parent(
    tx: Transaction, workflow: WorkflowModel, loaded: Loaded, ending: Ending, waiting: Waiting
) -> Job:
    """How a task ended that was an execution, in the form that its state wants.

    Args:
        tx: the transaction.
        workflow: the workflow of the execution that ended.
        loaded: the execution that ended.
        ending: how.
        waiting: who waits for it.
    """
    place = executions.within(waiting.branch)
    to = (place.execution, place.number, waiting.attempt)
    if waiting.form == OUTPUT:
        if ending.status == HAS_SUCCEEDED:
            return Job(SUCCEEDED, *to, output=rules.decoded(ending.output or "null"))
        error = TIMEOUT if ending.status == HAS_TIMED_OUT else ending.error or TASK_FAILED
        said = f"the execution {loaded.name} of {workflow.ref.name} is {STATUSES[ending.status]}"
        return Job(FAILED, *to, error=error, cause=ending.cause or said)
    told = described(tx, workflow, loaded, ending, as_text=waiting.form == SYNC)
    if ending.status == HAS_SUCCEEDED:
        return Job(SUCCEEDED, *to, output=told)
    return Job(FAILED, *to, error=TASK_FAILED, cause=msgspec.json.encode(told).decode())


def described(
    tx: Transaction, workflow: WorkflowModel, loaded: Loaded, ending: Ending, *, as_text: bool
) -> dict[str, Any]:
    """An execution that has ended, as Step Functions tells the one that has started it.

    Args:
        tx: the transaction.
        workflow: the workflow of the execution that ended.
        loaded: the execution that ended.
        ending: how.
        as_text: whether its input and output are JSON text, as ``.sync`` has them, or what they
            are, as ``.sync:2``.
    """
    given = input_of(tx, loaded.id)
    told: dict[str, Any] = {
        "ExecutionArn": workflow.execution_arn(loaded.name),
        "Input": rules.encoded(given, "input") if as_text else given,
        "InputDetails": {"Included": True},
        "Name": loaded.name,
        "RedriveCount": loaded.redrives,
        **redrivable(STATUSES[ending.status]),
        "StartDate": loaded.started_ms,
        "StateMachineArn": workflow.arn,
        "Status": STATUSES[ending.status],
        "StopDate": tx.now_ms,
    }
    if ending.output is not None:
        told["Output"] = ending.output if as_text else rules.decoded(ending.output)
        told["OutputDetails"] = {"Included": True}
    if ending.error is not None:
        told["Error"] = ending.error
    if ending.cause is not None:
        told["Cause"] = ending.cause
    return dict(sorted(told.items()))


def redrivable(status: str) -> dict[str, Any]:
    """Whether an execution of a status can be set going again, as Step Functions tells it."""
    if status in {"RUNNING", "SUCCEEDED"}:
        return {
            "RedriveStatus": "NOT_REDRIVABLE",
            "RedriveStatusReason": f"Execution is {status} and cannot be redriven",
        }
    return {"RedriveStatus": "REDRIVABLE"}
