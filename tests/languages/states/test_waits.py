import pytest

from ensue.languages.states.execute import execute
from ensue.languages.states.parse import compile_machine

UNREAD = (
    "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time"
    " format string"
)


@pytest.mark.parametrize(
    ("field", "given", "says"),
    [
        ("TimestampPath", {}, "The TimestampPath parameter does not reference an input value: $.t"),
        (
            "TimestampPath",
            {"t": "2026-01-31 09:30:00"},
            f"{UNREAD}: $.t == 2026-01-31 09:30:00",
        ),
        ("SecondsPath", {}, "The SecondsPath parameter does not reference an input value: $.t"),
        (
            "SecondsPath",
            {"t": -1},
            "The SecondsPath parameter references a negative value: $.t == -1",
        ),
        (
            "SecondsPath",
            {"t": 1.5},
            "The SecondsPath parameter cannot be parsed as a long value: $.t == 1.5",
        ),
        (
            "SecondsPath",
            {"t": "soon"},
            'The SecondsPath parameter cannot be parsed as a long value: $.t == "soon"',
        ),
    ],
)
def test_a_wait_says_what_its_path_does_not_name(field, given, says):
    states = {"W": {"Type": "Wait", field: "$.t", "End": True}}
    ended = execute(compile_machine({"StartAt": "W", "States": states}), given)
    assert (ended.status, ended.error) == ("FAILED", "States.Runtime")
    told = "An error occurred while executing the state 'W' (entered at the event id #2)."
    assert ended.cause == f"{told} {says}"


@pytest.mark.parametrize(
    ("field", "given", "says"),
    [
        ("MaxConcurrency", "x", 'refers to value "x" which is not a valid number: $.t'),
        ("MaxConcurrency", 1.5, 'refers to value "1.5" which is not a valid integer: $.t'),
        ("ToleratedFailureCount", -1, "must be between 0 and 99999999, got -1"),
        ("ToleratedFailurePercentage", 101, "must be between 0 and 100, got 101"),
    ],
)
def test_a_map_says_what_is_wrong_with_a_number_at_a_path(field, given, says):
    items = {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}}
    state = {"Type": "Map", "ItemsPath": "$.i", f"{field}Path": "$.t", "ItemProcessor": items}
    machine = compile_machine({"StartAt": "M", "States": {"M": {**state, "End": True}}})
    ended = execute(machine, {"t": given, "i": [1]})
    assert (ended.status, ended.error) == ("FAILED", "States.Runtime")
    assert ended.cause.endswith(says)
    assert field in ended.cause


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("'2'", "returned an unexpected result type. Expected 'number', but was 'string'"),
        ("1.5", "returned an unexpected result type. Expected 'integer', but was 'number'"),
        ("-1", "Seconds must be between 0 and 99999999, got -1"),
    ],
)
def test_a_wait_says_what_is_wrong_with_what_its_query_finds(query, says):
    state = {"Type": "Wait", "QueryLanguage": "JSONata", "Seconds": f"{{% {query} %}}"}
    machine = compile_machine({"StartAt": "W", "States": {"W": {**state, "End": True}}})
    ended = execute(machine, {})
    assert ended.error == "States.QueryEvaluationError"
    assert says in ended.cause
