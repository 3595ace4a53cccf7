"""Time under test: what waits for it is carried through, by the clock's moves and by requests."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from ensue import App, Bulkhead, LimitExceeded, Message, Unreachable, retry, sleep, timeout
from ensue.engine.waiting import turn
from ensue.testing import running

S = 1_000


def retrying_app(failures, *, turns=0):
    app = App("waiting")
    jobs = app.queue("jobs")
    done = []

    @retry(max_attempts=5, interval="2s", jitter="NONE")
    async def call():
        for _ in range(turns):
            await turn()
        if len(done) < failures:
            done.append("failed")
            raise Unreachable("down")
        done.append("ok")
        return "ok"

    @jobs.consumer()
    async def work(job: Message) -> None:
        await call()

    @app.post("/now")
    async def now() -> str:
        return await call()

    return app, jobs, done


def test_an_action_that_waits_between_its_tries_is_carried_through_by_advance(run_app):
    app, jobs, done = retrying_app(2)
    t = run_app(app)
    t.wait(jobs.send({}))

    t.settle()
    first = list(done)
    t.advance("1999ms")
    still = list(done)
    t.advance("1ms")
    second = list(done)
    t.advance("4s")

    assert (first, still, second) == (["failed"], ["failed"], ["failed", "failed"])
    assert done[-1] == "ok"
    assert t.messages(jobs) == []


def test_drain_waits_for_an_action_that_waits_between_its_tries(run_app):
    app, jobs, done = retrying_app(3)
    t = run_app(app)
    began_ms = t.now_ms()
    t.wait(jobs.send({}))

    t.drain()

    assert done == ["failed"] * 3 + ["ok"]
    assert t.now_ms() - began_ms == (2 + 4 + 8) * S


def test_an_action_that_is_busy_for_many_turns_is_no_action_that_waits(run_app):
    app, jobs, done = retrying_app(0, turns=500)
    t = run_app(app)
    t.wait(jobs.send({}))

    t.settle()

    assert done == ["ok"]


def test_a_request_whose_handler_waits_moves_the_clock_until_it_is_answered(run_app):
    app, _, done = retrying_app(2, turns=200)
    t = run_app(app)
    began_ms = t.now_ms()

    assert t.post("/now").body == "ok"
    assert len(done) == 3
    assert t.now_ms() - began_ms == (2 + 4) * S


@pytest.mark.parametrize("store", ["memory", "file"])
def test_a_request_on_a_file_waits_for_its_transactions_and_for_time(store, tmp_path):
    app = App("kept")
    kept = app.table("kept", key="id")

    @app.post("/slow")
    async def slow() -> str:
        for number in range(3):
            await app.run(lambda tx, number=number: tx.put(kept, {"id": number, "at": tx.now_ms}))
            await sleep("10s")
        return "done"

    url = "sqlite::memory:" if store == "memory" else f"sqlite:///{tmp_path}/ensue.db"
    with running(app, store=url) as t:
        began_ms = t.now_ms()

        assert t.post("/slow").body == "done"
        times = [t.wait(kept.get(number))["at"] - began_ms for number in range(3)]
    assert times == [0, 10 * S, 20 * S]


def test_what_is_due_meanwhile_happens_meanwhile(run_app):
    app, jobs, done = retrying_app(0)

    @app.post("/slow")
    async def slow() -> int:
        await sleep("1h")
        return len(done)

    t = run_app(app)
    t.wait(jobs.send({}, delay="30m"))

    assert t.post("/slow").body == 1


def test_what_never_answers_is_given_up_when_its_time_is_over(run_app):
    app = App("never")

    @app.post("/never")
    @timeout("5s")
    async def never() -> None:
        await asyncio.Event().wait()

    t = run_app(app)
    began_ms = t.now_ms()

    reply = t.post("/never")

    assert (reply.status, reply.body["error"]["code"]) == (504, "timed_out")
    assert t.now_ms() - began_ms == 5 * S


def test_requests_that_were_begun_go_on_side_by_side(run_app):
    app = App("side")

    @app.get("/slow")
    @Bulkhead(workers=1, queue=1)
    async def slow() -> str:
        await sleep("10s")
        return "done"

    t = run_app(app)
    begun = [t.begin("GET", "/slow") for _ in range(3)]

    statuses = [[each.reply and each.reply.status for each in begun]]
    for _ in range(2):
        t.advance("10s")
        statuses.append([each.reply and each.reply.status for each in begun])

    assert statuses == [[None, None, 429], [200, None, 429], [200, 200, 429]]


def test_a_request_that_goes_on_at_the_end_of_the_test_is_cancelled():
    app, ended = App("cut"), []

    @app.get("/slow")
    async def slow() -> None:
        try:
            await sleep("1h")
        finally:
            ended.append("cancelled")

    with running(app) as t:
        t.begin("GET", "/slow")
        t.advance("1s")

    assert ended == ["cancelled"]


def test_who_waits_without_end_is_told_so(run_app, monkeypatch):
    monkeypatch.setattr("ensue.testing.steps.ROUNDS_MAX", 50)
    app = App("endless")

    @app.get("/endless")
    async def endless() -> None:
        while True:
            await sleep("1s")

    t = run_app(app)

    with pytest.raises(LimitExceeded, match="after 50 pauses"):
        t.get("/endless")


def test_a_call_that_is_answered_outside_needs_no_time(run_app):
    app = App("calling")

    @app.get("/all")
    @retry(interval=0, timeout="5s")
    async def call() -> int:
        for _ in range(10):
            (await app.http.get("http://outside/")).raise_for_status()
        return 10

    t = run_app(app, outside={"http://outside": lambda request: httpx.Response(200)})
    began_ms = t.now_ms()

    assert t.get("/all").body == 10
    assert t.now_ms() == began_ms
