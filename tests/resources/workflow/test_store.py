"""Executions in the store: started once by name, found again, listed."""

from __future__ import annotations

import pytest

from ensue.app.app import App
from ensue.languages.states.branches import Branch
from ensue.languages.states.events import Event
from ensue.resources.workflow.store import branches, histories
from ensue.words.errors import Conflict, InvalidName, InvalidValue, NotFound, TooLarge
from ensue.words.units import iso

MACHINE = '{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}'


@pytest.fixture
def flow(store, run_on):
    app = App("wims")
    made = app.workflow("ship", definition=MACHINE)
    made.stage = run_on(store, app)
    return made


def test_an_execution_that_was_started_is_described(flow):
    started = flow.stage.wait(flow.start({"n": 1}, name="first"))
    found = flow.stage.wait(flow.describe("first"))
    assert found == started
    assert (found.status, found.input, found.output) == ("RUNNING", {"n": 1}, None)
    assert found.arn == "arn:aws:states:us-east-1:000000000000:execution:ship:first"
    assert found.started_ms == flow.stage.clock.now_ms()


def test_a_name_is_an_idempotency_key(flow):
    first = flow.stage.wait(flow.start({"n": 1}, name="first"))
    assert flow.stage.wait(flow.start({"n": 1}, name="first")) == first
    with pytest.raises(Conflict, match="another input"):
        flow.stage.wait(flow.start({"n": 2}, name="first"))


@pytest.mark.parametrize("name", ["", "a b", "a/b", "a*", "x" * 81, 7])
def test_what_cannot_be_a_name_is_refused(flow, name):
    with pytest.raises(InvalidName, match="expected a name for the execution"):
        flow.stage.wait(flow.start(name=name))


@pytest.mark.parametrize(("given", "error"), [(object(), InvalidValue), ("x" * 262_143, TooLarge)])
def test_an_input_that_cannot_be_is_refused(flow, given, error):
    with pytest.raises(error):
        flow.stage.wait(flow.start(given))


def test_executions_are_listed_the_newest_first_page_by_page(flow):
    for n in range(5):
        flow.stage.wait(flow.start(n, name=f"e{n}"))
        flow.stage.clock.move_to(flow.stage.clock.now_ms() + 1_000)
    first = flow.stage.wait(flow.executions(limit=3))
    assert [each.name for each in first.executions] == ["e4", "e3", "e2"]
    second = flow.stage.wait(flow.executions(limit=3, after=first.next))
    assert [each.name for each in second.executions] == ["e1", "e0"]
    assert second.next is None


def test_executions_are_listed_by_status_time_and_prefix(flow):
    times = []
    for name in ("b1", "a1", "a2"):
        times.append(flow.stage.clock.now_ms())
        flow.stage.wait(flow.start(name=name))
        flow.stage.clock.move_to(flow.stage.clock.now_ms() + 1_000)

    def names(**which):
        return [each.name for each in flow.stage.wait(flow.executions(**which)).executions]

    assert names(status="RUNNING") == ["a2", "a1", "b1"]
    assert names(status="FAILED") == []
    assert names(since=times[1]) == ["a2", "a1"]
    assert names(until=times[1]) == ["b1"]
    assert names(since=iso(times[1]), until=iso(times[2])) == ["a1"]
    assert names(prefix="a") == ["a1", "a2"]
    assert names(prefix="a", limit=1, after="a1") == ["a2"]
    with pytest.raises(InvalidValue, match="expected a status"):
        names(status="LOST")
    with pytest.raises(InvalidValue, match="expected a time with its zone"):
        names(since="yesterday")


def test_what_nobody_started_is_not_found(flow):
    with pytest.raises(NotFound, match="there is no execution none"):
        flow.stage.wait(flow.describe("none"))


def test_a_history_is_read_in_both_directions_from_any_event(flow):
    flow.stage.wait(flow.start(name="first"))

    def write(tx):
        for first in (1, 4, 6):
            events = [
                Event("Pass", n, n - 1, 0, {}) for n in range(first, first + 3 - (first == 4))
            ]
            histories.add(tx, 1, events)

    flow.stage.do(write)

    def ids(**which):
        return [e["id"] for e in flow.stage.wait(flow.history("first", **which)).events]

    assert ids() == [*range(1, 9)]
    assert ids(reverse=True) == [*range(8, 0, -1)]
    assert [ids(after=n) for n in range(9)] == [[*range(n + 1, 9)] for n in range(9)]
    assert ids(after=5, reverse=True) == [4, 3, 2, 1]
    assert flow.stage.wait(flow.history("first", limit=2)).next == 2


def test_a_branch_that_begins_and_ends_in_one_transaction_is_never_written(flow):
    def write(tx):
        kept = branches.StoredBranches(tx, 7)
        top, left, right = Branch(0), Branch(1, parent=0), Branch(2, parent=0, index=1)
        for branch in (top, left, right):
            kept.add(branch)
        kept.remove(left)
        kept.flush()
        return tx.rows("SELECT id, parent FROM ensue_branches ORDER BY id")

    assert flow.stage.do(write) == [(7 << 16, None), ((7 << 16) + 2, 7 << 16)]


def test_branches_are_read_again_as_they_were_written(flow):
    right = Branch(2, parent=0, index=1, state="B", variables={"a": [1]}, attempt=3)

    def write(tx):
        kept = branches.StoredBranches(tx, 7)
        kept.add(Branch(0))
        kept.add(right)
        kept.flush()

    def read(tx):
        kept = branches.StoredBranches(tx, 7)
        kept.add(Branch(3, parent=0, index=0))
        return kept.children(0), kept.get(2), kept.get(9)

    flow.stage.do(write)
    children, found, none = flow.stage.do(read)
    assert [each.id for each in children] == [3, 2]
    assert found == right
    assert none is None
