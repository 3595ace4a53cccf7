"""Strategies together, and who runs them."""

from __future__ import annotations

import asyncio

import pytest

from ensue import (
    App,
    Breaker,
    Bulkhead,
    SlidingWindow,
    TimedOut,
    Unreachable,
    retry,
    sleep,
    timeout,
)
from ensue.testing import running


def test_a_time_out_cancels_and_is_counted(held, run):
    ended = []

    async def slow():
        try:
            await sleep("10s")
        finally:
            ended.append(held.passed_ms)

    bound = timeout("5s")

    with pytest.raises(TimedOut, match="within 5000 ms"):
        run(held.until_done(bound.run(slow)))
    assert ended == [5_000]
    assert (bound.stats().calls, bound.stats().timed_out) == (1, 1)


def test_the_outer_of_two_time_outs_counts_where_it_is_the_shorter(held, run):
    inner, outer = timeout("10s"), timeout("5s")

    @outer
    @inner
    async def never():
        await asyncio.Event().wait()

    with pytest.raises(TimedOut, match="within 5000 ms"):
        run(held.until_done(never()))
    assert (inner.stats().timed_out, outer.stats().timed_out) == (0, 1)


def test_two_time_outs_at_one_moment_are_one_time_out(held, run):
    @timeout("5s")
    @timeout("5s")
    async def never():
        await asyncio.Event().wait()

    async def scenario():
        with pytest.raises(TimedOut):
            await held.until_done(never())
        return asyncio.current_task().cancelling()

    assert run(scenario()) == 0


def test_stacked_decorators_meet_the_call_from_the_outside_in(held, run):
    breaker = Breaker(min_calls=2)
    faults = [Unreachable("a"), None]

    @Bulkhead(workers=1)
    @retry(interval=0)
    @breaker
    @timeout("1s")
    async def call():
        fault = faults.pop(0)
        if fault:
            raise fault
        return "ok"

    assert run(held.until_done(call())) == "ok"
    assert (breaker.stats().calls, breaker.stats().failures) == (2, 1)


def test_outside_of_an_app_time_is_the_machines():
    async def done():
        await sleep("1ms")
        return "done"

    assert asyncio.run(timeout("10s").run(done)) == "done"


def relaying(window, breaker):
    app = App("relaying")
    jobs = app.queue("jobs")

    @app.post("/now")
    async def now() -> str:
        window.admit("a")
        await breaker.run(failing)
        return "never"

    @app.get("/standing")
    def standing() -> list[object]:
        return [window.stats().allowed, breaker.state]

    @jobs.consumer()
    async def work(job) -> None:
        window.admit("a")

    @app.function
    def count(body, tx) -> int:
        window.admit("a")
        return window.stats().allowed

    return app, jobs


async def failing():
    raise Unreachable("down")


def test_routes_consumers_transactions_and_the_test_share_what_is_remembered(run_app):
    window, breaker = SlidingWindow("100/60s"), Breaker(min_calls=1)
    app, jobs = relaying(window, breaker)
    t = run_app(app)

    t.post("/now")
    t.wait(jobs.send({}))
    t.settle()

    assert t.get("/standing").body == [2, "open"]
    assert (window.stats().allowed, breaker.state) == (2, "open")


def test_another_run_remembers_nothing_of_the_one_before():
    window, breaker = SlidingWindow("100/60s"), Breaker(min_calls=1)
    app, _ = relaying(window, breaker)

    for _ in range(2):
        with running(app) as t:
            assert t.get("/standing").body == [0, "closed"]
            t.post("/now")
    assert (window.stats().allowed, breaker.state) == (0, "closed")
