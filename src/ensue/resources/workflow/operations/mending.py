"""What can be done to executions that went wrong, or that wait for somebody."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ensue.resources.workflow.handle import Workflow
from ensue.resources.workflow.model import Execution
from ensue.resources.workflow.operations.shared import CAUSE, ERROR, Long, Named, Text, said
from ensue.words.kinds import Operation

_AT = said("The id of an event of its history, or the name of a state or a step.")
_OTHER_INPUT = said("What that state gets instead; of a function, what the function gets.")
_VARIABLES = said("Other values of variables; of a function, other results of steps before.")
_FORK_NAME = said("What the fork is called; a new name by default.")
_DRAWN = said("Which execution's outcomes and ways to show; none by default.")
_DRAWN_AS = said("svg for an SVG file, mermaid for the text of a Mermaid flowchart.")


class Fork(msgspec.Struct, forbid_unknown_fields=True):
    """Which execution to leave where, and with what else."""

    name: Text
    at: Annotated[int | str, _AT]
    input: Annotated[Any, _OTHER_INPUT] = None
    variables: Annotated[dict[str, Any] | None, _VARIABLES] = None
    fork_name: Annotated[Text | None, _FORK_NAME] = None


class Draw(msgspec.Struct, forbid_unknown_fields=True):
    """What to draw, and how."""

    execution: Annotated[Text | None, _DRAWN] = None
    format: Annotated[Text, _DRAWN_AS] = "svg"


class Success(msgspec.Struct, forbid_unknown_fields=True):
    """Which task to end, and with what."""

    token: Text
    output: Annotated[Any, said("What the task gives.")] = None


class Failure(msgspec.Struct, forbid_unknown_fields=True):
    """Which task to let fail, and why."""

    token: Text
    error: Annotated[Text | None, ERROR] = None
    cause: Annotated[Long | None, CAUSE] = None


class Token(msgspec.Struct, forbid_unknown_fields=True):
    """Which task."""

    token: Text


async def _redrive(flow: Workflow, given: Named) -> Execution:
    return await flow.redrive(given.name)


async def _fork(flow: Workflow, given: Fork) -> Execution:
    others: dict[str, Any] = {} if given.input is None else {"input": given.input}
    return await flow.fork(
        given.name, given.at, variables=given.variables, fork_name=given.fork_name, **others
    )


async def _pause(flow: Workflow, given: Named) -> dict[str, bool]:
    return {"changed": await flow.pause_execution(given.name)}


async def _resume(flow: Workflow, given: Named) -> dict[str, bool]:
    return {"changed": await flow.resume_execution(given.name)}


async def _draw(flow: Workflow, given: Draw) -> str:
    return await flow.draw(given.execution, format=given.format)


async def _success(flow: Workflow, given: Success) -> None:
    await flow.send_task_success(given.token, given.output)


async def _failure(flow: Workflow, given: Failure) -> None:
    await flow.send_task_failure(given.token, given.error, given.cause)


async def _heartbeat(flow: Workflow, given: Token) -> None:
    await flow.send_task_heartbeat(given.token)


MENDING = (
    Operation("redrive", "Let an execution go on from what failed.", Named, _redrive, writes=True),
    Operation(
        "fork", "Start an execution from a state of another's past.", Fork, _fork, writes=True
    ),
    Operation(
        "pause-execution", "Let an execution wait until it is resumed.", Named, _pause, writes=True
    ),
    Operation("resume-execution", "Let a paused execution go on.", Named, _resume, writes=True),
    Operation("draw", "Draw the workflow, or an execution.", Draw, _draw, writes=False),
    Operation(
        "send-task-success", "End a task that waits for a token.", Success, _success, writes=True
    ),
    Operation(
        "send-task-failure",
        "Let a task fail that waits for a token.",
        Failure,
        _failure,
        writes=True,
    ),
    Operation(
        "send-task-heartbeat",
        "Say that one is still at a task that waits for a token.",
        Token,
        _heartbeat,
        writes=True,
    ),
)
