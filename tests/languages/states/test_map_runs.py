import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue.languages.states.map_runs import (
    Batcher,
    Batching,
    ChildResult,
    MapPlan,
    Writing,
    entries,
    results,
)

PLAN = MapPlan(id="run-1", arn="arn:run-1", scope="", state="Each", label="L")
MACHINE = "arn:machine/L"
DONE = ChildResult("one", "arn:one", "SUCCEEDED", 1, [1, 2], started_ms=1_500, ended_ms=2_000)
BROKEN = ChildResult("two", "arn:two", "FAILED", 2, None, "E", "why", started_ms=0, ended_ms=1)


def test_a_plan_is_json_and_comes_back_the_same():
    plan = msgspec.structs.replace(PLAN, items=[1, {"a": None}], batching=Batching(items_max=2))

    assert msgspec.json.decode(msgspec.json.encode(plan), type=MapPlan) == plan


@pytest.mark.parametrize(
    ("count", "percentage", "failed", "total", "exceeds"),
    [
        (None, None, 0, 5, False),
        (None, None, 1, 5, True),
        (2, None, 2, 2, False),
        (2, None, 3, None, True),
        (None, 50.0, 1, 2, False),
        (None, 50.0, 2, 3, True),
        (None, 50.0, 2, None, False),
        (0, 100.0, 1, 2, True),
        (5, 10.0, 1, 5, True),
        (None, 0.5, 1, 200, False),
    ],
)
def test_more_failures_than_are_tolerated_exceed_the_threshold(
    count, percentage, failed, total, exceeds
):
    plan = msgspec.structs.replace(PLAN, tolerated_count=count, tolerated_percentage=percentage)

    assert plan.exceeds(failed, total) is exceeds


def test_the_members_of_an_object_are_items_that_know_their_keys():
    first, second = entries({"a": 1, "b": 2})

    assert first.told() == {"Item": {"Index": 0, "Value": 1, "Key": "a", "Source": "STATE_DATA"}}
    assert (second.index, second.value, second.key) == (1, 2, "b")


def test_the_elements_of_an_array_have_no_keys():
    assert entries([7])[0].told() == {"Item": {"Index": 0, "Value": 7, "Source": "STATE_DATA"}}


def test_a_batch_has_as_many_items_as_are_wanted_and_the_input_of_all():
    batcher = Batcher(Batching(items_max=2, input={"f": 1}, has_input=True))

    full = batcher.add([1, 2, 3])

    assert full == [({"BatchInput": {"f": 1}, "Items": [1, 2]}, 2)]
    assert batcher.rest() == [({"BatchInput": {"f": 1}, "Items": [3]}, 1)]


@given(
    st.lists(st.text(max_size=30), max_size=20),
    st.integers(1, 5) | st.none(),
    st.integers(60, 200),
    st.integers(0, 20),
)
def test_batches_hold_all_items_in_order_and_no_more_bytes_than_they_may(
    items, items_max, bytes_max, cut
):
    batching = Batching(items_max=items_max, bytes_max=bytes_max)
    first = Batcher(batching)
    made = first.add(items[:cut])
    second = Batcher(batching, first.held)

    made += second.add(items[cut:])
    made += second.rest()

    inputs = [batch for batch, _ in made]
    assert [item for batch in inputs for item in batch["Items"]] == items
    assert [count for _, count in made] == [len(batch["Items"]) for batch in inputs]
    for batch in inputs:
        assert len(batch["Items"]) <= (items_max or len(items))
        assert len(batch["Items"]) == 1 or len(msgspec.json.encode(batch)) <= bytes_max


@pytest.mark.parametrize(("transformation", "values"), [("COMPACT", [[1, 2]]), ("FLATTEN", [1, 2])])
def test_a_result_is_the_output_as_it_is_or_its_elements(transformation, values):
    assert results.shaped(DONE, transformation, MACHINE) == values


@pytest.mark.parametrize("transformation", ["NONE", "COMPACT", "FLATTEN"])
def test_a_child_that_failed_is_told_of_whatever_the_transformation_is(transformation):
    (told,) = results.shaped(BROKEN, transformation, MACHINE)

    assert told == {
        "ExecutionArn": "arn:two",
        "Input": "2",
        "InputDetails": {"Included": True},
        "Name": "two",
        "Error": "E",
        "Cause": "why",
        "RedriveCount": 0,
        "StartDate": "1970-01-01T00:00:00.000Z",
        "StateMachineArn": MACHINE,
        "Status": "FAILED",
        "StopDate": "1970-01-01T00:00:00.001Z",
    }


@given(st.lists(st.lists(st.integers() | st.text(max_size=3), max_size=3), max_size=4))
def test_a_file_of_results_that_is_written_in_parts_is_one_document(parts):
    body, is_first = b"", True
    for part in parts:
        body += b"".join(results.lines(part, "JSON", is_first=is_first))
        is_first = is_first and not part
    body += results.closing("JSON", is_empty=is_first)

    assert json.loads(body) == [value for part in parts for value in part]


def test_a_file_of_lines_has_a_value_in_each():
    body = b"".join(results.lines([1, {"a": "\n"}], "JSONL", is_first=True))

    assert [json.loads(line) for line in body.splitlines()] == [1, {"a": "\n"}]


def test_a_manifest_names_the_files_that_there_are():
    writing = Writing(bucket="b", prefix="/jobs/")

    manifest = results.manifest(PLAN, writing, {"SUCCEEDED": 12})

    assert manifest == {
        "DestinationBucket": "b",
        "MapRunArn": "arn:run-1",
        "ResultFiles": {
            "FAILED": [],
            "PENDING": [],
            "SUCCEEDED": [{"Key": "jobs/run-1/SUCCEEDED_0.json", "Size": 12}],
        },
    }
    assert results.written(PLAN, writing)["ResultWriterDetails"] == {
        "Bucket": "b",
        "Key": "jobs/run-1/manifest.json",
    }
