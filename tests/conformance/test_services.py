"""Recorded executions whose tasks call services, run over resources of ours.

`test_states` gives such a machine the answers that were recorded; here each of its services is a
resource, made of what the recording tells of it. Bodies of objects are those that it read.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from ensue import App
from ensue.testing import running
from ensue.words.names import Ref
from tests.conformance.test_states import ABSENT, FILES, decoded

ARN = "arn:aws:states:::"
# There the token of a task that waits for no token is answered, and ends it.
LEFT_OUT = {"test_sync_with_task_token"}
NOT_SAID = {"ServerSideEncryption"}  # nothing is encrypted, so nobody is told that it were
MASKED = {"date", "x-amzn-RequestId", "RequestId", "sqs_queue_url"}
MASK = re.compile(r"<[^<>]+>|111111111111")
SERVICES = re.compile(
    rf"{ARN}(?:aws-sdk:(?:s3|sfn|secretsmanager)|dynamodb|sns|sqs|states):[A-Za-z]+"
)


def cases() -> Any:
    for file in FILES:
        for number, line in enumerate(file.read_text("utf-8").splitlines()):
            case = json.loads(line)
            if case["kind"] == "execution" and SERVICES.search(case["definition"]):
                named = case["test"].rpartition("::")[2]
                if named in LEFT_OUT:
                    continue
                yield pytest.param(case, id=f"{named}-{number}")


PARAMETERS = list(cases()) or [
    pytest.param(None, id="absent", marks=pytest.mark.skip(reason=ABSENT))
]

pytestmark = pytest.mark.conformance


@pytest.mark.parametrize("case", PARAMETERS)
def test_an_execution_over_resources_ends_as_recorded(case: Any) -> None:
    app = App("recorded")
    given = json.loads(case["input"])
    tokens = make_resources(app, case, given)
    flow = app.workflow("machine", definition=case["definition"])

    with running(app) as t:
        put_object(t, app, case, given)
        t.wait(flow.start(given, name="one"))
        t.settle()
        answer_tokens(t, app, tokens, case)
        for _ in range(20):
            if t.wait(flow.describe("one")).is_running:
                t.advance("10s")
        ended = t.wait(flow.describe("one"))
        page = t.wait(flow.history("one", limit=1_000))

    expected = without(case["expected"])
    for name in ("status", "output", "error", "cause"):
        assert is_as(expected.get(name), getattr(ended, name)), (name, getattr(ended, name))
    recorded = [event["type"] for event in case.get("history") or []]
    assert not recorded or [event["type"] for event in page.events] == recorded


def is_as(expected: Any, found: Any) -> bool:  # noqa: PLR0911 - one for each type
    """Whether a value is what was recorded; what the recording masks stands for anything."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return expected.keys() == found.keys() and all(
            is_as(each, found[key]) for key, each in expected.items()
        )
    if isinstance(expected, list) and isinstance(found, list):
        return len(expected) == len(found) and all(map(is_as, expected, found))
    if not isinstance(expected, str):
        return type(expected) is type(found) and expected == found
    if expected in MASKED:
        return found is not None
    if not isinstance(found, str):
        told = decoded(expected)
        if isinstance(told, str):
            return MASK.fullmatch(told) is not None or told == found
        return is_as(told, found)
    pattern = ".+".join(re.escape(part) for part in MASK.split(expected))
    suffix = f"{pattern}[0-9a-f]*" if "Nonexistent" in expected else pattern
    return re.fullmatch(suffix, found, re.DOTALL) is not None or decoded(expected) == found


def without(value: Any) -> Any:
    """What was recorded, without what is not said."""
    if isinstance(value, dict):
        return {key: without(each) for key, each in value.items() if key not in NOT_SAID}
    return value


def make_resources(app: App, case: Any, given: Any) -> Ref | None:
    """What the input names; the queue whose messages hold tokens, if there is one."""
    said = given if isinstance(given, dict) else {}
    recorded = case["expected"].get("error", "")
    queue = None
    if "QueueUrl" in said:
        queue = app.queue(last(said["QueueUrl"])).ref
    if "TopicArn" in said:
        app.topic(last(said["TopicArn"]))
    if "Bucket" in said and "Nonexistent" not in said["Bucket"]:
        app.bucket(said["Bucket"])
    if "StateMachineArn" in said and "DoesNotExist" not in recorded:
        output = case["expected"]["output"]
        answer = decoded(output["Output"]) if isinstance(output, dict) and "Output" in output else 1
        child: Any = {"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": answer}}}
        child["States"]["P"]["End"] = True
        app.workflow(last(said["StateMachineArn"]), definition=child)
    return queue


def put_object(t: Any, app: App, case: Any, given: Any) -> None:
    output = case["expected"].get("output")
    if isinstance(output, dict) and "Body" in output:
        bucket: Any = app.resources[Ref("recorded", "bucket", given["Bucket"])]
        body = output["Body"].encode()
        t.wait(bucket.put(given["Key"], body, content_type=output["ContentType"]))


def answer_tokens(t: Any, app: App, queue: Ref | None, case: Any) -> None:
    """End the tasks whose tokens were sent, as the recording does."""
    if queue is None or case["expected"].get("error") == "States.Timeout":
        return
    ends = [
        (
            event["type"],
            event.get("taskSucceededEventDetails") or event.get("taskFailedEventDetails"),
        )
        for event in case["history"]
        if event["type"] in {"TaskSucceeded", "TaskFailed"}
    ]
    for answered, (kind, details) in enumerate(ends):
        messages = t.messages(app.resources[queue])
        token = messages[answered].body["TaskToken"]
        if kind == "TaskSucceeded":
            t.wait(app.send_task_success(token, decoded(details["output"])))
        else:
            t.wait(app.send_task_failure(token, details["error"], details["cause"]))
        t.settle()


def last(address: str) -> str:
    return re.split(r"[/:]", address)[-1]
