from __future__ import annotations

import asyncio
import itertools
from contextlib import suppress

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue import (
    CircuitOpen,
    InvalidDeclaration,
    LimitExceeded,
    NotFound,
    Overloaded,
    Rejected,
    RetryBudget,
    TimedOut,
    TooLarge,
    Unreachable,
    is_transient,
    retry,
    sleep,
)
from ensue.words.backoff import WHOLE, backoff_ms

DOWN = Unreachable("down")


def answered(status, **headers):
    request = httpx.Request("POST", "http://payments")
    answer = httpx.Response(status, headers=headers, request=request)
    return httpx.HTTPStatusError("refused", request=request, response=answer)


@given(st.integers(0, 30), st.floats(0, 1, exclude_max=True))
def test_rr_3_a_delay_is_below_the_span_which_doubles_up_to_its_cap(attempt, chance):
    delay_ms = backoff_ms(100, 10_000, attempt, chance)

    assert 0 <= delay_ms < min(10_000, 100 * 2**attempt)


def test_rr_3_the_spans_are_100_200_400_and_10_000_from_the_eighth_on():
    spans = [backoff_ms(100, 10_000, attempt, WHOLE) for attempt in range(9)]

    assert spans == [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]


def test_a_span_that_no_number_holds_is_the_cap():
    assert backoff_ms(100, 10_000, 5_000, WHOLE, rate=1e300) == 10_000


def test_a_call_is_tried_again_until_it_succeeds(held, run, downstream):
    calls = downstream(DOWN, DOWN)
    retrying = retry(max_attempts=3)

    answer = run(held.until_done(retrying.run(calls)))

    assert answer == "ok"
    assert calls.calls == 3
    assert retrying.stats().succeeded == 1


def test_rr_1_three_retries_are_four_attempts_and_the_last_failure_is_raised(held, run, downstream):
    last = Unreachable("the fourth")
    calls = downstream(DOWN, DOWN, DOWN, last)

    with pytest.raises(Unreachable) as caught:
        run(held.until_done(retry(max_attempts=3).run(calls)))

    assert caught.value is last
    assert calls.calls == 4


def test_rr_3_there_is_no_pause_after_the_last_attempt(held, run, downstream):
    calls = downstream(DOWN, DOWN)
    retrying = retry(max_attempts=1, interval="100ms", jitter="NONE")

    with pytest.raises(Unreachable):
        run(held.until_done(retrying.run(calls)))

    assert held.passed_ms == 100


def test_pauses_are_of_the_runtimes_randomness_and_clock(held, run, downstream):
    calls = downstream(*[DOWN] * 3)

    run(held.until_done(retry(max_attempts=3, interval="1s").run(calls)))

    assert 0 < held.passed_ms < 7_000
    assert held.passed_ms % 100 != 0


@pytest.mark.parametrize(
    "fault",
    [
        DOWN,
        TimedOut("late"),
        LimitExceeded("full"),
        answered(408),
        answered(425),
        answered(429),
        answered(500),
        answered(503),
        answered(409, **{"retry-after": "1"}),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("late"),
        ConnectionResetError(),
        TimeoutError(),
    ],
    ids=repr,
)
def test_rr_8_what_time_may_mend_is_tried_again(fault):
    assert is_transient(fault)


@pytest.mark.parametrize(
    "fault",
    [
        Rejected("no"),
        NotFound("no"),
        TooLarge("no"),
        Overloaded(1, 1),
        CircuitOpen("no"),
        answered(400),
        answered(401),
        answered(404),
        answered(409),
        answered(422),
        httpx.UnsupportedProtocol("no"),
        ValueError("no"),
    ],
    ids=repr,
)
def test_rr_8_what_time_will_not_mend_is_not(fault, held, run, downstream):
    calls = downstream(fault)

    with pytest.raises(type(fault)):
        run(held.until_done(retry().run(calls)))

    assert calls.calls == 1


def test_only_the_errors_that_are_named_are_tried_again(held, run, downstream):
    calls = downstream(ValueError(), KeyError())

    with pytest.raises(KeyError):
        run(held.until_done(retry(errors=ValueError).run(calls)))

    assert calls.calls == 2


def test_a_retry_waits_as_long_as_the_answer_asks(held, run, downstream):
    calls = downstream(answered(429, **{"retry-after": "7"}))

    run(held.until_done(retry(interval="10ms", max_delay="10s").run(calls)))

    assert held.passed_ms == 7_000


def test_who_is_asked_to_wait_longer_than_any_pause_does_not_try_again(held, run, downstream):
    calls = downstream(Unreachable("later", retry_after_ms=60_000))

    with pytest.raises(Unreachable):
        run(held.until_done(retry(max_delay="10s").run(calls)))

    assert (calls.calls, held.passed_ms) == (1, 0)


def test_rr_8_an_attempt_that_takes_too_long_is_cancelled_counted_and_tried_again(held, run):
    ended, numbers = [], itertools.count()

    async def slow():
        number = next(numbers)
        try:
            await sleep("10s" if number == 0 else "1s")
        except asyncio.CancelledError:
            ended.append(f"{number} cancelled")
            raise
        return number

    retrying = retry(timeout="5s", interval=0)

    assert run(held.until_done(retrying.run(slow))) == 1
    assert ended == ["0 cancelled"]
    assert held.passed_ms == 6_000
    assert retrying.stats().timed_out == 1


