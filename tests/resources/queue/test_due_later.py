"""Messages that are due at a moment, and those that are taken back before it."""

from __future__ import annotations

import pytest

from ensue.app.app import App
from ensue.resources.queue import KIND
from ensue.words.errors import InvalidDeclaration, InvalidValue


@pytest.fixture
def app() -> App:
    return App("wims")


@pytest.fixture
def queue(app):
    return app.queue("reminders", max_receives=2)


@pytest.fixture
def seen():
    return []


@pytest.fixture
def stage(store, run_on, app, queue, seen):
    @queue.consumer(retry_base="1s", retry_cap="1s")
    def handle(message, tx):
        seen.append((tx.now_ms, message.body))
        if message.body == "bad":
            raise ValueError(message.body)

    return run_on(store, app)


def test_a_message_is_received_in_the_millisecond_in_which_it_is_due(stage, queue, seen):
    due_ms = stage.clock.now_ms() + 86_400_123
    stage.wait(queue.send("now or never", due_ms=due_ms))
    stage.advance(86_400_122)
    assert seen == []

    stage.advance(1)
    assert seen == [(due_ms, "now or never")]


def test_a_moment_that_is_over_is_now_and_one_may_be_decades_ahead(stage, queue, seen):
    stage.wait(queue.send("late", due_ms=1))
    stage.wait(queue.send("far", due_ms=4_000_000_000_000))
    stage.settle()

    assert [body for _, body in seen] == ["late"]
    assert stage.wait(queue.depth())["delayed"] == 1


@pytest.mark.parametrize(
    "options",
    [
        {"due_ms": -1},
        {"due_ms": 253_402_300_800_000},
        {"due_ms": 1.5},
        {"due_ms": True},
        {"due_ms": 5, "delay": "1s"},
    ],
)
def test_a_moment_that_is_none_is_refused(stage, queue, options):
    with pytest.raises(InvalidValue):
        stage.wait(queue.send(1, **options))


def test_a_message_that_was_withdrawn_is_never_received(stage, queue, seen):
    kept = stage.wait(queue.send("kept", delay="1m"))
    sent = stage.wait(queue.send("withdrawn", delay="1m"))

    assert stage.wait(queue.withdraw(sent)) is True
    assert stage.wait(queue.withdraw(sent)) is False
    stage.advance(120_000)
    assert [body for _, body in seen] == ["kept"]
    assert stage.wait(queue.withdraw(kept)) is False
    assert stage.wait(queue.depth())["waiting"] == 0


def test_what_was_sent_is_pending_until_it_is_settled_or_gone(stage, queue, app):
    sent = [stage.wait(queue.send(body, delay="1m")) for body in ("kept", "withdrawn", "bad")]
    stage.wait(queue.withdraw(sent[1]))

    def pending(*more):
        return stage.wait(
            app.run(lambda tx: [tx.is_pending(queue, each) for each in [*sent, *more]])
        )

    assert pending("no id") == [True, False, True, False]
    stage.advance(60_000)
    assert pending() == [False, False, True]
    stage.advance(60_000)
    assert pending() == [False, False, False]


def test_a_withdrawal_holds_with_its_transaction_only(stage, queue, app, seen):
    sent = stage.wait(queue.send("kept", delay="1m"))

    def withdraw_and_fail(tx):
        assert tx.withdraw(queue, sent)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        stage.wait(app.run(withdraw_and_fail))
    stage.advance(60_000)
    assert [body for _, body in seen] == ["kept"]


def test_what_is_no_message_of_the_queue_is_not_withdrawn(stage, queue, app):
    other = stage.wait(queue.dead_letters.send("elsewhere"))

    for given in (other, "no id", stage.platform.engine.records.text(2, 1)):
        assert stage.wait(queue.withdraw(given)) is False
    assert len(stage.wait(queue.dead_letters.peek())) == 1


def test_withdrawing_the_first_of_a_group_lets_the_next_go_on(stage, queue, seen):
    first = stage.wait(queue.send("first", delay="1h", group="g"))
    held = stage.wait(queue.send("second", group="g"))
    stage.wait(queue.send("third", group="g"))
    stage.settle()
    assert seen == []

    assert stage.wait(queue.withdraw(held)) is True
    stage.settle()
    assert seen == []
    assert stage.wait(queue.withdraw(first)) is True
    stage.settle()
    assert [body for _, body in seen] == ["third"]
    depth = stage.wait(queue.depth())
    assert (depth["waiting"], depth["held"]) == (0, 0)


