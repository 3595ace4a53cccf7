"""The kind: adopted tables in an app, on both stores and both databases."""

from __future__ import annotations

import asyncio
import logging

import pytest

from ensue.app.app import App
from ensue.engine.branches import branch
from ensue.engine.database import MEMORY, StoreUrl
from ensue.words.errors import (
    Conflict,
    InvalidDeclaration,
    InvalidInput,
    InvalidName,
    InvalidValue,
    MissingExtra,
    NotFound,
    StoreClosed,
)


class Shop:
    """An app that follows a table outside and notes what it sees."""

    def __init__(self, database, *, url=None, start="now", **options):
        self.app = App("shop")
        self.customers = self.app.adopt(
            "customers",
            url=url or database.url,
            table=database.name("customers"),
            start=start,
        )
        self.seen: list[tuple] = []
        self.fail_on: set = set()

        @self.app.on_change(self.customers, retries=1, **options)
        def follow(change, tx):
            self.seen.append((change.kind, change.key[0], (change.new or change.old)["n"]))
            if self.seen[-1][1:] in self.fail_on:
                raise ValueError("not this one")

    def follow(self, stage):
        """Let the apps look, as when a commit has woken them."""
        stage.engine.wake_all()
        stage.settle()


@pytest.fixture
def shop(database, customers):
    return Shop(database)


@pytest.fixture
def stage(shop, store, run_on):
    found = run_on(store, shop.app)
    found.settle()
    return found


def test_a_handler_follows_the_changes_of_a_table_outside(database, customers, shop, stage):
    database.type(f"UPDATE {customers} SET n = n + 1")
    database.type(f"DELETE FROM {customers} WHERE id = 1")

    shop.follow(stage)

    assert shop.seen == [("update", 1, 11), ("update", 2, 21), ("remove", 1, 11)]


def test_a_table_that_another_store_follows_is_refused(
    database, customers, shop, stage, run_on, store
):
    stage.close()
    database.type(f"UPDATE {database.name('ensue_adopted')} SET owner = 'them'")
    other = run_on(store, shop.app)
    other.settle()

    status = other.wait(shop.customers.status())
    assert "adopted by another store already, as them" in status["last_error"]


def test_a_change_is_delivered_once_however_often_the_app_is_started(
    database, customers, file_store, run_on
):
    shop = Shop(database, start="snapshot")
    for n in range(3):
        stage = run_on(file_store, shop.app)
        stage.settle()
        database.type(f"UPDATE {customers} SET n = {n} WHERE id = 1")
        stage.close()

    run_on(file_store, shop.app).settle()

    assert shop.seen == [
        ("insert", 1, 10),
        ("insert", 2, 20),
        ("update", 1, 0),
        ("update", 1, 1),
        ("update", 1, 2),
    ]


def test_a_snapshot_is_told_as_inserts_that_are_marked(database, customers, store, run_on):
    app = App("shop")
    table = app.adopt(
        "customers", url=database.url, table=database.name("customers"), start="snapshot"
    )
    seen = []

    @app.on_change(table, kind="insert", where={"eventName": ["INSERT"]})
    def follow(change, tx):
        seen.append((change.new.id, change.is_snapshot))

    stage = run_on(store, app)
    stage.settle()
    database.type(f"INSERT INTO {customers} VALUES (3, 'Cleo', 30)")
    stage.engine.wake_all()
    stage.settle()

    assert seen == [(1, True), (2, True), (3, False)]


def test_what_a_handler_wants_is_told_by_a_pattern_or_a_condition(
    database, customers, store, run_on
):
    shop = Shop(database, where="NewImage.n > OldImage.n")
    stage = run_on(store, shop.app)
    stage.settle()

    database.type(f"UPDATE {customers} SET n = 15")
    shop.follow(stage)

    assert shop.seen == [("update", 1, 15)]


