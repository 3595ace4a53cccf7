# ruff: noqa: RUF043 - handlers and fixtures take what they are given
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue.engine.clock import HeldClock
from ensue.engine.handlers import Pace, Policy, is_action
from ensue.engine.ids import seeded_random
from ensue.words.errors import InvalidDeclaration


@given(st.integers(0, 2**32), st.integers(1, 60))
def test_a_retry_waits_at_most_a_span_that_doubles_up_to_its_cap(seed, receives):
    policy = Policy(retry_base_ms=1_000, retry_cap_ms=60_000)
    waited = policy.backoff_ms(receives, seeded_random(seed))
    assert 0 <= waited <= min(60_000, 1_000 * 2 ** (receives - 1))


def test_retries_are_spread_over_the_whole_span():
    source = seeded_random(3)
    waits = [Policy(retry_base_ms=1_000).backoff_ms(1, source) for _ in range(500)]
    assert min(waits) < 50
    assert max(waits) > 950
    assert 450 < sum(waits) / 500 < 550


@pytest.mark.parametrize(
    "bad",
    [
        {"max_receives": 0},
        {"max_receives": 1_001},
        {"timeout_ms": 0},
        {"concurrency": 0},
        {"batch": 0},
        {"retry_base_ms": 0},
        {"retry_cap_ms": 10**12},
    ],
)
def test_a_policy_out_of_bounds_is_refused_where_it_is_declared(bad):
    with pytest.raises(InvalidDeclaration, match="from 1 to") as caught:
        Policy(**bad).check("queue x")
    assert caught.value.at == "queue x"


@given(st.floats(0.1, 500), st.lists(st.integers(1, 400), max_size=40))
def test_a_pace_never_lets_more_start_than_its_rate_and_one_burst(rate, steps):
    clock = HeldClock(0)
    pace = Pace(rate, clock)
    started = 0
    for ms in steps:
        clock.move_to(clock.now_ms() + ms)
        count = pace.available()
        pace.spend(count)
        started += count
        assert started <= rate * clock.now_ms() / 1_000 + max(1, rate / 10) + 1e-6


@given(st.floats(0.1, 900))
def test_a_pace_says_exactly_when_the_next_one_may_start(rate):
    clock = HeldClock(0)
    pace = Pace(rate, clock)
    pace.spend(pace.available())
    due_ms = pace.next_ms()
    clock.move_to(due_ms - 1)
    assert pace.available() == 0
    clock.move_to(due_ms)
    assert pace.available() == 1


def test_a_handler_must_take_what_it_is_given():
    def no_tx(message):
        return message

    async def with_tx(message, tx):
        return message, tx

    for function in (no_tx, with_tx):
        with pytest.raises(InvalidDeclaration, match="expected .*def") as caught:
            is_action(function, at="f", takes="message")
        assert caught.value.hint
