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
    ],
)
def test_a_wait_says_what_its_path_does_not_name(field, given, says):
    states = {"W": {"Type": "Wait", field: "$.t", "End": True}}
    ended = execute(compile_machine({"StartAt": "W", "States": states}), given)
    assert (ended.status, ended.error) == ("FAILED", "States.Runtime")
    told = "An error occurred while executing the state 'W' (entered at the event id #2)."
    assert ended.cause == f"{told} {says}"
