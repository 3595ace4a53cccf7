"""Messages by how they stand, and the keys that are held up."""

from __future__ import annotations

import pytest

from ensue.app.app import App
from ensue.words.errors import InvalidValue


@pytest.fixture
def app():
    return App("wims")


@pytest.fixture
def queue(app):
    return app.queue("parcels", max_receives=3)


@pytest.fixture
def stage(store, run_on, app, queue):
    return run_on(store, app)


def bodies(stage, queue, state):
    return [each.body for each in stage.wait(queue.standing(state)).messages]


def test_each_message_stands_in_one_place(stage, queue):
    for body, options in ((1, {}), (2, {"group": "a"}), (3, {"group": "a"}), (4, {"delay": 60})):
        stage.wait(queue.send(body, **options))
    stage.wait(queue.receive(1, holder="worker-1", visibility=30))

    found = {state: bodies(stage, queue, state) for state in ("in flight", "due", "held", "later")}

    assert found == {"in flight": [1], "due": [2], "held": [3], "later": [4]}


def test_a_page_goes_on_where_the_one_before_ended(stage, queue):
    for body in range(5):
        stage.wait(queue.send(body))

    first = stage.wait(queue.standing("due", limit=3))
    rest = stage.wait(queue.standing("due", limit=3, after=first.next))

    assert [each.body for each in first.messages + rest.messages] == [0, 1, 2, 3, 4]
    assert rest.next is None


def test_what_was_received_by_hand_can_be_settled_by_its_handle(stage, queue):
    stage.wait(queue.send(1))
    [received] = stage.wait(queue.receive(holder="worker-1", visibility=30))

    [standing] = stage.wait(queue.standing("in flight")).messages

    assert (standing.handle, standing.holder) == (received.handle, "worker-1")
    assert standing.due_ms == received.until_ms
    stage.wait(queue.settle(standing.handle))
    assert bodies(stage, queue, "in flight") == []


def test_what_is_retried_tells_when_and_why(store, run_on, app, queue):
    @queue.consumer(retry_base=60, retry_cap=60)
    def handle(message, tx):
        raise TimeoutError("no answer")

    stage = run_on(store, app)
    stage.wait(queue.send(1))
    stage.settle()

    [standing] = stage.wait(queue.standing("later")).messages

    assert (standing.state, standing.error) == ("retrying", "TimeoutError: no answer")
    assert standing.due_ms > stage.clock.now_ms()


def test_held_keys_tell_how_many_wait_and_for_what(stage, queue):
    sent = [
        stage.wait(queue.send(body, group=group))
        for body, group in ((1, "a"), (2, "a"), (3, "b"), (4, "a"), (5, "c"), (6, "b"))
    ]
    stage.wait(queue.receive(1, holder="worker-1", visibility=30))

    first, second = stage.wait(queue.held())

    assert (first.group, first.waiting, first.blocked_by.id) == ("a", 2, sent[0])
    assert (first.blocked_by.state, first.blocked_by.holder) == ("in flight", "worker-1")
    assert (second.group, second.waiting, second.blocked_by.id) == ("b", 1, sent[2])
    assert second.blocked_by.state == "due"


def test_a_state_that_there_is_not_is_refused(stage, queue):
    with pytest.raises(InvalidValue, match="expected one of in flight"):
        stage.wait(queue.standing("asleep"))
