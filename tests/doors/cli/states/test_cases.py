import json

from ensue.doors.cli.judging import LINE_BYTES_MAX
from tests.doors.cli.states.conftest import CHARGE, EACH

PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}


def answered(ensue, *cases):
    """What is answered to lines, each JSON or a text as it stands."""
    text = "".join(f"{each if isinstance(each, str) else json.dumps(each)}\n" for each in cases)
    done = ensue("states", "run", "--cases", stdin=text)
    assert (done.exit_code, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_each_line_is_answered_in_order_with_its_events(ensue):
    first, second = answered(
        ensue,
        {"definition": PASS, "input": {"n": 1}},
        {"definition": CHARGE, "mock": {"Charge": {"error": "Declined"}}, "type": "STANDARD"},
    )

    assert first == {
        "status": "SUCCEEDED",
        "output": {"n": 1},
        "error": None,
        "cause": None,
        "events": ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"],
    }
    assert (second["status"], second["error"], second["cause"]) == (
        "FAILED",
        "OrderRefused",
        "no money",
    )


def test_definition_and_input_may_be_texts(ensue):
    [answer] = answered(ensue, {"definition": json.dumps(PASS), "input": '"x"'})

    assert answer["output"] == "x"


def test_a_faulty_definition_is_answered_and_the_next_is_run(ensue):
    first, second = answered(ensue, {"definition": {**PASS, "StartAt": "B"}}, {"definition": PASS})

    assert (first["status"], first["error"], first["events"]) == (
        "INVALID",
        "invalid_definition",
        [],
    )
    assert "/StartAt" in first["cause"]
    assert second["status"] == "SUCCEEDED"


def test_a_line_that_asks_nothing_is_answered_by_its_number(ensue):
    answers = answered(
        ensue,
        "nonsense",
        "[" * 100_000,
        "[]",
        "{}",
        {"definition": PASS, "input": "{"},
        {"definition": PASS, "type": "FAST"},
        {"definition": CHARGE},
        {"definition": EACH, "input": [1], "mock": {"Each": 1}},
        {"definition": "x" * LINE_BYTES_MAX},
        {"definition": PASS},
    )

    assert [each["status"] for each in answers] == ["INVALID"] * 9 + ["SUCCEEDED"]
    assert "line 1" in answers[0]["cause"]
    assert answers[8]["error"] == "too_large"


def test_an_express_case_ends_after_five_minutes(ensue):
    [answer] = answered(
        ensue, {"definition": CHARGE, "mock": {"Charge": 1}, "type": "EXPRESS", "input": 1}
    )

    assert answer["status"] == "TIMED_OUT"


def test_one_case_leaves_nothing_to_the_next(ensue):
    mock = {"Charge": [{"error": "Busy"}, {"id": 1}]}
    one, other = answered(ensue, *[{"definition": CHARGE, "mock": mock}] * 2)

    assert one == other
