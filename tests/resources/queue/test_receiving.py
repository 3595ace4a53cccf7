from __future__ import annotations

import asyncio

import pytest

from ensue.app.app import App
from ensue.words.errors import InvalidInput, InvalidValue, LeaseLost, LimitExceeded


@pytest.fixture
def app():
    return App("wims")


@pytest.fixture
def queue(app):
    return app.queue("parcels", max_receives=2, in_flight_max=3)


@pytest.fixture
def stage(store, run_on, app, queue):
    return run_on(store, app)


def send(stage, queue, *bodies, **options):
    for body in bodies:
        stage.wait(queue.send(body, **options))


def receive(stage, queue, *arguments, **options):
    return stage.wait(queue.receive(*arguments, **options))


def later(stage, ms):
    stage.clock.move_to(stage.clock.now_ms() + ms)


def waiting(stage, queue):
    return stage.wait(queue.depth())["waiting"]


def test_a_message_is_received_settled_and_gone(stage, queue):
    send(stage, queue, {"n": 1}, group="g", attributes={"a": 1})
    [message] = receive(stage, queue)
    assert (message.body, message.group, message.attributes) == ({"n": 1}, "g", {"a": 1})
    assert (message.receives, message.until_ms) == (1, stage.clock.now_ms() + 30_000)
    assert receive(stage, queue) == []
    stage.wait(queue.settle(message.handle))
    later(stage, 60_000)
    assert receive(stage, queue) == []
    assert stage.rows("SELECT state FROM ensue_work") == [(2,)]


def test_what_is_not_settled_is_received_again(stage, queue):
    send(stage, queue, 1)
    [first] = receive(stage, queue, visibility="5s")
    later(stage, 5_000)
    [again] = receive(stage, queue)
    assert (again.id, again.receives) == (first.id, 2)


@pytest.mark.parametrize("how", ["settle", "change_visibility"])
def test_a_late_word_on_a_receive_that_has_passed_is_refused(stage, queue, how):
    send(stage, queue, 1)
    [late] = receive(stage, queue, visibility=1)
    later(stage, 1_000)
    [now] = receive(stage, queue)
    arguments = {"settle": (), "change_visibility": (9,)}[how]
    with pytest.raises(LeaseLost, match="has passed"):
        stage.wait(getattr(queue, how)(late.handle, *arguments))
    stage.wait(queue.settle(now.handle))
    with pytest.raises(LeaseLost):
        stage.wait(queue.settle(now.handle))


def test_a_lease_that_ended_and_passed_to_nobody_can_still_be_settled(stage, queue):
    send(stage, queue, 1)
    [message] = receive(stage, queue, visibility=1)
    later(stage, 5_000)
    stage.wait(queue.settle(message.handle))
    assert stage.rows("SELECT state FROM ensue_work") == [(2,)]


@pytest.mark.parametrize("handle", ["", "x", 5, "a.b.c", "a.1.²"])
def test_what_is_no_handle_is_refused(stage, queue, handle):
    with pytest.raises(InvalidValue, match="expected a handle"):
        stage.wait(queue.settle(handle))


def test_a_handle_of_another_queue_is_refused(store, run_on, app, queue):
    other = app.queue("other")
    stage = run_on(store, app)
    send(stage, other, 1)
    [message] = receive(stage, other)
    for handle in (message.handle, "c01bd0a8-a145-84c5-8001-000000000001.1.1"):
        with pytest.raises(LeaseLost):
            stage.wait(queue.settle(handle))


def test_settling_a_batch_tells_which_could_not_be(stage, queue):
    send(stage, queue, 1, 2)
    first, second = receive(stage, queue, 2)
    stage.wait(queue.settle(first.handle))
    refusals = stage.wait(queue.settle_batch([first.handle, second.handle, "x"]))
    assert [(each.index, each.code) for each in refusals] == [
        (0, "lease_lost"),
        (2, "invalid_value"),
    ]
    assert stage.rows("SELECT state FROM ensue_work") == [(2,), (2,)]


