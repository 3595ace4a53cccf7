import json

import pytest

from tests.doors.cli.states.conftest import EACH


@pytest.fixture
def tried(ensue, file, charge):
    """Run the machine that charges, with mocks."""

    def run(mocks, *words, machine=charge):
        return ensue("states", "run", machine, "--mock", file(mocks, "mocks.json"), *words)

    return run


def test_the_output_is_printed_and_no_time_passes(tried):
    done = tried({"Charge": {"id": "c-1"}})

    assert (done.exit_code, done.stdout, done.stderr) == (0, '{"id":"c-1"}\n', "")


def test_a_failure_prints_its_error_and_cause_and_ends_with_1(tried):
    done = tried({"Charge": {"error": "Declined"}})

    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "OrderRefused: no money\n"


def test_answers_in_a_list_are_given_one_for_each_call(tried):
    busy = {"error": "Busy", "cause": "come again"}

    assert tried({"Charge": [busy, busy, {"id": 3}]}).stdout == '{"id":3}\n'
    assert tried({"Charge": [busy, busy, busy, {"id": 4}]}).stderr == "Busy: come again\n"
    assert tried({"Charge": [busy]}).exit_code == 1


def test_a_time_out_can_be_mocked(tried):
    done = tried({"Charge": {"error": "States.Timeout"}}, "--json", "--trace")

    types = [event["type"] for event in json.loads(done.stdout)["events"]]
    assert "TaskTimedOut" in types


def test_a_result_that_looks_like_a_mock_is_written_as_a_result(tried):
    assert tried({"Charge": {"result": [1, 2]}}).stdout == "[1,2]\n"
    assert tried({"Charge": {"result": {"error": "none"}}}).stdout == '{"error":"none"}\n'


def test_iterations_of_a_map_answer_by_their_index(tried, file):
    mocks = {"Pack": {"items": {"0": {"n": 1}, "1": [{"error": "Lost"}]}}}
    machine = file(EACH)

    assert tried(mocks, "--input", "[1]", machine=machine).stdout == '[{"n":1}]\n'
    assert tried(mocks, "--input", "[1, 2]", machine=machine).stderr == "Lost\n"
    third = tried({"Pack": {"items": {"0": 1, "1": 1}}}, "--input", "[1, 2, 3]", machine=machine)
    assert "iteration 2 of the task Pack" in third.stderr


def test_a_task_without_a_mock_says_how_to_mock_it(tried):
    done = tried({})

    assert done.exit_code == 1
    assert "the task Charge (ensue:function:charge)" in done.stderr
    assert '{"Charge": {"result": "RESULT"}}' in done.stderr


@pytest.mark.parametrize(
    ("mocks", "said"),
    [
        ([], "expected an object"),
        ({"Chrage": 1}, "there is no task Chrage"),
        ({"Done": 1}, "there is no task Done"),
        ({"Charge": []}, "expected at least one answer"),
        ({"Charge": {"items": {"first": 1}}}, "expected the index of an item"),
    ],
)
def test_what_is_no_mock_is_an_error(tried, mocks, said):
    done = tried(mocks)

    assert done.exit_code == 1
    assert said in done.stderr


def test_a_task_that_waits_for_a_token_is_submitted_first(ensue, file):
    machine = file({
        "StartAt": "Ask",
        "States": {
            "Ask": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
                "Parameters": {"QueueUrl": "q", "MessageBody.$": "$$.Task.Token"},
                "End": True,
            }
        },
    })
    mocks = file({"Ask": {"approved": True}}, "mocks.json")

    done = ensue("states", "run", machine, "--mock", mocks, "--json", "--trace")

    told = json.loads(done.stdout)
    assert told["output"] == {"approved": True}
    assert [event["type"] for event in told["events"]][2:6] == [
        "TaskScheduled",
        "TaskStarted",
        "TaskSubmitted",
        "TaskSucceeded",
    ]


def test_the_outcome_is_json_for_programs(tried):
    done = tried({"Charge": {"error": "Declined"}}, "--json")

    assert done.exit_code == 1
    assert json.loads(done.stdout) == {
        "status": "FAILED",
        "output": None,
        "error": "OrderRefused",
        "cause": "no money",
    }


def test_a_trace_shows_the_data_of_each_state_beside_the_output(tried):
    done = tried({"Charge": [{"error": "Busy"}, {"id": 1}]}, "--input", '{"n": 7}', "--trace")

    assert done.stdout == '{"id":1}\n'
    assert done.stderr.splitlines()[:7] == [
        "Charge (Task)",
        '  input   {"n":7}',
        '  sent    {"n":7}',
        "  failed  Busy",
        '  sent    {"n":7}',
        '  answer  {"id":1}',
        '  output  {"id":1}  (Charge)',
    ]


def test_an_express_execution_times_out_after_five_minutes(tried):
    done = tried({"Charge": 1}, "--type", "EXPRESS", "--json")

    assert json.loads(done.stdout)["status"] == "TIMED_OUT"


def test_time_and_chance_are_given(ensue, file):
    machine = file({
        "QueryLanguage": "JSONata",
        "StartAt": "A",
        "States": {
            "A": {
                "Type": "Pass",
                "Output": "{% [$states.context.Execution.StartTime, $uuid()] %}",
                "End": True,
            }
        },
    })

    def run(*words):
        return json.loads(ensue("states", "run", machine, *words).stdout)

    assert run()[0] == "2024-01-01T00:00:00.000Z"
    assert run("--now", "2030-05-01T10:00:00+02:00")[0] == "2030-05-01T08:00:00.000Z"
    assert run("--seed", "1") == run("--seed", "1") != run("--seed", "2")
    assert ensue("states", "run", machine, "--now", "noon").exit_code == 2


def test_input_is_json_or_a_file(ensue, file):
    machine = file({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})

    assert ensue("states", "run", machine).stdout == "{}\n"
    assert ensue("states", "run", machine, "--input", "[1]").stdout == "[1]\n"
    given = file({"a": 1}, "input.json")
    assert ensue("states", "run", machine, "--input", f"@{given}").stdout == '{"a":1}\n'
    assert ensue("states", "run", machine, "--input", "-", stdin="7").stdout == "7\n"
    assert ensue("states", "run", machine, "--input", "{").exit_code == 1


def test_a_file_is_demanded_or_cases(ensue, charge):
    assert ensue("states", "run").exit_code == 2
    assert ensue("states", "run", charge, "--cases").exit_code == 2


def test_what_a_distributed_map_reads_is_mocked_by_its_name(tried, file):
    csv = {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}
    each = {
        "Type": "Map",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": csv,
            "Parameters": {"Bucket": "b", "Key": "k"},
        },
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Keep",
            "States": {"Keep": {"Type": "Pass", "End": True}},
        },
        "End": True,
    }
    reads = file({"StartAt": "Each", "States": {"Each": each}}, "reads.asl.json")

    assert tried({"Each": {"Body": "a\n1\n"}}, machine=reads).stdout == '[{"a":"1"}]\n'
    assert tried({"Each": {"result": [7]}}, machine=reads).stdout == "[7]\n"
    assert tried({}, machine=reads).stderr.startswith("States.ItemReaderFailed: nobody answers")
