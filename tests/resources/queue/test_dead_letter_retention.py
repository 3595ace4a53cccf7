"""Dead letters are kept for ever, or as long as is declared."""

from __future__ import annotations

import pytest

from ensue.app.app import App
from ensue.words.errors import InvalidDeclaration, InvalidValue

DAY_MS = 86_400_000


@pytest.fixture
def app():
    return App("wims")


def dead(stage, name):
    return stage.wait(stage.platform.resource("queue", name).peek(100))


def test_a_dead_letter_of_a_function_is_forgotten_when_its_time_is_over(store, run_on, app):
    @app.function(retries=0, dead_letter_retention="14d")
    def fail(body, tx):
        raise OSError("never")

    stage = run_on(store, app)
    stage.wait(fail.invoke(1))
    stage.advance(DAY_MS)
    stage.wait(fail.invoke(2))
    stage.advance(12 * DAY_MS)
    assert [each.body for each in dead(stage, "fail-dlq")] == [1, 2]

    stage.advance(DAY_MS + 1_000)
    assert [each.body for each in dead(stage, "fail-dlq")] == [2]
    stage.advance(DAY_MS)
    assert dead(stage, "fail-dlq") == []
    assert stage.rows("SELECT count(*) FROM ensue_failures") == [(0,)]
    assert stage.wait(stage.platform.resource("queue", "fail-dlq").depth())["waiting"] == 0


def test_the_dead_letters_of_a_queue_are_kept_for_ever_unless_it_says_otherwise(store, run_on, app):
    kept = app.queue("kept", max_receives=1)
    short = app.queue("short", max_receives=1, dead_letter_retention="1h")

    @kept.consumer()
    @short.consumer()
    def fail(message, tx):
        raise OSError("never")

    stage = run_on(store, app)
    stage.wait(kept.send(1))
    stage.wait(short.send(1, group="g"))
    stage.settle()
    assert len(dead(stage, "short-dlq")) == 1
    stage.advance(DAY_MS)
    assert dead(stage, "short-dlq") == []
    stage.advance(9 * DAY_MS)
    assert [each.body for each in dead(stage, "kept-dlq")] == [1]


def test_what_was_redriven_is_not_forgotten_with_the_dead(store, run_on, app):
    queue = app.queue("payments", max_receives=1, dead_letter_retention="1d")
    fails = [True]

    @queue.consumer()
    def pay(message, tx):
        if fails[0]:
            raise OSError("not now")

    stage = run_on(store, app)
    stage.wait(queue.send(1))
    stage.settle()
    stage.advance(DAY_MS // 2)
    fails[0] = False
    stage.wait(queue.dead_letters.redrive())
    stage.advance(2 * DAY_MS)
    assert stage.wait(queue.depth())["waiting"] == 0


@pytest.mark.parametrize("given", ["soon", "0s"])
def test_a_retention_is_a_duration(app, given):
    with pytest.raises((InvalidValue, InvalidDeclaration)):
        app.queue("payments", dead_letter_retention=given)
    with pytest.raises((InvalidValue, InvalidDeclaration)):
        app.function(dead_letter_retention=given)(print_nothing)


def print_nothing(body, tx):
    pass
