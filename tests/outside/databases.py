"""The user's own databases, as tests have them: one form for SQLite and PostgreSQL."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import apsw

from ensue.engine.outside.contract import Adoption, Batch, Captured, OutsideTable, Taken
from ensue.engine.outside.opening import open_outside
from ensue.engine.outside.url import parse_outside_url
from ensue.words import values
from tests.outside.server import Server

CUSTOMERS = "(id INTEGER PRIMARY KEY, name TEXT, n INTEGER)"
_schemas = itertools.count(1)
_tokens = itertools.count(1)


class Database:
    """A database with statements typed into it; each connection is another program."""

    scheme = "sqlite"

    def __init__(self, folder: Path) -> None:
        self.path = folder / "shop.db"
        self.url = f"sqlite:///{self.path}"
        self._connections: list[Any] = []
        self.typed = self.connect()
        self.type("PRAGMA journal_mode=WAL")

    def name(self, table: str) -> str:
        """A table, as statements and declarations name it."""
        return table

    def connect(self) -> Any:
        """A connection of its own."""
        self._connections.append(apsw.Connection(str(self.path)))
        return self._connections[-1]

    def type(self, sql: str, *parameters: Any) -> list[Any]:
        """Run statements and commit."""
        return self.typed.execute(sql, parameters or None).fetchall()

    def close(self) -> None:
        for connection in self._connections:
            connection.close()


class PostgresDatabase(Database):
    """A schema of its own on the server."""

    scheme = "postgresql"

    def __init__(self, server: Server) -> None:
        self.server = server
        self.url = server.url
        self.schema = f"shop{next(_schemas)}"
        self._connections = []
        self.typed = self.connect()
        self.type(f"CREATE SCHEMA {self.schema}")

    def name(self, table: str) -> str:
        return f"{self.schema}.{table}"

    def connect(self) -> Any:
        import psycopg  # noqa: PLC0415 - an extra

        self._connections.append(psycopg.connect(self.url, autocommit=True))
        return self._connections[-1]

    def type(self, sql: str, *parameters: Any) -> list[Any]:
        found = self.typed.execute(sql, parameters or None)
        return found.fetchall() if found.description else []


class Follower:
    """Follows a table as the worker does, with what it has taken."""

    def __init__(self, database: Database, table: str, **options: Any) -> None:
        url = options.pop("url", database.url)
        given = {"key": None, "columns": None, "owner": "us", "snapshot": False} | options
        adoption = Adoption(url=parse_outside_url(url), table=database.name(table), **given)
        self.table: OutsideTable = open_outside(adoption)
        self.taken = Taken("", ())

    def take(self, limit: int = 100) -> list[Captured]:
        """The next changes; they count as taken from then on."""
        batch: Batch = self.table.take(self.taken, limit, f"token-{next(_tokens)}")
        self.taken = Taken(batch.token, tuple(change.sequence for change in batch.changes))
        return list(batch.changes)

    def told(self, limit: int = 100) -> list[tuple[Any, ...]]:
        """The next changes, read: kind, key, old, new."""
        return [
            (
                kind,
                values.decode(key),
                *(None if each is None else values.decode(each) for each in images),
            )
            for _, kind, key, *images in self.take(limit)
        ]
