import json

import pytest

from ensue.languages.states.trial import read_trial, try_state
from ensue.words.errors import InvalidDefinition, InvalidValue, NotFound
from tests.languages.states.environment import GivenFacts

TASK = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke",
    "InputPath": "$.order",
    "Parameters": {"id.$": "$.id", "key.$": "States.UUID()"},
    "ResultSelector": {"receipt.$": "$.Payload"},
    "ResultPath": "$.charge",
    "Retry": [
        {"ErrorEquals": ["Busy"], "IntervalSeconds": 3, "MaxAttempts": 2},
        {"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 0},
    ],
    "Catch": [
        {"ErrorEquals": ["Odd"], "Next": "Odd"},
        {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Refused"},
    ],
    "Next": "Ship",
}
INPUT = {"order": {"id": 7}}
FAILURE = {"errorOutput": {"error": "Busy", "cause": "too many"}}


def tried(definition, given=None, **request):
    request = {"definition": definition, "input": INPUT if given is None else given} | request
    return try_state(read_trial(request), GivenFacts()).as_dict()


def test_a_task_shows_its_data_at_every_stage():
    found = tried(TASK, mock={"result": '{"Payload": "r"}'}, inspectionLevel="DEBUG")
    taken = {"id": 7, "key": "00000000-0000-4000-8000-000000000003"}
    assert found == {
        "status": "SUCCEEDED",
        "output": {**INPUT, "charge": {"receipt": "r"}},
        "nextState": "Ship",
        "inspectionData": {
            "input": INPUT,
            "afterInputPath": {"id": 7},
            "afterParameters": taken,
            "result": {"Payload": "r"},
            "afterResultSelector": {"receipt": "r"},
            "afterResultPath": {**INPUT, "charge": {"receipt": "r"}},
        },
    }


def test_the_stages_show_the_chance_that_the_state_saw():
    definition = {"Type": "Pass", "Parameters": {"id.$": "States.UUID()"}, "End": True}
    found = tried(definition, inspectionLevel="TRACE")
    assert found["inspectionData"]["afterParameters"] == found["output"]


def test_a_task_that_would_be_tried_again_tells_by_which_retrier_and_when():
    found = tried(
        TASK, mock=FAILURE, stateConfiguration={"retrierRetryCount": 1}, inspectionLevel="DEBUG"
    )
    assert (found["status"], found["error"], found["cause"]) == ("RETRIABLE", "Busy", "too many")
    assert "output" not in found
    assert found["inspectionData"]["errorDetails"] == {
        "retryIndex": 0,
        "retryBackoffIntervalSeconds": 6,
    }


def test_a_task_whose_retries_are_used_up_goes_to_its_catcher():
    found = tried(
        TASK, mock=FAILURE, stateConfiguration={"retrierRetryCount": 2}, inspectionLevel="DEBUG"
    )
    assert (found["status"], found["nextState"]) == ("CAUGHT_ERROR", "Refused")
    assert found["output"] == {**INPUT, "error": {"Error": "Busy", "Cause": "too many"}}
    assert found["inspectionData"]["errorDetails"] == {"catchIndex": 1}


def test_an_error_that_nobody_takes_fails_the_state():
    definition = {key: it for key, it in TASK.items() if key not in {"Retry", "Catch"}}
    found = tried(definition, mock=FAILURE)
    assert found == {"status": "FAILED", "error": "Busy", "cause": "too many"}


def test_what_does_not_apply_is_told_with_the_state():
    definition = {"Type": "Pass", "Parameters": {"a.$": "$.nope"}, "End": True}
    found = tried(definition, inspectionLevel="DEBUG")
    assert found["status"] == "FAILED"
    assert found["error"] == "States.Runtime"
    assert found["cause"].startswith("An error occurred while executing the state 'StateName'")
    assert found["inspectionData"] == {"input": INPUT, "afterInputPath": INPUT}


def test_a_state_of_a_machine_is_tried_with_its_variables_and_a_context_object():
    definition = {
        "StartAt": "A",
        "QueryLanguage": "JSONata",
        "States": {
            "A": {"Type": "Pass", "Assign": {"x": 1}, "Next": "B"},
            "B": {
                "Type": "Choice",
                "Choices": [{"Condition": "{% $x + $states.input.n > 3 %}", "Next": "A"}],
                "Output": "{% $states.context.Execution.Name %}",
                "Default": "C",
            },
            "C": {"Type": "Fail", "Error": "{% 'E' & $x %}"},
        },
    }
    request = {"variables": '{"x": 2}', "context": '{"Execution": {"Name": "e"}}'}
    found = tried(definition, {"n": 1}, stateName="B", inspectionLevel="TRACE", **request)
    assert found == {
        "status": "SUCCEEDED",
        "output": "e",
        "nextState": "C",
        "inspectionData": {"input": {"n": 1}, "variables": {"x": 2}},
    }
    assert tried(definition, {"n": 2}, stateName="B", **request)["nextState"] == "A"
    failed = tried(definition, {}, stateName="C", **request)
    assert failed == {"status": "FAILED", "error": "E2"}


def test_a_wait_is_over_at_once():
    found = tried({"Type": "Wait", "Seconds": 99, "Next": "B"})
    assert found == {"status": "SUCCEEDED", "output": INPUT, "nextState": "B"}


MAP = {
    "Type": "Map",
    "ItemsPath": "$.items",
    "ItemSelector": {"i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value"},
    "MaxConcurrency": 2,
    "ToleratedFailurePercentage": 50,
    "ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "In",
        "States": {"In": {"Type": "Pass", "End": True}},
    },
    "End": True,
}


