"""Order per group where features meet: dead letters, redrives, their undoing, retention."""

from __future__ import annotations

import pytest

from ensue.app.app import App


@pytest.fixture
def app():
    return App("wims")


@pytest.fixture
def queue(app):
    return app.queue("payments", max_receives=1, retention="1h")


@pytest.fixture
def stage(store, run_on, app, queue):
    return run_on(store, app)


def die(stage, queue, body, group="g"):
    """Send a message and let it die, before anything else of its group is sent."""
    stage.wait(queue.send(body, group=group))
    stage.wait(queue.receive(100, visibility=1))
    stage.clock.move_to(stage.clock.now_ms() + 1_000)
    assert stage.wait(queue.receive(100)) == []


def received(stage, queue):
    return [message.body for message in stage.wait(queue.receive(100, visibility="6h"))]


def handles(stage, queue):
    return [message.handle for message in stage.wait(queue.receive(100, visibility="6h"))]


def test_an_undone_redrive_lets_nothing_pass_what_is_being_received(stage, queue):
    die(stage, queue, "a")
    die(stage, queue, "b")
    stage.wait(queue.send("c", group="g"))
    [running] = handles(stage, queue)
    first = stage.wait(queue.dead_letters.redrive(pattern={"body": ["a"]}))
    stage.wait(queue.dead_letters.redrive(pattern={"body": ["b"]}))
    stage.wait(queue.dead_letters.undo_redrive(first.id))
    assert received(stage, queue) == []
    stage.wait(queue.settle(running))
    assert received(stage, queue) == ["b"]


def test_what_is_too_old_lets_nothing_pass_what_is_being_received(stage, queue):
    die(stage, queue, "a")
    stage.wait(queue.send("b", group="g"))
    stage.wait(queue.send("c", group="g"))
    [running] = handles(stage, queue)
    stage.advance(1_800_000)
    stage.wait(queue.dead_letters.redrive())
    stage.advance(1_900_000)
    assert [letter.body for letter in stage.wait(queue.dead_letters.peek())] == ["c"]
    assert received(stage, queue) == []
    stage.wait(queue.settle(running))
    assert received(stage, queue) == ["a"]


def test_a_redriven_message_has_its_place_in_the_order_of_sending_again(stage, queue):
    die(stage, queue, "a")
    stage.wait(queue.send("b", group="g"))
    stage.wait(queue.send("c", group="g"))
    [running] = handles(stage, queue)
    stage.wait(queue.dead_letters.redrive())
    stage.wait(queue.settle(running))
    [running] = handles(stage, queue)
    stage.wait(queue.settle(running))
    assert received(stage, queue) == ["c"]


def test_what_was_sent_behind_a_dead_letter_by_hand_is_received_when_that_is_redriven(stage, queue):
    die(stage, queue, "a")
    stage.wait(queue.dead_letters.send("by hand", group="g"))
    stage.wait(queue.dead_letters.redrive())
    assert received(stage, queue.dead_letters) == ["by hand"]
    assert stage.wait(queue.dead_letters.depth())["held"] == 0


def test_a_whole_group_that_is_too_old_leaves_in_order_and_nothing_is_held(stage, queue):
    for body in "abcd":
        stage.wait(queue.send(body, group="g"))
    stage.advance(3_700_000)
    assert [letter.body for letter in stage.wait(queue.dead_letters.peek())] == list("abcd")
    assert stage.wait(queue.depth())["held"] == 0
    stage.wait(queue.send("e", group="g"))
    assert received(stage, queue) == ["e"]
