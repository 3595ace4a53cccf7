from __future__ import annotations

import asyncio

import pytest

from ensue.app.app import App
from ensue.engine.idempotency import RUN_KEEP_MS
from ensue.words.errors import InvalidValue, StoreError, TokenReused

TOKEN = "a"  # noqa: S105 - no secret


@pytest.fixture
def app() -> App:
    return App("wims")


@pytest.fixture
def stock(app):
    return app.table("stock", key="id", seed=[{"id": "LX", "n": 10}])


@pytest.fixture
def orders(app):
    return app.queue("orders")


@pytest.fixture
def stage(store, run_on, app, stock, orders):
    return run_on(store, app)


@pytest.fixture
def take(stock, orders):
    def take(n, tx):
        left = tx.update(stock, "LX", "SET n = n - :n", where="n >= :n", n=n)
        if left is None:
            raise ValueError("there are not so many")
        tx.send(orders, {"n": n})
        return {"left": left.n}

    return take


def test_a_run_under_a_token_is_done_once_and_answers_alike(stage, app, stock, orders, take):
    answers = [stage.wait(app.run(take, 3, token=TOKEN)) for _ in range(3)]
    assert answers == [{"left": 7}] * 3
    assert stage.wait(stock.get("LX")).n == 7
    assert stage.wait(orders.depth())["waiting"] == 1


def test_two_runs_at_the_same_moment_are_one(stage, app, take):
    async def both():
        return await asyncio.gather(*(app.run(take, 3, token=TOKEN) for _ in range(5)))

    assert stage.wait(both()) == [{"left": 7}] * 5


def test_other_arguments_or_another_function_under_a_token_are_refused(stage, app, stock, take):
    stage.wait(app.run(take, 3, token=TOKEN))
    with pytest.raises(TokenReused):
        stage.wait(app.run(take, 4, token=TOKEN))
    with pytest.raises(TokenReused):
        stage.wait(app.run(lambda n, tx: n, 3, token=TOKEN))
    assert stage.wait(stock.get("LX")).n == 7


def test_a_run_that_raises_has_freed_its_token(stage, app, take):
    with pytest.raises(ValueError, match="not so many"):
        stage.wait(app.run(take, 11, token=TOKEN))
    assert stage.wait(app.run(take, 3, token=TOKEN)) == {"left": 7}


def test_a_token_is_kept_for_a_day(stage, app, take):
    stage.wait(app.run(take, 3, token=TOKEN))
    stage.clock.move_to(stage.clock.now_ms() + RUN_KEEP_MS - 1)
    assert stage.wait(app.run(take, 3, token=TOKEN)) == {"left": 7}
    stage.clock.move_to(stage.clock.now_ms() + 1)
    assert stage.wait(app.run(take, 3, token=TOKEN)) == {"left": 4}


def test_with_a_token_arguments_and_answer_are_values(stage, app, stock):
    with pytest.raises(InvalidValue):
        stage.wait(app.run(lambda given, tx: None, object(), token=TOKEN))
    with pytest.raises(InvalidValue):
        stage.wait(app.run(lambda tx: object(), token=TOKEN))
    assert stage.wait(app.run(lambda tx: (1, 2), token=TOKEN)) == [1, 2]


def test_reads_of_one_function_are_of_one_snapshot(store, run_on, app, stock):
    stage = run_on(store, app)

    def look(key, tx):
        found = tx.get_versioned(stock, key)
        return (
            tx.get(stock, key),
            found.item,
            tx.query(stock, key).items[0],
            tx.scan(stock).items[0],
            tx.count(stock),
            tx.history(stock, key)[0].version == found.version,
        )

    item = {"id": "LX", "n": 10}
    assert stage.wait(app.read(look, "LX")) == (item, item, item, item, 1, True)


def test_a_function_that_reads_cannot_write(stage, app, stock):
    with pytest.raises(AttributeError):
        stage.wait(app.read(lambda tx: tx.put(stock, {"id": "a"})))
    with pytest.raises(StoreError):
        stage.wait(app.read(lambda tx: tx._inner.execute("DELETE FROM wims_stock")))
