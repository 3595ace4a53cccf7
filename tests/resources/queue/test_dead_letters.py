"""Dead letters by their causes: looked at, chosen for a redrive, deleted."""

from __future__ import annotations

import pytest

from ensue.app.app import App
from ensue.words.errors import InvalidInput, InvalidValue, LimitExceeded, NotFound


@pytest.fixture
def app():
    return App("wims")


@pytest.fixture
def queue(app):
    queue = app.queue("payments", max_receives=1)

    @queue.consumer()
    def charge(message, tx):
        if "bank" in message.body:
            raise ConnectionError(f"bank answered {message.body['bank']} to {message.id}")
        message.body["amount"]

    return queue


@pytest.fixture
def stage(store, run_on, app, queue):
    return run_on(store, app)


@pytest.fixture
def letters(queue):
    return queue.dead_letters


def die(stage, queue, *bodies):
    for body in bodies:
        stage.wait(queue.send(body))
        stage.advance(1)
    stage.settle()


def bodies(stage, letters, cause=None):
    return [each.body for each in stage.wait(letters.letters(cause)).letters]


def test_letters_are_grouped_by_what_they_died_of_the_most_frequent_first(stage, queue, letters):
    die(stage, queue, {"bank": 503, "n": 1}, {"n": 2}, {"bank": 503, "n": 3}, {"bank": 404, "n": 4})

    found = stage.wait(letters.causes()).causes

    assert [(each.letters, each.error) for each in found] == [
        (2, "ConnectionError"),
        (1, "ConnectionError"),
        (1, "KeyError"),
    ]
    first = found[0]
    assert first.message == "bank answered 503 to {id}"
    assert (first.app, first.queue, first.died_in) == ("wims", "payments-dlq", "queue/payments")
    assert stage.wait(letters.message(first.example)).body == {"bank": 503, "n": 3}
    assert first.first_ms < first.last_ms


def test_the_causes_of_all_dead_letter_queues_are_one_list(store, run_on):
    app = App("wims")
    queues = [app.queue(name, max_receives=1) for name in ("a", "b")]
    for each in queues:
        each.consumer()(lambda message, tx: message.body["amount"])
    stage = run_on(store, app)
    die(stage, queues[0], {})
    die(stage, queues[1], {}, {})

    page = stage.platform.dead_letters(1)
    rest = stage.platform.dead_letters(1, after=page.next)

    assert [(each.queue, each.letters) for each in page.causes + rest.causes] == [
        ("b-dlq", 2),
        ("a-dlq", 1),
    ]
    assert page.causes[0].cause != rest.causes[0].cause
    assert stage.platform.dead_letters(1, after=rest.next).causes == []


def test_letters_are_shown_the_last_to_die_first_page_by_page(stage, queue, letters):
    die(stage, queue, {"n": 1}, {"bank": 1, "n": 2}, {"n": 3}, {"n": 4})
    cause = stage.wait(letters.causes()).causes[0].cause

    page = stage.wait(letters.letters(cause, limit=2))
    rest = stage.wait(letters.letters(cause, limit=2, after=page.next))

    assert [each.body for each in page.letters + rest.letters] == [{"n": 4}, {"n": 3}, {"n": 1}]
    assert rest.next is None
    assert bodies(stage, letters) == [{"n": 4}, {"n": 3}, {"bank": 1, "n": 2}, {"n": 1}]
    letter = page.letters[0]
    assert (letter.died_in, letter.reason, letter.receives) == (
        "queue/payments",
        "KeyError: 'amount'",
        1,
    )


def test_what_was_sent_to_a_dead_letter_queue_by_hand_has_no_cause(stage, letters):
    stage.wait(letters.send("by hand"))

    [letter] = stage.wait(letters.letters()).letters

    assert (letter.cause, letter.died_in, letter.reason) == (None, None, None)
    assert stage.wait(letters.causes()).causes == []


def test_a_redrive_of_a_cause_moves_its_letters_and_no_others(stage, queue, letters):
    die(stage, queue, {"n": 1}, {"bank": 503}, {"n": 2})
    cause = stage.wait(letters.causes()).causes[0].cause

    preview = stage.wait(letters.preview_redrive(cause=cause))
    done = stage.wait(letters.redrive(cause=cause, body={"amount": 1}))

    assert (preview.moves, preview.to, preview.looked_at) == (2, {"queue/payments": 2}, 2)
    assert (done.state, done.moved) == ("done", 2)
    assert bodies(stage, letters) == [{"bank": 503}]


def test_a_redrive_of_a_cause_at_a_rate_goes_on_by_itself(stage, queue, letters):
    die(stage, queue, *({"n": n} for n in range(5)), {"bank": 503})
    cause = stage.wait(letters.causes()).causes[0].cause
    stage.wait(queue.pause())

    begun = stage.wait(letters.redrive(cause=cause, rate="1/s"))
    stage.advance(2_500)
    half = stage.wait(letters.redrives())[0].moved
    stage.advance(10_000)

    assert begun.state == "running"
    assert 0 < half < 5
    assert stage.wait(letters.redrives())[0].state == "done"
    assert bodies(stage, letters) == [{"bank": 503}]


def test_a_redrive_of_some_letters_moves_these_and_says_which_are_gone(stage, queue, letters):
    die(stage, queue, {"n": 1}, {"n": 2}, {"n": 3})
    third, second, _ = (each.id for each in stage.wait(letters.letters()).letters)
    sent = stage.wait(letters.send("by hand"))

    done = stage.wait(letters.redrive(ids=[third, "no id", second, sent], body={"amount": 1}))

    assert (done.moved, done.refused) == (2, 1)
    assert done.first_refusal == "no id is no dead letter here, or somebody has it"
    assert bodies(stage, letters) == ["by hand", {"n": 1}]


