import json

from ensue.doors.cli.why import tree_lines

TREE = {
    "id": "r-1",
    "kind": "request",
    "name": "POST /orders",
    "at_ms": 1_700_000_000_000,
    "state": None,
    "note": None,
    "attempts": [],
    "waited_ms": None,
    "worked_ms": None,
    "children": [
        {
            "id": "c-1",
            "kind": "change",
            "name": "orders insert",
            "at_ms": 1_700_000_000_000,
            "children": [
                {
                    "id": "m-1",
                    "kind": "message",
                    "name": "payments",
                    "at_ms": 1_700_000_000_003,
                    "state": "done",
                    "waited_ms": 2,
                    "worked_ms": 40,
                    "attempts": [
                        {"attempt": 1, "at_ms": 1_700_000_000_005, "error": "429\n Too Many"},
                    ],
                    "children": [{"id": "e-1", "kind": "event", "name": "Paid", "at_ms": None}],
                }
            ],
        },
        {"id": "e-2", "kind": "event", "name": "Placed", "at_ms": 1_700_000_000_001},
    ],
}


def test_the_tree_is_drawn_with_lines_and_times_relative_to_its_root(ensue, answers):
    answers.add("/_ensue/why/r-1", TREE)
    assert ensue("why", "r-1").stdout.splitlines() == [
        "request POST /orders  2023-11-14 22:13:20.000  r-1",
        "├─ change orders insert  +0 ms  c-1",
        "│  └─ message payments  done  +3 ms  waited 2 ms, worked 40 ms  m-1",
        "│     │  ✗ attempt 1 +5 ms  429 Too Many",
        "│     └─ event Paid  e-1",
        "└─ event Placed  +1 ms  e-2",
    ]


def test_of_an_event_it_is_told_who_got_it_and_who_did_not(ensue, answers):
    event = {"id": "e-1", "kind": "event", "name": "events", "is_sought": True}
    answers.add("/_ensue/why/e-1", {"id": "r-1", "kind": "request", "children": [event]})
    got = {"id": "m-1", "kind": "message", "name": "parcels", "state": "done"}
    answers.add(
        "/_ensue/deliveries/e-1",
        {
            "receivers": [
                {"by": "rule", "name": "pack", "outcome": "got", "got": [got]},
                {"by": "archive", "name": "all", "outcome": "got", "why": "it is kept"},
                {"by": "rule", "name": "vip", "outcome": "not matched", "why": "a: expected 1"},
                {"by": "pipe", "name": "on", "outcome": "paused", "why": "it is paused"},
            ],
            "more": 3,
        },
    )
    assert ensue("why", "e-1").stdout.splitlines()[2:] == [
        "got it:   pack -> message parcels done m-1",
        "          archive all -> it is kept",
        "did not:  vip: a: expected 1",
        "          pipe on: it is paused",
        "          and 3 more whose patterns do not match",
    ]


def test_an_event_that_nobody_reads_says_so(ensue, answers):
    answers.add("/_ensue/why/e-1", {"id": "e-1", "kind": "event", "is_sought": True})
    answers.add("/_ensue/deliveries/e-1", {"receivers": []})
    assert ensue("why", "e-1").stdout.splitlines()[-1] == "nobody reads it"


def test_what_is_not_shown_is_said_with_the_command_that_shows_it(ensue, answers):
    node = {"id": "r", "kind": "run", "name": "a", "more": "m-9"}
    child = {"id": "m-9", "kind": "message", "name": "q"}
    answers.add("/_ensue/why/r", node | {"children": [child]})
    assert ensue("why", "r").stdout.splitlines()[1:] == [
        "├─ message q  m-9",
        "└─ … more: ensue why r --after 'm-9'",
    ]
    assert ensue("why", "r", "--after", "m-9").exit_code == 0
    assert answers.requests[-1].url.query == b"after=m-9"


def test_up_asks_for_causes_and_an_id_is_quoted(ensue, answers):
    answers.add("/_ensue/why/a/b", TREE)
    assert ensue("why", "--up", "a/b").exit_code == 0
    assert answers.requests[-1].url.raw_path == b"/_ensue/why/a%2Fb?up=true"


def test_stored_text_does_not_reach_the_terminal_as_commands(ensue, answers):
    evil = "\x1b]0;x\x07\x9b2J\n└─"
    node = {"id": evil, "kind": "event", "name": evil, "note": evil, "state": evil}
    attempts = [{"attempt": 1, "error": evil}]
    answers.add("/_ensue/why/r-1", {**node, "attempts": attempts})
    said = ensue("why", "r-1").stdout
    assert said.count(r"\x1b]0;x\x07\x9b2J") == 5
    assert len(said.splitlines()) == 2
    assert said.replace("\n", "").isprintable()
    assert "\x9b" not in ensue("why", "r-1", "--json").stdout
    assert json.loads(ensue("why", "r-1", "--json").stdout)["id"] == evil


def test_json_is_what_the_server_said(ensue, answers):
    answers.add("/_ensue/why/r-1", TREE)
    assert json.loads(ensue("why", "r-1", "--json").stdout) == TREE


def test_an_only_attempt_without_an_error_is_not_worth_a_line():
    node = {"id": "m", "kind": "message", "name": "q", "attempts": [{"attempt": 1, "at_ms": 1}]}
    assert len(list(tree_lines(node))) == 1


def test_a_tree_deeper_than_the_stack_is_drawn():
    node = {"id": "0", "kind": "event", "name": "leaf", "at_ms": 1}
    for number in range(3_000):
        node = {"id": str(number), "kind": "event", "name": "e", "at_ms": 1, "children": [node]}
    assert sum(1 for _ in tree_lines(node)) == 3_001


def test_colour_is_for_terminals_that_want_it(ensue, answers, monkeypatch):
    answers.add("/_ensue/why/r-1", TREE)
    assert "\x1b[" not in ensue("why", "r-1").stdout
    assert "\x1b[" in ensue("why", "r-1", color=True).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in ensue("why", "r-1", color=True).stdout
