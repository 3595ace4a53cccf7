import pytest

from ensue.doors.cli import output

EVIL = "a\x00\x1b[2J\x7f\x9d\r"
SAFE = r"a\x00\x1b[2J\x7f\x9d\r"


@pytest.mark.parametrize(
    "value",
    [
        EVIL,
        {"id": EVIL},
        {"text": EVIL, EVIL: 1},
        [{EVIL: EVIL}],
        {"items": [{"a": EVIL}], "next": EVIL},
    ],
)
def test_control_characters_are_escaped(value, capsys):
    output.show(value)
    said = capsys.readouterr()
    for text in (said.out, said.err):
        assert text.replace("\n", "").isprintable()
    assert SAFE in said.out


def test_line_ends_and_tabs_of_a_text_are_kept(capsys):
    output.show("a\n\tb")
    assert capsys.readouterr().out == "a\n\tb\n"


def test_json_is_escaped_as_json(capsys):
    output.show_json({"a": "\x9b\x7f\x1bé"})
    assert capsys.readouterr().out == '{"a":"\\u009b\\u007f\\u001bé"}\n'


def test_what_is_read_of_a_log_is_a_table_and_says_where_to_go_on(capsys):
    output.show({"changes": [{"id": "1", "kind": "insert"}], "position": 7})
    told = capsys.readouterr()
    assert told.out == "id  kind\n1   insert\n"
    assert told.err == "What comes then: --after 7\n"
    output.show({"records": [{"id": "1"}]})
    output.show({"shards": [2, 3]})
    assert capsys.readouterr().out == "id\n1\nshards  [2,3]\n"


def test_a_list_of_texts_is_a_line_for_each(capsys):
    output.show(["2026-11-23T09:00:00+00:00", "2026-11-30T09:00:00+00:00"])
    assert capsys.readouterr().out == "2026-11-23T09:00:00+00:00\n2026-11-30T09:00:00+00:00\n"


def test_a_time_that_is_there_as_text_is_not_told_again_in_milliseconds(capsys):
    output.show({"due": "2026-11-23T09:00:00+00:00", "due_ms": 1795424400000, "window_ms": 0})
    assert capsys.readouterr().out == "due     2026-11-23T09:00:00+00:00\nwindow  0 ms\n"


def test_a_history_is_a_line_for_each_event_with_what_it_tells(capsys):
    entered = {"name": "Pack", "input": '{"id":7}', "inputDetails": {"truncated": False}}
    failed = {"resource": "function:pack", "resourceType": "ensue", "error": "Broken"}
    events = [
        {"id": 1, "previousEventId": 0, "timestamp": 1795300778057, "type": "ExecutionStarted"},
        {"type": "TaskStateEntered", "stateEnteredEventDetails": entered},
        {"type": "TaskFailed", "taskFailedEventDetails": failed | {"cause": "glass"}},
        {"type": "TaskFailed", "taskFailedEventDetails": failed},
    ]
    numbered = [
        {"id": number, "previousEventId": number - 1, "timestamp": 1795300778057} | each
        for number, each in enumerate(events, 1)
    ]

    output.show({"events": numbered, "next": None})

    told = capsys.readouterr().out.splitlines()
    assert told[0].split() == ["id", "at", "type", "of", "told"]
    assert [line.split()[3:] for line in told[1:]] == [
        ["ExecutionStarted", "-", "-"],
        ["TaskStateEntered", "Pack", '{"id":7}'],
        ["TaskFailed", "function:pack", "Broken:", "glass"],
        ["TaskFailed", "function:pack", "Broken"],
    ]


def test_executions_are_listed_by_name_without_what_each_line_would_repeat(capsys):
    execution = {
        "id": "5d1c93e0-7a4b-8f26-8002-000000000001",
        "arn": "arn:aws:states:us-east-1:000000000000:execution:ship:order-1",
        "workflow": "ship",
        "name": "order-1",
        "status": "FAILED",
        "error": "Broken",
        "cause": "the glass fell",
        "started_ms": 1795300778057,
        "definition": 1,
        "redrives": 0,
    }

    output.show({"executions": [execution], "next": None})

    told = capsys.readouterr().out.splitlines()
    assert told[0].split() == ["name", "status", "error", "started", "redrives"]
    assert told[1].split()[:3] == ["order-1", "FAILED", "Broken"]
