import json

import pytest

from ensue.languages.states.execute import execute
from ensue.languages.states.parse import compile_machine
from ensue.languages.states.signals import Failed, Succeeded
from ensue.words.errors import InvalidDefinition

CSV = "a,b\n1,x\n2,\n"
STARTED = ["ExecutionStarted", "MapStateEntered", "MapStateStarted", "MapRunStarted"]
ENDED = ["MapRunSucceeded", "MapStateSucceeded", "MapStateExited", "ExecutionSucceeded"]
FAILED = ["MapRunFailed", "MapStateFailed", "ExecutionFailed"]


def machine(processor=None, **fields):
    """A machine of one distributed Map."""
    language = fields.pop("QueryLanguage", "JSONPath")
    states = processor or {"Do": {"Type": "Pass", "End": True}}
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    scope = {"ProcessorConfig": config, "StartAt": next(iter(states)), "States": states}
    each = {"Type": "Map", "ItemProcessor": scope, "End": True, **fields}
    return {"QueryLanguage": language, "StartAt": "Each", "States": {"Each": each}}


def run(definition, given, perform=None):
    return execute(compile_machine(definition), given, perform)


def types(execution):
    return [event.type for event in execution.events]


FAILS_ON_TWO = {
    "Is it two": {
        "Type": "Choice",
        "Choices": [{"Variable": "$", "NumericEquals": 2, "Next": "No"}],
        "Default": "Yes",
    },
    "No": {"Type": "Fail", "Error": "Two", "Cause": "it is"},
    "Yes": {"Type": "Succeed"},
}


def test_the_history_tells_of_the_map_run_and_not_of_its_children():
    execution = run(machine(), [1, 2, 3])

    assert execution.output == [1, 2, 3]
    assert types(execution) == STARTED + ENDED
    assert execution.events[2].details == {"length": 3}
    assert ":mapRun:machine/" in execution.events[3].details["mapRunArn"]


def test_a_selector_makes_the_input_of_each_child_of_its_item_and_the_input_of_the_map():
    definition = machine(
        ItemsPath="$.items",
        ItemSelector={"item.$": "$$.Map.Item.Value", "at.$": "$$.Map.Item.Index", "all.$": "$.of"},
    )

    execution = run(definition, {"items": ["a", "b"], "of": 2})

    assert execution.output == [{"item": "a", "at": 0, "all": 2}, {"item": "b", "at": 1, "all": 2}]


def test_a_selector_in_jsonata_sees_the_item_and_where_it_is_from():
    definition = machine(
        QueryLanguage="JSONata",
        Items="{% $states.input.items %}",
        ItemSelector={
            "of": "{% $states.context.Map.Item.Value & $states.input.with %}",
            "from": "{% $states.context.Map.Item.Source %}",
        },
    )

    execution = run(definition, {"items": ["a"], "with": "!"})

    assert execution.output == [{"of": "a!", "from": "STATE_DATA"}]


def test_the_members_of_an_object_come_with_their_keys():
    definition = machine(
        QueryLanguage="JSONata",
        Items="{% $states.input %}",
        ItemSelector="{% $states.context.Map.Item.Key & $states.context.Map.Item.Value %}",
    )

    assert run(definition, {"a": "1", "b": "2"}).output == ["a1", "b2"]


def test_children_see_none_of_the_variables_around_them_but_have_their_own():
    processor = {
        "Set": {"Type": "Pass", "Assign": {"own.$": "$"}, "Next": "Get"},
        "Get": {"Type": "Pass", "Parameters": {"own.$": "$own"}, "End": True},
    }

    assert run(machine(processor), [1, 2]).output == [{"own": 1}, {"own": 2}]


def test_a_batch_is_the_input_of_one_child():
    definition = machine(
        ItemBatcher={"MaxItemsPerBatchPath": "$.many", "BatchInput": {"for.$": "$.who"}},
        ItemsPath="$.items",
    )

    execution = run(definition, {"items": [1, 2, 3], "many": 2, "who": "me"})

    assert execution.output == [
        {"BatchInput": {"for": "me"}, "Items": [1, 2]},
        {"BatchInput": {"for": "me"}, "Items": [3]},
    ]


def test_one_item_that_fails_fails_the_map_run_where_nothing_else_is_said():
    execution = run(machine(FAILS_ON_TWO), [1, 2, 3])

    assert types(execution) == STARTED + FAILED
    assert execution.error == "States.ExceedToleratedFailureThreshold"
    assert execution.events[-3].details["error"] == "States.ExceedToleratedFailureThreshold"


@pytest.mark.parametrize(
    "tolerance",
    [
        {"ToleratedFailureCount": 1},
        {"ToleratedFailurePercentage": 34},
        {"ToleratedFailureCountPath": "$.may", "ItemsPath": "$.items"},
    ],
)
def test_as_many_items_may_fail_as_are_tolerated_and_are_told_of_in_the_output(tolerance):
    given = {"items": [1, 2, 3], "may": 1} if "ItemsPath" in tolerance else [1, 2, 3]

    execution = run(machine(FAILS_ON_TWO, **tolerance), given)

    assert execution.output[0] == 1
    assert execution.output[2] == 3
    told = execution.output[1]
    assert (told["Status"], told["Error"], told["Cause"]) == ("FAILED", "Two", "it is")


