from __future__ import annotations

import pytest

from ensue.app.app import App


@pytest.fixture
def app() -> App:
    return App("wims")


@pytest.fixture
def stock(app):
    return app.table("stock", key="id")


@pytest.fixture
def stage(store, run_on, app, stock):
    return run_on(store, app)


def version(stage, stock, key="a"):
    found = stage.wait(stock.get_versioned(key))
    return None if found is None else found.version


def test_each_change_gives_a_higher_version_and_what_changes_nothing_does_not(stage, stock):
    stage.wait(stock.put({"id": "a", "n": 1}))
    first = version(stage, stock)
    stage.wait(stock.put({"id": "a", "n": 1}))
    stage.wait(stock.update("a", "SET n = :n", n=1))
    assert version(stage, stock) == first
    stage.wait(stock.update("a", "SET n = :n", n=2))
    assert version(stage, stock) == first + 1


def test_a_write_that_expects_another_version_does_nothing(stage, stock):
    stage.wait(stock.put({"id": "a", "n": 1}))
    old = version(stage, stock)
    stage.wait(stock.put({"id": "a", "n": 2}))
    assert stage.wait(stock.put({"id": "a", "n": 3}, expect=old)) is False
    assert stage.wait(stock.update("a", "SET n = :n", expect=old, n=3)) is None
    assert stage.wait(stock.delete("a", expect=old)) is None
    assert stage.wait(stock.get("a")).n == 2
    assert stage.wait(stock.update("a", "SET n = :n", expect=old + 1, n=3)).n == 3


def test_version_0_expects_that_nothing_is_there(stage, stock):
    assert stage.wait(stock.put({"id": "a"}, expect=0)) is True
    assert stage.wait(stock.put({"id": "a", "n": 1}, expect=0)) is False


def test_a_version_and_a_condition_must_both_hold(stage, stock):
    stage.wait(stock.put({"id": "a", "n": 1}))
    now = version(stage, stock)
    assert stage.wait(stock.delete("a", expect=now, where="n > :n", n=1)) is None
    assert stage.wait(stock.delete("a", expect=now, where="n > :n", n=0)) is not None


def test_what_is_removed_and_comes_again_has_no_version_that_was_given_before(stage, stock):
    seen = set()
    for n in range(5):
        stage.wait(stock.put({"id": "b", "n": n}))
        stage.wait(stock.put({"id": "a", "n": n}))
        for m in range(n):
            stage.wait(stock.update("a", "SET m = :m", m=m))
        now = version(stage, stock)
        assert now not in seen
        seen.add(now)
        stage.wait(stock.delete("a"))


def test_statements_from_outside_give_versions_too(file_store, run_on, app, stock, typed_in):
    stage = run_on(file_store, app)
    stage.wait(stock.put({"id": "b"}))
    typed_in(file_store, """INSERT INTO wims_stock (pk, item) VALUES ('a', '{"id":"a"}')""")
    assert version(stage, stock) == 2
    typed_in(file_store, "UPDATE wims_stock SET item = json_set(item, '$.n', 1) WHERE pk = 'a'")
    assert version(stage, stock) == 3
    typed_in(file_store, "UPDATE wims_stock SET pk = 'c' WHERE pk = 'a'")
    assert version(stage, stock, "c") == 5
    found = stage.rows("SELECT kind, version FROM wims_stock_changes WHERE sequence > 1")
    assert found == [("insert", 2), ("update", 3), ("remove", 3), ("insert", 5)]


def test_a_change_has_the_version_after_it_or_that_of_what_was_removed(store, run_on, app, stock):
    seen = []

    @app.on_change(stock)
    def follow(change, tx):
        seen.append((change.kind, change.version))

    stage = run_on(store, app)
    stage.wait(stock.put({"id": "a", "n": 1}))
    stage.wait(stock.put({"id": "a", "n": 2}))
    stage.wait(stock.delete("a"))
    stage.settle()
    assert seen == [("insert", 1), ("update", 2), ("remove", 2)]


def test_a_change_that_became_work_has_its_version_too(store, run_on, app, stock):
    seen = []

    @app.on_change(stock)
    async def follow(change):
        seen.append((change.kind, change.version, change.expired))

    stage = run_on(store, app)
    stage.wait(stock.put({"id": "a", "n": 1}))
    stage.settle()
    assert seen == [("insert", 1, False)]


def test_a_store_of_the_first_release_gets_versions_and_new_triggers(file_store, run_on):
    def declared():
        app = App("wims")
        return app, app.table("stock", key="id")

    app, stock = declared()
    stage = run_on(file_store, app)
    stage.wait(stock.put({"id": "a"}))

    def as_before(tx):
        tx.execute("DROP TRIGGER wims_stock_insert")
        tx.execute(
            "CREATE TRIGGER wims_stock_insert AFTER INSERT ON wims_stock BEGIN"
            " INSERT INTO wims_stock_changes (kind, key, new, hop)"
            " VALUES ('insert', json_array(NEW.pk), NEW.item, NEW.hop); END"
        )
        for column in ("version", "at_ms", "expired"):
            for trigger in ("update", "rekey", "remove"):
                tx.execute(f"DROP TRIGGER IF EXISTS wims_stock_{trigger}")
            tx.execute(f"ALTER TABLE wims_stock_changes DROP COLUMN {column}")

    stage.do(as_before)
    stage.close()
    app, stock = declared()
    stage = run_on(file_store, app)
    stage.wait(stock.put({"id": b"b"}))
    stage.wait(stock.delete("a"))
    found = stage.rows("SELECT kind, key, version FROM wims_stock_changes ORDER BY sequence")
    assert found == [
        ("insert", '["a"]', None),
        ("insert", '[{"$bytes":"62"}]', 2),
        ("remove", '["a"]', 1),
    ]
