"""Executions that others recorded from Step Functions, read from outside the repository.

Where a machine calls services, what they answered is taken from the recording: all around it must
agree. Placeholders of the recordings (``<...>``, ``date``) stand for anything.
"""

from __future__ import annotations

import json
import os
import re
from collections import deque
from pathlib import Path

import pytest

from ensue.languages.states.execute import execute
from ensue.languages.states.parse import compile_machine
from ensue.languages.states.signals import Failed, Started, Submitted, Succeeded

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("ENSUE_CONFORMANCE", REPOSITORY.parent / "shared" / "conformance"))
FILES = sorted((FOLDER / "states").glob("*.jsonl"))
PAGE = REPOSITORY / "docs" / "reference" / "states.md"
ABSENT = f"no cases to run: {FOLDER / 'states'} has none; ENSUE_CONFORMANCE names the folder"

_ANYTHING = {
    "date",
    "entered-time",
    "RandomNumberGenerated",
    "snf_role_arn",
    "start-time",
    "timestamp",
    "uuid",
}
_PLACEHOLDER = re.compile(r"<[^<>]+>")


def cases():
    for file in FILES:
        for number, line in enumerate(file.read_text("utf-8").splitlines()):
            case = json.loads(line)
            if case["kind"] != "test_state":
                named = case["test"].rpartition("::")[2]
                yield pytest.param(case, id=f"{named}-{number}")


def differing():
    """The recordings of which the reference says that ours differs."""
    named = re.findall(r"^\| `(\S+)` \|", PAGE.read_text("utf-8"), re.MULTILINE)
    return {f"test_{name}" for name in named}


PARAMETERS = list(cases()) or [
    pytest.param(None, id="absent", marks=pytest.mark.skip(reason=ABSENT))
]

pytestmark = pytest.mark.conformance


@pytest.mark.parametrize("case", PARAMETERS)
def test_an_execution_ends_and_is_told_as_recorded(case):
    is_named = case["test"].rpartition("::")[2] in differing()
    found = faults(case)

    if is_named:
        assert found, "the reference says that it differs, and it does not"
    else:
        assert not found


def faults(case):
    ended = run(case)
    expected = case["expected"]
    found = [
        f"{name}: expected {expected.get(name)!r}, got {getattr(ended, name)!r}"
        for name in ("status", "output", "error", "cause")
        if not agrees(expected.get(name), getattr(ended, name))
    ]
    recorded = case.get("history")
    if recorded:
        types = [event["type"] for event in recorded]
        told = [event.type for event in ended.events]
        if types != told:
            found.append(f"history: expected {types}, got {told}")
        else:
            previous = [(event["id"], event["previousEventId"]) for event in recorded]
            if previous != [(event.id, event.previous) for event in ended.events]:
                found.append("the events follow from others than recorded")
    return found


def run(case):
    given = json.loads(case["input"])
    recorded = case.get("history") or []
    if case["uses_services"] and recorded:
        # What was recorded of it has its own placeholders.
        given = decoded(recorded[0]["executionStartedEventDetails"]["input"])
    answers = deque(answers_of(recorded))
    return execute(
        compile_machine(case["definition"]),
        given,
        lambda _task: answers.popleft() if answers else (),
    )


def answers_of(recorded):
    """What each task was answered, in the order in which they were scheduled."""
    found = []
    for event in recorded:
        kind = event["type"]
        details = event.get(f"{kind[0].lower()}{kind[1:]}EventDetails", {})
        if kind == "TaskScheduled":
            found.append([])
        elif kind == "TaskStarted":
            found[-1].append(Started())
        elif kind == "TaskSubmitted":
            found[-1].append(Submitted(decoded(details["output"])))
        elif kind == "TaskSucceeded":
            found[-1].append(Succeeded(decoded(details["output"])))
        elif kind == "TaskFailed":
            found[-1].append(Failed(details.get("error"), details.get("cause")))
    return found


def decoded(told):
    if not isinstance(told, str):
        return told
    try:
        return json.loads(told)
    except ValueError:
        return told


def agrees(expected, found):
    """Whether a value is what was recorded; outputs that are no objects are recorded as texts."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return expected.keys() == found.keys() and all(
            agrees(expected[key], found[key]) for key in expected
        )
    if isinstance(expected, list) and isinstance(found, list):
        return len(expected) == len(found) and all(map(agrees, expected, found))
    if isinstance(expected, str):
        if expected in _ANYTHING or _PLACEHOLDER.search(expected):
            return True
        if not isinstance(found, str):
            return found is not None and agrees(decoded(expected), found)
        return expected == found or decoded(expected) == found
    return type(expected) is type(found) and expected == found