def test_a_change_that_fails_holds_back_its_own_row_and_ends_in_the_dead_letter_queue(
    database, customers, shop, stage
):
    shop.fail_on = {(1, 0)}
    database.type(f"UPDATE {customers} SET n = 0")
    database.type(f"UPDATE {customers} SET n = 1")

    shop.follow(stage)
    assert shop.seen == [("update", 1, 0), ("update", 2, 0), ("update", 2, 1)]
    stage.advance(10_000)

    assert shop.seen[-1] == ("update", 1, 1)
    [dead] = stage.wait(stage.platform.resource("queue", "follow-dlq").peek(10))
    assert dead.body["new"]["n"] == 0


def test_the_position_is_that_of_the_store_when_the_process_dies_before_it_acknowledges(
    database, customers, file_store, run_on, crashed
):
    shop = Shop(database)
    stage = run_on(file_store, shop.app)
    stage.settle()
    database.type(f"UPDATE {customers} SET n = 0")
    [puller] = [each for each in stage.engine.workers if each.name.startswith("follow adopted")]
    stage.wait(puller.step())
    left = database.type(f"SELECT count(*) FROM {database.name('ensue_changes')}")
    copy = crashed(stage)
    stage.close()

    run_on(copy, shop.app).settle()

    assert left == [(2,)]
    assert shop.seen == [("update", 1, 0), ("update", 2, 0)]
    assert database.type(f"SELECT * FROM {database.name('ensue_changes')}") == []


def test_what_was_read_and_not_kept_is_read_again(database, customers, shop, stage, monkeypatch):
    database.type(f"UPDATE {customers} SET n = 0")
    engine, transact = stage.engine, stage.engine.transact
    monkeypatch.setattr(engine, "transact", _broken)
    [puller] = [each for each in engine.workers if each.name.startswith("follow adopted")]
    with pytest.raises(StoreClosed):
        stage.wait(puller.step())
    monkeypatch.setattr(engine, "transact", transact)

    shop.follow(stage)

    assert shop.seen == [("update", 1, 0), ("update", 2, 0)]


def _broken(run, origin=None):
    raise StoreClosed("it breaks here")


def test_an_app_runs_while_the_database_is_down_and_goes_on_when_it_is_back(
    database, customers, sqlite, tmp_path, store, run_on, caplog
):
    away = tmp_path / "away.db"
    shop = Shop(sqlite, url=f"sqlite:///{away}")
    if database is not sqlite:
        sqlite.type("CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, n INTEGER)")
    with caplog.at_level(logging.WARNING):
        stage = run_on(store, shop.app)
        stage.settle()
        stage.advance(60_000)
    down = stage.wait(shop.customers.status())

    sqlite.type("PRAGMA journal_mode=DELETE")
    away.symlink_to(sqlite.path)
    stage.advance(120_000)
    sqlite.type("INSERT INTO customers VALUES (5, 'Eve', 50)")
    shop.follow(stage)

    assert down["state"] == "failing"
    assert down["waiting"] is None
    assert "cannot be opened" in down["last_error"]
    assert len([each for each in caplog.messages if "is not followed for now" in each]) == 1
    assert stage.wait(shop.customers.status())["state"] == "following"
    assert shop.seen == [("insert", 5, 50)]


@pytest.mark.postgres
def test_no_secret_is_in_the_declaration_the_status_or_the_log(postgres, store, run_on, caplog):
    shop = Shop(postgres, url="postgresql://u:hush-hush@/shop?host=/nowhere&password=hush-hush")
    with caplog.at_level(logging.DEBUG):
        stage = run_on(store, shop.app)
        stage.settle()

    status = stage.wait(shop.customers.status())
    everything = [status, shop.customers.declared(), caplog.text]
    everything += stage.rows("SELECT declared FROM ensue_resources")
    assert status["state"] == "failing"
    assert shop.customers.declared()["url"] == "postgresql://u@/shop"
    assert "hush-hush" not in str(everything)


def test_the_status_says_how_much_was_taken_and_how_much_waits(database, customers, shop, stage):
    database.type(f"UPDATE {customers} SET n = 0")
    before = stage.wait(shop.customers.status())

    shop.follow(stage)

    assert (before["state"], before["taken"], before["waiting"]) == ("following", 0, 2)
    after = stage.wait(shop.customers.status())
    assert (after["taken"], after["waiting"], after["last_error"]) == (2, 0, None)


