from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from ensue import App, InvalidDeclaration, Measured, now_ms, sleep, uptime_ms
from ensue.resilience import measured


async def took(ms, *, fails=False):
    await sleep(ms / 1_000)
    if fails:
        raise ValueError


def test_rate_errors_and_percentiles_of_the_window_are_told(held, run):
    calls = Measured("60s")

    async def scenario():
        for ms in range(1, 101):
            with suppress(ValueError):
                await held.until_done(calls.run(took, ms, fails=ms > 95))

    run(scenario())
    stats = calls.stats()

    assert (stats.calls, stats.errors, stats.error_rate) == (100, 5, 0.05)
    assert (stats.p50_ms, stats.p95_ms, stats.p99_ms, stats.max_ms) == (50, 95, 99, 100)
    assert stats.rate_per_second == pytest.approx(100 * 1_000 / 5_050, abs=0.001)


def test_what_is_older_than_the_window_is_forgotten(held, run):
    calls = Measured("60s")
    run(held.until_done(calls.run(took, 10)))
    held.clock.move_to(held.clock.now_ms() + 60_000)

    assert (calls.stats().calls, calls.stats().window_ms) == (0, 60_000)


def test_a_cancelled_call_counts_for_nothing(held, run):
    calls = Measured()

    async def scenario():
        task = asyncio.ensure_future(calls.run(took, 10_000))
        await held.pause()
        running = calls.stats().running
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        return running

    assert run(scenario()) == 1
    assert (calls.stats().calls, calls.stats().running) == (0, 0)


def test_more_than_are_remembered_are_of_a_shorter_while(held, run, monkeypatch):
    monkeypatch.setattr(measured, "SAMPLES_MAX", 10)
    calls = Measured("60s")

    async def scenario():
        for _ in range(100):
            await held.until_done(calls.run(took, 100))

    run(scenario())

    assert calls.stats().calls == 10
    assert calls.stats().rate_per_second == pytest.approx(10, rel=0.15)


def test_a_window_of_no_time_is_refused():
    with pytest.raises(InvalidDeclaration):
        Measured(0)


def test_the_time_is_that_of_who_runs_the_code(run_app):
    t = run_app(App("telling"))
    t.advance("90s")

    assert (now_ms(), uptime_ms()) == (t.now_ms(), 90_000)


def test_an_action_is_given_the_keys_of_its_calls(run_app):
    app = App("keyed")
    keys = []

    @app.post("/pay")
    async def pay() -> None:
        keys.extend([app.idempotency_key(), app.idempotency_key()])

    for _ in range(2):
        t = run_app(app)
        t.request("POST", "/pay", headers={"idempotency-key": "k-1"})
        t.stop()
    t = run_app(app)
    t.post("/pay")

    assert keys[:2] == keys[2:4]
    assert keys[1] == f"{keys[0]}-2"
    assert keys[4:] == [None, None]
