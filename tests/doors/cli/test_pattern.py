import json
import subprocess
import sys

import pytest

from ensue.doors.cli import pattern
from ensue.doors.cli.judging import LINE_BYTES_MAX

PATH = "/_ensue/buses/order-events/tail"


def asked(ensue, *questions, words=()):
    """What is answered to lines, each JSON or a text as it stands."""
    text = "".join(f"{each if isinstance(each, str) else json.dumps(each)}\n" for each in questions)
    done = ensue("pattern", "match", *words, stdin=text)
    assert (done.exit_code, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_each_line_is_answered_in_order(ensue):
    wanted = {"a": [{"prefix": "x"}]}
    assert asked(
        ensue,
        {"pattern": wanted, "event": {"a": "xy"}},
        {"pattern": wanted, "event": {"a": "y"}},
        {"pattern": wanted},
        {"pattern": wanted, "event": None},
    ) == [{"matched": True}, {"matched": False}, {"valid": True}, {"valid": True}]


def test_an_invalid_pattern_is_answered_by_its_error_and_place(ensue):
    assert asked(ensue, {"pattern": {"a": [{"prefix": 1}]}, "event": {"a": 1}}) == [
        {
            "error": {
                "code": "invalid_pattern",
                "message": "expected a string, got 1",
                "at": "$.a[0].prefix",
            }
        }
    ]


def test_what_is_to_be_done_about_an_error_is_said(ensue):
    [answer] = asked(ensue, {"pattern": {"a": "x"}})
    assert answer["error"]["message"].endswith("even when it is the only one.")


def test_texts_are_read_with_their_numbers_and_repeated_keys(ensue):
    assert asked(
        ensue,
        {"pattern": '{"a": [3e2]}', "event": '{"a": 300.0}'},
        {"pattern": '{"a": [9007199254740993]}', "event": '{"a": 9007199254740993.0}'},
        {"pattern": '{"a": ["x"]}', "event": '{"a": "x", "a": "y"}'},
        '{"pattern": {"a": ["x"]}, "event": {"a": "x", "a": "y"}}',
        '{"pattern": {"a": [9007199254740993]}, "event": {"a": 9007199254740993}}',
    ) == [{"matched": each} for each in (True, False, True, True, True)]


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "",
        "[]",
        "5",
        '{"event": {}}',
        '{"pattern": ',
        "[" * 100_000,
        '{"pattern": "\ud800"',
    ],
)
def test_a_line_that_asks_nothing_is_answered_by_its_number(line):
    text = f'{{"pattern": {{"a": [1]}}}}\n{line}\n{{"pattern": {{"a": [1]}}}}\n'
    done = subprocess.run(
        [sys.executable, "-m", "ensue", "pattern", "match"],
        input=text.encode("utf-8", "surrogatepass"),
        capture_output=True,
        check=True,
    )
    first, second, third = map(json.loads, done.stdout.splitlines())
    assert first == third == {"valid": True}
    assert second["error"]["code"] == "invalid_input"
    assert second["error"]["at"] == "line 2"


def test_a_line_that_is_too_long_is_passed_over(ensue):
    long = json.dumps({"pattern": {"a": ["x" * LINE_BYTES_MAX]}})
    first, second = asked(ensue, long, {"pattern": {"a": [1]}})
    assert first["error"]["code"] == "too_large"
    assert second == {"valid": True}


@pytest.mark.parametrize("event", ["[]", '{"a": ', '"x"', "null", '{"a": NaN}', "{" * 50_000])
def test_an_event_that_is_none_is_an_error(ensue, event):
    [answer] = asked(ensue, {"pattern": {"a": ["x"]}, "event": event})
    assert answer["error"]["code"] == "invalid_value"


def test_half_of_a_pair_can_be_matched(ensue):
    line = r'{"pattern": "{\"a\": [\"\\ud800\"]}", "event": "{\"a\": \"\\ud800\"}"}'
    assert asked(ensue, line) == [{"matched": True}]


