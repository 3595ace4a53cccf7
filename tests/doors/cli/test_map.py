"""``map``: what runs, as text."""

from __future__ import annotations

import json

MAP = {
    "apps": ["shop", "bank"],
    "nodes": [
        {"app": "shop", "kind": "route", "name": "POST /orders"},
        {"app": "shop", "kind": "queue", "name": "payments"},
        {"app": "shop", "kind": "handler", "name": "payments/charge"},
        {"app": "shop", "kind": "queue", "name": "payments-dlq"},
        {"app": "shop", "kind": "destination", "name": "bank", "address": "https://bank.invalid"},
        {"app": "bank", "kind": "table", "name": "ledger"},
    ],
    "edges": [
        {
            "source": "shop/queue/payments",
            "target": "shop/queue/payments-dlq",
            "flows": "dead letters",
        },
        {
            "source": "shop/queue/payments",
            "target": "shop/handler/payments/charge",
            "flows": "messages",
        },
        {
            "source": "shop/route/POST /orders",
            "target": "shop/queue/payments",
            "flows": "messages",
            "how": "code",
            "label": "send",
        },
    ],
}
VERSION = {"number": 2, "at_ms": 1_700_000_000_000, "hash": "00ff", "changed": ["table a: added"]}


def test_each_part_is_shown_with_what_flows_from_it_and_how_that_is_known(ensue, answers):
    answers.add("/_ensue/map", MAP)

    assert ensue("map").stdout.splitlines() == [
        "shop",
        "  POST /orders",
        "    ┄┄ messages ┄┄▶ queue payments  (send)",
        "  queue payments",
        "    ── messages ──▶ handler charge",
        "  handler charge",
        "  destination bank  https://bank.invalid",
        "bank",
        "  table ledger",
    ]


def test_one_app_is_shown_alone(ensue, answers):
    answers.add("/_ensue/map", MAP)

    assert ensue("map", "--app", "bank").stdout.splitlines() == ["bank", "  table ledger"]


def test_as_json_it_is_what_the_server_says(ensue, answers):
    answers.add("/_ensue/map", MAP)

    assert json.loads(ensue("map", "--json").stdout) == MAP


def test_the_versions_are_listed_with_what_changed(ensue, answers):
    answers.add("/_ensue/map/versions", [VERSION])

    assert ensue("map", "--versions").stdout.splitlines() == [
        "version 2  2023-11-14 22:13:20.000  00ff",
        "  table a: added",
    ]
    assert json.loads(ensue("map", "--versions", "--json").stdout) == [VERSION]


def test_what_differs_between_two_versions_is_a_line_each(ensue, answers):
    changes = [
        {"fate": "added", "of": "node", "id": "a", "fields": [], "words": "table a: added"},
        {"fate": "changed", "of": "node", "id": "b", "fields": [], "words": "queue b: n 1 -> 2"},
    ]
    answers.add("/_ensue/map/diff", {"from": 1, "to": 2, "changes": changes})

    found = ensue("map", "--diff", "1", "2")

    assert found.stdout.splitlines() == ["+ table a: added", "~ queue b: n 1 -> 2"]
    assert dict(answers.requests[-1].url.params) == {"from": "1", "to": "2"}


def test_that_nothing_differs_is_said_beside_the_output(ensue, answers):
    answers.add("/_ensue/map/diff", {"from": 1, "to": 2, "changes": []})

    found = ensue("map", "--diff", "1", "2")

    assert (found.stdout, found.stderr) == ("", "Nothing differs.\n")


def test_it_is_drawn_into_a_file(ensue, answers, tmp_path):
    answers.add("/_ensue/map", MAP)
    file = tmp_path / "map.svg"

    found = ensue("map", "--svg", str(file), "--app", "bank")

    assert found.stdout == f"{file} has the map.\n"
    assert "ledger" in file.read_text()
    assert "payments" not in file.read_text().rpartition("</style>")[2]