def test_a_map_is_tried_by_its_result_and_shows_what_its_iterations_get():
    found = tried(MAP, {"items": ["a", "b"]}, mock={"result": "[1, 2]"}, inspectionLevel="DEBUG")
    assert found["output"] == [1, 2]
    assert found["inspectionData"] == {
        "input": {"items": ["a", "b"]},
        "afterInputPath": {"items": ["a", "b"]},
        "maxConcurrency": 2,
        "toleratedFailurePercentage": 50,
        "afterItemsPath": ["a", "b"],
        "afterItemSelector": [{"i": 0, "v": "a"}, {"i": 1, "v": "b"}],
        "result": [1, 2],
        "afterResultSelector": [1, 2],
        "afterResultPath": [1, 2],
    }


@pytest.mark.parametrize(
    ("failures", "status"), [(0, "SUCCEEDED"), (1, "SUCCEEDED"), (2, "FAILED")]
)
def test_a_map_fails_when_more_iterations_failed_than_may(failures, status):
    settings = {"mapIterationFailureCount": failures}
    found = tried(MAP, {"items": [1, 2]}, mock={"result": "[1, 2]"}, stateConfiguration=settings)
    assert found["status"] == status
    if status == "FAILED":
        assert found["error"] == "States.ExceedToleratedFailureThreshold"


def test_a_parallel_knows_that_a_branch_failed():
    branch = {"StartAt": "In", "States": {"In": {"Type": "Succeed"}}}
    caught = [{"ErrorEquals": ["States.BranchFailed"], "Next": "Mend"}]
    definition = {"Type": "Parallel", "Branches": [branch], "Catch": caught, "End": True}
    found = tried(definition, mock=FAILURE)
    assert (found["status"], found["nextState"]) == ("CAUGHT_ERROR", "Mend")


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        ({"input": "{"}, "expected JSON"),
        ({"definition": "[]"}, "expected a state or a state machine"),
        ({"inspectionLevel": "ALL"}, "expected one of INFO, DEBUG, TRACE"),
        ({"variables": "[]"}, "expected an object"),
        ({"mock": {}}, "expected either result or errorOutput"),
        ({"mock": {"result": "1", "errorOutput": {}}}, "expected either result or errorOutput"),
        ({"mock": {"result": "1", "fieldValidationMode": "SOME"}}, "expected one of STRICT"),
        ({"mock": {"errorOutput": 1}}, "expected an object"),
        ({"mock": 1}, "expected an object"),
        ({"stateConfiguration": {"retrierRetryCount": -1}}, "expected a number of at least 0"),
        ({"stateName": "A"}, "expected a state machine"),
        ({"colour": "red"}, 'got "colour"'),
        ({}, "expected a mock for a Task state"),
    ],
)
def test_what_is_no_trial_is_refused(request_, says):
    request = {"definition": json.dumps(TASK), "input": "{}"} | request_
    with pytest.raises(InvalidValue, match=says):
        try_state(read_trial(request), GivenFacts())


def test_a_state_that_does_no_work_takes_no_mock_and_a_machine_needs_a_name_that_it_has():
    machine = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
    with pytest.raises(InvalidValue, match="no mock for a Pass state"):
        tried(machine, stateName="A", mock={"result": "1"})
    with pytest.raises(InvalidValue, match="the name of a state"):
        tried(machine)
    with pytest.raises(NotFound, match="no state"):
        tried(machine, stateName="B")
    with pytest.raises(InvalidDefinition):
        tried({"Type": "Pass"})
