"""What the work of a workflow is about, in words: for who asks why something happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from ensue.resources.workflow.model import TASKS
from ensue.resources.workflow.model.workflow import CHILD_TASKS, CHILDREN
from ensue.resources.workflow.store.jobs import (
    BEGIN,
    FAILED,
    GO,
    OVER,
    STARTED,
    STOP,
    SUBMITTED,
    SUCCEEDED,
    TIME,
    express_of,
    job_of,
    task_of,
)
from ensue.words import values

WORKFLOW: Final = "workflow"
STEP: Final = "ensue:step:call"
EXPRESS_FIELDS: Final = 3

_WORDS: Final = {
    BEGIN: "begin",
    GO: "go on",
    TIME: "a time that was waited for has come",
    OVER: "the time of the execution is over",
    STARTED: "somebody is at the task",
    SUBMITTED: "the task is handed over",
    SUCCEEDED: "the task succeeded:",
    FAILED: "the task failed:",
    STOP: "stop:",
}


def note_of_job(text: str) -> str:
    """What an execution is told by a piece of work of its workflow."""
    try:
        if len(msgspec.json.decode(text)) == EXPRESS_FIELDS:
            express = express_of(text)
            return f"{express.name} {values.encode(express.input)}"
        job = job_of(text)
    except (msgspec.DecodeError, TypeError):
        return text
    words = _WORDS.get(job.kind, job.kind)
    if job.kind == SUCCEEDED:
        return f"{words} {values.encode(job.output)}"
    said = ": ".join(filter(None, (job.error, job.cause)))
    return f"{words} {said}" if said else words.rstrip(":")


def note_of_task(text: str) -> str:
    """Which task is done outside by a piece of work: its state or step, and what it is given."""
    try:
        task = task_of(text)
    except msgspec.DecodeError:
        return text
    if task.resource.startswith(STEP):
        return f"{task.name}: step {task.state}"
    called = task.resource.removeprefix("arn:aws:states:::")
    return f"{task.name}: {task.state} calls {called} {values.encode(task.arguments)}"


# By the kind of whose work it is.
NOTES: Final[Mapping[str, Callable[[str], str]]] = {
    WORKFLOW: note_of_job,
    CHILDREN: note_of_job,
    TASKS: note_of_task,
    CHILD_TASKS: note_of_task,
}
