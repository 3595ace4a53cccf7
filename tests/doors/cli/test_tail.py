import json

import pytest

PATH = "/_ensue/buses/order-events/tail"


def _event(number, detail=None):
    return {
        "id": f"e-{number}",
        "detail-type": "OrderPlaced",
        "time": "2023-11-14T22:13:20Z",
        "source": "shop",
        "detail": detail or {"n": number},
    }


def _answer(*numbers):
    return {"events": [_event(number) for number in numbers], "position": max(numbers, default=0)}


def test_the_newest_events_come_first_then_those_that_it_waits_for(ensue, answers):
    answers.add(PATH, _answer(1, 2))
    answers.add(PATH, {"events": [], "position": 2})
    answers.add(PATH, _answer(3))
    done = ensue("tail", "--count", "3")
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        f'2023-11-14T22:13:20Z  OrderPlaced  e-{number}  {{"n":{number}}}' for number in (1, 2, 3)
    ]
    assert [body for _, body in answers.asked] == [
        {"limit": 3},
        {"after": 2, "wait": 20_000, "limit": 1},
        {"after": 2, "wait": 20_000, "limit": 1},
    ]


def test_events_of_the_past_are_limited(ensue, answers):
    answers.add(PATH, _answer(1))
    assert ensue("tail", "order-events", "--limit", "1", "--count", "1").exit_code == 0
    assert answers.asked[0][1] == {"limit": 1}


def test_json_is_one_event_a_line(ensue, answers):
    answers.add(PATH, _answer(1, 2))
    lines = ensue("tail", "--json", "--count", "2").stdout.splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["e-1", "e-2"]


def test_a_long_detail_is_cut(ensue, answers):
    answers.add(PATH, {"events": [_event(1, {"text": "x" * 500})], "position": 1})
    (line,) = ensue("tail", "--count", "1").stdout.splitlines()
    assert len(line) < 150
    assert line.endswith("…")


def test_control_characters_of_events_are_escaped(ensue, answers):
    event = {**_event(1, {"text": "\x9b2J\x1b"}), "detail-type": "\x1b[2J\r"}
    answers.add(PATH, {"events": [event], "position": 1})
    said = ensue("tail", "--count", "1").stdout
    assert said.rstrip("\n").isprintable()
    assert r"\x1b[2J\r" in said


def test_ctrl_c_ends_quietly(ensue, answers):
    answers.add(PATH, _answer(1))
    answers.interrupt(PATH)
    done = ensue("tail")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "e-1" in done.stdout


@pytest.mark.parametrize(
    ("resources", "said"),
    [
        ([], "there is no bus"),
        ([("a", "bus", "x"), ("a", "bus", "y")], "There are several: x, y."),
    ],
)
def test_without_a_name_there_must_be_one_bus(ensue, answers, resources, said):
    answers.resources = resources
    done = ensue("tail")
    assert done.exit_code == 1
    assert said in done.stderr


def test_the_records_of_a_stream_are_followed_by_its_name(ensue, answers):
    answers.resources = [("shop", "stream", "clicks")]
    record = {"id": "r-1", "sequence": 1, "key": "a", "data": {"n": 1}, "at_ms": 1_700_000_000_000}
    keyless = {**record, "id": "r-2", "key": None}
    answers.add("/_ensue/streams/clicks/tail", {"records": [record, keyless], "position": 2})
    done = ensue("tail", "clicks", "--count", "2")
    assert done.stdout.splitlines() == [
        '2023-11-14T22:13:20Z  a  r-1  {"n":1}',
        '2023-11-14T22:13:20Z  -  r-2  {"n":1}',
    ]


def test_the_messages_of_a_topic_are_followed_by_its_name(ensue, answers):
    answers.resources = [("shop", "topic", "orders")]
    message = {"id": "m-1", "topic": "orders", "sent_ms": 1_700_000_000_000, "body": {"n": 1}}
    filtered = {**message, "id": "m-2", "attributes": {"kind": "placed"}}
    answers.add("/_ensue/topics/orders/tail", {"messages": [message, filtered], "position": 2})
    assert ensue("tail", "orders", "--count", "2").stdout.splitlines() == [
        '2023-11-14T22:13:20Z  {}  m-1  {"n":1}',
        '2023-11-14T22:13:20Z  {"kind":"placed"}  m-2  {"n":1}',
    ]


def test_a_pattern_goes_to_the_server_with_every_question(ensue, answers):
    answers.add(PATH, {"events": [], "position": 2})
    answers.add(PATH, _answer(3))
    pattern = {"detail-type": ["OrderPlaced"]}
    done = ensue("tail", "order-events", "--count", "1", "--pattern", json.dumps(pattern))
    assert done.exit_code == 0
    assert [body for _, body in answers.asked] == [
        {"limit": 1, "pattern": pattern},
        {"after": 2, "wait": 20_000, "limit": 1, "pattern": pattern},
    ]


def test_a_pattern_that_is_no_object_is_refused_before_anybody_is_asked(ensue, answers):
    done = ensue("tail", "order-events", "--pattern", "[1]")
    assert done.exit_code == 2
    assert "expected a JSON object" in done.stderr
    assert answers.asked == []


def test_an_event_is_written_as_what_publishes_it_again_on_the_server_that_was_asked(
    ensue, answers
):
    answers.add(PATH, _answer(1))
    words = ("tail", "order-events", "--count", "1", "--url", "http://ensue.invalid:1")
    assert ensue(*words, "--as", "curl").stdout == (
        "curl -sS 'http://ensue.invalid:1/_ensue/buses/order-events/publish?app=shop' \\\n"
        "  -H 'content-type: application/json' \\\n"
        '  -d \'{"detail-type": "OrderPlaced", "detail": {"n": 1}, "source": "shop"}\'\n'
    )
    keyed = ensue(*words, "--as", "python", "--key", "secret").stdout
    assert "ENSUE_KEY" in keyed
    assert "secret" not in keyed
    assert ensue(*words, "--as", "ensue").stdout.startswith("ensue publish shop/bus/order-events ")
    assert json.loads(ensue(*words, "--as", "json").stdout)["id"] == "e-1"


def test_a_test_is_written_with_the_rules_that_matched_and_where_the_app_is(ensue, answers):
    answers.add(PATH, _answer(1))
    answers.add(
        "/_ensue/imports",
        {"apps": ["shop:app"], "resources": {"shop/bus/order-events": "shop:events"}},
    )
    matched = [{"rule": "pay", "matched": True}, {"rule": "ship", "matched": False}]
    answers.add("/_ensue/buses/order-events/explain", matched)
    replaced = {"to": "queue other", "input": {"InputPath": {"path": "$.detail"}}}
    targets = ["queue payments", {"to": "function f", "group": "$.id"}, "topic news", replaced]
    answers.add("/_ensue/buses/order-events/rules", {"pay": {"targets": targets}})
    said = ensue("tail", "order-events", "--count", "1", "--as", "pytest").stdout
    assert "from shop import app\nfrom shop import events\n" in said
    assert 'assert list(took) == ["pay"]\n' in said
    assert 'assert took["pay"] >= {"function f", "queue payments"}\n' in said


def test_a_test_needs_a_name_for_each_app(ensue, answers):
    answers.add("/_ensue/imports", {"apps": [None], "resources": {}})
    done = ensue("tail", "order-events", "--count", "1", "--as", "pytest")
    assert done.exit_code == 1
    assert "no module has a name for each app" in done.stderr
