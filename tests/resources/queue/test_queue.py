from __future__ import annotations

import pytest

from ensue.app.app import App
from ensue.engine.sockets import Delivery
from ensue.words.errors import InvalidDeclaration, InvalidInput, InvalidValue, LimitExceeded


@pytest.fixture
def app() -> App:
    return App("wims")


@pytest.fixture
def queue(app):
    return app.queue("payments", max_receives=1)


@pytest.fixture
def stage(store, run_on, app, queue):
    return run_on(store, app)


def test_a_message_says_what_was_sent_and_when(stage, queue):
    sent = stage.wait(queue.send({"n": 1}, group="g", attributes={"colour": "red"}))
    [message] = stage.wait(queue.peek())
    assert (message.id, message.body, message.receives) == (sent, {"n": 1}, 0)
    assert (message.group, message.attributes) == ("g", {"colour": "red"})
    assert message.sent_ms == stage.clock.now_ms()


def test_a_delayed_message_is_in_the_queue_but_not_received(store, run_on, app, queue):
    seen = []

    @queue.consumer()
    def handle(message, tx):
        seen.append(tx.now_ms - message.sent_ms)

    stage = run_on(store, app)
    stage.wait(queue.send(1, delay="5m"))
    stage.advance(299_999)
    assert seen == []
    stage.advance(1)
    assert seen == [300_000]


@pytest.mark.parametrize(
    "options",
    [
        {"delay": "367d"},
        {"delay": -1},
        {"delay": "soon"},
        {"group": ""},
        {"group": "g" * 129},
        {"group": "\ud800"},
        {"group": 5},
        {"attributes": {"dead_letter": {"from": 16}}},
        {"attributes": {"a": float("nan")}},
        {"attributes": ["a"]},
        {"attributes": "a"},
        {"attributes": 5},
    ],
    ids=str,
)
def test_what_cannot_be_sent_is_refused_and_nothing_is_stored(stage, queue, options):
    with pytest.raises(InvalidValue):
        stage.wait(queue.send(1, **options))
    assert stage.wait(queue.depth())["waiting"] == 0


def test_a_body_over_a_mebibyte_is_refused(stage, queue):
    with pytest.raises(LimitExceeded):
        stage.wait(queue.send("x" * 1_048_576))


def test_depth_tells_what_waits_and_for_how_long_the_oldest_has(stage, queue):
    stage.wait(queue.send(1, delay="5m", group="g"))
    stage.clock.move_to(stage.clock.now_ms() + 70)
    stage.wait(queue.send(2, group="g"))
    stage.wait(queue.send(3))
    assert stage.wait(queue.depth()) == {
        "waiting": 3,
        "delayed": 1,
        "held": 1,
        "in_flight": 0,
        "oldest_age_ms": 0,
    }


@pytest.mark.parametrize(("limit", "count"), [(-1, 0), (0, 0), (2, 2), (10_000, 3)])
def test_a_peek_is_bounded(stage, queue, limit, count):
    for body in range(3):
        stage.wait(queue.send(body))
    assert len(stage.wait(queue.peek(limit))) == count


def test_a_redrive_brings_dead_letters_back_and_they_are_handled(store, run_on, app, queue):
    luck = []

    @queue.consumer()
    def handle(message, tx):
        if not luck:
            raise ValueError

    stage = run_on(store, app)
    sent = stage.wait(queue.send(1))
    stage.advance(1_000)
    assert [letter.id for letter in stage.wait(queue.dead_letters.peek())] == [sent]
    luck.append(1)
    assert stage.wait(queue.dead_letters.redrive()).moved == 1
    stage.settle()
    assert stage.wait(queue.depth())["waiting"] == 0
    assert stage.wait(queue.dead_letters.depth())["waiting"] == 0


def test_only_a_dead_letter_queue_can_be_redriven(stage, queue):
    with pytest.raises(InvalidInput, match="expected a dead-letter queue") as caught:
        stage.wait(queue.redrive())
    assert "payments-dlq" in caught.value.hint


def test_a_queue_takes_deliveries_as_a_target(stage, queue):
    deliveries = [Delivery("1", group="g", attributes={"a": 1}), Delivery("2", group="g")]
    ids = stage.do(lambda tx: queue.deliver(tx, deliveries))
    first, second = stage.wait(queue.peek())
    assert ids == [first.id, second.id]
    assert (first.attributes, first.group) == ({"a": 1}, "g")


def test_a_second_consumer_is_refused(queue):
    queue.consumer()(lambda message, tx: None)
    with pytest.raises(InvalidDeclaration, match="expected one consumer") as caught:
        queue.consumer()(lambda message, tx: None)
    assert caught.value.hint


def test_a_dead_letter_handler_that_talks_to_the_world_is_refused(queue):
    async def tell(message):
        pass

    with pytest.raises(InvalidDeclaration, match="got an async def") as caught:
        queue.on_dead_letter(tell)
    assert caught.value.hint


@pytest.mark.parametrize(
    "options",
    [{"batch": 0}, {"concurrency": 10_001}, {"timeout": "13h"}, {"retry_base": 0}],
    ids=str,
)
def test_a_bound_out_of_range_is_refused_when_declared(queue, options):
    with pytest.raises(InvalidDeclaration, match="from 1 to"):
        queue.consumer(**options)


def test_a_rate_that_is_none_is_refused_when_declared(queue):
    with pytest.raises(InvalidValue, match="expected a rate"):
        queue.consumer(rate="fast")
