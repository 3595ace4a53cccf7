import json

import pytest

from tests.doors.cli.states.conftest import CHARGE, EACH


def test_a_state_succeeds_with_what_its_work_gives(ensue, charge):
    done = ensue(
        "states", "test", charge, "--state", "Charge", "--input", '{"n": 1}',
        "--mock", '{"result": {"id": 7}}',
    )  # fmt: skip

    lines = done.stdout.splitlines()
    assert done.exit_code == 0
    assert lines[0] == "SUCCEEDED → Later"
    assert lines[-1].split() == ["output", '{"id":7}']


def test_its_data_is_shown_at_every_stage(ensue, file):
    state = {
        "Type": "Task",
        "Resource": "ensue:function:f",
        "InputPath": "$.a",
        "Parameters": {"x.$": "$.b"},
        "ResultPath": "$.r",
        "End": True,
    }
    done = ensue(
        "states", "test", file(state), "--input", '{"a": {"b": 1}}', "--mock", '{"result": 2}',
        "--json",
    )  # fmt: skip

    told = json.loads(done.stdout)
    assert told["inspectionData"]["afterInputPath"] == {"b": 1}
    assert told["inspectionData"]["afterParameters"] == {"x": 1}


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (["--mock", '{"error": "Busy"}'], "RETRIABLE", 0),
        (["--mock", '{"error": "Busy"}', "--retried", "2"], "FAILED", 1),
        (["--mock", '{"error": "Declined", "cause": "no"}'], "CAUGHT_ERROR → Refused", 0),
    ],
)
def test_what_becomes_of_an_error_is_told(ensue, charge, words, status, code):
    done = ensue("states", "test", charge, "--state", "Charge", *words)

    assert (done.stdout.splitlines()[0], done.exit_code) == (status, code)


def test_variables_and_context_are_given(ensue, file):
    state = {
        "QueryLanguage": "JSONata",
        "Type": "Pass",
        "Output": "{% [$kept, $states.context.Execution.Name] %}",
        "End": True,
    }
    done = ensue(
        "states", "test", file(state), "--variables", '{"kept": 5}',
        "--context", '{"Execution": {"Name": "x"}}', "--json",
    )  # fmt: skip

    assert json.loads(done.stdout)["output"] == [5, "x"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--state", "Nowhere"], "there is no state"),
        (["--state", "Charge"], "expected a mock"),
        (["--state", "Charge", "--mock", '{"answer": 1}'], '{"result": …}'),
        (["--state", "Done", "--context", "[]"], "expected a JSON object"),
    ],
)
def test_what_cannot_be_tried_is_an_error(ensue, charge, words, said):
    done = ensue("states", "test", charge, *words)

    assert done.exit_code == 1
    assert said in done.stderr


def test_a_state_within_a_map_is_found(ensue, file):
    done = ensue("states", "test", file(EACH), "--state", "Pack", "--mock", '{"result": 1}')

    assert done.stdout.startswith("SUCCEEDED")


def test_lines_try_single_states_too(ensue):
    request = {
        "definition": json.dumps(CHARGE),
        "stateName": "Charge",
        "mock": {"errorOutput": {"error": "Declined", "cause": "no"}},
    }
    lines = [json.dumps({"request": request}), '{"request": 1}', '{"request": {"x": 1}}']
    done = ensue("states", "run", "--cases", stdin="\n".join(lines))

    first, *rest = map(json.loads, done.stdout.splitlines())
    assert (first["status"], first["nextState"]) == ("CAUGHT_ERROR", "Refused")
    assert [each["status"] for each in rest] == ["INVALID", "INVALID"]
