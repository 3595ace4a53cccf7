from __future__ import annotations

import re

import apsw
import pytest

from ensue.engine import schema
from ensue.engine.schema import STEPS, migrate

OBJECTS = "SELECT type, name, sql FROM sqlite_schema ORDER BY name"


def test_every_table_and_index_of_every_step_is_made(stage):
    declared = set(re.findall(r"CREATE (?:TABLE|INDEX|UNIQUE INDEX) (\w+)", "".join(STEPS)))
    made = {name for (name,) in stage.rows("SELECT name FROM sqlite_schema")}
    assert declared - made == set()
    assert {"ensue_store", "ensue_work", "ensue_work_ready", "ensue_readers"} <= declared


def test_opening_twice_changes_nothing(file_store, run_on):
    first = run_on(file_store)
    before = first.rows(OBJECTS), first.engine.records.salt
    first.close()
    again = run_on(file_store)
    assert (again.rows(OBJECTS), again.engine.records.salt) == before


def test_a_step_that_fails_leaves_the_store_as_it_was(monkeypatch):
    connection = apsw.Connection(":memory:")
    migrate(connection, "here")
    before = connection.execute(OBJECTS).fetchall()
    monkeypatch.setattr(schema, "STEPS", (*STEPS, "CREATE TABLE half (x); CREATE TABLE nonsense"))
    with pytest.raises(apsw.SQLError):
        migrate(connection, "here")
    assert connection.execute(OBJECTS).fetchall() == before
    assert connection.execute("PRAGMA user_version").fetchone() == (len(STEPS),)


def test_an_older_store_is_brought_forward(monkeypatch):
    connection = apsw.Connection(":memory:")
    migrate(connection, "here")
    monkeypatch.setattr(schema, "STEPS", (*STEPS, "CREATE TABLE later (x)"))
    migrate(connection, "here")
    assert connection.execute("SELECT count(*) FROM later").fetchone() == (0,)
    assert connection.execute("PRAGMA user_version").fetchone() == (len(STEPS) + 1,)
