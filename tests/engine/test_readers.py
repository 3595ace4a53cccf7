from __future__ import annotations

import pytest

from ensue.app.app import App
from ensue.engine import readers


class Shop:
    """An app whose function notes what it sees of a table, and fails where it is told to."""

    def __init__(
        self,
        *,
        batch: int = 100,
        fail_on: frozenset = frozenset(),
        action: bool = False,
        retries: int = 1,
    ):
        self.app = App("wims")
        self.stock = self.app.table("stock", key="id")
        self.seen: list[tuple] = []
        self.fail_on = set(fail_on)

        def follow(change, tx=None):
            self.seen.append((change.kind, change.key[0], (change.new or change.old)["n"]))
            if self.seen[-1][1:] in self.fail_on:
                raise ValueError("not this one")

        async def follow_outside(change):
            follow(change)

        declare = self.app.on_change(self.stock, batch=batch, retries=retries, name="follow")
        declare(follow_outside if action else follow)

    def put(self, stage, *pairs):
        for key, n in pairs:
            stage.wait(self.stock.put({"id": key, "n": n}))

    def position(self, stage):
        return stage.rows("SELECT position FROM ensue_readers")[0][0]

    def dead(self, stage):
        return stage.wait(stage.platform.resource("queue", "follow-dlq").peek(10))


@pytest.mark.parametrize("batch", [1, 3, 100])
def test_records_are_handled_in_order(store, run_on, batch):
    shop = Shop(batch=batch)
    stage = run_on(store, shop.app)
    shop.put(stage, *[("k", n) for n in range(7)])
    stage.settle()
    assert [n for _, _, n in shop.seen] == list(range(7))
    assert shop.position(stage) == 7


def test_an_action_gets_every_record_of_a_key_in_order(store, run_on):
    shop = Shop(action=True)
    stage = run_on(store, shop.app)
    shop.put(stage, *[("k", n) for n in range(7)])
    stage.settle()
    assert [n for _, _, n in shop.seen] == list(range(7))


def test_the_position_moves_in_the_commit_of_what_was_done(store, run_on, monkeypatch):
    shop = Shop()
    stage = run_on(store, shop.app)
    shop.put(stage, ("k", 1))
    [reader] = [w for w in stage.engine.workers if isinstance(w, readers.LogReader)]
    stage.engine._connection.set_commit_hook(lambda: True)
    with pytest.raises(Exception, match="store"):
        stage.wait(reader.step())
    stage.engine._connection.set_commit_hook(None)
    assert shop.position(stage) == 0
    stage.wait(reader.step())
    assert shop.position(stage) == 1
    assert shop.seen == [("insert", "k", 1)] * 2


def test_what_was_read_is_not_read_again_after_a_restart(file_store, run_on):
    first = Shop()
    stage = run_on(file_store, first.app)
    first.put(stage, ("k", 1))
    stage.settle()
    first.put(stage, ("k", 2))
    stage.close()
    second = Shop()
    run_on(file_store, second.app).settle()
    assert (first.seen, second.seen) == ([("insert", "k", 1)], [("update", "k", 2)])


def test_a_record_that_fails_holds_back_its_own_key_only(store, run_on):
    shop = Shop(fail_on=frozenset([("a", 1)]))
    stage = run_on(store, shop.app)
    shop.put(stage, ("a", 1), ("b", 1), ("a", 2), ("b", 2))
    stage.settle()
    assert [pair[1:] for pair in shop.seen] == [("a", 1), ("b", 1), ("b", 2)]
    shop.fail_on.clear()
    stage.advance(3_600_000)
    assert [pair[1:] for pair in shop.seen][3:] == [("a", 1), ("a", 2)]


def test_a_record_that_fails_too_often_is_dead_lettered_and_its_successors_go_on(store, run_on):
    shop = Shop(fail_on=frozenset([("a", 1)]))
    stage = run_on(store, shop.app)
    shop.put(stage, ("a", 1), ("a", 2))
    stage.advance(3_600_000)
    assert [pair[1:] for pair in shop.seen] == [("a", 1), ("a", 1), ("a", 2)]
    [letter] = shop.dead(stage)
    assert letter.body["new"] == {"id": "a", "n": 1}


@pytest.mark.parametrize("batch", [1, 100])
def test_a_record_that_fails_is_dead_at_once_where_no_retry_is_granted(store, run_on, batch):
    shop = Shop(fail_on=frozenset([("a", 1)]), batch=batch, retries=0)
    stage = run_on(store, shop.app)
    shop.put(stage, ("a", 1), ("a", 2))
    stage.settle()
    assert [pair[1:] for pair in shop.seen] == [("a", 1), ("a", 2)]
    [letter] = shop.dead(stage)
    assert letter.body["new"] == {"id": "a", "n": 1}
    assert letter.attributes["dead_letter"]["reason"] == "ValueError: not this one"


