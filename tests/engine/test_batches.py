from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from ensue.app.app import App
from ensue.app.transaction import Tx
from ensue.engine.consumers import ActionConsumer
from ensue.engine.readers import LogReader
from ensue.words.errors import InvalidDeclaration, Unfit


@pytest.fixture
def app() -> App:
    return App("wims")


@pytest.fixture
def queue(app):
    return app.queue("prices", max_receives=5)


@pytest.fixture
def found(app):
    return app.table("found", key="id")


def completing(queue, complete, **changes):
    """Let a queue's consumer complete what it answers."""
    queue._handler = replace(queue._handler, complete=complete, **changes)


def put_price(found):
    def complete(tx, pieces, answer):
        before = Tx(tx).get(found, "sum")
        Tx(tx).put(found, {"id": "sum", "n": answer + (before.n if before else 0)})

    return complete


def asking_in_batches(queue, ask, complete):
    """Let actions of a queue take batches, and complete what ``ask`` answers of the bodies."""

    @queue.consumer(batches=True)
    async def declared(messages):
        pass

    async def act_batch(pieces, ids):
        return await ask([int(piece.body) for piece in pieces])

    completing(queue, complete, act_batch=act_batch)


def send(stage, queue, *bodies, **options):
    for body in bodies:
        stage.wait(queue.send(body, **options))


def dead(stage, queue):
    return [each.body for each in stage.wait(queue.dead_letters.peek(100))]


def total(stage, found):
    item = stage.wait(found.get("sum"))
    return None if item is None else item.n


def states(stage):
    return [state for (state,) in stage.rows("SELECT state FROM ensue_work ORDER BY id")]


# Completion


def test_what_an_action_answers_commits_with_the_settlement_of_its_work(
    store, run_on, app, queue, found
):
    @queue.consumer()
    async def ask(message):
        return message.body * 10

    completing(queue, put_price(found))
    stage = run_on(store, app)
    send(stage, queue, 1, 2, 3)
    stage.settle()
    assert total(stage, found) == 60
    assert states(stage) == [2, 2, 2]


def test_a_completion_that_raises_undoes_itself_and_the_work_is_tried_again(
    store, run_on, app, queue, found
):
    asked, fail = [], [True]

    @queue.consumer()
    async def ask(message):
        asked.append(message.receives)
        return 7

    def complete(tx, pieces, answer):
        put_price(found)(tx, pieces, answer)
        if fail.pop():
            fail.append(False)
            raise ValueError("not yet")
        fail.append(False)

    completing(queue, complete)
    stage = run_on(store, app)
    send(stage, queue, 1)
    stage.settle()
    assert (total(stage, found), states(stage)) == (None, [0])
    stage.advance(60_000)
    assert (total(stage, found), states(stage), asked) == (7, [2], [1, 2])


def test_what_a_completion_finds_unfit_is_dead_lettered_at_once(store, run_on, app, queue):
    @queue.consumer()
    async def ask(message):
        return None

    def complete(tx, pieces, answer):
        raise Unfit("nothing can be made of it")

    completing(queue, complete)
    stage = run_on(store, app)
    send(stage, queue, "odd")
    stage.settle()
    assert dead(stage, queue) == ["odd"]


def test_a_completion_may_refuse_some_of_a_batch(store, run_on, app, queue):
    asked = []

    async def ask(numbers):
        asked.append(numbers)
        return [n * 2 for n in numbers]

    def complete(tx, pieces, answer):
        assert answer == [int(piece.body) * 2 for piece in pieces]
        return {piece.id: "odd" for piece in pieces if int(piece.body) % 2}

    asking_in_batches(queue, ask, complete)
    stage = run_on(store, app)
    send(stage, queue, 1, 2, 3, 4)
    stage.settle()
    assert states(stage) == [0, 2, 0, 2]
    stage.advance(3_600_000)
    assert sorted(dead(stage, queue)) == [1, 3]
    assert asked[0] == [1, 2, 3, 4]


def test_nothing_is_completed_of_work_whose_lease_has_passed_to_another(
    store, run_on, app, queue, found
):
    let_go, asked = [], []

    async def ask(numbers):
        asked.append(numbers)
        if not let_go:
            let_go.append(stage.loop.create_future())
            await let_go[0]
        return sum(numbers)

    asking_in_batches(queue, ask, put_price(found))
    stage = run_on(store, app)
    send(stage, queue, 1, 2)
    stage.settle()
    stage.do(lambda tx: tx.execute("UPDATE ensue_work SET receives = 9, state = 2 WHERE body = 1"))
    let_go[0].set_result(None)
    stage.settle()
    assert total(stage, found) == 2
    assert asked == [[1, 2], [2]]


