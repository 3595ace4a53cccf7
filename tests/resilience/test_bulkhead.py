from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue import Bulkhead, InvalidDeclaration, Overloaded
from ensue.resilience.bulkhead import _Rooms


class Slow:
    """A downstream whose calls end when they are told."""

    def __init__(self):
        self.running = []
        self.begun = []

    async def __call__(self, name):
        self.begun.append(name)
        ended = asyncio.Event()
        self.running.append(ended)
        try:
            await ended.wait()
        finally:
            self.running.remove(ended)
        return name

    def end_one(self):
        self.running[0].set()


@pytest.mark.parametrize("workers", [1, 5, 20])
def test_rr_6_of_200_at_once_the_workers_and_100_are_admitted_and_the_rest_refused(
    workers, held, run
):
    bulkhead, slow = Bulkhead(workers=workers, queue=100), Slow()

    async def scenario():
        tasks = [asyncio.ensure_future(bulkhead.run(slow, n)) for n in range(200)]
        await held.pause()
        assert len(slow.begun) == workers
        while slow.running:
            slow.end_one()
            await held.pause()
        return await asyncio.gather(*tasks, return_exceptions=True)

    ended = run(scenario())

    refused = [each for each in ended if isinstance(each, Overloaded)]
    assert len(refused) == 200 - 100 - workers
    assert {(each.waiting, each.queue) for each in refused} == {(100, 100)}
    assert bulkhead.stats().busiest == workers
    assert bulkhead.stats().longest == 100


def test_who_came_first_is_served_first(held, run):
    bulkhead, slow = Bulkhead(workers=1, queue=10), Slow()

    async def scenario():
        tasks = [asyncio.ensure_future(bulkhead.run(slow, n)) for n in range(5)]
        await held.pause()
        while slow.running:
            slow.end_one()
            await held.pause()
        await asyncio.gather(*tasks)

    run(scenario())

    assert slow.begun == [0, 1, 2, 3, 4]


def test_nobody_overtakes_who_waits(held, run):
    bulkhead, slow = Bulkhead(workers=1, queue=10), Slow()

    async def scenario():
        first = asyncio.ensure_future(bulkhead.run(slow, "first"))
        await held.pause()
        waiting = asyncio.ensure_future(bulkhead.run(slow, "waits"))
        await held.pause()
        slow.end_one()
        await first
        # The place was given on already, though who waited has not run yet.
        late = asyncio.ensure_future(bulkhead.run(slow, "late"))
        await held.pause()
        while slow.running:
            slow.end_one()
            await held.pause()
        await asyncio.gather(waiting, late)

    run(scenario())

    assert slow.begun == ["first", "waits", "late"]


def test_who_waits_and_is_cancelled_gives_its_place_up(held, run):
    bulkhead, slow = Bulkhead(workers=1, queue=1), Slow()

    async def scenario():
        first = asyncio.ensure_future(bulkhead.run(slow, "first"))
        waits = asyncio.ensure_future(bulkhead.run(slow, "cancelled"))
        await held.pause()
        waits.cancel()
        with suppress(asyncio.CancelledError):
            await waits
        other = asyncio.ensure_future(bulkhead.run(slow, "other"))
        await held.pause()
        slow.end_one()
        await held.pause()
        slow.end_one()
        await asyncio.gather(first, other)

    run(scenario())

    assert slow.begun == ["first", "other"]
    assert (bulkhead.stats().busy, bulkhead.stats().waiting) == (0, 0)


def test_a_place_that_was_given_to_who_is_cancelled_goes_on_to_the_next(held, run):
    bulkhead, slow = Bulkhead(workers=1, queue=2), Slow()

    async def scenario():
        async def first():
            await bulkhead.run(slow, 0)
            second.cancel()  # its turn has come, and it has not run yet

        begun = asyncio.ensure_future(first())
        await held.pause()
        second, third = (asyncio.ensure_future(bulkhead.run(slow, n)) for n in (1, 2))
        await held.pause()
        slow.end_one()
        await held.pause()
        slow.end_one()
        await asyncio.gather(begun, third)

    run(scenario())

    assert slow.begun == [0, 2]
    assert bulkhead.stats().busy == 0


def test_a_call_that_fails_gives_its_place_back(held, run, downstream):
    bulkhead, calls = Bulkhead(workers=1), downstream(ValueError(), None)

    async def scenario():
        with suppress(ValueError):
            await bulkhead.run(calls)
        return await bulkhead.run(calls)

    assert run(scenario()) == "ok"


@pytest.mark.parametrize("given", [{"workers": 0}, {"workers": 1, "queue": -1}])
def test_a_bulkhead_that_cannot_be_is_refused(given):
    with pytest.raises(InvalidDeclaration):
        Bulkhead(**given)


@given(
    st.integers(1, 3),
    st.integers(0, 3),
    st.lists(st.sampled_from(["enter", "leave", "cancel", "turn"]), max_size=60),
)
def test_whatever_happens_there_are_never_more_at_once_than_workers(workers, queue, events):
    async def scenario():
        rooms = _Rooms(workers, queue)
        inside, waiting = [], []

        async def call(done):
            await rooms.enter()
            inside.append(done)
            try:
                await done.wait()
            finally:
                inside.remove(done)
                rooms.leave()

        tasks = []
        for event in events:
            if event == "enter":
                done = asyncio.Event()
                tasks.append(asyncio.ensure_future(call(done)))
            elif event == "leave" and inside:
                inside[0].set()
            elif event == "cancel" and tasks:
                tasks[len(tasks) // 2].cancel()
            else:
                for _ in range(5):
                    turned = asyncio.get_running_loop().create_future()
                    asyncio.get_running_loop().call_soon(turned.set_result, None)
                    await turned
            stats = rooms.stats()
            assert len(inside) <= stats.busy <= workers
            assert stats.waiting <= queue + len(waiting)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (rooms.stats().busy, rooms.stats().waiting) == (0, 0)

    asyncio.run(scenario())
