import json
import signal

import httpx
import pytest

from tests.doors.cli.served import serving

CLOCK = "/_ensue/clock"
DUE = {"at_ms": 1_941_015_600_000, "what": "schedule nightly fires", "name": "nightly"}
SHOWN = {"held": True, "now_ms": 1_941_012_000_000, "moving_to_ms": None, "next": DUE}
MOVED = {
    "from_ms": 1_941_012_000_000,
    "now_ms": 1_941_013_800_000,
    "stops": 2,
    "busy": ["charge"],
    "next": DUE,
}

APP = """
from ensue import App, Firing, Tx

app = App("hours")
jobs = app.queue("jobs")


@app.schedule("cron(0 11 * * ? *)")
def daily(firing: Firing, tx: Tx) -> None:
    tx.send(jobs, firing.due)
"""


@pytest.mark.parametrize("words", [("clock",), ("clock", "show")])
def test_the_clock_is_shown_with_what_is_due_next(ensue, answers, words):
    answers.add(CLOCK, SHOWN)

    assert ensue(*words).stdout.splitlines() == [
        "2031-07-05 10:00:00.000  held",
        "next, in 1 h: schedule nightly fires",
    ]


def test_the_clock_as_json_is_all_that_is_known(ensue, answers):
    answers.add(CLOCK, SHOWN)

    assert json.loads(ensue("clock", "--json").stdout) == SHOWN


@pytest.mark.parametrize(
    ("words", "body"),
    [
        (("advance", "30m"), {"by": "30m"}),
        (("next",), {}),
        (("drain",), {}),
        (("drain", "--limit", "2h"), {"limit": "2h"}),
    ],
)
def test_a_move_says_where_the_clock_is_then(ensue, answers, words, body):
    answers.add(f"{CLOCK}/{words[0]}", MOVED)

    done = ensue("clock", *words)

    assert answers.asked == [(f"{CLOCK}/{words[0]}", body)]
    assert done.stdout.splitlines() == [
        "2031-07-05 10:30:00.000  30 m later",
        "next, in 30 m: schedule nightly fires",
    ]
    assert done.stderr == "still outside: charge\n"


def test_where_nothing_waits_it_says_so(ensue, answers):
    answers.add(CLOCK, SHOWN | {"held": False, "next": None})

    assert ensue("clock").stdout.splitlines() == [
        "2031-07-05 10:00:00.000  the machine's",
        "nothing waits for time to pass",
    ]


def test_a_server_on_a_held_clock_says_so_fires_when_told_and_stops(tmp_path):
    (tmp_path / "app.py").write_text(APP)
    with serving("app.py", "--clock", "held:2031-07-05T10:00Z", cwd=tmp_path) as server:
        moved = httpx.post(f"{server.url}{CLOCK}/advance", json={"by": "1d"}).json()
        sent = httpx.get(f"{server.url}/_ensue/queues/jobs/peek").json()
        code = server.stop(signal.SIGINT)

    assert "THE CLOCK IS HELD at 2031-07-05T10:00:00.000Z" in "\n".join(server.lines)
    assert moved["next"]["at_ms"] == 1_941_102_000_000
    assert [each["body"] for each in sent] == ["2031-07-05T11:00:00+00:00"]
    assert code == 0
    assert (tmp_path / "data-held/ensue.db").exists()
