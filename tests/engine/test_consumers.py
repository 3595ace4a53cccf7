# ruff: noqa: RUF007 - handlers and fixtures take what they are given
from __future__ import annotations

import asyncio

import httpx
import pytest

from ensue.app.app import App
from ensue.engine.consumer import error_text
from ensue.words.errors import LimitExceeded, Rejected, Unreachable

MAX_RECEIVES = 3


@pytest.fixture
def app() -> App:
    return App("wims")


@pytest.fixture
def queue(app):
    return app.queue("payments", max_receives=MAX_RECEIVES)


def send(stage, queue, *bodies, **options):
    for body in bodies:
        stage.wait(queue.send(body, **options))


def dead(stage, queue):
    return stage.wait(queue.dead_letters.peek(100))


def states(stage):
    return stage.rows("SELECT state, receives FROM ensue_work ORDER BY id")


def test_a_transaction_handler_takes_and_settles_in_one_commit(store, run_on, app, queue):
    stock = app.table("stock", key="id")

    @queue.consumer()
    def handle(message, tx):
        tx.put(stock, {"id": message.id, "n": message.body})

    stage = run_on(store, app)
    send(stage, queue, 1, 2, 3)
    stage.settle()
    assert stage.wait(stock.count()) == 3
    assert states(stage) == [(2, 1)] * 3


def test_a_handler_that_raises_undoes_its_own_work_and_not_that_of_its_batch(
    store, run_on, app, queue
):
    stock = app.table("stock", key="id")

    @queue.consumer()
    def handle(message, tx):
        tx.put(stock, {"id": message.body})
        if message.body == "b":
            raise ValueError("no b")

    stage = run_on(store, app)
    send(stage, queue, "a", "b", "c")
    stage.settle()
    assert stage.rows("SELECT pk FROM wims_stock ORDER BY pk") == [("a",), ("c",)]
    assert states(stage) == [(2, 1), (0, 1), (2, 1)]


@pytest.mark.parametrize("fault", [SystemExit(2), StopIteration(), asyncio.CancelledError()])
def test_a_handler_that_raises_what_is_no_error_of_its_own_only_fails(
    store, run_on, app, queue, fault
):
    @queue.consumer()
    def handle(message, tx):
        raise fault

    stage = run_on(store, app)
    send(stage, queue, 1)
    stage.advance(3_600_000)
    assert type(fault).__name__ in dead(stage, queue)[0].attributes["dead_letter"]["reason"]


@pytest.mark.parametrize("action", [False, True])
def test_what_fails_too_often_ends_in_the_dead_letter_queue_with_the_reason(
    store, run_on, app, queue, action
):
    runs = []

    def fail(message, tx=None):
        runs.append(message.receives)
        raise ValueError("no luck")

    async def fail_outside(message):
        fail(message)

    queue.consumer()(fail_outside if action else fail)
    stage = run_on(store, app)
    send(stage, queue, "poison")
    stage.advance(3_600_000)
    assert runs == [1, 2, 3]
    [letter] = dead(stage, queue)
    assert (letter.body, letter.receives) == ("poison", 0)
    assert letter.attributes["dead_letter"]["reason"] == "ValueError: no luck"
    assert letter.attributes["dead_letter"]["receives"] == MAX_RECEIVES


@pytest.mark.parametrize("action", [False, True])
def test_retries_wait_with_full_jitter(store, run_on, app, queue, action):
    times = []

    def fail(message, tx=None):
        times.append(stage.clock.now_ms())
        raise ValueError

    async def fail_outside(message):
        fail(message)

    queue.consumer(retry_base="10s")(fail_outside if action else fail)
    stage = run_on(store, app)
    send(stage, queue, 1)
    stage.advance(3_600_000)
    first, second = (b - a for a, b in zip(times, times[1:], strict=False))
    assert 0 < first <= 10_000
    assert 0 < second <= 20_000


def test_an_action_runs_outside_and_is_settled_when_it_returns(store, run_on, app, queue):
    seen = []

    @queue.consumer()
    async def charge(payment):
        seen.append((payment.body, payment.receives))

    stage = run_on(store, app)
    send(stage, queue, "a", "b")
    stage.settle()
    assert seen == [("a", 1), ("b", 1)]
    assert states(stage) == [(2, 1)] * 2


