from __future__ import annotations

import pytest

from ensue.app.app import App
from ensue.engine.keeper import PAUSE_MS
from ensue.words.errors import (
    Conflict,
    InvalidExpression,
    InvalidInput,
    InvalidPattern,
    InvalidValue,
    NotFound,
)


@pytest.fixture
def app():
    return App("wims")


@pytest.fixture
def queue(app):
    return app.queue("payments", max_receives=1)


@pytest.fixture
def stage(store, run_on, app, queue):
    return run_on(store, app)


def die(stage, queue, *bodies, **options):
    """Send messages and let them die."""
    for body in bodies:
        stage.wait(queue.send(body, **options))
    stage.wait(queue.receive(100, visibility=1))
    stage.clock.move_to(stage.clock.now_ms() + 1_000)
    stage.wait(queue.receive(100))


def bodies(stage, queue):
    return [message.body for message in stage.wait(queue.peek(1_000))]


def test_a_redrive_brings_back_what_matches_the_pattern_only(stage, queue):
    die(stage, queue, {"kind": "card"}, {"kind": "cash"}, attributes={"shop": 7})
    pattern = {
        "body": {"kind": ["card"]},
        "attributes": {"shop": [7]},
        "reason": [{"prefix": "received 1 times"}],
        "receives": [{"numeric": ["=", 1]}],
    }
    done = stage.wait(queue.dead_letters.redrive(pattern=pattern))
    assert (done.state, done.moved, done.refused) == ("done", 1, 0)
    assert bodies(stage, queue) == [{"kind": "card"}]
    assert bodies(stage, queue.dead_letters) == [{"kind": "cash"}]


def test_a_redrive_can_replace_bodies(stage, queue):
    die(stage, queue, 1)
    stage.wait(queue.dead_letters.redrive(body={"n": 2}))
    assert bodies(stage, queue) == [{"n": 2}]


def test_a_redrive_can_edit_bodies_and_leaves_those_that_it_cannot(stage, queue):
    die(stage, queue, {"n": 1}, "text", {"n": "one"})
    done = stage.wait(queue.dead_letters.redrive(edit="SET n = n + :d", values={"d": 5}))
    assert (done.moved, done.refused) == (1, 2)
    assert "expected an object to edit" in done.first_refusal
    assert bodies(stage, queue) == [{"n": 6}]
    assert bodies(stage, queue.dead_letters) == ["text", {"n": "one"}]


def test_a_preview_says_what_would_be_moved_where_and_moves_nothing(stage, queue):
    die(stage, queue, {"n": 1}, {"n": 2}, "text")
    seen = stage.wait(queue.dead_letters.preview_redrive(edit="SET n = n + :d", values={"d": 5}))
    assert (seen.moves, seen.to, seen.refuses, seen.looked_at) == (2, {"queue/payments": 2}, 1, 3)
    assert [sample["body"] for sample in seen.samples] == [{"n": 6}, {"n": 7}]
    assert seen.samples[0]["reason"] == "received 1 times without being settled"
    assert len(bodies(stage, queue.dead_letters)) == 3
    assert stage.wait(queue.dead_letters.redrives()) == []


def test_a_redrive_with_a_rate_goes_on_by_itself_at_that_rate(stage, queue):
    die(stage, queue, *range(10))
    start_ms = stage.clock.now_ms()
    begun = stage.wait(queue.dead_letters.redrive(rate="2/s"))
    assert (begun.state, begun.moved) == ("running", 0)
    stage.advance(2_000)
    [seen] = stage.wait(queue.dead_letters.redrives())
    assert (seen.state, seen.moved) == ("running", 5)
    stage.advance(60_000)
    [seen] = stage.wait(queue.dead_letters.redrives())
    assert (seen.state, seen.moved) == ("done", 10)
    assert 4_000 <= seen.ended_ms - start_ms <= 5_500


