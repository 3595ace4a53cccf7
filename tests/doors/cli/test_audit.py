import json

CHANGE = {
    "id": 7,
    "at_ms": 1_941_012_000_000,
    "who": "this machine",
    "what": "redrive dead letters",
    "address": "/queues/orders/payments-dlq/redrive",
    "given": {"limit": "12"},
    "outcome": "12 messages go back",
    "ended_ms": 1_941_012_000_100,
}


def test_a_change_is_told_with_who_and_what_came_of_it(ensue, answers):
    answers.add("/_ensue/audit", [CHANGE, CHANGE | {"outcome": None}])

    assert ensue("audit").stdout.splitlines() == [
        "2031-07-05 10:00:00.000  redrive dead letters  /queues/orders/payments-dlq/redrive"
        f'  {{"limit":"12"}}  by this machine: {outcome}'
        for outcome in ("12 messages go back", "no outcome")
    ]


def test_without_changes_it_says_so(ensue, answers):
    answers.add("/_ensue/audit", [])

    assert ensue("audit", "--limit", "5").stdout == "nothing was changed in the console\n"


def test_the_audit_log_as_json_is_all_that_is_known(ensue, answers):
    answers.add("/_ensue/audit", [CHANGE])

    assert json.loads(ensue("audit", "--json").stdout) == [CHANGE]