def test_on_dead_letter_runs_in_the_transaction_that_moves_the_message(store, run_on, app, queue):
    stock = app.table("stock", key="id")

    @queue.consumer()
    def handle(message, tx):
        raise ValueError

    @queue.on_dead_letter
    def tell(message, tx):
        tx.put(stock, {"id": message.id})

    stage = run_on(store, app)
    send(stage, queue, 1)
    stage.advance(3_600_000)
    [(moved_by,)] = stage.rows("SELECT actor FROM ensue_hops h JOIN wims_stock s ON s.hop = h.id")
    assert moved_by == "handle dead"
    [letter] = dead(stage, queue)
    assert stage.wait(stock.get(letter.id))


def test_an_on_dead_letter_that_raises_does_not_keep_the_message_back(
    store, run_on, app, queue, caplog
):
    stock = app.table("stock", key="id")

    @queue.consumer()
    def handle(message, tx):
        raise ValueError

    @queue.on_dead_letter
    def tell(message, tx):
        tx.put(stock, {"id": message.id})
        raise RuntimeError("told nobody")

    stage = run_on(store, app)
    send(stage, queue, 1)
    stage.advance(3_600_000)
    assert len(dead(stage, queue)) == 1
    assert stage.wait(stock.count()) == 0
    assert "handle dead: the handler failed" in caplog.text


def test_an_action_that_takes_too_long_is_cancelled_and_counted_as_failed(
    store, run_on, app, queue
):
    ended = []

    @queue.consumer(timeout="2s", retry_base="1ms")
    async def hang(payment):
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            ended.append(stage.clock.now_ms() - start_ms)

    stage = run_on(store, app)
    start_ms = stage.clock.now_ms()
    send(stage, queue, 1)
    stage.advance(60_000)
    assert ended[0] == 2_000
    assert len(ended) == MAX_RECEIVES
    reason = dead(stage, queue)[0].attributes["dead_letter"]["reason"]
    assert reason == "the action took longer than 2000 ms"


def test_an_action_whose_own_awaitable_is_cancelled_has_failed(store, run_on, app, queue):
    @queue.consumer(concurrency=1)
    async def give_up(payment):
        gone = asyncio.get_running_loop().create_future()
        gone.cancel()
        await gone

    stage = run_on(store, app)
    send(stage, queue, 1)
    stage.advance(3_600_000)
    assert "was cancelled" in dead(stage, queue)[0].attributes["dead_letter"]["reason"]


def test_no_more_actions_run_at_once_than_declared(store, run_on, app, queue):
    running, most, gates = set(), [], []

    @queue.consumer(concurrency=3)
    async def charge(payment):
        gates.append(asyncio.Event())
        running.add(payment.id)
        most.append(len(running))
        await gates[-1].wait()
        running.discard(payment.id)

    stage = run_on(store, app)
    send(stage, queue, *range(10))
    for _ in range(12):
        stage.settle()
        for gate in gates:
            gate.set()
    assert max(most) == 3
    assert states(stage) == [(2, 1)] * 10


@pytest.mark.parametrize("action", [False, True])
def test_work_that_waits_for_its_turn_is_not_received(store, run_on, app, action):
    """WI-23: pacing must not eat the receive count."""
    queue = app.queue("payments", max_receives=2)
    times = []

    def take(message, tx=None):
        times.append(stage.clock.now_ms() - start_ms)
        assert message.receives == 1

    async def take_outside(message):
        take(message)

    queue.consumer(rate="5/s")(take_outside if action else take)
    stage = run_on(store, app)
    stage.wait(asyncio.wait_for(send_all(queue, 1_000), None))
    start_ms = stage.clock.now_ms()
    stage.advance(1_000)
    assert states(stage).count((0, 0)) == 1_000 - len(times)
    stage.advance(200_000)
    assert len(times) == 1_000
    assert all(at_ms >= 200 * turn for turn, at_ms in enumerate(times))
    assert set(states(stage)) == {(2, 1)}


async def send_all(queue, count):
    await asyncio.gather(*(queue.send(number) for number in range(count)))


def test_a_full_house_of_paced_actions_sleeps_until_one_ends(store, run_on, app, queue):
    gate = asyncio.Event()

    @queue.consumer(rate="5/s", concurrency=1, timeout="1h")
    async def charge(payment):
        await gate.wait()

    stage = run_on(store, app)
    send(stage, queue, 1, 2)
    stage.advance(10_000)
    [consumer] = [worker for worker in stage.engine.workers if worker.name == "charge"]
    assert consumer.due_ms() is None
    gate.set()
    stage.advance(10_000)
    assert states(stage) == [(2, 1)] * 2