def test_more_failures_than_are_tolerated_are_caught_by_their_name():
    definition = machine(
        FAILS_ON_TWO,
        ToleratedFailurePercentage=10,
        Catch=[
            {"ErrorEquals": ["States.ExceedToleratedFailureThreshold"], "Next": "Mend"},
        ],
    )
    definition["States"]["Mend"] = {"Type": "Pass", "Result": "mended", "End": True}

    assert run(definition, [1, 2]).output == "mended"


READER = {
    "Resource": "arn:aws:states:::s3:getObject",
    "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
    "Parameters": {"Bucket": "data", "Key.$": "$.key"},
}


def test_items_are_read_from_what_the_one_who_does_tasks_answers():
    asked = []

    def perform(task):
        asked.append((task.state, task.resource.text, task.arguments))
        return Succeeded({"Body": CSV})

    execution = run(machine(ItemReader=READER), {"key": "rows.csv"}, perform)

    assert execution.output == [{"a": "1", "b": "x"}, {"a": "2", "b": ""}]
    assert types(execution) == STARTED + ENDED
    assert execution.events[2].details == {"length": 0}
    resource = "arn:aws:states:::s3:getObject"
    assert asked == [("Each", resource, {"Bucket": "data", "Key": "rows.csv"})]


def test_no_more_items_are_read_than_a_path_says():
    config = {**READER["ReaderConfig"], "MaxItemsPath": "$.most"}
    definition = machine(ItemReader={**READER, "ReaderConfig": config})

    execution = run(definition, {"key": "k", "most": 1}, lambda _task: Succeeded({"Body": CSV}))

    assert execution.output == [{"a": "1", "b": "x"}]


def test_what_cannot_be_read_fails_the_map_with_its_place():
    definition = machine(ItemReader={**READER, "ReaderConfig": {"InputType": "JSONL"}})

    execution = run(definition, {"key": "k"}, lambda _task: Succeeded({"Body": "1\n{\n"}))

    assert types(execution) == STARTED + FAILED
    assert execution.error == "States.ItemReaderFailed"
    assert execution.cause.startswith("S3://data/k: expected JSON")
    assert execution.cause.endswith("at line 2")


def test_a_reader_that_nobody_answers_or_that_fails_fails_the_map():
    silent = run(machine(ItemReader=READER), {"key": "k"})
    told = run(machine(ItemReader=READER), {"key": "k"}, lambda _task: Failed("S3.NoSuchKey", "no"))

    assert silent.error == "States.ItemReaderFailed"
    assert (told.error, told.cause) == ("S3.NoSuchKey", "no")


def test_results_that_are_written_are_told_of_and_not_given():
    writer = {
        "Resource": "arn:aws:states:::s3:putObject",
        "Parameters": {"Bucket": "results", "Prefix": "jobs"},
    }

    execution = run(machine(ResultWriter=writer, Label="L"), [1])

    arn = execution.output["MapRunArn"]
    assert ":mapRun:machine/L:" in arn
    assert execution.output["ResultWriterDetails"] == {
        "Bucket": "results",
        "Key": f"jobs/{arn.rpartition(':')[2]}/manifest.json",
    }


@pytest.mark.parametrize(
    ("transformation", "output"), [("COMPACT", [[1], [2, 3]]), ("FLATTEN", [1, 2, 3])]
)
def test_results_that_are_not_written_can_be_flattened(transformation, output):
    writer = {"WriterConfig": {"Transformation": transformation, "OutputType": "JSON"}}

    assert run(machine(ResultWriter=writer), [[1], [2, 3]]).output == output


def test_no_more_children_run_at_once_than_may():
    waits = {"Wait": {"Type": "Wait", "Seconds": 10, "End": True}}

    execution = run(machine(waits, MaxConcurrency=2), [1, 2, 3, 4, 5])

    assert execution.ended_ms == 30_000


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        (
            {"ItemReader": {**READER, "Resource": "arn:aws:states:::s3:putObject"}},
            "/ItemReader/Resource",
        ),
        (
            {"ItemReader": {**READER, "ReaderConfig": {"InputType": "X"}}},
            "/ItemReader/ReaderConfig",
        ),
        ({"ItemBatcher": {"MaxItemsPerBatch": -1}}, "/ItemBatcher/MaxItemsPerBatch"),
        (
            {"ResultWriter": {"WriterConfig": {"OutputType": "X"}}},
            "/ResultWriter/WriterConfig/OutputType",
        ),
        ({"Label": "a b"}, "/Label"),
    ],
)
def test_what_no_map_can_do_is_a_fault_of_the_definition(fields, path):
    with pytest.raises(InvalidDefinition) as told:
        compile_machine(json.dumps(machine(**fields)))

    assert f"/States/Each{path}" in str(told.value)
