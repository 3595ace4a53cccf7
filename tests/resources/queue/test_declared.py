from __future__ import annotations

import pytest

from ensue.app.app import App
from ensue.engine.sockets import Delivery
from ensue.words.errors import InvalidDeclaration, InvalidInput, InvalidValue, LimitExceeded


@pytest.fixture
def app():
    return App("wims")


def bodies(stage, queue):
    return [message.body for message in stage.wait(queue.peek(100))]


def test_urgent_messages_are_handled_first(store, run_on, app):
    queue = app.queue("calls", priorities=True)
    seen = []
    queue.consumer()(lambda message, tx: seen.append((message.body, message.priority)))
    stage = run_on(store, app)
    stage.wait(queue.send("low"))
    stage.wait(queue.send("high", priority=9))
    stage.settle()
    assert seen == [("high", 9), ("low", 0)]


def test_actions_are_run_in_the_order_of_turns_too(store, run_on, app):
    queue = app.queue("calls", priorities=True)
    seen = []

    @queue.consumer(concurrency=1)
    async def call(message):
        seen.append(message.body)
        if message.receives == 1 and message.body == "high":
            raise ValueError

    stage = run_on(store, app)
    for priority, body in ((0, "low"), (5, "middle"), (9, "high")):
        stage.wait(queue.send(body, priority=priority))
    stage.advance(60_000)
    assert seen == ["high", "middle", "low", "high"]


def test_tenants_take_turns(store, run_on, app):
    queue = app.queue("calls", fair=True)
    seen = []
    queue.consumer(batch=1)(lambda message, tx: seen.append(message.tenant))
    stage = run_on(store, app)
    for tenant in "aaabb":
        stage.wait(queue.send(1, tenant=tenant))
    stage.wait(queue.send(1))
    stage.do(lambda tx: queue.deliver(tx, [Delivery("1")]))
    stage.settle()
    assert seen == ["a", "b", None, "a", "b", None, "a"]


def test_a_queue_that_gets_priorities_handles_what_it_held(file_store, run_on):
    def declared(**options):
        app = App("wims")
        return app, app.queue("calls", **options)

    app, queue = declared()
    first = run_on(file_store, app)
    first.wait(queue.send("old"))
    first.close()
    for options in ({"priorities": True}, {"fair": True}, {}):
        app, queue = declared(**options)
        stage = run_on(file_store, app)
        [message] = stage.wait(queue.receive(visibility=1))
        stage.wait(queue.change_visibility(message.handle, 0))
        stage.close()


@pytest.mark.parametrize(
    ("declared", "sent", "fault"),
    [
        ({}, {"priority": 1}, InvalidInput),
        ({}, {"tenant": "a"}, InvalidInput),
        ({"priorities": True}, {"priority": 10}, InvalidValue),
        ({"priorities": True}, {"priority": "high"}, InvalidValue),
        ({"fair": True}, {"tenant": ""}, InvalidValue),
    ],
    ids=str,
)
def test_what_the_queue_does_not_have_is_refused(store, run_on, app, declared, sent, fault):
    queue = app.queue("calls", **declared)
    stage = run_on(store, app)
    with pytest.raises(fault):
        stage.wait(queue.send(1, **sent))
    assert bodies(stage, queue) == []


@pytest.mark.parametrize(
    "options",
    [
        {"priorities": True, "fair": True},
        {"deduplicate": "id"},
        {"in_flight_max": 0},
        {"depth_max": 0},
        {"retention": "10ms"},
        {"max_receives": 0},
    ],
    ids=str,
)
def test_a_queue_that_cannot_be_is_refused_when_declared(app, options):
    with pytest.raises(InvalidDeclaration):
        app.queue("calls", **options)


def test_the_declaration_says_what_was_declared(app):
    queue = app.queue(
        "calls", fair=True, deduplicate="content", retention="4d", in_flight_max=5, depth_max=9
    )
    assert queue.declared() == {
        "max_receives": 10,
        "dead_letter_queue": "calls-dlq",
        "order": "fair",
        "deduplicate": "content",
        "retention_ms": 345_600_000,
        "in_flight_max": 5,
        "depth_max": 9,
    }