@pytest.mark.parametrize("action", [False, True])
def test_a_group_is_handled_in_order_one_at_a_time(store, run_on, app, queue, action):
    seen = []

    def handle(message, tx=None):
        seen.append(message.body)
        if (message.body, message.receives) == ("a1", 1):
            raise ValueError

    async def handle_outside(message):
        handle(message)

    queue.consumer(retry_base="1h", retry_cap="1h")(handle_outside if action else handle)
    stage = run_on(store, app)
    send(stage, queue, "a1", "a2", group="a")
    send(stage, queue, "b1", group="b")
    stage.settle()
    assert seen == ["a1", "b1"]
    stage.advance(3_600_000)
    assert seen == ["a1", "b1", "a1", "a2"]


def test_after_a_crash_poison_is_counted_and_ends_in_the_dead_letter_queue(
    file_store, run_on, crashed
):
    images = []

    def declared(dies):
        app = App("wims")
        queue = app.queue("payments", max_receives=MAX_RECEIVES)

        @queue.consumer()
        def handle(message, tx):
            if dies and message.body == "poison":
                images.append(crashed(stages[-1]))
                raise KeyboardInterrupt

        return app, queue

    app, queue = declared(dies=False)
    stages = [run_on(file_store, app)]
    send(stages[0], queue, "poison", "good")
    url = crashed(stages[0])
    for receives in range(1, MAX_RECEIVES + 1):
        app, queue = declared(dies=True)
        stages.append(run_on(url, app))
        with pytest.raises(KeyboardInterrupt):
            stages[-1].settle()
        url = images.pop()
        stages[-1].close()
        probe = run_on(url)
        assert probe.rows("SELECT receives FROM ensue_work WHERE id = 1") == [(receives,)]
        url = crashed(probe)
    app, queue = declared(dies=True)
    stages.append(run_on(url, app))
    stages[-1].settle()
    assert [letter.body for letter in dead(stages[-1], queue)] == ["poison"]
    assert stages[-1].rows("SELECT state FROM ensue_work WHERE id = 2") == [(2,)]


def test_after_a_crash_a_leased_action_runs_again_at_once(file_store, run_on, crashed):
    def declared(seen):
        app = App("wims")
        queue = app.queue("payments")

        @queue.consumer()
        async def charge(payment):
            seen.append(payment.receives)
            if payment.receives == 1:
                await asyncio.get_running_loop().create_future()

        return app, queue

    seen = []
    app, queue = declared(seen)
    first = run_on(file_store, app)
    send(first, queue, 1)
    first.settle()
    second = run_on(crashed(first), declared(seen)[0])
    second.settle()
    assert seen == [1, 2]
    assert states(second) == [(2, 2)]


def test_an_orderly_stop_gives_back_what_was_running(file_store, run_on, app, queue):
    @queue.consumer()
    async def charge(payment):
        await asyncio.get_running_loop().create_future()

    stage = run_on(file_store, app)
    send(stage, queue, 1)
    stage.settle()
    stage.close()
    assert states(run_on(file_store)) == [(0, 1)]


@pytest.mark.parametrize("told", [Unreachable, LimitExceeded])
def test_an_action_that_is_told_when_to_come_back_is_not_run_before(store, run_on, app, told):
    runs = []
    queue = app.queue("calls")

    @queue.consumer(retry_base=0.001, retry_cap=0.001)
    async def call(message):
        runs.append(stage.clock.now_ms())
        if len(runs) == 1:
            raise told("busy", retry_after_ms=90_000)

    stage = run_on(store, app)
    send(stage, queue, 1)
    stage.settle()
    stage.advance(89_999)
    assert len(runs) == 1
    stage.advance(1)
    assert runs[1] - runs[0] == 90_000


def test_what_is_rejected_outside_is_not_tried_again(store, run_on, app, queue):
    runs = []

    @queue.consumer()
    async def call(message):
        runs.append(message.body)
        raise Rejected("no such customer")

    stage = run_on(store, app)
    send(stage, queue, 1)
    stage.settle()

    assert runs == [1]
    assert len(dead(stage, queue)) == 1


def test_an_error_of_a_call_names_the_server_and_nothing_more():
    request = httpx.Request("POST", "https://ada:secret@bank.example:8443/pay?key=1")
    named = "ConnectError: refused, at https://bank.example:8443"
    assert error_text(httpx.ConnectError("refused", request=request)) == named
    late = error_text(httpx.ReadTimeout("", request=request))
    assert late == "ReadTimeout: at https://bank.example:8443"
    assert error_text(httpx.ConnectError("refused")) == "ConnectError: refused"
    assert error_text(ValueError()) == "ValueError"
