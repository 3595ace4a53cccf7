from __future__ import annotations

import asyncio

import pytest

from ensue.app.app import App
from ensue.words.errors import InvalidDeclaration


@pytest.fixture
def app():
    return App("wims")


@pytest.fixture
def queue(app):
    return app.queue("payments", max_receives=2)


def send(stage, queue, *bodies):
    stage.wait(queue.send_batch([{"body": body} for body in bodies]))


def states(stage):
    return stage.rows("SELECT state, receives FROM ensue_work ORDER BY id")


def test_a_transaction_handler_of_batches_gets_many_in_one_transaction(store, run_on, app, queue):
    seen = []

    @queue.consumer(batches=True, batch=3)
    def handle(messages, tx):
        seen.append([(message.body, message.receives) for message in messages])

    stage = run_on(store, app)
    send(stage, queue, *range(4))
    stage.settle()
    assert seen == [[(0, 1), (1, 1), (2, 1)], [(3, 1)]]
    assert states(stage) == [(2, 1)] * 4


def test_a_batch_that_fails_is_halved_down_to_the_poison(store, run_on, app, queue):
    stock = app.table("stock", key="id")
    sizes = []

    @queue.consumer(batches=True)
    def handle(messages, tx):
        sizes.append(len(messages))
        for message in messages:
            tx.put(stock, {"id": message.id, "n": message.body})
        if any(message.body == "poison" for message in messages):
            raise ValueError("bad one")

    stage = run_on(store, app)
    send(stage, queue, 0, 1, 2, 3, 4, "poison", 6, 7)
    stage.settle()
    assert sizes == [8, 4, 4, 2, 1, 1, 2]
    assert states(stage) == [(2, 1)] * 5 + [(0, 1)] + [(2, 1)] * 2
    assert stage.wait(stock.count()) == 7
    stage.advance(60_000)
    [letter] = stage.wait(queue.dead_letters.peek())
    assert letter.attributes["dead_letter"]["reason"] == "ValueError: bad one"


def test_an_action_of_batches_names_those_that_failed(store, run_on, app, queue):
    seen = []

    @queue.consumer(batches=True, batch=10)
    async def handle(messages):
        seen.append([message.body for message in messages])
        return [message.id for message in messages if message.body == "bad"]

    stage = run_on(store, app)
    send(stage, queue, 1, "bad", 3)
    stage.settle()
    assert seen == [[1, "bad", 3]]
    assert states(stage) == [(2, 1), (0, 1), (2, 1)]
    stage.advance(60_000)
    assert seen[1:] == [["bad"]]
    [letter] = stage.wait(queue.dead_letters.peek())
    assert "named it among those that failed" in letter.attributes["dead_letter"]["reason"]


@pytest.mark.parametrize("answer", ["x", ["x"], 5])
def test_an_action_that_raises_or_answers_nonsense_has_failed_for_all(
    store, run_on, app, queue, answer
):
    @queue.consumer(batches=True)
    async def handle(messages):
        return answer

    stage = run_on(store, app)
    send(stage, queue, 1, 2)
    stage.settle()
    assert states(stage) == [(0, 1)] * 2


def test_no_more_batches_run_at_once_than_declared(store, run_on, app, queue):
    gates, running, most = [], set(), []

    @queue.consumer(batches=True, batch=2, concurrency=2)
    async def handle(messages):
        gates.append(asyncio.Event())
        running.add(messages[0].id)
        most.append((len(running), len(messages)))
        await gates[-1].wait()
        running.discard(messages[0].id)

    stage = run_on(store, app)
    send(stage, queue, *range(9))
    for _ in range(8):
        stage.settle()
        for gate in gates:
            gate.set()
    assert max(most) == (2, 2)
    assert sum(size for _, size in most) == 9
    assert states(stage) == [(2, 1)] * 9


def test_an_orderly_stop_gives_a_running_batch_back(file_store, run_on, app, queue):
    @queue.consumer(batches=True)
    async def handle(messages):
        await asyncio.get_running_loop().create_future()

    stage = run_on(file_store, app)
    send(stage, queue, 1, 2)
    stage.settle()
    stage.close()
    assert states(run_on(file_store)) == [(0, 1)] * 2


def test_after_a_crash_a_batch_handler_is_given_one_at_a_time(file_store, run_on, crashed):
    def declared(seen):
        app = App("wims")
        queue = app.queue("payments")

        @queue.consumer(batches=True)
        def handle(messages, tx):
            seen.append(len(messages))

        return app, queue

    app, queue = declared([])
    first = run_on(file_store, app)
    send(first, queue, 1, 2, 3)
    seen = []
    second = run_on(crashed(first), declared(seen)[0])
    second.settle()
    assert seen == [1, 1, 1]
    assert states(second) == [(2, 1)] * 3


def test_a_batch_handler_of_another_shape_is_refused(queue):
    with pytest.raises(InvalidDeclaration, match=r"messages, tx"):
        queue.consumer(batches=True)(lambda messages: None)


def test_actions_that_ran_at_a_crash_run_alone_so_that_the_innocent_live(
    file_store, run_on, crashed
):
    images, stages = [], []

    def declared():
        app = App("wims")
        queue = app.queue("payments", max_receives=3)

        @queue.consumer(concurrency=5)
        async def handle(message):
            if message.body == "poison":
                images.append(crashed(stages[-1]))
                await asyncio.get_running_loop().create_future()
            elif message.receives == 1:
                await asyncio.get_running_loop().create_future()

        return app, queue

    app, queue = declared()
    stages.append(run_on(file_store, app))
    send(stages[0], queue, "poison", 1, 2, 3)
    stages[0].settle()
    for _ in range(3):
        app, queue = declared()
        stages.append(run_on(images.pop(), app))
        stages[-1].settle()
    assert stages[-1].wait(queue.dead_letters.depth())["waiting"] == 1
    assert states(stages[-1]).count((2, 2)) == 3


def test_receives_that_ended_with_the_process_are_counted_apart_from_failures(
    file_store, run_on, crashed
):
    def declared(fails):
        app = App("wims")
        queue = app.queue("payments", max_receives=2)

        @queue.consumer(retry_base="1ms")
        async def handle(message):
            if not fails:
                await asyncio.get_running_loop().create_future()
            raise ValueError

        return app, queue

    app, queue = declared(fails=False)
    first = run_on(file_store, app)
    send(first, queue, 1)
    first.settle()
    app, queue = declared(fails=True)
    second = run_on(crashed(first), app)
    second.advance(1_000)
    [letter] = second.wait(queue.dead_letters.peek())
    assert letter.attributes["dead_letter"]["receives"] == 3
