"""The outbox of a program elsewhere, in a database of its own, published by a pipe."""

from __future__ import annotations

import json

import pytest

from apps.workshop.branch_office import SOURCE, branch_office

COLUMNS = {
    "sqlite": "(id TEXT PRIMARY KEY, aggregatetype TEXT NOT NULL, aggregateid TEXT NOT NULL,"
    " type TEXT NOT NULL, payload TEXT)",
    "postgresql": "(id uuid PRIMARY KEY, aggregatetype varchar(255) NOT NULL,"
    " aggregateid varchar(255) NOT NULL, type varchar(255) NOT NULL, payload jsonb)",
}


class Branch:
    """The program elsewhere: it completes repairs and writes what is to be told beside them."""

    def __init__(self, database):
        self.database = database
        self.outbox, self.repairs = database.name("outbox"), database.name("repairs")
        database.type(f"CREATE TABLE {self.outbox} {COLUMNS[database.scheme]}")
        database.type(f"CREATE TABLE {self.repairs} (id TEXT PRIMARY KEY, status TEXT)")

    def complete(self, repair, number, *, deletes=False):
        event_id = f"c8f2d7e6-1e2f-4b7b-8c41-{number:012d}"
        payload = json.dumps({"repairId": repair})
        self.database.type(f"INSERT INTO {self.repairs} VALUES ('{repair}', 'COMPLETED')")
        self.database.type(
            f"INSERT INTO {self.outbox} VALUES"
            f" ('{event_id}', 'Repair', '{repair}', 'RepairCompleted', '{payload}')"
        )
        if deletes:
            self.database.type(f"DELETE FROM {self.outbox} WHERE id = '{event_id}'")
        return event_id


@pytest.fixture
def branch(database):
    return Branch(database)


def run(branch, store, run_on):
    app = branch_office(branch.database.url, branch.outbox)
    stage = run_on(store, app)
    stage.settle()
    return stage


def look(stage):
    stage.engine.wake_all()
    stage.settle()


def told(stage):
    found, _ = stage.wait(stage.platform.resource("bus", "events").tail(limit=100))
    return found


def test_ob_3_rows_of_an_outbox_elsewhere_are_published_once_and_handled_once(
    branch, store, run_on
):
    stage = run(branch, store, run_on)

    event_id = branch.complete("R-123", 1)
    look(stage)
    look(stage)

    [event] = told(stage)
    assert (event["detail-type"], event["source"]) == ("RepairCompleted", SOURCE)
    assert event["detail"] == {
        "repairId": "R-123",
        "eventId": event_id,
        "aggregateId": "R-123",
    }
    assert event["resources"] == ["Repair/R-123"]
    assert stage.wait(stage.platform.resource("table", "told").count()) == 1


def test_ob_8_rows_that_are_deleted_at_once_are_published_all_the_same_and_their_end_is_not(
    branch, store, run_on
):
    stage = run(branch, store, run_on)

    for number in range(5):
        branch.complete(f"R-{number}", number, deletes=True)
    look(stage)

    assert [each["detail"]["repairId"] for each in told(stage)] == [f"R-{n}" for n in range(5)]


def test_ob_5_what_is_committed_while_nothing_runs_is_published_at_the_next_start(
    branch, file_store, run_on
):
    stage = run(branch, file_store, run_on)
    branch.complete("R-1", 1)
    look(stage)
    stage.close()
    branch.complete("R-2", 2)

    stage = run(branch, file_store, run_on)
    look(stage)

    assert [each["detail"]["repairId"] for each in told(stage)] == ["R-1", "R-2"]


def test_ob_5_killed_between_any_two_steps_each_row_is_published_once(
    branch, file_store, run_on, crashed
):
    stage = run(branch, file_store, run_on)
    branch.complete("R-1", 1)
    stage.engine.wake_all()
    url, steps = file_store, 0
    while steps < 20:
        worker = next((each for each in stage.engine.workers if each.woken.is_set()), None)
        if worker is None:
            break
        worker.woken.clear()
        stage.wait(worker.step())
        url, steps = crashed(stage), steps + 1
        after = run(branch, url, run_on)
        look(after)
        assert [each["detail"]["repairId"] for each in told(after)] == ["R-1"]
        after.close()
    assert steps > 2