def test_the_last_attempt_that_takes_too_long_is_a_time_out(held, run):
    async def never():
        await asyncio.Event().wait()

    with pytest.raises(TimedOut, match="within 5000 ms"):
        run(held.until_done(retry(max_attempts=0, timeout="5s").run(never)))


@pytest.mark.parametrize("where", ["attempt", "pause"])
def test_a_cancelled_caller_is_cancelled_and_counted_as_no_failure(where, held, run):
    async def call():
        if where == "pause":
            raise DOWN
        await asyncio.Event().wait()

    retrying = retry(timeout="5s", interval="1h", max_delay="1h", jitter="NONE")

    async def cancelled():
        task = asyncio.ensure_future(retrying.run(call))
        await held.pause()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        return task.cancelled()

    assert run(cancelled())
    stats = retrying.stats()
    assert (stats.attempts, stats.failed, stats.timed_out) == (1, 0, 0)


def test_a_cancellation_at_the_moment_of_the_time_out_is_a_cancellation(held, run):
    async def never():
        await asyncio.Event().wait()

    async def both():
        task = asyncio.ensure_future(retry(timeout="5s", max_attempts=0).run(never))
        await held.pause()
        task.cancel()
        held.clock.move_to(held.clock.now_ms() + 5_000)
        with suppress(asyncio.CancelledError):
            await task
        return task.cancelled()

    assert run(both())


def test_it_is_a_decorator_that_keeps_the_functions_signature(held, run):
    faults = [DOWN]

    @retry(interval=0)
    async def charge(amount: int, *, currency: str = "EUR") -> str:
        """Charge."""
        if faults:
            raise faults.pop()
        return f"{amount} {currency}"

    assert run(held.until_done(charge(7, currency="CHF"))) == "7 CHF"
    assert asyncio.iscoroutinefunction(charge)
    assert charge.__doc__ == "Charge."


def test_a_plain_function_is_no_function_to_try_again():
    with pytest.raises(InvalidDeclaration, match="expected an async def under Retries, got charge"):

        @retry()
        def charge():
            return None


@pytest.mark.parametrize(
    "options",
    [
        {"max_attempts": -1},
        {"backoff_rate": 0.5},
        {"jitter": "SOME"},
        {"timeout": 0},
        {"errors": 7},
        {"errors": ()},
    ],
)
def test_what_cannot_be_is_refused_when_it_is_declared(options):
    with pytest.raises(InvalidDeclaration):
        retry(**options)


# Budgets


def test_what_is_down_gets_no_more_retries_than_the_reserve(held, run, downstream):
    calls = downstream(*[DOWN] * 1_000)
    budget = RetryBudget(ratio=0.1, reserve=10)
    retrying = retry(interval=0, budget=budget)

    async def many():
        for _ in range(100):
            with suppress(Unreachable):
                await retrying.run(calls)

    run(held.until_done(many()))

    assert calls.calls == 110
    assert budget.stats().spent == 10
    assert retrying.stats().without_budget == 97


def test_a_budget_is_shared_by_all_that_name_it(held, run, downstream):
    budget = RetryBudget(reserve=1)
    first, second = (retry(interval=0, budget=budget) for _ in range(2))
    calls = downstream(DOWN, DOWN, DOWN)

    async def both():
        with suppress(Unreachable):
            await first.run(calls)
        with suppress(Unreachable):
            await second.run(calls)

    run(held.until_done(both()))

    assert calls.calls == 3


@given(
    st.lists(st.booleans(), max_size=300),
    st.sampled_from([0, 0.1, 0.2, 1]),
    st.integers(0, 20),
)
def test_there_are_never_more_retries_than_the_reserve_and_the_share_of_successes(
    events, ratio, reserve
):
    budget = RetryBudget(ratio, reserve)
    spent = successes = 0
    for is_success in events:
        if is_success:
            budget.add()
            successes += 1
        else:
            spent += budget.take()
        assert spent <= reserve + ratio * successes + 1e-9


@pytest.mark.parametrize("given", [{"ratio": 2}, {"reserve": -1}, {"ratio": -0.1}])
def test_a_budget_out_of_range_is_refused(given):
    with pytest.raises(InvalidDeclaration):
        RetryBudget(**given)


@pytest.mark.parametrize(("failure_rate", "expected"), [(0.3, 0.9919), (0.8, 0.5904)])
def test_rr_5_of_calls_with_three_retries_one_less_the_fourth_power_succeeds(
    failure_rate, expected, held, run
):
    retrying = retry(max_attempts=3, interval=0)

    async def call():
        if held.runtime.source.random() < failure_rate:
            raise DOWN

    async def many():
        for _ in range(4_000):
            with suppress(Unreachable):
                await retrying.run(call)

    run(many())

    assert retrying.stats().succeeded / 4_000 == pytest.approx(expected, abs=0.02)
