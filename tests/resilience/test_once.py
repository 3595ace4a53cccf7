from __future__ import annotations

import asyncio
from contextlib import suppress

import httpx
import pytest

from ensue import (
    App,
    LimitExceeded,
    Message,
    TokenInFlight,
    TokenReused,
    Unreachable,
    idempotent,
    retry,
)
from ensue.resilience import once

DAY = 86_400_000


class Payments:
    def __init__(self):
        self.paid = []
        self.fault = None

    async def pay(self, payment, amount=1):
        self.paid.append(payment)
        if self.fault is not None:
            raise self.fault
        return {"paid": payment, "number": len(self.paid)}


@pytest.fixture(params=["in memory", "in an app"])
def once_run(request, held, run, run_app):
    """Runs coroutines outside of any app, and within one; both kinds of keys are kept alike."""
    if request.param == "in memory":
        return run, held.clock
    t = run_app(App("paying"))
    return t.wait, t.clock


def test_rr_7_the_same_again_gets_the_first_answer(once_run):
    run, clock = once_run
    payments, strategy = Payments(), idempotent("payment")

    first = run(strategy.run(payments.pay, "p-1"))
    clock.move_to(clock.now_ms() + DAY - 1)
    again = run(strategy.run(payments.pay, "p-1"))

    assert first == again == {"paid": "p-1", "number": 1}
    assert payments.paid == ["p-1"]


def test_rr_7_an_answer_is_kept_from_the_first_call_on(once_run):
    run, clock = once_run
    payments, strategy = Payments(), idempotent("payment", keep="24h")
    run(strategy.run(payments.pay, "p-1"))
    clock.move_to(clock.now_ms() + DAY - 1)
    run(strategy.run(payments.pay, "p-1"))
    clock.move_to(clock.now_ms() + 1)

    run(strategy.run(payments.pay, "p-1"))

    assert payments.paid == ["p-1", "p-1"]


def test_rr_8_a_failure_frees_the_key(once_run):
    run, _ = once_run
    payments, strategy = Payments(), idempotent("payment")
    payments.fault = Unreachable("down")
    with pytest.raises(Unreachable):
        run(strategy.run(payments.pay, "p-1"))
    payments.fault = None

    assert run(strategy.run(payments.pay, "p-1"))["number"] == 2


def test_rr_8_one_key_with_other_arguments_is_refused(once_run):
    run, _ = once_run
    payments, strategy = Payments(), idempotent("payment")
    run(strategy.run(payments.pay, "p-1", amount=1))

    with pytest.raises(TokenReused):
        run(strategy.run(payments.pay, "p-1", amount=2))


def test_rr_7_the_same_while_it_is_being_done_is_in_flight(once_run):
    run, _ = once_run
    strategy, begun, release = idempotent("payment"), asyncio.Event(), asyncio.Event()

    async def pay(payment):
        begun.set()
        await release.wait()
        return "paid"

    async def scenario():
        first = asyncio.ensure_future(strategy.run(pay, "p-1"))
        await begun.wait()
        with pytest.raises(TokenInFlight):
            await strategy.run(pay, "p-1")
        release.set()
        return await first

    assert run(scenario()) == "paid"
    assert strategy.stats().in_flight == 1


def test_a_cancelled_call_frees_the_key(once_run):
    run, _ = once_run
    strategy = idempotent("payment")
    begun = asyncio.Event()

    async def never(payment):
        begun.set()
        await asyncio.Event().wait()

    async def scenario():
        task = asyncio.ensure_future(strategy.run(never, "p-1"))
        await begun.wait()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        return await strategy.run(fine, "p-1")

    async def fine(payment):
        return "paid"

    fine.__qualname__ = never.__qualname__

    assert run(scenario()) == "paid"


def test_without_a_key_nothing_is_remembered(once_run):
    run, _ = once_run
    payments, strategy = Payments(), idempotent(lambda payment: None)

    run(strategy.run(payments.pay, "p-1"))
    run(strategy.run(payments.pay, "p-1"))

    assert len(payments.paid) == 2


def test_outside_of_an_app_there_is_a_bound(held, run, monkeypatch):
    monkeypatch.setattr(once, "REMEMBERED_MAX", 1)
    payments, strategy = Payments(), idempotent("payment", keep="1h")
    run(strategy.run(payments.pay, "p-1"))

    with pytest.raises(LimitExceeded):
        run(strategy.run(payments.pay, "p-2"))
    held.clock.move_to(held.clock.now_ms() + 3_600_000)

    assert run(strategy.run(payments.pay, "p-2"))["paid"] == "p-2"


# What is called on behalf of a key shows a key too


def calling_app():
    app = App("calling")
    jobs = app.queue("jobs")

    async def call(path):
        (await app.http.post(f"http://outside/{path}")).raise_for_status()

    flaky = retry(interval=0, max_attempts=3)

    @app.post("/pay")
    async def pay() -> None:
        await call("a")
        await flaky.run(call, "flaky")
        await call("z")

    @jobs.consumer()
    async def work(job: Message) -> None:
        await call("a")
        await flaky.run(call, "flaky")
        await call("z")

    return app, jobs


def keys_of(t):
    return [(call.url.rpartition("/")[2], call.key) for call in t.calls]


def outside(failures):
    left = [503] * failures

    def answer(request):
        if request.url.path == "/flaky" and left:
            return httpx.Response(left.pop())
        return httpx.Response(200)

    return {"http://outside": answer}


def test_rr_8_each_try_of_a_call_shows_the_same_key_and_other_calls_others(run_app):
    app, jobs = calling_app()
    t = run_app(app, outside=outside(2))
    message = t.wait(jobs.send({}))
    t.drain()

    keys = keys_of(t)

    assert keys == [
        ("a", message),
        ("flaky", f"{message}-2"),
        ("flaky", f"{message}-2"),
        ("flaky", f"{message}-2"),
        ("z", f"{message}-3"),
    ]


def test_rr_8_what_a_request_calls_shows_a_key_made_of_its_own(run_app):
    app, _ = calling_app()
    seen = []
    for _ in range(2):
        t = run_app(app, outside=outside(1))
        t.request("POST", "/pay", headers={"idempotency-key": "k-1"})
        seen.append(keys_of(t))
        t.stop()

    [first, second] = seen
    assert first == second
    [key, flaky, again, last] = [each for _, each in first]
    assert "k-1" not in key
    assert (flaky, again, last) == (f"{key}-2", f"{key}-2", f"{key}-3")


def test_a_request_without_a_key_gives_none(run_app):
    app, _ = calling_app()
    t = run_app(app, outside=outside(0))

    t.post("/pay")

    assert {key for _, key in keys_of(t)} == {None}
