"""What the work of a workflow is about, in words: for who asks why something happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from ensue.engine.transaction import Transaction
from ensue.languages.states.events import told
from ensue.resources.workflow.model import TASKS
from ensue.resources.workflow.model.workflow import CHILD_TASKS, CHILDREN
from ensue.resources.workflow.store import histories
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
    Job,
    express_of,
    job_of,
    job_text,
    task_of,
)
from ensue.words import values
from ensue.words.values import Json

WORKFLOW: Final = "workflow"
STEP: Final = "ensue:step:call"
MOMENT_MIN: Final = 100_000_000_000  # a time in ms; no execution has such a number

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

_KINDS: Final = {
    GO: "step",
    TIME: "timer",
    OVER: "timeout",
    STARTED: "answer",
    SUBMITTED: "answer",
    SUCCEEDED: "answer",
    FAILED: "answer",
    STOP: "stop",
}


def note_of_job(text: str) -> str:
    """What an execution is told by a piece of work of its workflow."""
    try:
        if _is_express(text):
            express = express_of(text)
            return f"{express.name} {values.encode(express.input)}"
        job = job_of(text)
    except (msgspec.DecodeError, TypeError, LookupError):
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


def begun_by(text: str) -> int | str | None:
    """Which execution a piece of work of a workflow begins; None where it begins none.

    Returns:
        Its number; its name, for an express one, which has no number before it ends.
    """
    try:
        if _is_express(text):
            return express_of(text).name
        job = job_of(text)
    except (msgspec.DecodeError, TypeError, LookupError):
        return None
    return job.execution if job.kind == BEGIN else None


def text_that_begins(execution: int) -> str:
    """The body of the work that begins an execution with this number."""
    return job_text(Job(BEGIN, execution))


def history_of(tx: Transaction, execution: int, limit: int) -> list[dict[str, Json]]:
    """The first events of an execution, by its number, as Step Functions shows them."""
    return [told(event) for event in histories.read(tx, execution, limit=limit)]


def word_of_job(text: str) -> str:
    """What a piece of work of a workflow that begins no execution is, in one word."""
    try:
        return _KINDS.get(job_of(text).kind, "step")
    except (msgspec.DecodeError, TypeError):
        return "step"


def state_of_task(text: str) -> str | None:
    """The state or step whose task is done outside by a piece of work; None where none is."""
    try:
        return task_of(text).state
    except msgspec.DecodeError:
        return None


def _is_express(text: str) -> bool:
    """Whether a piece of work is an express execution to run: its second part is a moment."""
    second = msgspec.json.decode(text)[1]
    return isinstance(second, int) and second >= MOMENT_MIN


def said_by_job(text: str) -> Json:
    """What an execution is told by a piece of work, by names; None for what is no such work."""
    try:
        if _is_express(text):
            return {"execution": express_of(text).name, "input": express_of(text).input}
        job = job_of(text)
    except (msgspec.DecodeError, TypeError, LookupError):
        return None
    said = {"told": job.kind, "output": job.output, "error": job.error, "cause": job.cause}
    return {name: value for name, value in said.items() if value is not None}


def said_by_task(text: str) -> Json:
    """What a task does, by names; None for what is none."""
    try:
        task = task_of(text)
    except msgspec.DecodeError:
        return None
    said: dict[str, Json] = {"execution": task.name, "state": task.state}
    if task.resource.startswith(STEP):
        return said
    return said | {"calls": task.resource, "arguments": task.arguments}


# By the kind of whose work it is.
NOTES: Final[Mapping[str, Callable[[str], str]]] = {
    WORKFLOW: note_of_job,
    CHILDREN: note_of_job,
    TASKS: note_of_task,
    CHILD_TASKS: note_of_task,
}

# What it says, by names.
SAID: Final[Mapping[str, Callable[[str], Json]]] = {
    WORKFLOW: said_by_job,
    CHILDREN: said_by_job,
    TASKS: said_by_task,
    CHILD_TASKS: said_by_task,
}