def test_a_redrive_goes_on_after_a_crash(file_store, run_on, crashed):
    def declared():
        app = App("wims")
        return app, app.queue("payments", max_receives=1)

    app, queue = declared()
    first = run_on(file_store, app)
    die(first, queue, *range(10))
    first.wait(queue.dead_letters.redrive(rate="1/s", pattern={"body": [{"exists": True}]}))
    first.advance(2_000)
    app, queue = declared()
    again = run_on(crashed(first), app)
    again.advance(60_000)
    [seen] = again.wait(queue.dead_letters.redrives())
    assert (seen.state, seen.moved) == ("done", 10)
    assert sorted(bodies(again, queue)) == list(range(10))


def test_what_dies_after_a_redrive_began_is_not_its_business(stage, queue):
    die(stage, queue, *range(3))
    stage.wait(queue.dead_letters.redrive(rate="1/s"))
    stage.advance(0)
    die(stage, queue)
    stage.advance(60_000)
    [seen] = stage.wait(queue.dead_letters.redrives())
    assert (seen.state, seen.moved) == ("done", 3)
    assert bodies(stage, queue.dead_letters) == [0]


def test_a_limit_bounds_a_redrive_with_a_rate_too(stage, queue):
    die(stage, queue, *range(9))
    stage.wait(queue.dead_letters.redrive(4, rate="100/s"))
    stage.advance(60_000)
    assert bodies(stage, queue) == [0, 1, 2, 3]


def test_a_cancelled_redrive_moves_no_more(stage, queue):
    die(stage, queue, *range(5))
    begun = stage.wait(queue.dead_letters.redrive(rate="1/s"))
    stage.advance(1_000)
    ended = stage.wait(queue.dead_letters.cancel_redrive(begun.id))
    stage.advance(60_000)
    assert (ended.state, ended.moved) == ("cancelled", 2)
    assert len(bodies(stage, queue.dead_letters)) == 3
    with pytest.raises(Conflict, match="is cancelled"):
        stage.wait(queue.dead_letters.cancel_redrive(begun.id))


def test_an_undo_makes_what_still_waits_a_dead_letter_again_as_it_was(stage, queue):
    die(stage, queue, {"n": 1}, {"n": 2}, {"n": 3}, attributes={"a": 1})
    before = stage.wait(queue.dead_letters.peek())
    done = stage.wait(queue.dead_letters.redrive(body="wrong"))
    [settled, _] = stage.wait(queue.receive(2))
    stage.wait(queue.settle(settled.handle))
    undone = stage.wait(queue.dead_letters.undo_redrive(done.id))
    assert (undone.returned, undone.gone) == (1, 2)
    assert stage.wait(queue.dead_letters.peek()) == [before[2]]
    [seen] = stage.wait(queue.dead_letters.redrives())
    assert seen.state == "undone"
    assert stage.wait(queue.dead_letters.redrive()).moved == 1


def test_an_undo_lets_the_next_of_a_group_go(stage, queue):
    die(stage, queue, "a1", group="a")
    done = stage.wait(queue.dead_letters.redrive())
    stage.wait(queue.send("a2", group="a"))
    assert stage.wait(queue.depth())["held"] == 1
    stage.wait(queue.dead_letters.undo_redrive(done.id))
    assert [message.body for message in stage.wait(queue.receive(9))] == ["a2"]


def test_a_redrive_that_runs_is_cancelled_before_it_is_undone(stage, queue):
    die(stage, queue, 1)
    begun = stage.wait(queue.dead_letters.redrive(rate="1/h"))
    with pytest.raises(Conflict) as caught:
        stage.wait(queue.dead_letters.undo_redrive(begun.id))
    assert caught.value.hint


