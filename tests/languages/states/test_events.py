"""Events, as Step Functions tells them."""

from __future__ import annotations

import pytest

from ensue.languages.states.events import Event, details_name, told


def test_values_are_told_as_texts():
    event = Event("TaskSucceeded", 5, 4, 1_000, {"output": {"a": [1]}, "resourceType": "sqs"})

    assert told(event) == {
        "id": 5,
        "previousEventId": 4,
        "timestamp": 1_000,
        "type": "TaskSucceeded",
        "taskSucceededEventDetails": {
            "output": '{"a":[1]}',
            "outputDetails": {"truncated": False},
            "resourceType": "sqs",
        },
    }


def test_variables_are_told_each_as_a_text():
    event = Event("PassStateExited", 3, 2, 0, {"name": "A", "assignedVariables": {"x": "y"}})

    assert told(event)["stateExitedEventDetails"] == {
        "name": "A",
        "assignedVariables": {"x": '"y"'},
        "assignedVariablesDetails": {"truncated": False},
    }


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("ExecutionStarted", "executionStartedEventDetails"),
        ("MapStateEntered", "stateEnteredEventDetails"),
        ("WaitStateExited", "stateExitedEventDetails"),
        ("MapStateStarted", "mapStateStartedEventDetails"),
        ("MapIterationFailed", "mapIterationFailedEventDetails"),
        ("LambdaFunctionScheduled", "lambdaFunctionScheduledEventDetails"),
        ("EvaluationFailed", "evaluationFailedEventDetails"),
        ("ParallelStateStarted", None),
        ("TaskStateAborted", None),
        ("LambdaFunctionStarted", None),
    ],
)
def test_details_have_the_name_that_they_have_in_step_functions(kind, name):
    assert details_name(kind) == name