def test_what_was_withdrawn_can_be_sent_again_under_its_deduplication_id(stage, queue, seen):
    sent = stage.wait(queue.send(1, delay="1m", deduplication_id="d"))
    stage.wait(queue.withdraw(sent))

    again = stage.wait(queue.send(2, deduplication_id="d"))
    stage.settle()
    assert again != sent
    assert [body for _, body in seen] == [2]


def test_a_message_that_failed_can_be_withdrawn_before_its_next_try(stage, queue, seen):
    sent = stage.wait(queue.send("bad"))
    stage.settle()
    assert len(seen) == 1

    assert stage.wait(queue.withdraw(sent)) is True
    stage.advance(10_000)
    assert len(seen) == 1
    assert stage.rows("SELECT count(*) FROM ensue_failures") == [(0,)]


def test_functions_mail_and_destinations_give_back_too_what_is_due_later(app, run_app):
    handled = []

    @app.function
    def later(body, tx):
        handled.append(body)

    letters = app.mail("letters", to="a@example.org")
    bank = app.destination("bank", url="http://bank/")
    t = run_app(app, outside={})

    def send(tx):
        moment = {"due_ms": tx.now_ms + 5_000}
        letter = {"subject": "s", "text": "t"}
        return [
            (target, tx.send(target, body, **moment))
            for target, body in ((later, 1), (letters, letter), (bank, {}))
        ]

    sent = t.wait(app.run(send))
    withdrawn = t.wait(app.run(lambda tx: [tx.withdraw(*each) for each in sent]))
    t.advance("10s")

    assert withdrawn == [True, True, True]
    assert (handled, t.letters(letters), t.calls) == ([], [], [])


def test_the_operations_send_at_a_moment_and_withdraw(stage, queue, app, seen):
    operations = {each.name: each for each in KIND.operations}
    send, withdraw = operations["send"], operations["withdraw"]
    due_ms = stage.clock.now_ms() + 1_000

    sent = stage.wait(send.run(queue, send.parameters(body=1, due_ms=due_ms)))
    told = stage.wait(withdraw.run(queue, withdraw.parameters(id=sent["id"])))
    stage.advance(2_000)
    assert (told, seen) == ({"withdrawn": True}, [])


# What is told of failures


@pytest.mark.parametrize("is_action", [False, True])
def test_each_failure_is_told_in_the_transaction_that_gives_the_message_back(
    store, run_on, app, is_action
):
    queue = app.queue("work", max_receives=3)
    told = app.table("told", key=("message", "try"))

    if is_action:

        @queue.consumer(retry_base="1s", retry_cap="1s")
        async def act(message):
            raise ValueError("no luck")

    else:

        @queue.consumer(retry_base="1s", retry_cap="1s")
        def handle(message, tx):
            raise ValueError("no luck")

    @queue.on_retry
    def retried(message, reason, tx):
        tx.put(told, {"message": message.id, "try": message.receives, "reason": reason})

    @queue.on_dead_letter
    def dead(message, reason, tx):
        tx.put(told, {"message": message.id, "try": 0, "reason": reason})

    stage = run_on(store, app)
    sent = stage.wait(queue.send(1))
    for _ in range(5):
        stage.advance(1_000)

    rows = stage.wait(told.query(sent)).items
    assert [(each["try"], each["reason"]) for each in rows] == [
        (0, "ValueError: no luck"),
        (1, "ValueError: no luck"),
        (2, "ValueError: no luck"),
    ]


def test_a_handler_of_retries_that_raises_changes_nothing(store, run_on, app, queue, caplog):
    tries = []

    @queue.consumer(retry_base="1s", retry_cap="1s")
    def handle(message, tx):
        tries.append(message.receives)
        raise ValueError

    @queue.on_retry
    def retried(message, tx):
        raise RuntimeError("told nobody")

    stage = run_on(store, app)
    stage.wait(queue.send(1))
    for _ in range(3):
        stage.advance(1_000)
    assert tries == [1, 2]
    assert len(stage.wait(queue.dead_letters.peek())) == 1
    assert "handle retried: the handler failed" in caplog.text


def test_who_is_told_of_retries_is_a_def(queue):
    async def retried(message):
        pass

    with pytest.raises(InvalidDeclaration):
        queue.on_retry(retried)
    with pytest.raises(InvalidDeclaration):
        queue.on_retry(lambda message: None)