def test_statements_typed_into_another_program_are_delivered(file_store, run_on, typed_in):
    shop = Shop()
    stage = run_on(file_store, shop.app)
    shop.put(stage, ("a", 1), ("b", 1))
    stage.settle()
    typed_in(file_store, "UPDATE wims_stock SET item = json_set(item, '$.n', 9)")
    typed_in(file_store, """INSERT INTO wims_stock (pk, item) VALUES ('c', '{"id":"c","n":5}')""")
    typed_in(file_store, "DELETE FROM wims_stock WHERE pk = 'a'")
    stage.engine.wake_all()
    stage.settle()
    assert shop.seen[2:] == [
        ("update", "a", 9),
        ("update", "b", 9),
        ("insert", "c", 5),
        ("remove", "a", 9),
    ]


def test_statements_typed_in_while_nothing_runs_are_delivered_at_the_next_start(
    file_store, run_on, typed_in
):
    first = Shop()
    stage = run_on(file_store, first.app)
    first.put(stage, ("a", 1), ("b", 1))
    stage.settle()
    stage.close()
    typed_in(file_store, "UPDATE wims_stock SET item = json_set(item, '$.n', 2)")
    second = Shop()
    run_on(file_store, second.app).settle()
    assert second.seen == [("update", "a", 2), ("update", "b", 2)]


def test_a_statement_from_outside_has_no_hop_and_the_next_of_ours_has(file_store, run_on, typed_in):
    shop = Shop()
    stage = run_on(file_store, shop.app)
    shop.put(stage, ("a", 1))
    typed_in(file_store, "UPDATE wims_stock SET item = json_set(item, '$.n', 2)")
    shop.put(stage, ("a", 3))
    found = stage.rows("SELECT hop IS NULL FROM wims_stock_changes ORDER BY sequence")
    assert found == [(0,), (1,), (0,)]


@pytest.mark.parametrize("action", [False, True])
def test_an_item_at_every_bound_does_not_stop_its_reader(store, run_on, action):
    shop = Shop(fail_on=frozenset([("deep", 1)]), action=action)
    stage = run_on(store, shop.app)
    deep: object = []
    for _ in range(98):
        deep = [deep]
    for n in (1, 2):
        stage.wait(shop.stock.put({"id": "deep", "n": n, "deep": deep, "fill": "x" * 400_000}))
    shop.put(stage, ("next", 1))
    stage.advance(3_600_000)
    assert ("insert", "next", 1) in shop.seen
    assert ("update", "deep", 2) in shop.seen


@pytest.mark.parametrize(
    "item",
    ["[" * 900 + "]" * 900, '{"n":' + "9" * 30 + "}", '"' + "x" * 2_000_000 + '"', '{"n":1e999}'],
    ids=["deep", "long number", "huge", "infinite"],
)
@pytest.mark.parametrize("action", [False, True])
def test_an_item_from_outside_that_we_could_not_write_does_not_stop_the_reader(
    file_store, run_on, typed_in, item, action
):
    shop = Shop(action=action)
    stage = run_on(file_store, shop.app)
    typed_in(file_store, "INSERT INTO wims_stock (pk, item) VALUES ('odd', ?)", item)
    shop.put(stage, ("next", 1))
    stage.advance(3_600_000)
    assert ("insert", "next", 1) in shop.seen


def test_a_key_from_outside_that_we_could_not_write_does_not_stop_the_reader(
    file_store, run_on, typed_in
):
    shop = Shop()
    stage = run_on(file_store, shop.app)
    typed_in(file_store, "INSERT INTO wims_stock (pk, item) VALUES (?, '{\"n\":0}')", "k" * 5_000)
    shop.put(stage, ("next", 1))
    stage.settle()
    assert ("insert", "next", 1) in shop.seen


def test_after_a_crash_a_record_that_kills_the_process_is_parked(file_store, run_on, crashed):
    stages, images = [], []

    def declared():
        app = App("wims")
        stock = app.table("stock", key="id")

        @app.on_change(stock)
        def follow(change, tx):
            if change.new.id == "poison":
                images.append(crashed(stages[-1]))
                raise KeyboardInterrupt
            seen.append(change.new.id)

        return app, stock

    seen: list[str] = []
    app, stock = declared()
    stages.append(run_on(file_store, app))
    for key in ("poison", "good"):
        stages[0].wait(stock.put({"id": key}))
    url = crashed(stages[0])
    for _ in range(readers.CRASHES_MAX):
        stages.append(run_on(url, declared()[0]))
        with pytest.raises(KeyboardInterrupt):
            stages[-1].settle()
        url = images.pop()
    app, _ = declared()
    stages.append(run_on(url, app))
    stages[-1].settle()
    assert seen == ["good"]
    [(error,)] = stages[-1].rows("SELECT error FROM ensue_failures")
    assert error == f"the process died {readers.CRASHES_MAX} times while it was handled"
