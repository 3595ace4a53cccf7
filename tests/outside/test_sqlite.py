"""What is SQLite's own: values of any type, the shell, files that are replaced."""

from __future__ import annotations

import asyncio
import math
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue.engine.clock import HeldClock
from ensue.engine.database import StoreUrl
from ensue.engine.outside.url import parse_outside_url
from ensue.words.errors import Conflict, InvalidDeclaration, InvalidValue, NotPermitted, Unreachable
from tests.outside.databases import Database, Follower


@pytest.fixture
def database(sqlite):
    return sqlite


def test_a_statement_typed_into_the_shell_is_captured_while_nothing_runs(
    database, customers, follow
):
    follower = follow()
    follower.take()
    follower.table.close()

    typed = f"UPDATE {customers} SET n = n * 2"
    subprocess.run(["sqlite3", str(database.path), typed], check=True)

    assert [new["n"] for *_, new in follower.told()] == [20, 40]


@pytest.fixture(scope="module")
def anything(tmp_path_factory):
    """A table for values of any type, and what follows it."""
    database = Database(tmp_path_factory.mktemp("anything"))
    database.type("CREATE TABLE anything (id INTEGER PRIMARY KEY, v)")
    follower = Follower(database, "anything")
    follower.take()
    yield database, follower
    follower.table.close()
    database.close()


@given(
    st.one_of(
        st.none(),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(allow_nan=False),
        st.text(st.characters(codec="utf-8", exclude_characters="\0")),
        st.binary(),
    )
)
def test_every_value_is_captured_and_read_in_one_form(anything, value):
    database, follower = anything

    database.type("INSERT INTO anything (v) VALUES (?)", value)

    [(_, key, _, new)] = follower.told()
    expected = value
    if isinstance(value, float) and math.isinf(value):
        expected = "Infinity" if value > 0 else "-Infinity"
    assert new["v"] == expected
    assert type(new["v"]) is type(expected)
    assert '"v":' in follower.table.get(key)


def test_a_table_of_many_columns_is_captured(database, follow):
    names = [f"c{i}" for i in range(300)]
    database.type(f"CREATE TABLE wide (id INTEGER PRIMARY KEY, {', '.join(names)})")
    follower = follow("wide")
    follower.take()

    database.type("INSERT INTO wide (id, c299) VALUES (1, 'last')")

    [(_, _, _, new)] = follower.told()
    assert len(new) == 301
    assert new["c299"] == "last"


def test_a_name_in_other_case_is_the_same_table(database, customers, follow):
    follower = follow("CUSTOMERS", key=("ID",))
    follower.take()

    database.type(f"DELETE FROM {customers} WHERE id = 1")

    assert follower.told() == [("remove", [1], {"id": 1, "name": "Ada", "n": 10}, None)]


def test_a_table_without_row_ids_and_with_computed_columns_is_captured(database, follow):
    database.type(
        "CREATE TABLE t (a TEXT PRIMARY KEY, b INTEGER, c AS (b * 2), d AS (b + 1) STORED)"
        " WITHOUT ROWID"
    )
    follower = follow("t")
    follower.take()

    database.type("INSERT INTO t VALUES ('x', 5)")

    assert follower.told() == [("insert", ["x"], None, {"a": "x", "b": 5, "c": 10, "d": 6})]


def test_a_store_of_ensue_cannot_be_adopted(file_stage, follow):
    with pytest.raises(InvalidDeclaration, match="a store of Ensue"):
        follow("ensue_work", url=str(StoreUrl(file_stage.url.path))).take()


def test_a_file_that_was_replaced_is_opened_anew(database, customers, follow, tmp_path):
    follower = follow(snapshot=True)
    follower.take()
    (tmp_path / "other").mkdir()
    other = Database(tmp_path / "other")
    other.type("PRAGMA journal_mode=DELETE")
    other.type(f"CREATE TABLE {customers} (id INTEGER PRIMARY KEY)")
    other.type(f"INSERT INTO {customers} VALUES (77)")
    other.close()

    database.type("PRAGMA wal_checkpoint(TRUNCATE)")
    Path(other.path).replace(database.path)
    for ending in ("-wal", "-shm"):
        Path(f"{database.path}{ending}").unlink(missing_ok=True)

    assert follower.told() == [("snapshot", [77], None, {"id": 77})]


def test_a_write_lock_that_somebody_holds_is_waited_for_no_longer_than_the_bound(
    database, customers, follow, monkeypatch
):
    monkeypatch.setattr("ensue.engine.outside.sqlite.BUSY_TIMEOUT_MS", 1)
    database.type("BEGIN IMMEDIATE")

    with pytest.raises(Unreachable, match="write lock"):
        follow().take()
    database.type("ROLLBACK")


def test_following_takes_no_write_lock_while_there_is_nothing_to_write(
    database, customers, follow, monkeypatch
):
    monkeypatch.setattr("ensue.engine.outside.sqlite.BUSY_TIMEOUT_MS", 1)
    follower = follow()
    follower.take()
    other = follow()
    database.type("BEGIN IMMEDIATE")

    assert follower.take() == []
    assert other.take() == []
    database.type("ROLLBACK")


def test_a_statement_that_the_database_refuses_is_a_conflict(database, customers, follow):
    database.type("CREATE TABLE ensue_adopted (name TEXT)")

    with pytest.raises(Conflict, match="refused a statement"):
        follow().take()


def test_a_column_can_be_dropped_after_a_release(database, customers, follow):
    follower = follow()
    follower.take()
    with pytest.raises(Exception, match="error in trigger"):
        database.type(f"ALTER TABLE {customers} DROP COLUMN n")

    follower.table.release(force=False)
    database.type(f"ALTER TABLE {customers} DROP COLUMN n")
    follower.take()
    database.type(f"DELETE FROM {customers} WHERE id = 1")

    assert follower.told() == [("remove", [1], {"id": 1, "name": "Ada"}, None)]


def test_a_commit_wakes_whoever_watches(database, customers, follow):
    async def woken_by_a_commit():
        clock, woken = HeldClock(), asyncio.Event()
        watching = asyncio.create_task(follow().table.watch(woken.set, clock))
        await woken.wait()  # the first look
        woken.clear()
        clock.move_to(clock.now_ms() + 1_000)
        await asyncio.wait_for(asyncio.gather(_turns()), 10)
        quiet = not woken.is_set()
        database.type(f"UPDATE {customers} SET n = 0")
        clock.move_to(clock.now_ms() + 1_000)
        await asyncio.wait_for(woken.wait(), 10)
        watching.cancel()
        return quiet

    assert asyncio.run(woken_by_a_commit())


async def _turns():
    for _ in range(10):
        turned = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(turned.set_result, None)
        await turned


@pytest.mark.parametrize(
    "url", ["", "shop.db", "sqlite:", "sqlite::memory:", "sqlite://shop.db", "mysql://u:secret@h/d"]
)
def test_what_is_no_url_of_a_database_is_refused_without_its_secrets(url):
    with pytest.raises(InvalidValue, match="expected the URL of a database") as caught:
        parse_outside_url(url)
    assert "secret" not in str(caught.value)


def test_a_database_that_cannot_be_written_is_refused(database, customers, follow, monkeypatch):
    database.type("PRAGMA journal_mode=DELETE")
    follower = follow()
    follower.table._open().execute("PRAGMA query_only=ON")

    with pytest.raises(NotPermitted, match="read-only"):
        follower.take()
