"""All that is stored of one thing."""

from __future__ import annotations

import asyncio

import pytest

from ensue import App
from ensue.testing import running


@pytest.fixture
def app():
    return App("shop")


def test_a_request_is_told_by_its_method_path_and_status(app, run_app):
    things = app.table("things", key="id")

    @app.post("/things", status=201)
    def make(tx) -> None:  # type: ignore[no-untyped-def]
        tx.put(things, {"id": "a"})

    t = run_app(app)
    detail = t._platform.detail(t.post("/things").headers["x-request-id"])

    assert detail.facts == {"method": "POST", "path": "/things", "status": 201}


def test_a_change_is_told_by_its_images(app, run_app):
    things = app.table("things", key="id")
    t = run_app(app)
    t.wait(things.put({"id": "a", "n": 1}))
    t.wait(things.put({"id": "a", "n": 2}))

    detail = t._platform.detail("a")

    assert detail.facts == {"key": ["a"], "change": "update", "version": 2}
    assert (detail.old.value, detail.new.value) == ({"id": "a", "n": 1}, {"id": "a", "n": 2})


def test_a_message_is_told_by_its_body_attributes_and_each_attempt_with_how_long_it_took(
    app, run_app
):
    jobs = app.queue("jobs", max_receives=2)

    @jobs.consumer(retry_base="10s")
    async def act(message):
        raise RuntimeError("no")

    t = run_app(app)
    message_id = t.wait(jobs.send({"n": 1}, group="g"))
    t.drain()

    detail = t._platform.detail(message_id)

    assert detail.input.value == {"n": 1}
    assert detail.facts["group"] == "g"
    assert detail.facts["died"]["reason"] == "RuntimeError: no"
    assert detail.facts["died"]["from"] == "queue jobs"
    assert [each.attempt for each in detail.attempts] == [1, 2]
    assert all(each.begun_ms <= each.at_ms for each in detail.attempts)
    assert detail.error == "RuntimeError: no"


def test_an_attempt_that_took_a_time_says_when_it_began(app, run_app):
    jobs = app.queue("jobs", max_receives=1)

    @jobs.consumer(timeout="2s")
    async def act(message):
        await app.http.get("http://slow/")

    async def slow(request):
        await asyncio.Event().wait()

    with running(app, outside={"http://slow": slow}) as t:
        message_id = t.wait(jobs.send(1))
        t.advance("5s")
        [attempt] = t._platform.detail(message_id).attempts

    assert attempt.at_ms - attempt.begun_ms == 2_000


def test_a_run_is_told_with_what_it_handled(app, run_app):
    jobs, others = app.queue("jobs"), app.queue("others")

    @jobs.consumer()
    def handle(message, tx):
        tx.send(others, 1)

    t = run_app(app)
    message_id = t.wait(jobs.send({"n": 1}))
    t.settle()
    [run] = t.why(message_id).children[0].children

    detail = t._platform.detail(run.id)

    assert detail.input.value == {"n": 1}
    assert detail.facts == {"attempt": 1, "handled": message_id}


def test_an_event_is_told_by_its_envelope_and_its_detail(app, run_app):
    events = app.bus("events")
    t = run_app(app)
    event_id = t.wait(events.publish("Placed", {"n": 1}, resources=["r"]))

    detail = t._platform.detail(event_id)

    assert detail.input.value == {"n": 1}
    assert detail.facts["detail-type"] == "Placed"
    assert detail.facts["source"] == "shop"
    assert detail.facts["resources"] == ["r"]


def test_an_execution_is_told_by_its_input_its_states_and_its_error(app, run_app):
    @app.function
    async def bad(body):
        raise RuntimeError("no")

    task = {
        "Type": "Task",
        "Resource": "ensue:function:bad",
        "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}],
        "End": True,
    }
    flow = app.workflow("flow", definition={"StartAt": "A", "States": {"A": task}})
    t = run_app(app)
    started = t.wait(flow.start({"n": 1}, name="one"))
    t.drain()

    detail = t._platform.detail(started.id)

    assert (detail.state, detail.input.value) == ("FAILED", {"n": 1})
    assert detail.error.startswith("RuntimeError")
    [state] = detail.states
    assert (state.name, state.kind, state.tries) == ("A", "Task", 2)
    assert state.input.value == {"n": 1}
    assert "RuntimeError" in state.error


def test_a_task_of_a_workflow_is_told_in_its_own_words(app, run_app):
    @app.function
    async def good(body):
        return body

    task = {"Type": "Task", "Resource": "ensue:function:good", "End": True}
    flow = app.workflow("flow", definition={"StartAt": "A", "States": {"A": task}})
    t = run_app(app)
    t.wait(flow.start({"n": 1}, name="one"))
    t.drain()

    detail = t._platform.detail(t._platform.engine.work_id(2))

    assert (detail.kind, detail.name) == ("task", "A")
    assert detail.input.value == {
        "execution": "one",
        "state": "A",
        "calls": "ensue:function:good",
        "arguments": {"n": 1},
    }


def test_what_is_too_large_to_be_shown_is_told_by_its_size_and_its_beginning(app, run_app):
    jobs = app.queue("jobs")
    t = run_app(app)
    message_id = t.wait(jobs.send("x" * 100_000))

    detail = t._platform.detail(message_id)

    assert detail.input.value is None
    assert detail.input.size == 100_002
    assert detail.input.beginning.startswith('"xxx')
    assert t.why(message_id).children[0].note == "100,002 bytes"