def test_a_settled_message_lets_the_next_of_its_group_go(stage, queue):
    send(stage, queue, 1, 2, group="g")
    [first] = receive(stage, queue, 9)
    stage.wait(queue.settle(first.handle))
    assert [message.body for message in receive(stage, queue, 9)] == [2]


def test_a_lease_can_be_lengthened_and_given_back(stage, queue):
    send(stage, queue, 1)
    [message] = receive(stage, queue, visibility=1)
    stage.wait(queue.change_visibility(message.handle, "1h"))
    later(stage, 3_599_999)
    assert receive(stage, queue) == []
    stage.wait(queue.change_visibility(message.handle, 0))
    assert [again.receives for again in receive(stage, queue)] == [2]


def test_a_lease_lasts_no_longer_than_twelve_hours_in_all(stage, queue):
    send(stage, queue, 1)
    [message] = receive(stage, queue, visibility="12h")
    later(stage, 1)
    with pytest.raises(InvalidValue, match="since the receive"):
        stage.wait(queue.change_visibility(message.handle, "12h"))


def test_a_receiver_that_waits_is_woken_by_a_send(stage, queue):
    async def both():
        waiting = asyncio.ensure_future(queue.receive(wait=20))
        for _ in range(5):
            await stage.engine.transact(lambda tx: None)
        assert not waiting.done()
        await queue.send("come")
        return await waiting

    before_ms = stage.clock.now_ms()
    assert [message.body for message in stage.wait(both())] == ["come"]
    assert stage.clock.now_ms() == before_ms


@pytest.mark.parametrize("what", ["a delay", "a lease"])
def test_a_receiver_that_waits_is_woken_by_the_end_of_what_it_waits_for(stage, queue, what):
    send(stage, queue, 1, delay=5 if what == "a delay" else 0)
    if what == "a lease":
        receive(stage, queue, visibility=5)

    async def both():
        waiting = asyncio.ensure_future(queue.receive(wait=20))
        for _ in range(5):
            await stage.engine.transact(lambda tx: None)
        stage.clock.move_to(stage.clock.now_ms() + 4_999)
        for _ in range(5):
            await stage.engine.transact(lambda tx: None)
        assert not waiting.done()
        stage.clock.move_to(stage.clock.now_ms() + 1)
        return await waiting

    assert len(stage.wait(both())) == 1


def test_a_receiver_waits_no_longer_than_it_said(stage, queue):
    async def both():
        waiting = asyncio.ensure_future(queue.receive(wait="2s"))
        for _ in range(5):
            await stage.engine.transact(lambda tx: None)
        stage.clock.move_to(stage.clock.now_ms() + 2_000)
        return await waiting

    assert stage.wait(both()) == []


def test_no_more_are_in_flight_than_declared(stage, queue):
    send(stage, queue, *range(5))
    taken = receive(stage, queue, 9)
    assert [message.body for message in taken] == [0, 1, 2]
    assert receive(stage, queue, 9) == []
    stage.wait(queue.settle(taken[0].handle))
    assert [message.body for message in receive(stage, queue, 9)] == [3]
    later(stage, 30_000)
    assert len(receive(stage, queue, 9)) == 3


def test_a_full_house_is_woken_when_one_is_settled(stage, queue):
    send(stage, queue, *range(4))
    taken = receive(stage, queue, 3)

    async def both():
        waiting = asyncio.ensure_future(queue.receive(wait=20))
        for _ in range(5):
            await stage.engine.transact(lambda tx: None)
        assert not waiting.done()
        await queue.settle(taken[0].handle)
        return await waiting

    assert [message.body for message in stage.wait(both())] == [3]


