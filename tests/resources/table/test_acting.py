"""What an app offers to be done to items; the retry and deletion of ES-16 are declared so."""

from __future__ import annotations

import pytest

from ensue import App, Body, Conflict, InvalidDeclaration, LimitExceeded, NotFound, Tx
from ensue.words.errors import InvalidExpression


class Job(Body):
    id: str
    status: str


@pytest.fixture
def app():
    return App("jobs")


def offered(app):
    jobs = app.table("jobs", key="id", of=Job, indexes={"by-status": "status"})
    due = app.queue("due")

    @app.action(jobs, where="status = :failed", failed="FAILED")
    def retry(job: Job, tx: Tx) -> str:
        """Try it again."""
        job.status = "PENDING"
        tx.put(jobs, job)
        return tx.send(due, job.id)

    @app.action(jobs, name="delete-old", title="Delete for good")
    def forget(job: Job, tx: Tx) -> None:
        tx.delete(jobs, job.id)

    return jobs, due


def test_es_16_a_failed_item_is_retried_by_what_the_app_offers(store, run_on, app):
    jobs, due = offered(app)
    stage = run_on(store, app)
    stage.wait(jobs.put(Job("a", "FAILED")))

    message = stage.wait(jobs.act("retry", "a"))

    assert stage.wait(jobs.get("a")).status == "PENDING"
    assert [each.id for each in stage.wait(due.peek(9))] == [message]


def test_what_it_cannot_be_done_to_stays_as_it_is(store, run_on, app):
    jobs, due = offered(app)
    stage = run_on(store, app)
    stage.wait(jobs.put(Job("a", "PENDING")))

    with pytest.raises(Conflict, match="status = :failed"):
        stage.wait(jobs.act("retry", "a"))
    for name, key in (("retry", "b"), ("repair", "a")):
        with pytest.raises(NotFound):
            stage.wait(jobs.act(name, key))
    assert stage.wait(due.peek(9)) == []


def test_several_are_one_transaction_and_others_are_passed_over(store, run_on, app):
    jobs, due = offered(app)
    stage = run_on(store, app)
    for name, status in (("a", "FAILED"), ("b", "PENDING"), ("c", "FAILED")):
        stage.wait(jobs.put(Job(name, status)))

    done = stage.wait(jobs.act_all("retry", ["a", "b", "c", "d"]))

    assert done == 2
    assert [each.body for each in stage.wait(due.peek(9))] == ["a", "c"]
    assert stage.rows("SELECT count(DISTINCT hop) FROM ensue_work") == [(1,)]
    with pytest.raises(LimitExceeded):
        stage.wait(jobs.act_all("retry", ["a"] * 101))


def test_when_one_of_several_fails_none_is_done(store, run_on, app):
    jobs = app.table("jobs", key="id")

    @app.action(jobs)
    def spoil(job, tx):
        tx.delete(jobs, job.id)
        if job.id == "b":
            raise ValueError("no")

    stage = run_on(store, app)
    for name in "ab":
        stage.wait(jobs.put({"id": name}))

    with pytest.raises(ValueError, match="no"):
        stage.wait(jobs.act_all("spoil", ["a", "b"]))
    assert stage.wait(jobs.count()) == 2


def test_the_declaration_says_what_is_offered(app):
    jobs, _ = offered(app)

    assert jobs.declared()["actions"] == {"retry": "Retry", "delete-old": "Delete for good"}
    assert jobs.actions["retry"].summary == "Try it again."


def test_what_is_no_action_is_refused_when_it_is_declared(app):
    jobs, _ = offered(app)

    async def outside(job, tx):
        pass

    with pytest.raises(InvalidDeclaration, match="two actions called retry"):
        app.action(jobs, name="retry")(lambda job, tx: None)
    with pytest.raises(InvalidDeclaration, match="def outside"):
        app.action(jobs)(outside)
    with pytest.raises(InvalidDeclaration):
        app.action(jobs, name="few")(lambda job: None)
    with pytest.raises(InvalidExpression):
        app.action(jobs, where="status = :failed")