def test_a_full_queue_refuses_what_is_sent_until_there_is_room(store, run_on, app):
    queue = app.queue("calls", depth_max=2)
    stage = run_on(store, app)
    for body in (1, 2):
        stage.wait(queue.send(body))
    with pytest.raises(LimitExceeded, match="at most 2 messages") as caught:
        stage.wait(queue.send(3))
    assert caught.value.hint
    with pytest.raises(LimitExceeded):
        stage.do(lambda tx: queue.deliver(tx, [Delivery("3")]))
    [message] = stage.wait(queue.receive())
    stage.wait(queue.settle(message.handle))
    stage.wait(queue.send(3))
    assert bodies(stage, queue) == [2, 3]


def test_a_full_queue_still_answers_for_what_was_sent_before(store, run_on, app):
    queue = app.queue("calls", depth_max=1)
    stage = run_on(store, app)
    first = stage.wait(queue.send(1, deduplication_id="a"))
    assert stage.wait(queue.send(1, deduplication_id="a")) == first


def test_what_waits_too_long_is_dead_lettered_and_the_app_is_told(store, run_on, app):
    queue = app.queue("calls", retention="4d")
    told = []

    @queue.on_dead_letter
    def tell(message, tx):
        told.append((message.body, tx.now_ms - message.sent_ms))

    stage = run_on(store, app)
    stage.wait(queue.send("old", group="g"))
    stage.wait(queue.send("held", group="g"))
    stage.wait(queue.send("delayed", delay="5d"))
    stage.advance(345_600_000)
    assert bodies(stage, queue) == ["old", "delayed", "held"]
    stage.advance(1)
    assert bodies(stage, queue) == ["delayed"]
    assert told == [("old", 345_600_001), ("held", 345_600_001)]
    letters = stage.wait(queue.dead_letters.peek())
    assert {each.attributes["dead_letter"]["reason"] for each in letters} == {
        "waited longer than 4 d"
    }


def test_what_was_redriven_has_its_whole_retention_again(store, run_on, app):
    queue = app.queue("calls", retention="4d")
    stage = run_on(store, app)
    stage.wait(queue.send(1))
    stage.advance(345_600_001)
    assert stage.wait(queue.dead_letters.redrive()).moved == 1
    stage.advance(345_600_000)
    assert bodies(stage, queue) == [1]
    stage.advance(1)
    assert bodies(stage, queue) == []


def test_what_is_in_flight_is_not_too_old(store, run_on, app):
    queue = app.queue("calls", retention="1s")
    stage = run_on(store, app)
    stage.wait(queue.send(1))
    [message] = stage.wait(queue.receive(visibility="1h"))
    stage.advance(60_000)
    stage.wait(queue.settle(message.handle))
    assert bodies(stage, queue.dead_letters) == []


def test_a_purge_forgets_all_that_waits_and_says_how_much(store, run_on, app):
    queue = app.queue("calls")
    stage = run_on(store, app)
    stage.wait(queue.send("in flight", group="g"))
    [taken] = stage.wait(queue.receive())
    stage.wait(queue.send_batch([{"body": n, "delay": n % 2} for n in range(2_500)]))
    stage.wait(queue.send("held", group="g"))
    assert stage.wait(queue.purge()) == 2_501
    assert bodies(stage, queue) == ["in flight"]
    stage.wait(queue.settle(taken.handle))
    assert stage.wait(queue.depth())["waiting"] == 0
    assert stage.wait(queue.purge()) == 0


def test_a_renamed_queue_keeps_its_messages_and_dead_letters(file_store, run_on):
    app = App("wims")
    old = app.queue("payments", max_receives=1)
    first = run_on(file_store, app)
    first.wait(old.send("dead"))
    first.wait(old.receive(visibility=1))
    first.clock.move_to(first.clock.now_ms() + 1_000)
    first.wait(old.receive())
    first.wait(old.send("alive"))
    first.close()
    for _ in range(2):
        app = App("wims")
        new = app.queue("charges", max_receives=1, was="payments")
        stage = run_on(file_store, app)
        assert bodies(stage, new) == ["alive"]
        assert bodies(stage, new.dead_letters) == ["dead"]
        stage.close()
    app = App("wims")
    new = app.queue("charges")
    stage = run_on(file_store, app)
    assert stage.wait(new.dead_letters.redrive()).moved == 1
    assert sorted(bodies(stage, new)) == ["alive", "dead"]
