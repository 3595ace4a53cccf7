"""Databases outside: SQLite always, PostgreSQL where its programs and its driver are installed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.outside.databases import CUSTOMERS, Database, Follower, PostgresDatabase
from tests.outside.server import Server, programs

DEMANDED = "ENSUE_DEMAND_POSTGRES"
left_out: list[pytest.Item] = []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    missing = _missing()
    if missing is None:
        return
    if os.environ.get(DEMANDED):
        raise pytest.UsageError(f"the tests of PostgreSQL are demanded, but there is no {missing}")
    left_out[:] = [item for item in items if item.get_closest_marker("postgres")]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


def _missing() -> str | None:
    """What the tests of PostgreSQL lack; None when they can run."""
    if find_spec("psycopg") is None:
        return "psycopg"
    return "PostgreSQL server" if programs() is None else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if left_out:
        terminalreporter.write_line(
            f"{len(left_out)} tests of PostgreSQL were left out: there is no {_missing()} here"
        )


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL server, for as long as the tests run."""
    started = Server()
    yield started
    started.stop()


@pytest.fixture
def postgres(server: Server) -> Iterator[PostgresDatabase]:
    """A schema of its own in PostgreSQL."""
    database = PostgresDatabase(server)
    yield database
    database.close()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    """A file of its own."""
    database = Database(tmp_path)
    yield database
    database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Database:
    """A database of each kind."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def customers(database: Database) -> str:
    """A table with two rows."""
    name = database.name("customers")
    database.type(f"CREATE TABLE {name} {CUSTOMERS}")
    database.type(f"INSERT INTO {name} VALUES (1, 'Ada', 10), (2, 'Bob', 20)")
    return name


@pytest.fixture
def follow(database: Database) -> Iterator[Callable[..., Follower]]:
    """Follow a table: ``follow("customers", snapshot=True)``."""
    followers: list[Follower] = []

    def make(table: str = "customers", **options: Any) -> Follower:
        followers.append(Follower(database, table, **options))
        return followers[-1]

    yield make
    for follower in followers:
        follower.table.close()
