"""ResultWriter: what the children of a map run came to, as its output or as files.

PREFIX/RUN/manifest.json                 names the files, by status
PREFIX/RUN/SUCCEEDED_0.json, FAILED_0.json, PENDING_0.json
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from ensue.languages.states.map_runs.plan import FLATTEN, JSONL, NONE, MapPlan, Writing
from ensue.words.values import Json

SUCCEEDED: Final = "SUCCEEDED"
FAILED: Final = "FAILED"
PENDING: Final = "PENDING"
FILES: Final = (FAILED, PENDING, SUCCEEDED)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_encode = msgspec.json.Encoder(decimal_format="number").encode


class ChildResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a child of a map run came to.

    Attributes:
        name: its name.
        arn: its name for those who speak AWS.
        status: SUCCEEDED, FAILED, TIMED_OUT, ABORTED or PENDING.
        input: what it was started with.
        output: what it gave.
        error: the name of its error; None for none.
        cause: the error's cause; None for none.
        started_ms: when it started; None when it did not.
        ended_ms: when it ended; None when it did not.
        redrives: how often it was set going again.
    """

    name: str
    arn: str
    status: str
    input: Any = None
    output: Any = None
    error: str | None = None
    cause: str | None = None
    started_ms: int | None = None
    ended_ms: int | None = None
    redrives: int = 0

    @property
    def file(self) -> str:
        """In which of the files it is told of."""
        return self.status if self.status in {SUCCEEDED, PENDING} else FAILED


def told(child: ChildResult, machine_arn: str) -> dict[str, Json]:
    """A child as Step Functions describes it in a file: the transformation NONE.

    Args:
        child: the child.
        machine_arn: the ARN of the machine that it is an execution of.
    """
    if child.status == PENDING:
        return {"Input": _text(child.input), "Status": PENDING, "StateMachineArn": machine_arn}
    found: dict[str, Json] = {"ExecutionArn": child.arn, "Input": _text(child.input)}
    found |= {"InputDetails": {"Included": True}, "Name": child.name}
    if child.status == SUCCEEDED:
        found |= {"Output": _text(child.output), "OutputDetails": {"Included": True}}
    else:
        known = {"Error": child.error, "Cause": child.cause}
        found |= {field: text for field, text in known.items() if text is not None}
    return found | {
        "RedriveCount": child.redrives,
        "StartDate": _time(child.started_ms),
        "StateMachineArn": machine_arn,
        "Status": child.status,
        "StopDate": _time(child.ended_ms),
    }


def shaped(child: ChildResult, transformation: str, machine_arn: str) -> list[Json]:
    """What a child adds to the results: as the transformation says.

    Args:
        child: the child.
        transformation: NONE, COMPACT or FLATTEN; what did not succeed is told as by NONE.
        machine_arn: the ARN of the machine that it is an execution of.
    """
    if transformation == NONE or child.status != SUCCEEDED:
        return [told(child, machine_arn)]
    if transformation == FLATTEN and isinstance(child.output, list):
        return list(child.output)
    return [child.output]


def lines(values: Iterable[Json], output_type: str, *, is_first: bool) -> Iterator[bytes]:
    """A part of a file of results.

    Args:
        values: the results of the part.
        output_type: JSON or JSONL.
        is_first: whether the file begins with it.
    """
    for value in values:
        if output_type == JSONL:
            yield _encode(value) + b"\n"
        else:
            yield (b"[" if is_first else b",") + _encode(value)
        is_first = False


def closing(output_type: str, *, is_empty: bool) -> bytes:
    """What a file of results ends with."""
    if output_type == JSONL:
        return b""
    return b"[]" if is_empty else b"]"


def folder(plan: MapPlan, writing: Writing) -> str:
    """How the keys of a map run's files begin."""
    prefix = writing.prefix.strip("/")
    return f"{prefix}/{plan.id}/" if prefix else f"{plan.id}/"


def file_name(status: str, output_type: str) -> str:
    """The last part of the key of a file of results."""
    return f"{status}_0.{'jsonl' if output_type == JSONL else 'json'}"


def manifest(plan: MapPlan, writing: Writing, sizes: Mapping[str, int]) -> dict[str, Json]:
    """The manifest: which files there are.

    Args:
        plan: the map run.
        writing: its ResultWriter.
        sizes: how many bytes the file of a status has, of those that were written.
    """
    start = folder(plan, writing)
    return {
        "DestinationBucket": writing.bucket,
        "MapRunArn": plan.arn,
        "ResultFiles": {
            status: [{"Key": start + file_name(status, writing.output_type), "Size": sizes[status]}]
            if status in sizes
            else []
            for status in FILES
        },
    }


def written(plan: MapPlan, writing: Writing) -> dict[str, Json]:
    """The output of a Map whose results were written."""
    return {
        "MapRunArn": plan.arn,
        "ResultWriterDetails": {
            "Bucket": writing.bucket,
            "Key": f"{folder(plan, writing)}manifest.json",
        },
    }


def output(children: Sequence[ChildResult], transformation: str, machine_arn: str) -> list[Json]:
    """The output of a Map whose results are not written."""
    return [value for child in children for value in shaped(child, transformation, machine_arn)]


def _text(value: Json) -> str:
    return _encode(value).decode()


def _time(at_ms: int | None) -> str | None:
    if at_ms is None:
        return None
    moment = _EPOCH + timedelta(milliseconds=at_ms)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z"
