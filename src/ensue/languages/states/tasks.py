"""Task: have something done, by a function, a service, a worker or a resource of the app."""

from __future__ import annotations

from typing import Any

from ensue.languages.states.branches import Branch
from ensue.languages.states.commands import Perform
from ensue.languages.states.data import give_out, select, take_in, whole_number
from ensue.languages.states.environment import Environment
from ensue.languages.states.errors import HEARTBEAT_TIMEOUT, StateError
from ensue.languages.states.payloads import Payload
from ensue.languages.states.program import Amount, Task
from ensue.languages.states.resource_names import REQUEST_RESPONSE, TaskResource
from ensue.languages.states.signals import Failed, Started, Submitted, Succeeded, TimedOut
from ensue.languages.states.walk import Walk
from ensue.words.values import Json

SCHEDULED = "scheduled"
STARTED = "started"
SUBMITTED = "submitted"


def schedule(walk: Walk, branch: Branch, state: Task) -> Perform:
    """Ask for the task.

    Raises:
        StateError: a field does not apply, or the arguments are too large.
    """
    resource = state.resource
    # Whoever a task that lasts gives its token to can end it, whatever its mode.
    lasts = resource.mode != REQUEST_RESPONSE and state.reads_context
    if resource.wants_token or lasts:
        branch.token = walk.facts.new_uuid()
    environment = walk.environment(branch, state)
    raw = branch.input
    arguments = take_in(state.data, raw, environment)
    if arguments is not raw:
        walk.measure(arguments, resource.text)
    timeout = _seconds(state, state.timeout, raw, environment, "TimeoutSeconds")
    heartbeat = _seconds(state, state.heartbeat, raw, environment, "HeartbeatSeconds")
    credentials = _credentials(state, raw, environment)
    details = _scheduled(resource, arguments, walk.region)
    if timeout is not None:
        details["timeoutInSeconds"] = timeout
    if heartbeat is not None:
        details["heartbeatInSeconds"] = heartbeat
    if isinstance(credentials, dict) and "RoleArn" in credentials:
        details["taskCredentials"] = {"roleArn": credentials["RoleArn"]}
    walk.tell(branch, f"{resource.events}Scheduled", details)
    walk.wait(branch, SCHEDULED)
    return Perform(
        branch=branch.id,
        attempt=branch.attempt,
        state=state.name,
        retries=sum(branch.retries),
        resource=resource,
        arguments=arguments,
        timeout_ms=None if timeout is None else timeout * 1000,
        heartbeat_ms=None if heartbeat is None else heartbeat * 1000,
        credentials=credentials,
        token=branch.token,
    )


def start(walk: Walk, branch: Branch, state: Task, signal: Started) -> bool:
    """Tell that someone has begun; False when that is known."""
    if branch.waits != SCHEDULED:
        return False
    resource = state.resource
    details = _named(resource)
    if resource.is_activity and signal.worker is not None:
        details["workerName"] = signal.worker
    walk.tell(branch, f"{resource.events}Started", details)
    branch.waits = STARTED
    walk.branches.save(branch)
    return True


def submit(walk: Walk, branch: Branch, state: Task, signal: Submitted) -> bool:
    """Tell that the request is out; False when that is known."""
    if branch.waits == SUBMITTED:
        return False
    start(walk, branch, state, Started())
    walk.tell(branch, "TaskSubmitted", {"output": signal.output, **_named(state.resource)})
    branch.waits = SUBMITTED
    walk.branches.save(branch)
    return True


def succeed(walk: Walk, branch: Branch, state: Task, signal: Succeeded) -> None:
    """Go on with what the task answered.

    Raises:
        StateError: the answer is too large, or a field does not apply to it.
    """
    start(walk, branch, state, Started())
    resource = state.resource
    try:
        walk.measure(signal.output, resource.text)
    except StateError as fault:
        _told_failure(walk, branch, resource, "Failed", fault)
        raise
    told = {"output": signal.output, **_named(resource)}
    walk.tell(branch, f"{resource.events}Succeeded", told)
    environment = walk.environment(branch, state)
    output, assigned = give_out(state.data, branch.input, signal.output, environment)
    walk.leave(branch, state, output, assigned, state.next)


def fail(walk: Walk, branch: Branch, state: Task, signal: Failed) -> None:
    """Fail with what the task failed with.

    Raises:
        StateError: always.
    """
    start(walk, branch, state, Started())
    fault = StateError(signal.error, signal.cause)
    _told_failure(walk, branch, state.resource, "Failed", fault)
    raise fault


def time_out(walk: Walk, branch: Branch, state: Task, signal: TimedOut) -> None:
    """Fail because the task took too long.

    Raises:
        StateError: always: States.Timeout, also known as States.HeartbeatTimeout.
    """
    fault = StateError(signal.error, signal.cause)
    _told_failure(walk, branch, state.resource, "TimedOut", fault)
    raise fault


def _told_failure(
    walk: Walk, branch: Branch, resource: TaskResource, kind: str, fault: StateError
) -> None:
    details: dict[str, Any] = {}
    if fault.cause is not None:
        details["cause"] = fault.cause
    if fault.error is not None:
        # Step Functions tells a missing heartbeat as a time-out.
        details["error"] = "States.Timeout" if fault.error == HEARTBEAT_TIMEOUT else fault.error
    walk.tell(branch, f"{resource.events}{kind}", {**details, **_named(resource)})


def _named(resource: TaskResource) -> dict[str, Any]:
    if resource.is_function or resource.is_activity:
        return {}
    return {"resource": resource.resource, "resourceType": resource.resource_type}


def _scheduled(resource: TaskResource, arguments: Json, region: str) -> dict[str, Any]:
    if resource.is_function or resource.is_activity:
        return {"input": arguments, "resource": resource.text}
    return {"parameters": arguments, "region": region, **_named(resource)}


def _seconds(
    state: Task, given: Amount | None, raw: Json, environment: Environment, field: str
) -> int | None:
    if given is None or isinstance(given, int):
        return given
    taken = select(state.data, raw, environment)
    return whole_number(given, taken, raw, environment, field, least=1)


def _credentials(state: Task, raw: Json, environment: Environment) -> Json:
    given = state.credentials
    if given is None:
        return None
    if isinstance(given, Payload):
        return given.fill(raw, environment)
    return given.evaluate({"input": raw}, environment, "Credentials")
