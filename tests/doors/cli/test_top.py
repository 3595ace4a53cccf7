import json

import pytest

PATH = "/_ensue/traffic"
STILL = {
    "in_per_s": 0.0,
    "out_per_s": 0.0,
    "errors_per_s": 0.0,
    "depth": 0,
    "in_flight": 0,
    "held": 0,
    "oldest_ms": None,
    "lag": None,
    "p50_ms": None,
    "p95_ms": None,
    "total_in": 0,
    "total_out": 0,
    "total_errors": 0,
}


def going(kind, name, **flow):
    return {"app": "shop", "kind": kind, "name": name, "flow": STILL | flow}


@pytest.fixture
def shown(answers):
    answers.add(
        PATH,
        [
            going("queue", "still"),
            going("queue", "slow", in_per_s=1.25, total_in=40, depth=12_345, oldest_ms=65_000),
            going("queue", "fast", in_per_s=2_000.0, out_per_s=1_990.5, total_in=9, p95_ms=0.25),
            going("route", "GET /x", in_per_s=3, out_per_s=3, errors_per_s=1, total_in=3),
        ],
    )
    return answers


def test_the_busiest_come_first_and_what_is_still_is_left_out(ensue, shown):
    lines = ensue("top", "--once").stdout.splitlines()
    assert [line.split()[1] for line in lines[1:]] == ["fast", "GET", "slow"]
    assert lines[1].split() == ["queue", "fast", "2,000", "1,990", *"-----", "-", "0.25", "ms"]
    assert "1 m 5 s" in lines[3]


@pytest.mark.parametrize(("by", "first"), [("errors", "GET"), ("depth", "slow"), ("p95", "fast")])
def test_they_are_sorted_by_what_is_asked_for(ensue, shown, by, first):
    lines = ensue("top", "--once", "--sort", by).stdout.splitlines()
    assert lines[1].split()[1] == first


def test_without_a_terminal_it_is_shown_once(ensue, shown):
    done = ensue("top", "--limit", "1")
    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) == 2
    assert "\x1b" not in done.stdout


def test_json_has_every_figure(ensue, shown):
    rows = json.loads(ensue("top", "--json").stdout)
    assert rows[0]["name"] == "fast"
    assert rows[0]["out_per_s"] == 1_990.5
    assert rows[0]["total_in"] == 9


def test_where_nothing_has_gone_through_it_says_so(ensue, answers):
    answers.add(PATH, [going("queue", "still")])
    assert ensue("top", "--once").stdout == "nothing has gone through yet\n"