def test_what_is_received_too_often_is_dead_lettered_and_the_app_is_told(store, run_on, app, queue):
    told = []

    @queue.on_dead_letter
    def tell(message, tx):
        told.append(message.body)

    stage = run_on(store, app)
    send(stage, queue, "poison")
    for _ in range(2):
        assert len(receive(stage, queue, visibility=1)) == 1
        later(stage, 1_000)
    assert receive(stage, queue) == []
    [letter] = stage.wait(queue.dead_letters.peek())
    assert "received 2 times" in letter.attributes["dead_letter"]["reason"]
    assert told == ["poison"]


def test_behind_what_is_worn_out_the_next_is_found_by_who_waits(stage, queue):
    send(stage, queue, "poison")
    for _ in range(2):
        receive(stage, queue, visibility=1)
        later(stage, 1_000)
    send(stage, queue, "good")
    assert [message.body for message in receive(stage, queue, wait=1)] == ["good"]


def test_a_dead_letter_queue_can_be_received_from(stage, queue):
    send(stage, queue.dead_letters, 1)
    [message] = receive(stage, queue.dead_letters)
    stage.wait(queue.dead_letters.settle(message.handle))
    assert waiting(stage, queue.dead_letters) == 0


def test_leases_tell_who_has_what_for_how_long(stage, queue):
    send(stage, queue, 1)
    [message] = receive(stage, queue, holder="van 7")
    later(stage, 10_000)
    [lease] = stage.wait(queue.leases())
    assert (lease.id, lease.holder, lease.receives) == (message.id, "van 7", 1)
    assert lease.left_ms == 20_000


def test_leases_of_a_consumer_bear_its_name(store, run_on, app):
    queue = app.queue("calls")

    @queue.consumer()
    async def call(message):
        await asyncio.get_running_loop().create_future()

    stage = run_on(store, app)
    send(stage, queue, 1)
    stage.settle()
    assert [lease.holder for lease in stage.wait(queue.leases())] == ["call"]
    with pytest.raises(InvalidInput, match="expected a queue without a consumer") as caught:
        receive(stage, queue)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("limit", "options"),
    [
        (0, {}),
        (1_001, {}),
        (1, {"wait": 21}),
        (1, {"visibility": 0}),
        (1, {"visibility": "13h"}),
        (1, {"holder": ""}),
    ],
    ids=str,
)
def test_a_receive_out_of_bounds_is_refused(stage, queue, limit, options):
    with pytest.raises(InvalidValue):
        receive(stage, queue, limit, **options)


def test_a_batch_is_sent_but_for_what_is_wrong_with_it(stage, queue):
    answers = stage.wait(
        queue.send_batch([
            {"body": 1},
            {"body": float("nan")},
            {"no": 1},
            {"body": 2, "group": ""},
            {"body": 3, "sender": "me"},
            {"body": 4, "delay": "soon"},
            {"body": 5, "deduplication_id": "a"},
            {"body": 6, "deduplication_id": "a"},
        ])
    )
    assert [each if isinstance(each, str) else each.code for each in answers[1:6]] == [
        "invalid_value",
        "invalid_input",
        "invalid_value",
        "invalid_input",
        "invalid_value",
    ]
    assert [each.index for each in answers[1:6]] == [1, 2, 3, 4, 5]
    assert answers[6] == answers[7]
    assert [message.body for message in stage.wait(queue.peek())] == [1, 5]


def test_a_batch_can_be_sent_as_a_whole_or_not_at_all(stage, queue):
    with pytest.raises(InvalidValue) as caught:
        stage.wait(queue.send_batch([{"body": 1}, {"body": 2, "group": ""}], whole=True))
    assert caught.value.at == "$[1].group"
    assert waiting(stage, queue) == 0
    assert len(stage.wait(queue.send_batch([{"body": 1}, {"body": 2}], whole=True))) == 2


def test_a_batch_has_a_bound(stage, queue):
    with pytest.raises(LimitExceeded):
        stage.wait(queue.send_batch([{"body": 1}] * 10_001))
    with pytest.raises(LimitExceeded):
        stage.wait(queue.settle_batch(["x"] * 10_001))