def test_rows_are_read_as_they_are_now(database, customers, shop, stage):
    database.type(f"UPDATE {customers} SET n = 0 WHERE id = 1")

    assert stage.wait(shop.customers.get(1)) == {"id": 1, "name": "Ada", "n": 0}
    assert stage.wait(shop.customers.get((2,))).name == "Bob"
    assert stage.wait(shop.customers.get(3)) is None
    assert stage.wait(shop.customers.count()) == 2
    first = stage.wait(shop.customers.query(limit=1))
    then = stage.wait(shop.customers.query(limit=1, after=first.next))
    assert [first.items[0].id, then.items[0].id, then.next] == [1, 2, None]
    assert stage.wait(shop.customers.query({"name": "Bob"})).items[0].id == 2


@pytest.mark.parametrize(
    "given", [{"limit": 0}, {"limit": 1_001}, {"after": "x"}, {"after": "WzEsMl0"}, {"after": "é"}]
)
def test_a_page_that_cannot_be_is_refused(database, shop, stage, given):
    with pytest.raises(InvalidValue):
        stage.wait(shop.customers.query(**given))


def test_a_key_of_another_shape_is_refused(database, shop, stage):
    with pytest.raises(InvalidValue, match="expected a key of adopted customers: id"):
        stage.wait(shop.customers.get((1, 2)))


def test_a_transaction_refuses_a_table_outside_and_says_why(database, customers, shop, stage):
    def write(tx):
        tx.put(shop.customers, {"id": 9})

    with pytest.raises(InvalidInput, match="no transaction spans both"):
        stage.wait(shop.app.run(write))


def test_the_newest_changes_are_shown_and_new_ones_waited_for(database, customers, shop, stage):
    database.type(f"UPDATE {customers} SET n = 0")
    shop.follow(stage)

    found, position = stage.wait(shop.customers.changes())
    none, same = stage.wait(shop.customers.changes(after=position))

    assert [change.key for change in found] == [(1,), (2,)]
    assert (none, same) == ([], position)

    async def wait_for_one():
        waiting = asyncio.ensure_future(shop.customers.changes(after=position, wait_ms=60_000))
        database.type(f"DELETE FROM {customers} WHERE id = 1")
        for worker in stage.engine.workers:
            await worker.step()
        return await waiting

    assert [change.kind for change in stage.wait(wait_for_one())[0]] == ["remove"]


def test_why_begins_with_the_statement_outside(database, customers, shop, stage):
    database.type(f"UPDATE {customers} SET n = 0")
    shop.follow(stage)

    tree = stage.platform.why("2")

    assert (tree.kind, tree.name) == ("statement", "outside")
    [change] = tree.children
    assert (change.kind, change.name) == ("change", "customers")
    with pytest.raises(NotFound):
        stage.platform.why("77")


def test_a_released_table_is_followed_no_more_until_the_next_start(
    database, customers, file_store, run_on
):
    shop = Shop(database)
    stage = run_on(file_store, shop.app)
    stage.settle()
    database.type(f"UPDATE {customers} SET n = 0")

    assert stage.wait(shop.customers.release()) == 2
    database.type(f"UPDATE {customers} SET n = 1")
    shop.follow(stage)
    assert stage.wait(shop.customers.status())["state"] == "released"
    stage.close()
    again = run_on(file_store, shop.app)
    again.settle()
    database.type(f"UPDATE {customers} SET n = 2 WHERE id = 1")
    shop.follow(again)

    assert shop.seen == [("update", 1, 2)]


def test_what_is_read_while_the_table_is_released_is_dropped(
    database, customers, shop, stage, monkeypatch
):
    database.type(f"UPDATE {customers} SET n = 0")
    table = shop.customers._line.table
    take = table.take

    def take_late(*given):
        found = take(*given)
        table.release(force=False)
        shop.customers._going.state = "released"
        return found

    monkeypatch.setattr(table, "take", take_late)
    shop.follow(stage)

    assert shop.seen == []


