"""``ensue dlq``: what it asks a server, and what it prints."""

from __future__ import annotations

import json

CAUSE = {
    "cause": "8b1e36c312be",
    "app": "shop",
    "queue": "payments-dlq",
    "died_in": "queue/payments",
    "error": "KeyError",
    "message": "'currency'",
    "letters": 12,
    "first_ms": 1_700_000_000_000,
    "last_ms": 1_700_000_060_000,
    "example": "a-1",
}
HEADS = "letters queue cause died in first last why"
ROW = (
    "12 payments-dlq 8b1e36c312be queue/payments 2023-11-14 22:13:20 2023-11-14 22:14:20 KeyError:"
    " 'currency'"
)


def lines(done):
    return [" ".join(line.split()) for line in done.stdout.splitlines()]


def test_without_a_queue_it_lists_the_causes_of_all(ensue, answers):
    answers.add("/_ensue/dead-letters", {"causes": [CAUSE], "next": "12.1"})

    done = ensue("dlq", "--limit", "1")

    assert lines(done) == [HEADS, ROW]
    assert done.stderr == "There is more: --after 12.1\n"
    assert answers.requests[-1].url.params["limit"] == "1"


def test_the_name_of_a_queue_is_enough_for_its_causes(ensue, answers):
    answers.add("/_ensue/queues/payments-dlq/causes", {"causes": [CAUSE], "next": None})

    for words in (("dlq", "payments-dlq"), ("dlq", "causes", "payments-dlq")):
        assert lines(ensue(*words)) == [HEADS, ROW]


def test_no_dead_letters_are_said_to_be_none_and_json_is_for_programs(ensue, answers):
    page = {"causes": [], "next": None}
    answers.add("/_ensue/dead-letters", page)

    assert ensue("dlq").stdout == "no dead letters\n"
    assert json.loads(ensue("dlq", "--json").stdout) == page


def test_one_message_is_shown_with_its_attempts_and_body(ensue, answers):
    message = {
        "id": "a-1",
        "state": "dead",
        "reason": "KeyError: 'currency'",
        "group": None,
        "attempts": [{"attempt": 1, "at_ms": 1_700_000_000_000, "error": "KeyError:\n'x'\x1b[2J"}],
        "body": {"n": 1},
        "original_body": None,
    }
    answers.add("/_ensue/messages/a-1", message)

    assert ensue("dlq", "show", "a-1").stdout.splitlines() == [
        "id      a-1",
        "state   dead",
        "reason  KeyError: 'currency'",
        "✗ attempt 1  2023-11-14 22:13:20.000  KeyError: 'x'\\x1b[2J",
        '{"n":1}',
    ]
    assert json.loads(ensue("dlq", "show", "a-1", "--json").stdout) == message


def test_a_cause_is_redriven_and_letters_are_named_one_by_one(ensue, answers, tmp_path):
    answers.add("/_ensue/queues/payments-dlq/redrive", {"moves": 1})
    (tmp_path / "body.json").write_text('{"n": 2}')

    ensue("dlq", "redrive", "payments-dlq", "--cause", "8b1e36c312be", "--preview")
    ensue("dlq", "redrive", "payments-dlq", "--ids", "a", "--ids", "b",
          "--body", f"@{tmp_path / 'body.json'}")  # fmt: skip

    assert [body for _, body in answers.asked] == [
        {"cause": "8b1e36c312be", "preview": True},
        {"ids": ["a", "b"], "body": {"n": 2}},
    ]
