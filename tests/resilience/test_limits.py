from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue import (
    Admission,
    InvalidDeclaration,
    InvalidValue,
    RateExceeded,
    SlidingWindow,
    TokenBucket,
)
from ensue.engine.clock import HeldClock
from ensue.engine.ids import seeded_random
from ensue.engine.runtime import Runtime, within
from ensue.resilience import limits


@given(
    st.integers(1, 6),
    st.integers(1, 50),
    st.lists(st.tuples(st.integers(0, 30), st.sampled_from("ab")), max_size=150),
)
def test_in_any_span_of_the_windows_length_exactly_the_limit_is_let_in(limit, window_ms, asks):
    clock = HeldClock(1_000)
    window = SlidingWindow(f"{limit}/{window_ms}ms")
    taken = {"a": [], "b": []}
    with within(Runtime(clock, seeded_random(1))):
        for pause_ms, key in asks:
            clock.move_to(clock.now_ms() + pause_ms)
            now_ms = clock.now_ms()
            before = sum(at_ms > now_ms - window_ms for at_ms in taken[key])

            admission = window.admit(key)

            # Never one more than the limit, and never one less: who is refused counts for nothing.
            assert admission.allowed == (before < limit)
            if admission.allowed:
                taken[key].append(now_ms)
            assert admission.remaining == max(0, limit - before - admission.allowed)


@given(st.integers(1, 5), st.integers(1, 40), st.lists(st.integers(0, 20), min_size=1, max_size=80))
def test_who_comes_back_when_told_is_let_in_and_not_a_moment_before(limit, window_ms, pauses):
    clock = HeldClock(1_000)
    window = SlidingWindow(f"{limit}/{window_ms}ms")
    with within(Runtime(clock, seeded_random(1))):
        for pause_ms in pauses:
            clock.move_to(clock.now_ms() + pause_ms)
            admission = window.admit("a")
            if not admission.allowed:
                clock.move_to(clock.now_ms() + admission.retry_after_ms - 1)
                assert not window.admit("a").allowed
                clock.move_to(clock.now_ms() + 1)
                assert window.admit("a").allowed