def test_named_letters_at_a_rate_are_refused_once_each(stage, queue, letters):
    die(stage, queue, {"n": 1}, {"n": 2})
    ids = [each.id for each in stage.wait(letters.letters()).letters]

    stage.wait(letters.redrive(ids=["x", ids[0], "y", ids[1], "z"], rate="1/s", body={"amount": 1}))
    stage.advance(10_000)

    [done] = stage.wait(letters.redrives())
    assert (done.state, done.moved, done.refused) == ("done", 2, 3)


def test_a_letter_keeps_what_it_was_before_a_redrive_changed_it(stage, queue, letters):
    die(stage, queue, {"n": 1})
    [letter] = stage.wait(letters.letters()).letters
    stage.wait(queue.pause())
    done = stage.wait(letters.redrive(ids=[letter.id], body={"amount": 5}))

    mended = stage.wait(queue.message(letter.id))
    stage.wait(letters.undo_redrive(done.id))
    undone = stage.wait(letters.message(letter.id))

    assert (mended.body, mended.original_body) == ({"amount": 5}, {"n": 1})
    assert (undone.body, undone.original_body, undone.state) == ({"n": 1}, None, "dead")
    assert stage.wait(letters.causes()).causes[0].letters == 1
    assert undone.died_ms == letter.died_ms


def test_a_message_tells_how_it_stands_and_each_attempt_that_failed(store, run_on):
    app = App("wims")
    queue = app.queue("work", max_receives=2)

    @queue.consumer(retry_base=1, retry_cap=1)
    def handle(message, tx):
        raise ValueError(message.receives)

    stage = run_on(store, app)
    sent = stage.wait(queue.send(1, group="a", attributes={"x": 1}))
    behind = stage.wait(queue.send(2, group="a"))
    later = stage.wait(queue.send(3, delay=60))
    stage.settle()
    retrying = stage.platform.message(sent)
    held = stage.platform.message(behind)
    stage.advance(1_000)
    dead = stage.platform.message(sent)

    assert (retrying.state, retrying.kind, retrying.name) == ("retrying", "queue", "work")
    assert [each.error for each in retrying.attempts] == ["ValueError: 1"]
    assert (held.state, held.held_by, held.due_ms) == ("held", sent, None)
    assert stage.platform.message(later).state == "delayed"
    assert (dead.state, dead.died_in, dead.attributes) == ("dead", "queue/work", {"x": 1})
    assert [each.error for each in dead.attempts] == ["ValueError: 1", "ValueError: 2"]
    assert dead.reason == "ValueError: 2"


def test_a_message_in_flight_tells_who_has_it(store, run_on):
    app = App("wims")
    queue = app.queue("work")
    stage = run_on(store, app)
    sent = stage.wait(queue.send(1))
    [received] = stage.wait(queue.receive(holder="worker-1", visibility=60))

    taken = stage.wait(queue.message(sent))
    stage.wait(queue.settle(received.handle))

    assert (taken.state, taken.holder, taken.due_ms) == ("in flight", "worker-1", received.until_ms)
    assert stage.wait(queue.message(sent)).state == "done"


def test_a_message_of_another_queue_or_of_none_is_not_found(stage, queue, letters):
    sent = stage.wait(letters.send(1))

    for sought in (sent, "no id", "11111111-1111-8111-8001-00000000ffff"):
        with pytest.raises(NotFound, match="there is no message"):
            stage.wait(queue.message(sought))


def test_the_letters_of_a_cause_are_deleted_and_no_others(stage, queue, letters):
    die(stage, queue, {"n": 1}, {"bank": 503}, {"n": 2})
    cause = stage.wait(letters.causes()).causes[0].cause

    assert stage.wait(letters.delete_letters(cause=cause)) == 2
    assert bodies(stage, letters) == [{"bank": 503}]


def test_some_letters_are_deleted_but_for_those_that_somebody_has(stage, queue, letters):
    die(stage, queue, {"n": 1}, {"n": 2})
    [taken] = stage.wait(letters.receive())
    ids = [each.id for each in stage.wait(letters.letters()).letters]

    assert stage.wait(letters.delete_letters([*ids, *ids, "no id"])) == 1
    [left] = stage.wait(letters.letters()).letters
    assert (left.id, left.is_taken) == (taken.id, True)


@pytest.mark.parametrize("do", ["preview_redrive", "redrive", "letters", "delete_letters"])
def test_a_cause_without_letters_is_not_found(stage, letters, do):
    with pytest.raises(NotFound, match="no dead letters of cause 000"):
        stage.wait(getattr(letters, do)(cause="000"))


def test_causes_and_letters_are_those_of_dead_letter_queues_only(stage, queue):
    for asked in (queue.causes(), queue.letters(), queue.delete_letters(["x"])):
        with pytest.raises(InvalidInput, match="expected a dead-letter queue"):
            stage.wait(asked)


def test_letters_are_chosen_by_their_cause_or_one_by_one(stage, letters):
    with pytest.raises(InvalidInput, match="got both"):
        stage.wait(letters.redrive(cause="a", ids=["b"]))
    with pytest.raises(InvalidInput, match="got neither"):
        stage.wait(letters.delete_letters())
    with pytest.raises(LimitExceeded, match="at most 1000 ids"):
        stage.wait(letters.redrive(ids=["b"] * 1_001))


@pytest.mark.parametrize("after", ["", "5", "a.b", "1.", "-1.2", "٣.٣", "1." + "9" * 50])
def test_a_page_begins_only_where_another_ended(stage, letters, after):
    with pytest.raises(InvalidValue, match="`next` of the page before"):
        stage.wait(letters.causes(after=after))