def test_a_release_that_fails_leaves_the_table_followed(
    database, customers, shop, stage, monkeypatch
):
    line = shop.customers._line

    def refuse(*, force):
        raise Conflict("not now")

    monkeypatch.setattr(line.table, "release", refuse)
    with pytest.raises(Conflict):
        stage.wait(shop.customers.release())

    database.type(f"UPDATE {customers} SET n = 0")
    shop.follow(stage)
    assert len(shop.seen) == 2


def test_a_branch_takes_nothing_from_its_origin(database, customers, file_store, run_on, tmp_path):
    shop = Shop(database)
    stage = run_on(file_store, shop.app)
    stage.settle()
    stage.close()
    branch(file_store, tmp_path / "branch.db", 0)
    database.type(f"UPDATE {customers} SET n = 0")

    tried = run_on(StoreUrl(str(tmp_path / "branch.db"), "NORMAL"), shop.app)
    shop.follow(tried)

    assert tried.wait(shop.customers.status())["state"] == "held"
    assert tried.wait(shop.customers.get(1)).n == 0
    with pytest.raises(Conflict, match="the store is a branch"):
        tried.wait(shop.customers.release())
    tried.close()
    shop.follow(run_on(file_store, shop.app))
    assert len(shop.seen) == 2


def test_changes_that_were_read_are_kept_for_as_long_as_other_changes(
    database, customers, shop, stage
):
    database.type(f"UPDATE {customers} SET n = 0")
    shop.follow(stage)

    stage.advance(3_600_000)
    kept, _ = stage.wait(shop.customers.changes())
    stage.advance(2 * 86_400_000)
    gone, _ = stage.wait(shop.customers.changes())

    assert (len(kept), len(gone)) == (2, 0)


def test_in_production_a_commit_outside_wakes_the_handler(database, customers, shop, stage):
    """On the machine's clock: it waits for the handler, which the platform itself must wake."""
    from ensue.app.platform import Platform  # noqa: PLC0415
    from ensue.engine.clock import SystemClock  # noqa: PLC0415
    from ensue.engine.ids import seeded_random  # noqa: PLC0415

    stage.close()

    async def run():
        handled = asyncio.Event()
        app = App("shop")
        table = app.adopt("customers", url=database.url, table=database.name("customers"))

        @app.on_change(table)
        async def follow(change):
            handled.set()

        platform = await Platform.open(
            [app], StoreUrl(MEMORY), clock=SystemClock(), source=seeded_random(1)
        )
        following = asyncio.Event()
        [puller] = [each for each in platform.engine.workers if each.name.startswith("follow ad")]
        succeeded = puller._succeeded

        def note(taken):
            succeeded(taken)
            following.set()

        puller._succeeded = note
        platform.start()
        try:
            await asyncio.wait_for(following.wait(), 10)
            database.type(f"UPDATE {customers} SET n = 0")
            await asyncio.wait_for(handled.wait(), 10)
        finally:
            await platform.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"name": "No"}, InvalidName),
        ({"url": "mysql://host/shop"}, InvalidValue),
        ({"table": ""}, InvalidDeclaration),
        ({"start": "later"}, InvalidDeclaration),
        ({"columns": ()}, InvalidDeclaration),
        ({"key": "id", "columns": ("n",)}, InvalidDeclaration),
    ],
)
def test_a_declaration_that_cannot_be_is_refused(given, fault):
    options = {"name": "customers", "url": "sqlite:///shop.db", "table": "customers"} | given
    with pytest.raises(fault):
        App("shop").adopt(options.pop("name"), **options)


def test_a_missing_driver_is_named_when_the_app_opens(store, run_on, monkeypatch):
    app = App("shop")
    app.adopt("customers", url="postgresql://u@host/shop", table="customers")
    monkeypatch.setitem(__import__("sys").modules, "ensue.engine.outside.postgres", None)

    with pytest.raises(MissingExtra, match=r"ensue\[postgres\]"):
        run_on(store, app)


def test_an_app_without_adopted_tables_has_nothing_of_them(run_on, store):
    stage = run_on(store, App("shop"))

    assert stage.rows("SELECT 1 FROM sqlite_schema WHERE name = 'ensue_taken'") == []