def test_control_characters_are_answered_as_escapes(ensue):
    done = ensue(
        "pattern",
        "match",
        "--explain",
        stdin='{"pattern": {"\\u001b[2J": ["\x9b"]}, "event": {}}\n',
    )
    assert done.stdout.rstrip("\n").isprintable()


def test_reasons_say_what_was_expected_and_what_was_found(ensue):
    question = {"pattern": {"a": ["x"], "b": [1]}, "event": {"a": "y", "b": 1}}
    matching = {**question, "event": {"a": "x", "b": 1}}
    assert asked(ensue, question, matching, words=["--explain"]) == [
        {"matched": False, "reasons": [{"path": "a", "expected": '"x"', "found": '"y"'}]},
        {"matched": True, "reasons": []},
    ]


def test_an_answer_is_given_before_the_next_question():
    process = subprocess.Popen(
        [sys.executable, "-m", "ensue", "pattern", "match"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        for _ in range(2):
            process.stdin.write(b'{"pattern": {"a": [1]}}\n')
            process.stdin.flush()
            assert json.loads(process.stdout.readline()) == {"valid": True}
        process.stdin.close()
        assert process.wait(10) == 0


def _event(number):
    return {"id": f"e-{number}", "detail-type": "Placed", "detail": {"n": number}}


def test_history_counts_what_patterns_match_and_shows_the_newest(ensue, answers):
    answers.add(PATH, {"events": [_event(4)], "position": 4})
    answers.add(PATH, {"events": [_event(1), _event(2)], "position": 2})
    answers.add(PATH, {"events": [_event(3), _event(4)], "position": 4})
    assert asked(
        ensue,
        {"pattern": {"detail": {"n": [{"numeric": [">", 1]}]}}},
        "nonsense",
        {"pattern": {"detail": {"n": [7]}}},
        words=["--history", "order-events", "--samples", "2", "--explain"],
    ) == [
        {
            "matched": 3,
            "events": 4,
            "samples": [_event(3), _event(4)],
            "reasons": [{"path": "detail.n", "expected": "a number > 1", "events": 1}],
        },
        {
            "error": {
                "code": "invalid_input",
                "message": 'expected a JSON object such as {"pattern": …, "event": …}: JSON is'
                " malformed: invalid character (byte 4)",
                "at": "line 2",
            }
        },
        {
            "matched": 0,
            "events": 4,
            "samples": [],
            "reasons": [{"path": "detail.n", "expected": "7", "events": 4}],
        },
    ]
    assert [body for _, body in answers.asked] == [
        {"limit": 1},
        {"after": 0, "limit": 1_000},
        {"after": 2, "limit": 1_000},
    ]


def test_history_of_an_empty_bus_is_nothing(ensue, answers):
    answers.add(PATH, {"events": [], "position": 0})
    assert asked(ensue, {"pattern": {"a": [1]}}, words=["--history", "order-events"]) == [
        {"matched": 0, "events": 0, "samples": []}
    ]


def test_history_ends_where_the_server_says_nothing_new(ensue, answers):
    answers.add(PATH, {"events": [_event(9)], "position": 9})
    answers.add(PATH, {"events": [], "position": 0})
    assert (
        asked(ensue, {"pattern": {"a": [1]}}, words=["--history", "order-events"])[0]["events"] == 0
    )


def test_history_takes_a_bounded_number_of_patterns(ensue, monkeypatch):
    monkeypatch.setattr(pattern, "QUESTIONS_MAX", 1)
    done = ensue(
        "pattern", "match", "--history", "order-events", stdin='{"pattern": {"a": [1]}}\n' * 2
    )
    assert done.exit_code == 1
    assert "expected at most 1 patterns at once, at line 2" in done.stderr


def test_history_needs_a_bus(ensue):
    done = ensue("pattern", "match", "--history", "stock", stdin='{"pattern": {"a": [1]}}\n')
    assert done.exit_code == 1
    assert "expected a bus, got the table stock" in done.stderr
