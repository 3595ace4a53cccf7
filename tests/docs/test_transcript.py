"""Transcripts are compared loosely, but not blindly."""

from __future__ import annotations

import pytest

from tests.docs.transcript import Ids, parse

A, B = "01a1fe5c-4934-70e1-860f-ef46c841955d", "c01bd0a8-a145-84c5-8000-000000000002"
TOLD = "11111111-1111-7111-8111-111111111111"


def test_a_transcript_has_commands_and_their_outputs():
    found = parse("$ ensue run . \\\n> --port 1\nready\n^C\n", 10)

    assert [(each.command, each.output, each.line) for each in found] == [
        ("ensue run . \\\n--port 1", ["ready"], 10),
        (None, [], 13),
    ]


@pytest.mark.parametrize(
    ("told", "actual"),
    [
        ("took +119 ms", "took +2 ms"),
        ("2026-11-21 13:47:03.348  x", "2031-01-01 00:00:00.001  x"),
        ("name   status", "name           status"),
        ('{"id":"01a1fe5c-4934-70e1-860…', f'{{"id":"{B}"}}'),
        ("2 passed in 0.31s", "2 passed in 11.02s"),
    ],
)
def test_times_durations_gaps_and_rests_may_be_others(told, actual):
    assert Ids().match([told], [actual]) is None


@pytest.mark.parametrize(
    ("told", "actual"),
    [("items 1", "items 2"), ("moved  1", "moved  0"), ("a", "b"), ("state done", "state dead")],
)
def test_what_is_said_must_be_said(told, actual):
    assert Ids().match([told], [actual]) == told


def test_lines_must_come_in_their_order():
    assert Ids().match(["a", "b"], ["b", "a"]) == "b"


def test_an_id_of_a_page_stands_for_one_real_id():
    ids = Ids()
    assert ids.match([TOLD], [A]) is None
    assert ids.match([TOLD], [B]) == TOLD
    assert ids.put_into(f"ensue why {TOLD}") == f"ensue why {A}"
