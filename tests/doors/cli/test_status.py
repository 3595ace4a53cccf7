import json

HEALTH = {"status": "ok", "version": "0.1.0", "engine": "sqlite", "uptime_ms": 5, "warnings": 0}
WARNING = {
    "rule": "near.disk",
    "severity": "warning",
    "where": "data/ensue.db",
    "what": "7 bytes are free",
    "hint": "Free some space.",
    "command": None,
    "error": None,
}
FAULT = WARNING | {
    "severity": "error",
    "command": "ensue dlq redrive payments-dlq",
    "error": "ValueError: no\n",
}


def test_a_server_that_is_well_has_no_warnings(ensue, answers):
    answers.add("/_ensue/health", dict(HEALTH))
    answers.add("/_ensue/diagnosis", [])

    assert ensue("status").stdout.splitlines() == [
        "status ok, version 0.1.0, engine sqlite, uptime 5.0 ms",
        "no warnings",
    ]


def test_each_warning_says_what_to_do(ensue, answers):
    answers.add("/_ensue/health", dict(HEALTH))
    answers.add("/_ensue/diagnosis", [WARNING])

    assert ensue("status").stdout.splitlines()[1:] == [
        "warning: 7 bytes are free, at data/ensue.db (near.disk). Free some space."
    ]


def test_a_fault_says_what_is_behind_it_and_what_to_type(ensue, answers):
    answers.add("/_ensue/health", dict(HEALTH))
    answers.add("/_ensue/diagnosis", [FAULT])

    assert ensue("status").stdout.splitlines()[1:] == [
        "error: 7 bytes are free, at data/ensue.db (near.disk). Free some space.",
        "  ValueError: no\\n",
        "  $ ensue dlq redrive payments-dlq",
    ]


def test_the_status_as_json_is_all_that_is_known(ensue, answers):
    answers.add("/_ensue/health", dict(HEALTH))
    answers.add("/_ensue/diagnosis", [WARNING])

    assert json.loads(ensue("status", "--json").stdout) == HEALTH | {"warnings": [WARNING]}
