"""An adopted table in a PostgreSQL database of the user's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg import errors

from ensue.engine.clock import Clock
from ensue.engine.outside.contract import (
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
from ensue.engine.outside.names import listed, quoted, text
from ensue.engine.outside.postgres_capture import (
    CHANNEL,
    CONNECT_TIMEOUT_S,
    KEEPALIVE_S,
    LISTEN_S,
    LOCK_TIMEOUT_MS,
    SETTINGS,
    Shape,
)
from ensue.words import values
from ensue.words.errors import (
    Conflict,
    EnsueError,
    InvalidDeclaration,
    InvalidValue,
    NotPermitted,
    Unreachable,
)
from ensue.words.values import Json

# So that two who install at the same time do so one after the other.
_INSTALL_LOCK = 0x456E7375

_COLUMNS = """
    SELECT a.attname, coalesce(nullif(t.typbasetype, 0), t.oid)::regtype::text
    FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
    WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
    """
_KEY = """
    SELECT a.attname FROM pg_index AS i
    CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place)
    JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number
    WHERE i.indrelid = %s AND i.indisprimary ORDER BY k.place
    """
_TRIGGERS = """
    SELECT t.tgname, encode(t.tgargs, 'hex') FROM pg_trigger AS t
    WHERE t.tgrelid = %s AND t.tgname LIKE '%%ensue\\_%%' AND NOT t.tgisinternal
    AND t.tgparentid = 0
    """


class PostgresTable:
    """A table in PostgreSQL; see `OutsideTable`.

    Args:
        adoption: which table, and how.
    """

    def __init__(self, adoption: Adoption) -> None:
        self._adoption = adoption
        self._connection: psycopg.Connection[Any] | None = None
        self._token: str | None = None

    def take(self, taken: Taken, limit: int, new_token: str) -> Batch:
        """Delete what was taken, and read the changes that are next."""
        with self._connected() as connection:
            shape = self._shape(connection)
            token = self._follow_schema(connection, shape, new_token)
            with connection.transaction():
                if taken.sequences and taken.token == token:
                    connection.execute(
                        f"DELETE FROM {shape.changes} WHERE adopted = %s AND sequence = ANY(%s)",
                        (shape.table, list(taken.sequences)),
                    )
                size = "octet_length(concat(key, old, new))"
                first = (
                    f"SELECT * FROM {shape.changes} WHERE adopted = %s ORDER BY sequence LIMIT %s"
                )
                found = connection.execute(
                    f"SELECT sequence, kind, {shape.key_text('key')}, {shape.item('old')},"
                    f" {shape.item('new')} FROM (SELECT f.*, {size} AS own, sum({size}) OVER"
                    f" (ORDER BY sequence) AS total FROM ({first}) AS f) AS c"
                    " WHERE total - own < %s ORDER BY sequence",
                    (shape.table, limit, TAKE_BYTES_MAX),
                )
                return Batch(token, tuple(Captured(*row) for row in found))

    def key(self) -> tuple[str, ...]:
        """The columns of the key."""
        with self._connected() as connection:
            return self._shape(connection).key

    def get(self, key: Sequence[Json]) -> str | None:
        """The row with this key as JSON; None when there is none."""
        with self._connected() as connection:
            shape = self._shape(connection)
            found: Any = connection.execute(
                f"SELECT {shape.item(shape.row('t'))} FROM {shape.name} AS t"
                f" WHERE {' AND '.join(f't.{quoted(name)} = %s' for name in shape.key)}",
                tuple(_bindable(part) for part in key),
            ).fetchone()
            return None if found is None else str(found[0])

    def rows(self, wanted: Wanted) -> list[Row]:
        """Rows in the order of the key."""
        with self._connected() as connection:
            shape = self._shape(connection)
            where, parameters = ["true"], [_bindable(value) for value in wanted.equal.values()]
            where += [
                f"t.{quoted(name)} IS NOT DISTINCT FROM %s"
                if wanted.equal[name] is None
                else f"t.{quoted(name)} = %s"
                for name in check_columns(wanted, shape.columns or shape.there)
            ]
            if wanted.after is not None:
                behind = "<" if wanted.reverse else ">"
                marks = ", ".join(["%s"] * len(shape.key))
                where.append(f"({listed(shape.key, 't.')}) {behind} ({marks})")
                parameters += [_bindable(part) for part in wanted.after]
            order = listed(shape.key, "t.", " DESC" if wanted.reverse else "")
            found = connection.execute(
                f"SELECT {shape.item(shape.row('t'))}, {shape.key_text(shape.key_of('t'))}"
                f" FROM {shape.name} AS t WHERE {' AND '.join(where)} ORDER BY {order} LIMIT %s",
                (*parameters, wanted.limit),
            )
            return [Row(_key(key), str(item)) for item, key in found]

    def count(self) -> int:
        """How many rows there are."""
        with self._connected() as connection:
            name = self._shape(connection).name
            return _number(connection.execute(f"SELECT count(*) FROM {name}").fetchone())

    def waiting(self, at_most: int) -> int:
        """How many captured changes are not taken yet, counted up to ``at_most``."""
        with self._connected() as connection:
            shape = self._shape(connection)
            if not _is_there(connection, shape.changes):
                return 0
            window = f"SELECT 1 FROM {shape.changes} WHERE adopted = %s LIMIT %s"
            found = connection.execute(
                f"SELECT count(*) FROM ({window}) AS w", (shape.table, at_most)
            )
            return _number(found.fetchone())

    def release(self, *, force: bool) -> int:
        """Remove the capture; returns how many changes were dropped that nobody had taken."""
        with self._connected() as connection:
            shape = self._shape(connection)
            if not _is_there(connection, shape.adopted):
                return 0
            with self._alone(connection), connection.transaction():
                if not force:
                    self._check_owner(connection, shape)
                dropped = connection.execute(
                    f"DELETE FROM {shape.changes} WHERE adopted = %s", (shape.table,)
                ).rowcount
                connection.execute(f"DELETE FROM {shape.adopted} WHERE name = %s", (shape.table,))
                if connection.execute(f"SELECT 1 FROM {shape.adopted}").fetchone() is None:
                    # The function is ours and takes its triggers along; a trigger by itself can be
                    # dropped by the table's owner only.
                    connection.execute(
                        f"DROP TABLE {shape.adopted}, {shape.changes};"
                        f" DROP FUNCTION {quoted(shape.schema)}.ensue_capture() CASCADE"
                    )
                for name in _triggers(connection, shape):
                    connection.execute(f"DROP TRIGGER {quoted(name)} ON {shape.name}")
            self._token = None
            return int(dropped)

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        connection, self._connection, self._token = self._connection, None, None
        if connection is not None:
            with suppress(psycopg.Error):
                connection.close()

    async def watch(self, wake: Callable[[], None], clock: Clock) -> None:
        """Call ``wake`` at each notification, and now and then without one, until cancelled.

        Raises:
            Unreachable: the connection is lost.
        """
        del clock
        try:
            connection = await psycopg.AsyncConnection.connect(
                self._adoption.url.place, autocommit=True, **_OPTIONS
            )
            async with connection:
                await connection.execute(f"LISTEN {CHANNEL}")
                while True:
                    wake()
                    async for _ in connection.notifies(timeout=LISTEN_S):
                        wake()
        except psycopg.Error as fault:
            raise self._in_our_words(fault) from None

    def _follow_schema(
        self, connection: psycopg.Connection[Any], shape: Shape, new_token: str
    ) -> str:
        """Install the capture, or mend it, when it is not as it should be."""
        if self._token is None or _triggers(connection, shape) != shape.installed():
            with self._alone(connection):
                token = self._install(connection, shape, new_token)
                self._take_snapshot(connection, shape)
                self._token = token
        return self._token

    def _install(self, connection: psycopg.Connection[Any], shape: Shape, new_token: str) -> str:
        with connection.transaction():
            if not (_is_there(connection, shape.adopted) and _is_there(connection, shape.changes)):
                connection.execute(shape.tables())
            token = self._check_owner(connection, shape)
            connection.execute(shape.function())
            there = _triggers(connection, shape)
            if there != shape.installed():
                for name in there:
                    connection.execute(f"DROP TRIGGER {quoted(name)} ON {shape.name}")
                for statement in shape.triggers().values():
                    connection.execute(statement)
            if token is not None:
                return token
            connection.execute(
                f"INSERT INTO {shape.adopted} (name, owner, token, snapshot_due)"
                " VALUES (%s, %s, %s, %s)",
                (shape.table, self._adoption.owner, new_token, self._adoption.snapshot),
            )
            return new_token

    def _take_snapshot(self, connection: psycopg.Connection[Any], shape: Shape) -> None:
        """Write the rows that are there as changes, once, in place of those they hold already.

        The capture is installed and committed, so nothing is written past it. Of the changes that
        came since, the snapshot holds exactly those that its transaction sees.
        """
        due: Any = connection.execute(
            f"SELECT snapshot_due FROM {shape.adopted} WHERE name = %s", (shape.table,)
        ).fetchone()
        if due is None or not due[0]:
            return
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            connection.execute(f"DELETE FROM {shape.changes} WHERE adopted = %s", (shape.table,))
            connection.execute(shape.snapshot())
            connection.execute(
                f"UPDATE {shape.adopted} SET snapshot_due = false WHERE name = %s", (shape.table,)
            )

    def _check_owner(self, connection: psycopg.Connection[Any], shape: Shape) -> str | None:
        """The token of our adoption; None when the table is not adopted."""
        found: Any = connection.execute(
            f"SELECT owner, token FROM {shape.adopted} WHERE name = %s", (shape.table,)
        ).fetchone()
        if found is None:
            return None
        if found[0] != self._adoption.owner:
            raise another_store(self._adoption, str(found[0]))
        return str(found[1])

    def _shape(self, connection: psycopg.Connection[Any]) -> Shape:
        """The table as it is now."""
        adoption = self._adoption
        found: Any = connection.execute(
            "SELECT c.oid, n.nspname, c.relname FROM pg_class AS c"
            " JOIN pg_namespace AS n ON n.oid = c.relnamespace"
            " WHERE c.oid = to_regclass(%s) AND c.relkind IN ('r', 'p')",
            (adoption.table,),
        ).fetchone()
        if found is None:
            raise no_table(adoption)
        oid, schema, table = found
        columns: list[Any] = connection.execute(_COLUMNS, (oid,)).fetchall()
        there = tuple(str(name) for name, _ in columns)
        key = adoption.key or tuple(str(name) for (name,) in connection.execute(_KEY, (oid,)))
        if not key:
            raise no_key(adoption)
        for name in (*key, *(adoption.columns or ())):
            if name not in there:
                raise InvalidDeclaration(
                    f"expected a column of {table}, got {name!r}", at=adoption.url.shown
                )
        exact = tuple(str(name) for name, kind in columns if kind == "numeric")
        binary = tuple(str(name) for name, kind in columns if kind == "bytea")
        if any(
            "%" in name
            for name in (schema, table, *key, *exact, *binary, *(adoption.columns or ()))
        ):
            raise InvalidDeclaration("expected names without a %", at=adoption.url.shown)
        return Shape(str(schema), str(table), key, adoption.columns, there, exact, binary)

    @contextmanager
    def _alone(self, connection: psycopg.Connection[Any]) -> Iterator[None]:
        """While nobody else installs anything. A lock of a transaction would age its snapshot."""
        connection.execute("SELECT pg_advisory_lock(%s)", (_INSTALL_LOCK,))
        try:
            yield
        finally:
            with suppress(psycopg.Error):
                connection.execute("SELECT pg_advisory_unlock(%s)", (_INSTALL_LOCK,))

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[Any]]:
        try:
            yield self._open()
        except psycopg.Error as fault:
            self._token = None  # somebody may have dropped what was installed
            if isinstance(fault, psycopg.OperationalError):
                self.close()
            raise self._in_our_words(fault) from None

    def _open(self) -> psycopg.Connection[Any]:
        if self._connection is not None and not self._connection.closed:
            return self._connection
        self.close()
        self._connection = psycopg.connect(
            self._adoption.url.place, autocommit=True, prepare_threshold=None, **_OPTIONS
        )
        settings = "; ".join(f"SET {name} = {text(value)}" for name, value in SETTINGS.items())
        # Whoever waits for a table's lock makes all others wait: better to come again.
        self._connection.execute(f"{settings}; SET lock_timeout = {LOCK_TIMEOUT_MS}")
        return self._connection

    def _in_our_words(self, fault: psycopg.Error) -> EnsueError:
        url = self._adoption.url
        first = next(iter(str(fault).strip().splitlines()), type(fault).__name__)
        said = url.without_secrets(first)
        if isinstance(fault, errors.LockNotAvailable | errors.QueryCanceled):
            return Unreachable(f"the table is locked by another transaction: {said}", at=url.shown)
        if isinstance(fault, errors.InvalidPassword | errors.InvalidAuthorizationSpecification):
            return NotPermitted(f"the database refused the user: {said}", at=url.shown)
        if isinstance(fault, psycopg.OperationalError):
            return Unreachable(f"the database cannot be reached: {said}", at=url.shown)
        if isinstance(fault, errors.InsufficientPrivilege):
            return NotPermitted(
                f"the user lacks a right: {said}",
                at=url.shown,
                hint="Adopting needs CREATE on the schema, and TRIGGER and SELECT on the table;"
                " taking a trigger away while other tables are adopted needs the table's owner.",
            )
        if isinstance(fault, psycopg.DataError | errors.UndefinedFunction):
            return InvalidValue(f"expected values that fit the columns: {said}", at=url.shown)
        return Conflict(f"the database refused a statement: {said}", at=url.shown)


_OPTIONS: dict[str, Any] = {
    "connect_timeout": CONNECT_TIMEOUT_S,
    "application_name": "ensue",
    "keepalives_idle": KEEPALIVE_S,
}


def _triggers(connection: psycopg.Connection[Any], shape: Shape) -> dict[str, str]:
    """Our triggers on a table, with their arguments as bytes in hex."""
    oid = connection.execute("SELECT to_regclass(%s)::oid", (shape.name,)).fetchone()
    return {str(name): str(arguments) for name, arguments in connection.execute(_TRIGGERS, oid)}


def _is_there(connection: psycopg.Connection[Any], name: str) -> bool:
    found: Any = connection.execute("SELECT to_regclass(%s) IS NOT NULL", (name,)).fetchone()
    return bool(found[0])


def _key(text_of_list: object) -> tuple[object, ...]:
    found = values.decode(str(text_of_list))
    return tuple(found) if isinstance(found, list) else ()


def _bindable(value: object) -> object:
    """A value as a parameter: text, which PostgreSQL reads as the column's type."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | dict):
        return values.encode(value)
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    return value if value is None else str(value)


def _number(row: Any) -> int:  # noqa: ANN401 - whatever the driver gives
    return int(row[0])
