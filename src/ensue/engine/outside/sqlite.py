"""An adopted table in a SQLite file of the user's."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import apsw

from ensue.engine.clock import Clock
from ensue.engine.database import APPLICATION_ID, BUSY_TIMEOUT_MS
from ensue.engine.outside.contract import (
    ADOPTED,
    CHANGES,
    TAKE_BYTES_MAX,
    Adoption,
    Batch,
    Captured,
    Row,
    Taken,
    Wanted,
    another_store,
    check_columns,
    no_key,
    no_table,
)
from ensue.engine.outside.names import listed, quoted
from ensue.engine.outside.sqlite_capture import TABLES, Shape
from ensue.words import values
from ensue.words.errors import Conflict, InvalidDeclaration, NotPermitted, StoreClosed, Unreachable
from ensue.words.values import Json

LOOK_MS = 100


class SqliteTable:
    """A table in a SQLite file; see `OutsideTable`.

    Args:
        adoption: which table, and how.
    """

    def __init__(self, adoption: Adoption) -> None:
        self._adoption = adoption
        self._path = adoption.url.place
        self._connection: apsw.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._schema: object = None
        self._installed: tuple[Shape, str] | None = None

    def take(self, taken: Taken, limit: int, new_token: str) -> Batch:
        """Delete what was taken, and read the changes that are next."""
        with self._connected() as connection:
            shape, token = self._follow_schema(connection, new_token)
            if taken.sequences and taken.token == token:
                connection.execute(
                    f"DELETE FROM {CHANGES} WHERE adopted = ?"
                    " AND sequence IN (SELECT value FROM json_each(?))",
                    (shape.table, values.encode(list(taken.sequences))),
                )
            found = connection.execute(
                "SELECT sequence, kind, CAST(key AS BLOB), CAST(old AS BLOB), CAST(new AS BLOB)"
                f" FROM {CHANGES} WHERE adopted = ? ORDER BY sequence LIMIT ?",
                (shape.table, limit),
            )
            return Batch(token, tuple(_within_bounds(found)))

    def key(self) -> tuple[str, ...]:
        """The columns of the key."""
        with self._connected() as connection:
            return self._shape(connection).key

    def get(self, key: Sequence[Json]) -> str | None:
        """The row with this key as JSON; None when there is none."""
        with self._connected() as connection:
            shape = self._shape(connection)
            found = connection.execute(
                f"SELECT CAST({shape.item('t')} AS BLOB) FROM {quoted(shape.table)} AS t"
                f" WHERE {' AND '.join(f't.{quoted(name)} = ?' for name in shape.key)}",
                tuple(_bindable(part) for part in key),
            ).fetchone()
            return None if found is None else _decoded(found[0])

    def rows(self, wanted: Wanted) -> list[Row]:
        """Rows in the order of the key."""
        with self._connected() as connection:
            shape = self._shape(connection)
            where, parameters = ["1"], [_bindable(value) for value in wanted.equal.values()]
            where += [f"t.{quoted(name)} IS ?" for name in check_columns(wanted, shape.columns)]
            if wanted.after is not None:
                behind = "<" if wanted.reverse else ">"
                marks = ", ".join("?" * len(shape.key))
                where.append(f"({listed(shape.key, 't.')}) {behind} ({marks})")
                parameters += [_bindable(part) for part in wanted.after]
            order = listed(shape.key, "t.", " DESC" if wanted.reverse else "")
            found = connection.execute(
                f"SELECT CAST({shape.item('t')} AS BLOB), {listed(shape.key, 't.')}"
                f" FROM {quoted(shape.table)} AS t WHERE {' AND '.join(where)}"
                f" ORDER BY {order} LIMIT ?",
                (*parameters, wanted.limit),
            )
            return [Row(tuple(row[1:]), _decoded(row[0]) or "null") for row in found]

    def count(self) -> int:
        """How many rows there are."""
        with self._connected() as connection:
            table = quoted(self._shape(connection).table)
            return _number(connection.execute(f"SELECT count(*) FROM {table}").fetchone())

    def waiting(self, at_most: int) -> int:
        """How many captured changes are not taken yet, counted up to ``at_most``."""
        with self._connected() as connection:
            if not _has_table(connection, CHANGES):
                return 0
            window = f"SELECT 1 FROM {CHANGES} WHERE adopted = ? LIMIT ?"
            return _number(
                connection.execute(
                    f"SELECT count(*) FROM ({window})", (self._shape(connection).table, at_most)
                ).fetchone()
            )

    def release(self, *, force: bool) -> int:
        """Remove the capture; returns how many changes were dropped that nobody had taken."""
        with self._connected() as connection:
            if not _has_table(connection, ADOPTED):
                return 0
            table = self._shape(connection).table
            with _writing(connection):
                if not force:
                    self._check_owner(connection, table)
                for name in _triggers(connection, table):
                    connection.execute(f"DROP TRIGGER {quoted(name)}")
                connection.execute(f"DELETE FROM {CHANGES} WHERE adopted = ?", (table,))
                dropped = connection.changes()
                connection.execute(f"DELETE FROM {ADOPTED} WHERE name = ?", (table,))
                if connection.execute(f"SELECT 1 FROM {ADOPTED}").fetchone() is None:
                    connection.execute(f"DROP TABLE {ADOPTED}")
                    connection.execute(f"DROP TABLE {CHANGES}")
            return dropped

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        connection, self._connection = self._connection, None
        self._schema = self._installed = None
        if connection is not None:
            connection.close()

    async def watch(self, wake: Callable[[], None], clock: Clock) -> None:
        """Call ``wake`` when the file or its log has moved, until cancelled.

        SQLite tells other processes nothing, so this looks at the sizes and times of the files.
        """
        seen: object = None
        pause = asyncio.Event()
        while True:
            now = [_file_state(self._path + ending) for ending in ("", "-wal", "-journal")]
            if now != seen:
                seen = now
                wake()
            pause.clear()
            clock.call_outside(LOOK_MS, pause.set)
            await pause.wait()

    def _follow_schema(self, connection: apsw.Connection, new_token: str) -> tuple[Shape, str]:
        """Install the capture, or mend it, when the schema is not the one that was seen."""
        schema = connection.execute("PRAGMA schema_version").fetchone()
        if self._installed is None or schema != self._schema:
            self._installed = self._install(connection, new_token)
            self._schema = connection.execute("PRAGMA schema_version").fetchone()
        return self._installed

    def _install(self, connection: apsw.Connection, new_token: str) -> tuple[Shape, str]:
        shape = self._shape(connection)
        wanted = shape.triggers()
        is_whole = _has_table(connection, ADOPTED) and _has_table(connection, CHANGES)
        if is_whole and _triggers(connection, shape.table) == wanted:
            token = self._check_owner(connection, shape.table)
            if token is not None:
                return shape, token
        with _writing(connection):
            connection.execute(TABLES)
            token = self._check_owner(connection, shape.table)
            there = _triggers(connection, shape.table)
            if there != wanted:
                for name in there:
                    connection.execute(f"DROP TRIGGER {quoted(name)}")
                for statement in wanted.values():
                    connection.execute(statement)
            if token is None:
                token = new_token
                connection.execute(
                    f"INSERT INTO {ADOPTED} (name, owner, token) VALUES (?, ?, ?)",
                    (shape.table, self._adoption.owner, token),
                )
                if self._adoption.snapshot:
                    connection.execute(shape.snapshot())
        return shape, token

    def _check_owner(self, connection: apsw.Connection, table: str) -> str | None:
        """The token of our adoption; None when the table is not adopted."""
        found: Any = connection.execute(
            f"SELECT owner, token FROM {ADOPTED} WHERE name = ?", (table,)
        ).fetchone()
        if found is None:
            return None
        if found[0] != self._adoption.owner:
            raise another_store(self._adoption, str(found[0]))
        return str(found[1])

    def _shape(self, connection: apsw.Connection) -> Shape:
        """The table as it is now, its columns as they are written in it."""
        adoption = self._adoption
        found: Any = connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE",
            (adoption.table,),
        ).fetchone()
        if found is None:
            raise no_table(adoption)
        table = str(found[0])
        info: list[Any] = list(connection.execute(f"PRAGMA table_xinfo({quoted(table)})"))
        there = {str(row[1]).lower(): str(row[1]) for row in info if row[6] != 1}
        own_key = [str(row[1]) for row in sorted(info, key=lambda row: row[5]) if row[5] > 0]
        key = adoption.key or tuple(own_key)
        if not key:
            raise no_key(adoption)
        for name in (*key, *(adoption.columns or ())):
            if name.lower() not in there:
                raise InvalidDeclaration(
                    f"expected a column of {table}, got {name!r}", at=str(adoption.url)
                )
        columns = adoption.columns or tuple(there)
        return Shape(
            table,
            tuple(there[name.lower()] for name in key),
            tuple(there[name.lower()] for name in columns),
        )

    @contextmanager
    def _connected(self) -> Iterator[apsw.Connection]:
        try:
            yield self._open()
        except apsw.Error as fault:
            self.close()
            raise self._in_our_words(fault) from None

    def _open(self) -> apsw.Connection:
        file = _inode(self._path)
        if self._connection is not None and file == self._file:
            return self._connection
        self.close()
        connection = apsw.Connection(self._path, flags=apsw.SQLITE_OPEN_READWRITE)
        connection.set_busy_timeout(BUSY_TIMEOUT_MS)
        if connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,):
            connection.close()
            raise InvalidDeclaration(
                "expected a database of your own, got a store of Ensue",
                at=str(self._adoption.url),
                hint="Changes of a store's tables are captured already; follow those.",
            )
        self._connection, self._file = connection, file
        return connection

    def _in_our_words(
        self, fault: apsw.Error
    ) -> Unreachable | NotPermitted | Conflict | StoreClosed:
        at = str(self._adoption.url)
        if isinstance(fault, apsw.CantOpenError):
            return Unreachable("the database file cannot be opened", at=at, hint="Is it there?")
        if isinstance(fault, apsw.BusyError | apsw.LockedError):
            return Unreachable("another program holds the database's write lock", at=at)
        if isinstance(fault, apsw.ReadOnlyError | apsw.PermissionsError | apsw.AuthError):
            return NotPermitted(
                "the database is read-only", at=at, hint="Capture needs the right to write to it."
            )
        if isinstance(fault, apsw.IOError | apsw.FullError | apsw.NotADBError | apsw.CorruptError):
            return Unreachable(f"the database cannot be read or written: {fault}", at=at)
        return Conflict(f"the database refused a statement: {fault}", at=at)


def _within_bounds(found: apsw.Cursor) -> Iterator[Captured]:
    """Changes until they are too many bytes for one batch; at least one."""
    size = 0
    for sequence, kind, *texts in found:
        key, old, new = (_decoded(each) for each in texts)
        yield Captured(int(str(sequence)), str(kind), key or "[]", old, new)
        size += len(key or "") + len(old or "") + len(new or "")
        if size > TAKE_BYTES_MAX:
            return


def _decoded(found: object) -> str | None:
    """JSON text, also where another program has written bytes that are no text."""
    return found.decode(errors="replace") if isinstance(found, bytes) else None


def _bindable(value: object) -> Any:  # noqa: ANN401 - whatever a column holds
    if isinstance(value, list | dict):
        return values.encode(value)
    return str(value) if isinstance(value, Decimal) else value


def _number(row: Any) -> int:  # noqa: ANN401 - whatever the driver gives
    return int(row[0])


def _has_table(connection: apsw.Connection, name: str) -> bool:
    found = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (name,))
    return found.fetchone() is not None


def _triggers(connection: apsw.Connection, table: str) -> dict[str, str]:
    """Our triggers on a table, whatever the table was called when they were made.

    One that is older than a trigger of the user's is told without its statement: the newest runs
    first, and ours must run before those that write to the same row again, so that changes are
    captured in the order in which they happen.
    """
    found = connection.execute(
        "SELECT name, sql, rowid < (SELECT max(rowid) FROM sqlite_schema WHERE type = 'trigger'"
        r" AND tbl_name = ?1 AND name NOT LIKE 'ensue\_%' ESCAPE '\')"
        " FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1"
        r" AND name LIKE 'ensue\_%' ESCAPE '\'",
        (table,),
    )
    return {str(name): "" if is_older else str(sql) for name, sql, is_older in found}


@contextmanager
def _writing(connection: apsw.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _inode(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _file_state(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