@pytest.mark.parametrize("do", ["cancel_redrive", "undo_redrive"])
def test_a_redrive_that_is_not_there_is_not_found(stage, queue, do):
    with pytest.raises(NotFound):
        stage.wait(getattr(queue.dead_letters, do)(7))


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"limit": 0}, InvalidValue),
        ({"rate": "fast"}, InvalidValue),
        ({"pattern": {"body": "x"}}, InvalidPattern),
        ({"edit": "SET"}, InvalidExpression),
        ({"edit": "SET a = :a"}, InvalidExpression),
        ({"edit": "REMOVE a", "values": {"b": 1}}, InvalidExpression),
        ({"edit": "REMOVE a", "body": 1}, InvalidInput),
        ({"values": {"b": 1}}, InvalidInput),
    ],
    ids=str,
)
def test_a_redrive_that_cannot_be_is_refused_before_anything_moves(stage, queue, options, fault):
    die(stage, queue, {"a": 1})
    with pytest.raises(fault):
        stage.wait(queue.dead_letters.redrive(**options))
    assert bodies(stage, queue.dead_letters) == [{"a": 1}]
    assert stage.wait(queue.dead_letters.redrives()) == []


@pytest.mark.parametrize("do", ["redrive", "preview_redrive", "redrives"])
def test_only_dead_letters_are_redriven(stage, queue, do):
    with pytest.raises(InvalidInput, match="expected a dead-letter queue"):
        stage.wait(getattr(queue, do)())


def test_a_letter_whose_home_is_declared_no_more_stays(file_store, run_on):
    app = App("wims")
    gone = app.function(_fail, name="gone", retries=0)
    first = run_on(file_store, app)
    first.wait(gone.invoke(1))
    first.settle()
    first.close()
    app = App("wims")
    letters = app.queue("gone").dead_letters
    again = run_on(file_store, app)
    done = again.wait(letters.redrive())
    assert (done.moved, done.refused) == (0, 1)
    assert "declared no more" in done.first_refusal
    assert bodies(again, letters) == [1]


def _fail(body, tx):
    raise ValueError


def test_dead_letters_of_functions_are_redriven_too(store, run_on, app):
    seen = []

    @app.function(retries=0)
    def reprice(body, tx):
        if not seen:
            seen.append("failed")
            raise ValueError
        seen.append(body)

    stage = run_on(store, app)
    stage.wait(reprice.invoke({"n": 1}))
    stage.settle()
    letters = next(each for each in app.resources.values() if each.ref.name == "reprice-dlq")
    assert stage.wait(letters.preview_redrive()).to == {"function/reprice": 1}
    stage.wait(letters.redrive(edit="SET n = :two", values={"two": 2}))
    stage.settle()
    assert seen == ["failed", {"n": 2}]


def test_redrives_are_forgotten_with_what_they_moved(store, run_on, app, queue):
    stage = run_on(store, app)
    die(stage, queue, 1)
    stage.wait(queue.dead_letters.redrive())
    stage.advance(86_400_000 + 3 * PAUSE_MS)
    assert stage.rows("SELECT * FROM ensue_redrives") == []
    assert stage.rows("SELECT * FROM ensue_redriven") == []


def test_what_died_again_and_was_redriven_again_is_left_alone_by_the_first_undo(stage, queue):
    die(stage, queue, 1)
    first = stage.wait(queue.dead_letters.redrive(body=2))
    die(stage, queue)
    stage.clock.move_to(stage.clock.now_ms() + 1)
    stage.wait(queue.dead_letters.redrive(body=3))
    undone = stage.wait(queue.dead_letters.undo_redrive(first.id))
    assert (undone.returned, undone.gone) == (0, 1)
    assert bodies(stage, queue) == [3]


def test_what_dies_again_in_the_moment_in_which_a_redrive_began_is_moved_once(store, run_on, app):
    queue = app.queue("poison", max_receives=1)

    @queue.consumer()
    def fail(message, tx):
        raise ValueError

    stage = run_on(store, app)
    for body in range(3):
        stage.wait(queue.send(body))
    stage.settle()
    stage.clock.move_to(stage.clock.now_ms() + 1)
    stage.wait(queue.dead_letters.redrive(rate="1/s"))
    stage.settle()
    stage.advance(60_000)
    [redrive] = stage.wait(queue.dead_letters.redrives())
    assert (redrive.state, redrive.moved) == ("done", 3)
    assert stage.wait(queue.dead_letters.depth())["waiting"] == 3
