"""Step Functions: workflows of ours, by the API of Step Functions.

Source: Step Functions API reference, StartExecution, DescribeExecution.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import msgspec

from ensue.engine.transaction import Transaction
from ensue.integrations.answers import Wire, iso_date
from ensue.integrations.faults import Fault, Wording
from ensue.integrations.names import Resources, workflow_arn
from ensue.integrations.parameters import ANY, TEXT, Parameters
from ensue.integrations.service import Action, Asked, Service
from ensue.languages.states.resource_names import (
    REQUEST_RESPONSE,
    SYNC,
    SYNC_2,
    WAIT_FOR_TASK_TOKEN,
)
from ensue.resources import workflow as workflow_kind
from ensue.resources.workflow import Execution, Workflow
from ensue.words import values
from ensue.words.errors import (
    Conflict,
    EnsueError,
    InvalidName,
    InvalidValue,
    NotFound,
    TooLarge,
)
from ensue.words.values import Json

T = TypeVar("T")

_START: Final = Parameters(
    required={"StateMachineArn": TEXT},
    optional={"Input": ANY, "Name": TEXT},
    passed_over=frozenset({"TraceHeader"}),
)
_START_SYNC: Final = Parameters(
    required={"StateMachineArn": TEXT},
    optional={"Input": ANY, "Name": TEXT},
    passed_over=frozenset({"TraceHeader", "IncludedData"}),
)
_DESCRIBE: Final = Parameters(
    required={"ExecutionArn": TEXT}, passed_over=frozenset({"IncludedData"})
)
_STOP: Final = Parameters(required={"ExecutionArn": TEXT}, optional={"Error": TEXT, "Cause": TEXT})
_SUCCEED: Final = Parameters(required={"TaskToken": TEXT, "Output": ANY})
_FAIL: Final = Parameters(required={"TaskToken": TEXT}, optional={"Error": TEXT, "Cause": TEXT})
_BEAT: Final = Parameters(required={"TaskToken": TEXT})


def start_execution(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """Start an execution; it begins when the transition has committed.

    Of a task that lasts as long as what it starts, the end is told to the place that waits.
    """
    workflow, started = _started(tx, asked)
    return {
        "ExecutionArn": workflow.model.execution_arn(started.name),
        "StartDate": started.started_ms,
    }


def start_in_sdk(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """Start an execution; times are written as the SDK has them."""
    workflow, started = _started(tx, asked)
    return {
        "ExecutionArn": workflow.model.execution_arn(started.name),
        "StartDate": iso_date(started.started_ms),
    }


def describe_execution(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """What is known of an execution."""
    arn = str(asked.arguments.get("ExecutionArn"))
    workflow, name = execution_of(asked.resources, arn)
    return described(_there(arn, lambda: workflow_kind.describe(tx, workflow.model, name)))


async def start_sync_execution(asked: Asked) -> dict[str, Json]:
    """Run an execution of an express workflow, and tell how it ended; that it failed is no error.

    Its name is the task's own, so that a second try finds the first.
    """
    given = asked.arguments
    workflow = workflow_of(asked.resources, given.get("StateMachineArn"))
    if not workflow.model.is_express:
        raise Fault(
            "StateMachineTypeNotSupported",
            "This operation is not supported by this type of state machine",
        )
    text = input_text(given)
    name = str(given.get("Name", asked.request_id))
    try:
        ended = await workflow.start_sync(msgspec.json.decode(text), name=name)
    except EnsueError as fault:
        raise refused(workflow, name, fault) from None
    return described(ended)


async def stop_execution(asked: Asked) -> dict[str, Json]:
    """Stop an execution; one that has ended stays as it ended."""
    given = asked.arguments
    arn = str(given.get("ExecutionArn"))
    workflow, name = execution_of(asked.resources, arn)
    error, cause = given.get("Error"), given.get("Cause")
    try:
        stopped = await workflow.stop(
            name,
            error=None if error is None else str(error),
            cause=None if cause is None else str(cause),
        )
    except NotFound:
        raise _no_execution(arn) from None
    return {"StopDate": iso_date(stopped.ended_ms or asked.now_ms)}


def send_task_success(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """End the task that waits for a token, with its output: a value, or the text of one."""
    token, output = token_of(asked), asked.arguments.get("Output")

    def send() -> None:
        if not _is_json(output):
            workflow_kind.send_task_heartbeat(tx, token)  # is the token at least one?
            raise Fault("InvalidOutput", f"Invalid Output: '{values.shown(output)}'")
        said = msgspec.json.decode(output) if isinstance(output, str) else output
        workflow_kind.send_task_success(tx, token, said)

    return _answering(send)


def send_task_failure(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """Let the task that waits for a token fail."""
    error, cause = asked.arguments.get("Error"), asked.arguments.get("Cause")

    def send() -> None:
        workflow_kind.send_task_failure(
            tx,
            token_of(asked),
            None if error is None else str(error),
            None if cause is None else str(cause),
        )

    return _answering(send)


def send_task_heartbeat(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """Say that somebody is still at the task that waits for a token."""
    return _answering(lambda: workflow_kind.send_task_heartbeat(tx, token_of(asked)))


def token_of(asked: Asked) -> str:
    """The token that a request names."""
    return str(asked.arguments.get("TaskToken"))


def _is_json(given: Json) -> bool:
    """Whether it is a value, or the text of one."""
    if not isinstance(given, str):
        return True
    try:
        msgspec.json.decode(given)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _answering(send: Callable[[], None]) -> dict[str, Json]:
    try:
        send()
    except NotFound:
        raise Fault("InvalidToken", "Invalid Token: 'Invalid token'") from None
    except (InvalidValue, TooLarge) as fault:
        raise Fault("InvalidOutput", f"Invalid Output: '{fault}'") from None
    return {}


def workflow_name(arn: str) -> str:
    """The name of a workflow in its ARN, without version and alias."""
    _, _, bare = arn.rpartition(":stateMachine:")
    return bare.partition(":")[0]


def workflow_of(resources: Resources, arn: Json) -> Workflow:
    """The workflow that an ARN stands for.

    Raises:
        Fault: there is none.
    """
    said = arn if isinstance(arn, str) else ""
    found = resources.find("workflow", workflow_name(said)) if said else None
    if not isinstance(found, Workflow):
        raise Fault(
            "StateMachineDoesNotExistException",
            f"State Machine Does Not Exist: '{said}'",
            wire="StateMachineDoesNotExist",
        )
    return found


def execution_of(resources: Resources, arn: str) -> tuple[Workflow, str]:
    """The workflow of an execution, and the execution's name.

    Raises:
        Fault: the ARN is none, or there is no such workflow.
    """
    parts = arn.split(":")
    if len(parts) < 8 or parts[5] not in {"execution", "express"}:
        raise Fault("InvalidArn", f"Invalid Arn: 'Invalid ARN: {arn}'")
    found = resources.find("workflow", parts[6])
    if not isinstance(found, Workflow):
        raise _no_execution(arn)
    return found, parts[7]


def described(execution: Execution) -> dict[str, Json]:
    """An execution as the SDK describes it: what is not there is left out."""
    included: dict[str, Json] = {"Included": True}
    answer: dict[str, Json] = {
        "ExecutionArn": execution.arn,
        "Input": values.encode(execution.input),
        "InputDetails": included,
        "Name": execution.name,
        "RedriveCount": execution.redrives,
        **workflow_kind.redrivable(execution.status),
        "StartDate": iso_date(execution.started_ms),
        "StateMachineArn": workflow_arn(execution.workflow),
        "Status": execution.status,
    }
    if execution.ended_ms is not None:
        answer["StopDate"] = iso_date(execution.ended_ms)
    if execution.status == "SUCCEEDED":
        answer |= {"Output": values.encode(execution.output), "OutputDetails": included}
    for name, said in (("Error", execution.error), ("Cause", execution.cause)):
        if said is not None:
            answer[name] = said
    return dict(sorted(answer.items()))


def _started(tx: Transaction, asked: Asked) -> tuple[Workflow, workflow_kind.Started]:
    given = asked.arguments
    workflow = workflow_of(asked.resources, given.get("StateMachineArn"))
    name = given.get("Name")
    text = input_text(given)
    waiting = asked.call.waiting
    started = _refusing(
        workflow,
        None if name is None else str(name),
        lambda: workflow.start_in(
            tx, text, name=None if name is None else str(name), waiting=waiting
        ),
    )
    return workflow, started


def input_text(given: Mapping[str, Json]) -> str:
    """What an execution is started with, as JSON: a value, or the text of one.

    Raises:
        Fault: it is no JSON, or too large.
    """
    said = given.get("Input", {})
    if not isinstance(said, str):
        return values.encode(said)
    try:
        msgspec.json.decode(said)
    except (msgspec.DecodeError, RecursionError):
        raise Fault(
            "InvalidExecutionInput",
            f"Invalid State Machine Execution Input: '{values.shown(said)}'",
        ) from None
    return said


def refused(workflow: Workflow, name: str | None, fault: EnsueError) -> Exception:
    """Why an execution was not started, in the words of the API; what it has none for as it is."""
    match fault:
        case Conflict():
            arn = workflow.model.execution_arn(name or "")
            return Fault(
                "ExecutionAlreadyExistsException",
                f"Execution Already Exists: '{arn}'",
                wire="ExecutionAlreadyExists",
            )
        case InvalidName():
            return Fault("InvalidName", f"Invalid Name: '{name}'")
        case InvalidValue() | TooLarge():
            said = f"Invalid State Machine Execution Input: '{fault}'"
            return Fault("InvalidExecutionInput", said)
    return fault


def _refusing(workflow: Workflow, name: str | None, start: Callable[[], T]) -> T:
    try:
        return start()
    except EnsueError as fault:
        raise refused(workflow, name, fault) from None


def _there(arn: str, find: Callable[[], T]) -> T:
    try:
        return find()
    except NotFound:
        raise _no_execution(arn) from None


def _no_execution(arn: str) -> Fault:
    return Fault("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")


SERVICES: Final = (
    Service(
        "states",
        "workflow",
        {"startExecution": Action("startExecution", _START, start_execution)},
        Wording(
            "StepFunctions", "AWSStepFunctions", "AWSStepFunctionsException", is_optimised=True
        ),
        Wire("application/x-amz-json-1.0"),
        addressed="StateMachineArn",
        modes=(REQUEST_RESPONSE, SYNC, SYNC_2, WAIT_FOR_TASK_TOKEN),
    ),
    Service(
        "aws-sdk:sfn",
        "workflow",
        {
            "startExecution": Action("startExecution", _START, start_in_sdk),
            "startSyncExecution": Action(
                "startSyncExecution", _START_SYNC, outside=start_sync_execution
            ),
            "describeExecution": Action("describeExecution", _DESCRIBE, describe_execution),
            "stopExecution": Action("stopExecution", _STOP, outside=stop_execution),
            "sendTaskSuccess": Action("sendTaskSuccess", _SUCCEED, send_task_success),
            "sendTaskFailure": Action("sendTaskFailure", _FAIL, send_task_failure),
            "sendTaskHeartbeat": Action("sendTaskHeartbeat", _BEAT, send_task_heartbeat),
        },
        Wording("Sfn", "Sfn", "SfnException"),
        addressed="StateMachineArn",
        lacking="making state machines: an app declares them",
    ),
)