def test_killed_before_the_answer_is_settled_the_action_is_repeated_and_completed_once(
    file_store, run_on, crashed
):
    def shop():
        app = App("wims")
        queue, found = app.queue("prices"), app.table("found", key="id")
        asked = []

        @queue.consumer()
        async def ask(message):
            asked.append(message.body)
            return message.body

        completing(queue, put_price(found))
        return app, queue, found, asked

    app, queue, _, asked = shop()
    stage = run_on(file_store, app)
    send(stage, queue, 5)
    [consumer] = [each for each in stage.engine.workers if isinstance(each, ActionConsumer)]

    async def ask_only():
        await consumer.step()
        await stage.let_actions_run()

    stage.wait(ask_only())
    left = crashed(stage)
    app, queue, found, again = shop()
    after = run_on(left, app)
    after.settle()
    assert (asked, again) == ([5], [5])
    assert total(after, found) == 5
    assert states(after) == [2]


def test_an_answer_that_came_before_the_stop_is_completed(file_store, run_on, app, queue, found):
    @queue.consumer()
    async def ask(message):
        return message.body

    completing(queue, put_price(found))
    stage = run_on(file_store, app)
    send(stage, queue, 5)
    [consumer] = [each for each in stage.engine.workers if isinstance(each, ActionConsumer)]

    async def ask_only():
        await consumer.step()
        await stage.let_actions_run()
        await consumer.drain(0)

    stage.wait(ask_only())
    assert (total(stage, found), states(stage)) == (5, [2])


def test_a_batch_that_fails_is_tried_again_in_halves_so_that_the_innocent_live(
    store, run_on, app, queue
):
    sizes = []

    @queue.consumer(batches=True, batch=8, retry_base=0.001)
    async def ask(messages):
        sizes.append(len(messages))
        if any(each.body == "poison" for each in messages):
            raise ValueError("poison")

    completing(queue, lambda tx, pieces, answer: None, halves=True)
    stage = run_on(store, app)
    send(stage, queue, 1, 2, "poison", 4, 5, 6, 7, 8)
    stage.advance(3_600_000)
    assert dead(stage, queue) == ["poison"]
    assert sizes[0] == 8
    assert max(sizes[1:]) <= 4
    assert sizes[-1] == 1


# Windows


@pytest.mark.parametrize("action", [False, True])
def test_a_batch_waits_until_its_oldest_is_as_old_as_the_window(store, run_on, app, queue, action):
    seen = []

    def take(messages, tx=None):
        seen.append((stage.clock.now_ms() - began_ms, [each.body for each in messages]))

    async def take_outside(messages):
        take(messages)

    declare = queue.consumer(batches=True, batch=3, window="5s")
    declare(take_outside if action else take)
    stage = run_on(store, app)
    began_ms = stage.clock.now_ms()
    send(stage, queue, 1)
    stage.advance(2_000)
    send(stage, queue, 2)
    stage.advance(10_000)
    assert seen == [(5_000, [1, 2])]


@pytest.mark.parametrize("action", [False, True])
def test_a_full_batch_waits_for_nothing_and_the_rest_for_its_own_window(
    store, run_on, app, queue, action
):
    seen = []

    def take(messages, tx=None):
        seen.append((stage.clock.now_ms() - began_ms, [each.body for each in messages]))

    async def take_outside(messages):
        take(messages)

    declare = queue.consumer(batches=True, batch=3, window="5s")
    declare(take_outside if action else take)
    stage = run_on(store, app)
    began_ms = stage.clock.now_ms()
    send(stage, queue, 1, 2, 3, 4)
    stage.settle()
    stage.advance(10_000)
    assert seen == [(0, [1, 2, 3]), (5_000, [4])]


@pytest.mark.parametrize("action", [False, True])
def test_what_becomes_due_meanwhile_fills_the_batch(store, run_on, app, queue, action):
    seen = []

    def take(messages, tx=None):
        seen.append((stage.clock.now_ms() - began_ms, [each.body for each in messages]))

    async def take_outside(messages):
        take(messages)

    declare = queue.consumer(batches=True, batch=2, window="5s")
    declare(take_outside if action else take)
    stage = run_on(store, app)
    began_ms = stage.clock.now_ms()
    send(stage, queue, "late", delay=3)
    send(stage, queue, "early")
    stage.advance(10_000)
    assert seen == [(3_000, ["early", "late"])]


@pytest.mark.parametrize("action", [False, True])
def test_after_a_crash_what_was_there_is_taken_alone_without_a_window(
    file_store, run_on, crashed, action
):
    seen = []

    def take(messages, tx=None):
        seen.append([each.body for each in messages])

    async def take_outside(messages):
        take(messages)

    def shop():
        app = App("wims")
        queue = app.queue("prices", max_receives=5)
        queue.consumer(batches=True, batch=10, window="5s")(take_outside if action else take)
        return app, queue

    app, queue = shop()
    stage = run_on(file_store, app)
    send(stage, queue, 1, 2)
    stage.do(
        lambda tx: tx.execute(
            "UPDATE ensue_work SET state = 1, receives = 1, taken_ms = ?, due_ms = ?",
            (tx.now_ms, tx.now_ms + 10),
        )
    )
    left = crashed(stage)
    after = run_on(left, shop()[0])
    after.settle()
    assert seen == [[1], [2]]