def test_mf_14_a_burst_on_either_side_of_a_minutes_end_is_one_burst(held):
    window = SlidingWindow("200/60s")
    held.clock.move_to(held.clock.now_ms() // 60_000 * 60_000 + 60_000 + 59_000)
    first = sum(window.admit("acme").allowed for _ in range(200))
    held.clock.move_to(held.clock.now_ms() + 2_000)

    second = sum(window.admit("acme").allowed for _ in range(200))

    assert (first, second) == (200, 0)


def test_mf_13_at_99_of_100_exactly_one_of_two_is_let_in(held):
    window = SlidingWindow("100/60s")
    for _ in range(99):
        window.admit("acme")

    assert [window.admit("acme").allowed for _ in range(2)] == [True, False]


def test_an_admission_tells_how_the_key_stands(held):
    window = SlidingWindow("2/60s")
    window.admit("a")
    held.clock.move_to(held.clock.now_ms() + 10_000)

    second, third = window.admit("a"), window.admit("a")

    assert second == Admission(
        allowed=True, limit=2, remaining=0, reset_ms=60_000, retry_after_ms=0
    )
    assert third == Admission(
        allowed=False, limit=2, remaining=0, reset_ms=60_000, retry_after_ms=50_000
    )


def test_a_key_may_have_an_amount_of_its_own(held):
    window = SlidingWindow("1/60s")

    assert [window.admit("a", amount=3).allowed for _ in range(4)] == [True, True, True, False]
    assert window.admit("a", amount=2).retry_after_ms == 60_000
    assert window.admit("a", amount=5).allowed


@pytest.mark.parametrize("amount", [0, limits.LIMIT_MAX + 1])
def test_an_amount_out_of_range_is_refused(amount, held):
    with pytest.raises(InvalidValue):
        SlidingWindow("1/60s").admit("a", amount=amount)


def test_idle_keys_are_forgotten(held):
    window = SlidingWindow("5/60s")
    for number in range(1_000):
        window.admit(f"k{number}")
    held.clock.move_to(held.clock.now_ms() + 60_000)

    for number in range(501):
        window.admit(f"n{number}")

    assert len(window._accounts.of(held.runtime)._kept) == 501
    assert window.stats().keys == 501


def test_a_key_beyond_the_bound_is_refused_until_another_is_forgotten(held, monkeypatch):
    monkeypatch.setattr(limits, "KEYS_MAX", 2)
    window = SlidingWindow("5/60s")
    window.admit("a")
    held.clock.move_to(held.clock.now_ms() + 10_000)
    window.admit("b")

    refused = window.admit("c")
    held.clock.move_to(held.clock.now_ms() + refused.retry_after_ms)

    assert (refused.allowed, refused.retry_after_ms) == (False, 50_000)
    assert window.admit("c").allowed
    assert window.stats() == limits.LimitStats(allowed=3, refused=1, keys=2)


def test_a_known_key_is_let_in_when_there_is_no_room_for_another(held, monkeypatch):
    monkeypatch.setattr(limits, "KEYS_MAX", 1)
    window = SlidingWindow("5/60s")

    assert [window.admit(key).allowed for key in "aba"] == [True, False, True]


def test_a_token_bucket_lets_a_burst_in_and_then_its_rate(held):
    bucket = TokenBucket("2/s", burst=3)
    first = [bucket.admit("a") for _ in range(4)]
    held.clock.move_to(held.clock.now_ms() + 500)

    assert [each.allowed for each in first] == [True, True, True, False]
    assert [each.remaining for each in first] == [2, 1, 0, 0]
    assert (first[3].retry_after_ms, first[3].reset_ms) == (500, 1_500)
    assert bucket.admit("a").allowed
    assert bucket.admit("b").allowed


@given(
    st.integers(1, 5),
    st.sampled_from([0.5, 1, 3]),
    st.lists(st.integers(0, 2_000), max_size=80),
)
def test_a_token_bucket_never_lets_more_in_than_its_rate_and_one_burst(burst, rate, pauses):
    clock = HeldClock(0)
    bucket = TokenBucket(f"{rate}/s", burst=burst)
    taken = 0
    with within(Runtime(clock, seeded_random(1))):
        for pause_ms in pauses:
            clock.move_to(clock.now_ms() + pause_ms)
            taken += bucket.admit("a").allowed
            assert taken <= burst + rate * clock.now_ms() / 1_000 + 1e-6


def test_a_limit_is_a_decorator_whose_key_is_made_of_the_arguments(held, run):
    @SlidingWindow("1/60s", key=lambda customer: customer)
    async def charge(customer):
        return customer

    async def scenario():
        first = [await charge("a"), await charge("b")]
        with pytest.raises(RateExceeded) as refused:
            await charge("a")
        return first, refused.value

    done, refused = run(scenario())

    assert done == ["a", "b"]
    assert (refused.limit, refused.remaining, refused.retry_after_ms) == (1, 0, 60_000)


def test_a_transaction_asks_a_limit_too(stage):
    window = SlidingWindow("1/60s")

    allowed = [stage.do(lambda tx: window.admit("a").allowed) for _ in range(2)]
    stage.clock.move_to(stage.clock.now_ms() + 60_000)

    assert [*allowed, stage.do(lambda tx: window.admit("a").allowed)] == [True, False, True]


@pytest.mark.parametrize("quota", ["100001/s", "999999/60s"])
def test_a_quota_that_takes_too_much_memory_is_refused(quota):
    with pytest.raises(InvalidDeclaration, match="from 1 to 100000"):
        SlidingWindow(quota)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (SlidingWindow("100/60s"), "100 in any 1 m"),
        (TokenBucket("5/s", burst=2), "5/s, and 2 at once"),
    ],
)
def test_a_limit_says_what_it_is(given, words):
    assert given.words == words
