"""A held clock under workers that run by themselves, as in a server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing

import apsw
import pytest

from ensue import App, Change, Conflict, Firing, LimitExceeded, Message, Tx, sleep
from ensue.app.platform import Platform
from ensue.app.time import Time
from ensue.engine.clock import ServedClock, SystemClock
from ensue.engine.database import StoreUrl
from ensue.engine.ids import seeded_random
from ensue.engine.waiting import turn

AT_TEN_MS = 1_941_012_000_000  # 2031-07-05T10:00:00Z
HOUR_MS = 3_600_000
PATIENCE_S = 20


def on_held(
    store: StoreUrl, app: App, doing: Callable[[Time], Awaitable[object]], *, held: bool = True
) -> None:
    """Run an app by itself, and do something with its time."""

    async def run() -> None:
        clock = ServedClock(AT_TEN_MS) if held else SystemClock()
        platform = await Platform.open([app], store, clock=clock, source=seeded_random(1))
        platform.start()
        try:
            await doing(platform.time)
        finally:
            await platform.close()

    asyncio.run(run())


def hourly_app() -> tuple[App, list[str]]:
    app, seen = App("hours"), []
    jobs = app.queue("jobs")

    @app.schedule("rate(1 hour)")
    def hourly(firing: Firing, tx: Tx) -> None:
        seen.append(firing.due[11:16])
        tx.send(jobs, firing.due, delay="10m")

    @jobs.consumer()
    async def work(job: Message) -> None:
        await sleep("5s")
        seen.append(f"worked {job.body[11:16]}")

    return app, seen


def test_a_day_passes_with_all_that_is_due_in_it_in_order(store):
    app, seen = hourly_app()

    async def advance(time: Time) -> None:
        moved = await time.advance("1d")

        assert moved.now_ms - moved.from_ms == 24 * HOUR_MS
        assert moved.busy == ()
        assert (moved.next.at_ms, moved.next.name) == (moved.now_ms + 10 * 60_000, None)

    on_held(store, app, advance)
    assert seen[:4] == ["10:00", "worked 10:00", "11:00", "worked 11:00"]
    assert (len(seen), seen[-1]) == (49, "10:00")


def test_the_clock_goes_to_what_is_due_next_and_says_what_that_is(store):
    app, seen = hourly_app()

    async def step(time: Time) -> None:
        await time.to_next()
        delay = time.next()
        moved = await time.to_next()
        pause = time.next()
        await time.to_next()
        firing = time.next()

        assert (delay.at_ms - AT_TEN_MS, delay.what) == (600_000, "work of work")
        assert moved.now_ms == delay.at_ms
        assert pause.at_ms == delay.at_ms + 5_000
        assert (firing.what, firing.of.kind) == ("schedule hourly fires", "schedule")

    on_held(store, app, step)
    assert seen == ["10:00", "worked 10:00"]


def test_a_drain_ends_when_no_work_waits_whatever_schedules_come_later(store):
    app, seen = hourly_app()

    async def drain(time: Time) -> None:
        moved = await time.drain()
        assert moved.now_ms == AT_TEN_MS + 605_000

    on_held(store, app, drain)
    assert seen == ["10:00", "worked 10:00"]


def test_nothing_is_due_where_nothing_waits(store):
    async def look(time: Time) -> None:
        assert (time.held, time.next(), (await time.to_next()).stops) == (True, None, 1)

    on_held(store, App("empty"), look)


def test_the_machines_clock_is_not_moved(store):
    async def move(time: Time) -> None:
        for refused in (time.advance("1h"), time.to_next(), time.drain()):
            with pytest.raises(Conflict, match="machine's") as caught:
                await refused
            assert "--clock held" in caught.value.hint
        assert not time.held

    on_held(store, App("empty"), move, held=False)


def test_only_one_moves_the_clock(store):
    app, _ = hourly_app()

    async def move(time: Time) -> None:
        first = asyncio.ensure_future(time.advance("1d"))
        await turn()
        with pytest.raises(Conflict, match="being moved to 2031-07-06T10:00"):
            await time.advance("1h")
        await first
        assert time.moving_to_ms is None

    on_held(store, app, move)


def test_a_move_is_bounded(store):
    async def move(time: Time) -> None:
        with pytest.raises(LimitExceeded):
            await time.advance("367d")

    on_held(store, App("empty"), move)


def test_time_waits_for_what_an_action_does_outside(store, monkeypatch):
    """An action with a time-out on the clock is not timed out by a move while it is answered."""
    app = App("calls")
    jobs, answered = app.queue("jobs"), []

    @jobs.consumer(timeout="30s")
    async def call(job: Message) -> None:
        # As long as an answer from outside takes, which no clock of ours knows.
        await asyncio.to_thread(answered.append, job.body)

    async def move(time: Time) -> None:
        await jobs.send(1)
        moved = await time.advance("1h")
        assert moved.busy == ()

    on_held(store, app, move)
    assert answered == [1]


def test_an_action_that_hangs_is_left_behind_and_meets_its_time_out(store, monkeypatch):
    monkeypatch.setattr("ensue.app.time.SETTLE_MS_MAX", 20)
    app = App("hangs")
    jobs = app.queue("jobs", max_receives=1)

    @jobs.consumer(timeout="30s")
    async def hang(job: Message) -> None:
        await asyncio.get_running_loop().create_future()

    async def move(time: Time) -> None:
        await jobs.send(1)
        moved = await time.advance("10s")
        after = await time.advance("1h")
        assert (moved.busy, after.busy) == (("hang",), ("hang",))
        assert [each.body for each in await jobs.dead_letters.peek(1)] == [1]

    on_held(store, app, move)


def test_what_goes_on_and_on_is_told_and_the_clock_stays(store, monkeypatch):
    monkeypatch.setattr("ensue.app.time.SETTLE_MS_MAX", 30)
    app = App("circles")
    jobs = app.queue("jobs")

    @jobs.consumer()
    def again(job: Message, tx: Tx) -> None:
        tx.send(jobs, job.body)

    async def move(time: Time) -> None:
        await jobs.send(1)
        with pytest.raises(LimitExceeded, match="expected all to settle at 2031-07-05T10:00"):
            await time.advance("1h")
        assert time.now_ms() == AT_TEN_MS

    on_held(store, app, move)


def test_a_caller_waits_by_its_own_time(store):
    """A long poll ends although the clock stands: the caller knows nothing of it."""
    app = App("polled")
    jobs, orders = app.queue("jobs"), app.bus("events")

    async def poll(time: Time) -> None:
        assert await jobs.receive(wait="20ms") == []
        assert (await orders.tail(after=0, wait_ms=20))[0] == []
        assert time.now_ms() == AT_TEN_MS

    on_held(store, app, poll)


def test_what_another_program_writes_is_seen_although_time_stands(file_store):
    app, seen = App("watched"), asyncio.Event()
    orders = app.table("orders", key="id")

    @app.on_change(orders)
    async def notice(change: Change) -> None:
        seen.set()

    async def write(time: Time) -> None:
        await orders.put({"id": "1", "state": "NEW"})
        await time.advance(0)
        seen.clear()
        with closing(apsw.Connection(file_store.path)) as other:
            other.execute("UPDATE watched_orders SET item = json_set(item, '$.state', 'PAID')")
        async with asyncio.timeout(PATIENCE_S):
            await seen.wait()

    on_held(file_store, app, write)