def test_records_wait_until_there_is_a_batch_of_them_or_the_first_is_old_enough(store, run_on, app):
    seen = []
    clicks = app.stream("clicks")

    @app.on_records(clicks, batch=3, window="5s", where={"data": {"n": [{"numeric": [">", 0]}]}})
    def take(records, tx):
        seen.append((stage.clock.now_ms() - began_ms, [each.data["n"] for each in records]))

    def append(*numbers):
        for n in numbers:
            stage.wait(clicks.append({"n": n}, key="k"))

    stage = run_on(store, app)
    began_ms = stage.clock.now_ms()
    append(0)
    stage.advance(1_000)
    append(0, 1)
    stage.advance(3_000)
    append(2, 0)
    stage.settle()
    assert seen == []
    stage.advance(3_000)
    append(3, 0, 4, 5, 6)
    stage.settle()
    append(0)
    stage.advance(10_000)
    assert seen == [(6_000, [1, 2]), (7_000, [3, 4, 5]), (12_000, [6])]
    assert stage.wait(app.function_named("take").lag())[0].unread == 0


def test_while_a_window_lasts_nothing_is_looked_at_but_by_commits(store, run_on, app):
    clicks = app.stream("clicks")

    @app.on_records(clicks, window="5m")
    def take(records, tx):
        pass

    stage = run_on(store, app)
    stage.wait(clicks.append(1))
    stage.settle()
    [reader] = [each for each in stage.engine.workers if isinstance(each, LogReader)]
    assert reader.due_ms() == stage.clock.now_ms() + 300_000
    assert not reader.woken.is_set()


def test_a_window_is_of_batches_and_of_five_minutes_at_most(app, queue):
    with pytest.raises(InvalidDeclaration, match="handler of batches"):
        queue.consumer(window="5s")
    with pytest.raises(InvalidDeclaration, match="window of at most 300000 ms"):
        queue.consumer(batches=True, window="6m")


def test_what_was_seen_in_a_commit_that_failed_is_seen_again(store, run_on, app):
    seen = []
    clicks = app.stream("clicks")

    @app.on_records(clicks, batch=2, window="5s")
    def take(records, tx):
        seen.append([each.data for each in records])

    stage = run_on(store, app)
    [reader] = [each for each in stage.engine.workers if isinstance(each, LogReader)]

    async def fail_together():
        stage.engine._connection.set_commit_hook(lambda: True)
        appended, stepped = clicks.append("never", key="k"), reader.step()
        await asyncio.gather(appended, stepped, return_exceptions=True)
        stage.engine._connection.set_commit_hook(None)

    stage.wait(fail_together())
    stage.wait(clicks.append("a", key="k"))
    stage.wait(clicks.append("b", key="k"))
    stage.settle()
    assert seen == [["a", "b"]]


def test_after_a_split_what_is_left_of_a_closed_shard_does_not_wait(store, run_on, app):
    seen = []
    clicks = app.stream("clicks", shards=1)

    @app.on_records(clicks, batch=3, window="5s")
    def take(records, tx):
        seen.append([each.data for each in records])

    stage = run_on(store, app)
    stage.wait(clicks.append(1, key="k"))
    [shard] = stage.wait(clicks.shards())
    stage.wait(clicks.split(shard.shard))
    stage.wait(clicks.append(2, key="k"))
    stage.settle()
    assert seen == [[1]]
    stage.advance(5_000)
    assert seen == [[1], [2]]


def test_what_a_reader_with_a_window_saw_before_it_was_set_back_is_not_taken_twice(
    store, run_on, app
):
    seen = []
    clicks = app.stream("clicks")

    @app.on_records(clicks, batch=3, window="5s")
    def take(records, tx):
        seen.append([each.data for each in records])

    stage = run_on(store, app)
    for n in range(4):
        stage.wait(clicks.append(n, key="k"))
    stage.settle()
    stage.wait(app.function_named("take").rewind("horizon", confirm="take"))
    stage.advance(5_000)
    assert seen == [[0, 1, 2], [0, 1, 2], [3]]


def test_a_paused_reader_does_not_wake_for_its_window(store, run_on, app):
    clicks = app.stream("clicks")

    @app.on_records(clicks, window="5s")
    def take(records, tx):
        pass

    stage = run_on(store, app)
    stage.wait(clicks.append(1))
    stage.settle()
    stage.wait(app.function_named("take").pause())
    [reader] = [each for each in stage.engine.workers if isinstance(each, LogReader)]
    assert reader.due_ms() is None
