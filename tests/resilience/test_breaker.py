from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue import (
    Breaker,
    Bulkhead,
    CircuitOpen,
    InvalidDeclaration,
    Overloaded,
    Rejected,
    Unreachable,
)
from ensue.engine.clock import HeldClock
from ensue.resilience.breaker import _Circuit, _Rules

DOWN = Unreachable("down")


def tripping(**options):
    return Breaker(**{"min_calls": 4, "window": "10s", "open_for": "30s"} | options)


async def fail(breaker, times=1):
    for _ in range(times):
        with suppress(Unreachable):
            await breaker.run(failing)


async def failing():
    raise DOWN


async def fine():
    return "ok"


def test_it_opens_when_enough_calls_have_failed_and_calls_nothing_then(held, run, downstream):
    breaker, calls = tripping(), downstream()

    async def scenario():
        await fail(breaker, 4)
        with pytest.raises(CircuitOpen) as refused:
            await breaker.run(calls)
        return refused.value.retry_after_ms

    assert run(scenario()) == 30_000
    assert calls.calls == 0
    assert breaker.stats().refused == 1


def test_too_few_calls_do_not_open_it(held, run):
    breaker = tripping()

    run(fail(breaker, 3))

    assert breaker.state == "closed"


def test_it_opens_by_the_share_of_failures(held, run):
    breaker = tripping(failure_rate=0.5)

    async def scenario():
        for _ in range(4):
            await breaker.run(fine)
        states = []
        for _ in range(4):
            await fail(breaker)
            states.append(breaker.state)
        return states

    assert run(scenario()) == ["closed", "closed", "closed", "open"]


def test_failures_before_the_window_are_forgotten(held, run):
    breaker = tripping()

    async def scenario():
        await fail(breaker, 3)
        await held.advance(10_000)
        await fail(breaker)

    run(scenario())

    assert breaker.state == "closed"
    assert (breaker.stats().calls, breaker.stats().failures) == (1, 1)


@pytest.mark.parametrize("probes", [1, 3])
def test_half_open_lets_exactly_so_many_probes_through(probes, held, run):
    breaker = tripping(probes=probes)
    release = asyncio.Event()
    begun = []

    async def waiting():
        begun.append(1)
        await release.wait()

    async def scenario():
        await fail(breaker, 4)
        await held.advance(30_000)
        tasks = [asyncio.ensure_future(breaker.run(waiting)) for _ in range(20)]
        await held.pause()
        state = breaker.state
        release.set()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        return state, sum(isinstance(each, CircuitOpen) for each in ended)

    state, refused = run(scenario())

    assert (state, refused, len(begun)) == ("half-open", 20 - probes, probes)
    assert breaker.state == "closed"


def test_a_probe_that_fails_opens_it_again_for_its_whole_time(held, run):
    breaker = tripping()

    async def scenario():
        await fail(breaker, 4)
        await held.advance(30_000)
        await fail(breaker)
        await held.advance(29_999)
        before = breaker.state
        await held.advance(1)
        return before

    assert run(scenario()) == "open"
    assert breaker.state == "half-open"
    assert breaker.stats().opened == 2


def test_a_probe_that_is_cancelled_gives_its_place_to_another(held, run):
    breaker = tripping()

    async def never():
        await asyncio.Event().wait()

    async def scenario():
        await fail(breaker, 4)
        await held.advance(30_000)
        probe = asyncio.ensure_future(breaker.run(never))
        await held.pause()
        probe.cancel()
        with pytest.raises(asyncio.CancelledError):
            await probe
        return breaker.state, await breaker.run(fine)

    assert run(scenario()) == ("half-open", "ok")
    assert breaker.state == "closed"


def test_a_cancelled_call_counts_for_nothing(held, run):
    breaker = tripping()

    async def scenario():
        task = asyncio.ensure_future(breaker.run(asyncio.Event().wait))
        await held.pause()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    run(scenario())

    assert (breaker.stats().calls, breaker.stats().failures) == (0, 0)


def test_a_call_that_ends_in_a_later_state_counts_for_nothing(held, run):
    breaker = tripping()
    release = asyncio.Event()

    async def late():
        await release.wait()
        raise DOWN

    async def scenario():
        straggler = asyncio.ensure_future(breaker.run(late))
        await held.pause()
        await fail(breaker, 4)
        await held.advance(30_000)
        assert breaker.state == "half-open"
        release.set()
        with suppress(Unreachable):
            await straggler
        return breaker.state

    assert run(scenario()) == "half-open"


def test_an_answer_that_refuses_is_an_answer(held, run):
    breaker = tripping()

    async def refused():
        raise Rejected("no such customer")

    async def scenario():
        for _ in range(10):
            with suppress(Rejected):
                await breaker.run(refused)

    run(scenario())

    assert breaker.state == "closed"


def test_our_own_refusals_tell_nothing_of_what_is_called(held, run):
    breaker = tripping()

    @breaker
    @Bulkhead(workers=1)
    async def call():
        await asyncio.Event().wait()

    async def scenario():
        first = asyncio.ensure_future(call())
        await held.pause()
        for _ in range(10):
            with suppress(Overloaded):
                await call()
        first.cancel()
        with suppress(asyncio.CancelledError):
            await first

    run(scenario())

    assert (breaker.state, breaker.stats().calls) == ("closed", 0)


@pytest.mark.parametrize(
    "options",
    [{"failure_rate": 0}, {"failure_rate": 2}, {"min_calls": 0}, {"probes": 0}, {"window": 0}],
)
def test_a_breaker_that_cannot_be_is_refused(options):
    with pytest.raises(InvalidDeclaration):
        Breaker(**options)


@given(
    st.lists(
        st.one_of(
            st.just("call"),
            st.tuples(st.integers(0, 5), st.sampled_from([True, False, None])),
            st.integers(1, 40),
        ),
        max_size=120,
    ),
    st.integers(1, 3),
)
def test_whatever_happens_half_open_never_has_more_probes_than_it_says(events, probes):
    clock = HeldClock(0)
    circuit = _Circuit(_Rules(0.5, 3, 20, 30, probes), clock)
    flying = []  # (era, whether as a probe)
    for event in events:
        if event == "call":
            was = circuit.state()
            try:
                flying.append((circuit.admit(), was == "half-open"))
            except CircuitOpen:
                assert was != "closed"
        elif isinstance(event, int):
            clock.move_to(clock.now_ms() + event)
        elif flying:
            era, _ = flying.pop(event[0] % len(flying))
            circuit.note(era, failed=event[1])
        if circuit.state() == "half-open":
            era = circuit._era
            assert sum(each == (era, True) for each in flying) + circuit._passed <= probes
            assert circuit._probing == sum(each[0] == era for each in flying)
