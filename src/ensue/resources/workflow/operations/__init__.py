"""What can be done to a workflow from outside."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ensue.engine import pauses
from ensue.resources.workflow.handle import FunctionWorkflow, Workflow
from ensue.resources.workflow.model import Execution, ExecutionPage, HistoryPage, MapRun
from ensue.resources.workflow.operations.approving import APPROVING
from ensue.resources.workflow.operations.mending import MENDING
from ensue.resources.workflow.operations.shared import CAUSE, ERROR, Count, Long, Named, Text, said
from ensue.resources.workflow.operations.tracing import TRACING
from ensue.resources.workflow.operations.versions import VERSIONS
from ensue.words.errors import InvalidInput
from ensue.words.kinds import Operation
from ensue.words.values import Json

_INPUT = said("What it is started with.")
_NAME = said("The execution's name: an idempotency key. A new one by default.")
_STATUS = said("Only those that are RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED.")
_PREFIX = said("Only those whose name begins so, in the order of their names.")
_AFTER = said("Where the next page begins, as the page before said.")
_REVERSE = said("From the end.")
_CONCURRENCY = said("At most so many children run at once; 0 for no bound of its own.")
_TOLERATED = said("So many items may fail.")
_PERCENTAGE = said("So much of the items may fail.")
_TIMEOUT = said("How long to wait at most, such as 30s.")
_VERSION = said("The number of a version, or an alias; by default what the app declares.")
_SINCE = said("Only those that started at this time, such as 2026-11-21T13:47:03Z, or later.")
_BODY = said("What comes with it.")
_DEDUPLICATION = said("A second event with the same one, within five minutes, is none.")
_UNTIL = said("Only those that started before this time.")


class Start(msgspec.Struct, forbid_unknown_fields=True):
    """What to start an execution with."""

    input: Annotated[Any, _INPUT] = None
    name: Annotated[Text | None, _NAME] = None
    version: Annotated[int | str | None, _VERSION] = None


class StartSync(msgspec.Struct, forbid_unknown_fields=True):
    """What to start an execution with, and how long to wait for its end."""

    input: Annotated[Any, _INPUT] = None
    name: Annotated[Text | None, _NAME] = None
    timeout: Annotated[Text, _TIMEOUT] = "300s"
    version: Annotated[int | str | None, _VERSION] = None


class Stop(msgspec.Struct, forbid_unknown_fields=True):
    """Which execution, and why."""

    name: Text
    error: Annotated[Text | None, ERROR] = None
    cause: Annotated[Long | None, CAUSE] = None


class List(msgspec.Struct, forbid_unknown_fields=True):
    """Which executions, and how many."""

    status: Annotated[Text | None, _STATUS] = None
    since: Annotated[Text | None, _SINCE] = None
    until: Annotated[Text | None, _UNTIL] = None
    prefix: Annotated[Text | None, _PREFIX] = None
    limit: Count = 100
    after: Annotated[Text | None, _AFTER] = None


class History(msgspec.Struct, forbid_unknown_fields=True):
    """Of which execution, behind which event, and how many."""

    name: Text
    after: Annotated[int, msgspec.Meta(ge=0, description="Only events behind this one.")] = 0
    limit: Count = 100
    reverse: Annotated[bool, _REVERSE] = False


class SendEvent(msgspec.Struct, forbid_unknown_fields=True):
    """Which event, and to which execution."""

    execution: Text
    event: Text
    body: Annotated[Any, _BODY] = None
    deduplication_id: Annotated[Text | None, _DEDUPLICATION] = None


async def _send_event(flow: Workflow, given: SendEvent) -> dict[str, Json]:
    if not isinstance(flow, FunctionWorkflow):
        raise InvalidInput(
            f"expected a workflow that is a function, got {flow.ref}",
            hint="A state machine waits for a token: give that back, as with send-task-success.",
        )
    sent = await flow.send_event(
        given.execution, given.event, given.body, deduplication_id=given.deduplication_id
    )
    return {"sent": sent}


class OfMapRun(msgspec.Struct, forbid_unknown_fields=True):
    """Which map run."""

    id: Text


class UpdateMapRun(msgspec.Struct, forbid_unknown_fields=True):
    """Which map run, and what of it is to be otherwise."""

    id: Text
    max_concurrency: Annotated[int | None, _CONCURRENCY] = None
    tolerated_failure_count: Annotated[int | None, _TOLERATED] = None
    tolerated_failure_percentage: Annotated[float | None, _PERCENTAGE] = None


class Children(msgspec.Struct, forbid_unknown_fields=True):
    """The children of which map run, and how many."""

    id: Text
    status: Annotated[Text | None, _STATUS] = None
    limit: Count = 100
    after: Annotated[Text | None, _AFTER] = None


async def _start(flow: Workflow, given: Start) -> Execution:
    return await flow.start(given.input, name=given.name, version=given.version)


async def _start_sync(flow: Workflow, given: StartSync) -> Execution:
    return await flow.start_sync(
        given.input, name=given.name, timeout=given.timeout, version=given.version
    )


async def _stop(flow: Workflow, given: Stop) -> Execution:
    return await flow.stop(given.name, error=given.error, cause=given.cause)


async def _describe(flow: Workflow, given: Named) -> Execution:
    return await flow.describe(given.name)


async def _executions(flow: Workflow, given: List) -> ExecutionPage:
    return await flow.executions(
        status=given.status,
        since=given.since,
        until=given.until,
        prefix=given.prefix,
        limit=given.limit,
        after=given.after,
    )


async def _history(flow: Workflow, given: History) -> HistoryPage:
    return await flow.history(
        given.name, after=given.after, limit=given.limit, reverse=given.reverse
    )


async def _map_runs(flow: Workflow, given: Named) -> tuple[MapRun, ...]:
    return await flow.map_runs(given.name)


async def _map_run(flow: Workflow, given: OfMapRun) -> MapRun:
    return await flow.describe_map_run(given.id)


async def _update_map_run(flow: Workflow, given: UpdateMapRun) -> MapRun:
    return await flow.update_map_run(
        given.id,
        max_concurrency=given.max_concurrency,
        tolerated_failure_count=given.tolerated_failure_count,
        tolerated_failure_percentage=given.tolerated_failure_percentage,
    )


async def _children(flow: Workflow, given: Children) -> ExecutionPage:
    return await flow.children.executions(
        prefix=given.id, status=given.status, limit=given.limit, after=given.after
    )


async def status(flow: Workflow) -> dict[str, Json]:
    """How many executions of each status there are, and since when it is paused."""
    return await flow.counts() | flow.paused()


OPERATIONS = (
    Operation("start", "Start an execution.", Start, _start, writes=True),
    Operation(
        "start-sync",
        "Start an execution and wait for its end.",
        StartSync,
        _start_sync,
        writes=True,
    ),
    Operation("stop", "Stop an execution.", Stop, _stop, writes=True),
    Operation(
        "send-event",
        "Send an execution of a function an event.",
        SendEvent,
        _send_event,
        writes=True,
    ),
    Operation("execution", "Show an execution.", Named, _describe, writes=False),
    Operation("executions", "List executions, the newest first.", List, _executions, writes=False),
    Operation("history", "Show what happened in an execution.", History, _history, writes=False),
    Operation("map-runs", "List the map runs of an execution.", Named, _map_runs, writes=False),
    Operation("map-run", "Show a map run.", OfMapRun, _map_run, writes=False),
    Operation(
        "children",
        "List the executions that are children of a map run, in the order of their items.",
        Children,
        _children,
        writes=False,
    ),
    Operation(
        "update-map-run",
        "Change how many children of a map run run at once, and how many items may fail.",
        UpdateMapRun,
        _update_map_run,
        writes=True,
    ),
    *TRACING,
    *APPROVING,
    *MENDING,
    *VERSIONS,
    *pauses.OPERATIONS,
)
