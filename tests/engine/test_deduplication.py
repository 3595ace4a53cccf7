from __future__ import annotations

import pytest

from ensue.app.app import App
from ensue.engine import deduplication
from ensue.engine.deduplication import DEDUPLICATION_MS
from ensue.engine.keeper import PAUSE_MS
from ensue.engine.sockets import Delivery
from ensue.words.errors import InvalidValue


@pytest.fixture
def app():
    return App("wims")


@pytest.fixture
def queue(app):
    return app.queue("payments")


@pytest.fixture
def stage(store, run_on, app, queue):
    return run_on(store, app)


def bodies(stage, queue):
    return [message.body for message in stage.wait(queue.peek(100))]


def test_a_second_send_with_an_id_adds_nothing_and_answers_the_firsts_id(stage, queue):
    first = stage.wait(queue.send(1, deduplication_id="a"))
    assert stage.wait(queue.send(2, deduplication_id="a")) == first
    assert stage.wait(queue.send(3, deduplication_id="b")) != first
    assert bodies(stage, queue) == [1, 3]


def test_an_id_is_remembered_when_its_message_is_done(store, run_on, app, queue):
    seen = []
    queue.consumer()(lambda message, tx: seen.append(message.body))
    stage = run_on(store, app)
    for body in (1, 2):
        stage.wait(queue.send(body, deduplication_id="a"))
        stage.settle()
    assert seen == [1]


@pytest.mark.parametrize(("after_ms", "count"), [(DEDUPLICATION_MS - 1, 1), (DEDUPLICATION_MS, 2)])
def test_an_id_counts_for_five_minutes(stage, queue, after_ms, count):
    stage.wait(queue.send(1, deduplication_id="a"))
    stage.clock.move_to(stage.clock.now_ms() + after_ms)
    stage.wait(queue.send(1, deduplication_id="a"))
    assert len(bodies(stage, queue)) == count


def test_a_send_that_is_undone_leaves_no_id(stage, queue, app):
    def fail(tx):
        tx.send(queue, 1, deduplication_id="a")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        stage.wait(app.run(fail))
    stage.wait(queue.send(2, deduplication_id="a"))
    assert bodies(stage, queue) == [2]


def test_a_queue_can_take_the_same_content_for_the_same_message(store, run_on, app):
    queue = app.queue("letters", deduplicate="content")
    stage = run_on(store, app)
    first = stage.wait(queue.send({"a": 1}))
    assert stage.wait(queue.send({"a": 1}, group="g")) == first
    stage.wait(queue.send({"a": 2}))
    stage.wait(queue.send({"a": 1}, deduplication_id="its own"))
    assert bodies(stage, queue) == [{"a": 1}, {"a": 2}, {"a": 1}]


def test_a_delivery_is_deduplicated_too(stage, queue):
    deliveries = [Delivery("1", deduplication_id="a"), Delivery("2", deduplication_id="a")]
    first, second = stage.do(lambda tx: queue.deliver(tx, deliveries))
    assert first == second
    assert bodies(stage, queue) == [1]


def test_ids_of_two_queues_do_not_know_each_other(store, run_on, app, queue):
    other = app.queue("other")
    stage = run_on(store, app)
    stage.wait(queue.send(1, deduplication_id="a"))
    stage.wait(other.send(1, deduplication_id="a"))
    assert bodies(stage, other) == [1]


def test_the_keeper_forgets_ids_whose_time_is_over(stage, queue):
    stage.wait(queue.send(1, deduplication_id="a"))
    stage.advance(DEDUPLICATION_MS - PAUSE_MS)
    assert stage.rows("SELECT count(*) FROM ensue_deduplication") == [(1,)]
    stage.advance(3 * PAUSE_MS)
    assert stage.rows("SELECT count(*) FROM ensue_deduplication") == [(0,)]


def test_a_message_without_an_id_costs_no_look_up(stage, queue, monkeypatch):
    monkeypatch.setattr(deduplication, "sent_before", None)
    monkeypatch.setattr(deduplication, "note", None)
    stage.wait(queue.send(1))


@pytest.mark.parametrize("wrong", ["", "x" * 129, 5, "\ud800"])
def test_an_id_that_is_none_is_refused(stage, queue, wrong):
    with pytest.raises(InvalidValue):
        stage.wait(queue.send(1, deduplication_id=wrong))
