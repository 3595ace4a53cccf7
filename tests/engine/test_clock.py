from __future__ import annotations

import asyncio

from ensue.engine.clock import HELD_START_MS, HeldClock, SystemClock
from ensue.engine.workers import sleep_until


def test_a_held_clock_stands_still_until_it_is_moved():
    clock = HeldClock()
    assert [clock.now_ms(), clock.now_ms()] == [HELD_START_MS] * 2


def test_a_held_clock_never_goes_back():
    clock = HeldClock(1_000)
    clock.move_to(10)
    assert clock.now_ms() == 1_000


def test_calls_are_made_in_the_order_of_their_times():
    clock, said = HeldClock(0), []
    for at_ms in (30, 10, 20):
        clock.call_at(at_ms, lambda at_ms=at_ms: said.append(at_ms))
    clock.move_to(25)
    assert said == [10, 20]


def test_calls_of_one_time_are_made_in_the_order_of_asking():
    clock, said = HeldClock(0), []
    for name in "abc":
        clock.call_at(5, lambda name=name: said.append(name))
    clock.move_to(5)
    assert said == ["a", "b", "c"]


def test_a_call_that_asks_for_another_within_the_move_gets_it():
    clock, said = HeldClock(0), []
    clock.call_at(5, lambda: clock.call_at(7, lambda: said.append(clock.now_ms())))
    clock.move_to(10)
    assert said == [10]


def test_a_cancelled_call_is_not_made_and_nobody_waits_for_it():
    clock, said = HeldClock(0), []
    clock.call_at(5, lambda: said.append(1)).cancel()
    assert clock.next_ms() is None
    clock.move_to(10)
    assert said == []


def test_a_held_clock_tells_when_the_next_call_is_due():
    clock = HeldClock(0)
    clock.call_at(9, print)
    clock.call_at(4, print)
    assert clock.next_ms() == 4


def test_a_held_clock_makes_a_call_that_is_overdue_in_the_next_turn_and_once():
    clock, said = HeldClock(10), []

    async def ask() -> list[str]:
        clock.call_at(10, lambda: said.append("now"))
        clock.call_at(9, lambda: said.append("late"))
        clock.call_at(9, lambda: said.append("never")).cancel()
        assert said == []
        turned = asyncio.Event()
        asyncio.get_running_loop().call_soon(turned.set)
        await turned.wait()
        return list(said)

    assert asyncio.run(asyncio.wait_for(ask(), 1)) == ["now", "late"]
    assert clock.next_ms() is None
    clock.move_to(20)
    assert said == ["now", "late"]


def test_a_worker_that_sleeps_until_a_moment_that_has_passed_wakes_up():
    async def sleep() -> bool:
        woken = asyncio.Event()
        await sleep_until(woken, HELD_START_MS - 1, HeldClock())
        return woken.is_set()

    assert asyncio.run(asyncio.wait_for(sleep(), 1))


def test_without_a_loop_an_overdue_call_is_made_by_the_next_move():
    clock, said = HeldClock(10), []
    clock.call_at(5, lambda: said.append(clock.now_ms()))
    clock.move_to(10)
    assert said == [10]


def test_a_system_clock_makes_a_call_that_is_overdue_at_once():
    async def called() -> bool:
        done = asyncio.Event()
        SystemClock().call_at(0, done.set)
        return await done.wait()

    assert asyncio.run(called())
