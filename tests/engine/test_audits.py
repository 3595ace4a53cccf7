"""The audit log in the store."""

from __future__ import annotations

import pytest

from ensue.engine import audits
from tests.engine.test_plans import plan


def enter(stage, what: str) -> int:
    return stage.do(lambda tx: audits.begin(tx, "ann", what, "/queues/shop/payments", "{}"))


def test_a_change_is_there_before_its_outcome_is(stage):
    number = enter(stage, "purge")

    [begun] = stage.do(lambda tx: audits.newest(tx, None, 10))
    stage.do(lambda tx: audits.end(tx, number, "9 are gone"))
    [ended] = stage.do(lambda tx: audits.newest(tx, None, 10))

    assert (begun.who, begun.what, begun.outcome) == ("ann", "purge", None)
    assert (ended.outcome, ended.at_ms) == ("9 are gone", begun.at_ms)
    assert ended.ended_ms is not None


def test_a_page_of_changes_goes_on_before_its_last(stage):
    numbers = [enter(stage, f"change {number}") for number in range(5)]

    first = stage.do(lambda tx: audits.newest(tx, None, 2))
    second = stage.do(lambda tx: audits.newest(tx, first[-1].id, 2))

    assert [each.id for each in first + second] == numbers[:0:-1]


def test_the_oldest_changes_beyond_the_bound_are_forgotten(stage, monkeypatch):
    monkeypatch.setattr(audits, "AUDITS_KEPT_MAX", 3)
    numbers = [enter(stage, "purge") for _ in range(7)]

    forgotten = [stage.do(lambda tx: audits.forget(tx, 3)) for _ in range(3)]

    assert forgotten == [3, 1, 0]
    assert [each.id for each in stage.do(lambda tx: audits.newest(tx, None, 10))] == numbers[:3:-1]


@pytest.mark.parametrize(
    "run",
    [lambda tx: audits.newest(tx, 50_000, 50), lambda tx: audits.forget(tx, 1_000)],
)
def test_no_look_at_the_log_walks_all_of_it(stage, run):
    found = plan(stage, run)

    assert "SEARCH ensue_audits USING INTEGER PRIMARY KEY" in found
    assert "TEMP B-TREE" not in found
