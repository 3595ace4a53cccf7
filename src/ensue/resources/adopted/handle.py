"""What an application holds of an adopted table."""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any, NoReturn

from ensue.engine import changes
from ensue.engine.engine import Engine
from ensue.engine.home import Home
from ensue.engine.ids import Place
from ensue.engine.logs import Record
from ensue.engine.outside.contract import Adoption, Row, Wanted
from ensue.engine.outside.line import Line
from ensue.engine.outside.opening import open_outside
from ensue.engine.outside.url import parse_outside_url
from ensue.engine.sockets import Source
from ensue.engine.transaction import Transaction
from ensue.engine.waiting import read_when
from ensue.engine.workers import Worker
from ensue.resources.adopted import store
from ensue.resources.adopted.model import (
    FOLLOWING,
    HELD,
    PAGE_MAX,
    RELEASED,
    WAITING_COUNTED_MAX,
    AdoptedModel,
    Going,
    Rows,
)
from ensue.resources.adopted.worker import FAULTS, Puller
from ensue.words import values
from ensue.words.changes import Change
from ensue.words.errors import Conflict, InvalidInput, InvalidValue, StoreClosed
from ensue.words.names import Ref
from ensue.words.values import Item, Json


class Adopted:
    """A table in a SQLite or PostgreSQL database of your own, followed by its changes.

    Args:
        home: the app.
        name: what it is called here.
        url: the database.
        table: its name there, perhaps with its schema.
        key: the columns that identify a row; its primary key by default.
        columns: the columns that are captured; all by default.
        start: ``now``, or ``snapshot``: the rows that are there come first.
    """

    def __init__(
        self,
        home: Home,
        name: str,
        *,
        url: str,
        table: str,
        key: tuple[str, ...] | None,
        columns: tuple[str, ...] | None,
        start: str,
    ) -> None:
        ref = Ref(home.app, "adopted", name)
        self._model = AdoptedModel(ref, parse_outside_url(url), table, key, columns, start)
        self._model.check()
        self._home = home
        self._going = Going()
        self._line: Line | None = None

    @property
    def ref(self) -> Ref:
        """What it is called."""
        return self._model.ref

    @property
    def model(self) -> NoReturn:
        """What a transaction asks a table for; this one is not in the store.

        Raises:
            InvalidInput: always.
        """
        raise InvalidInput(
            f"expected a table of the store, got the {self.ref}: it is in another database, and no"
            " transaction spans both",
            hint="Read it with `await handle.get(...)`, and write it with SQL, from an action.",
        )

    async def get(self, key: object) -> Item | None:
        """The row with this key, as it is now; None when there is none.

        Args:
            key: the key column's value, or a tuple of the key columns' values.

        Raises:
            InvalidValue: the key has another shape.
            Unreachable: the database cannot be reached.
        """
        parts: list[Any] = list(key) if isinstance(key, tuple | list) else [key]
        values.check(parts, "$.key")
        columns = await self._to.call(lambda table: table.key())
        if len(parts) != len(columns):
            raise InvalidValue(
                f"expected a key of {self.ref}: {' and '.join(columns)}, got {values.shown(parts)}"
            )
        found = await self._to.call(lambda table: table.get(parts))
        return None if found is None else _item(found)

    async def query(
        self,
        equal: Mapping[str, Json] | None = None,
        *,
        limit: int = 100,
        after: str | None = None,
        reverse: bool = False,
    ) -> Rows:
        """The rows, in the order of the key, a page at a time.

        Args:
            equal: only those whose columns have these values; all by default. Whether that is fast
                depends on the indexes of the table.
            limit: rows a page, 1 to 1,000.
            after: the ``next`` of the page before.
            reverse: from the end.

        Raises:
            InvalidValue: the limit, a column or ``after`` is wrong.
            Unreachable: the database cannot be reached.
        """
        if not 1 <= limit <= PAGE_MAX:
            raise InvalidValue(f"expected a limit from 1 to {PAGE_MAX}, got {limit}")
        values.check(dict(equal or {}), "$.equal")
        behind = None if after is None else _cursor(after)
        columns = await self._to.call(lambda table: table.key())
        if behind is not None and len(behind) != len(columns):
            raise _no_cursor(after)
        wanted = Wanted(dict(equal or {}), behind, limit + 1, reverse)
        found = await self._to.call(lambda table: table.rows(wanted))
        following = _as_cursor(found[limit - 1]) if len(found) > limit else None
        return Rows([_item(row.item) for row in found[:limit]], following)

    async def count(self) -> int:
        """How many rows there are.

        Raises:
            Unreachable: the database cannot be reached.
        """
        return await self._to.call(lambda table: table.count())

    async def changes(
        self, *, after: int | None = None, limit: int = 10, wait_ms: int = 0
    ) -> tuple[list[Change], int]:
        """The changes behind a position, or the newest, and the position behind the last of them.

        Args:
            after: a position of an earlier call; None for the newest changes.
            limit: how many at most, up to 1,000.
            wait_ms: when there are none yet, how long to wait for the first.
        """
        engine = self._home.engine

        def look(tx: Transaction) -> tuple[list[Change], int]:
            records, position = store.tail(tx, self._model, after, limit)
            return [self.change(tx, record) for record in records], position

        return await read_when(
            engine,
            engine.number(self.ref),
            look,
            lambda found: bool(found[0]) or after is None,
            wait_ms,
        )

    async def release(self, *, force: bool = False) -> int:
        """Remove the capture from the database, and follow it no more until the next start.

        Args:
            force: also when another store has adopted the table.

        Returns:
            How many changes were dropped that had not been taken.

        Raises:
            Conflict: another store has adopted the table, or this store is a branch.
            Unreachable: the database cannot be reached.
        """
        before = self._going.state
        if before == HELD:
            raise Conflict(
                f"the store is a branch: its origin follows the {self.ref}",
                hint="Release it there, or run the branch with --act.",
            )
        self._going.state = RELEASED
        try:
            return await self._to.call(lambda table: table.release(force=force))
        except BaseException:
            self._going.state = before
            raise

    async def status(self) -> dict[str, Json]:
        """How the following is going; ``waiting`` is None while the database cannot be asked."""
        waiting: int | None = None
        if self._going.state == FOLLOWING:
            try:
                waiting = await self._to.call(lambda table: table.waiting(WAITING_COUNTED_MAX))
            except FAULTS:
                waiting = None  # the worker finds out too, and says so
        return {**self._going.shown(), "waiting": waiting}

    def change(self, tx: Transaction, record: Record) -> Change:
        """A record of the change log as handlers get it."""
        return changes.change_of(tx, self.ref, record)

    def as_work(self, tx: Transaction, record: Record) -> str:
        """A record as the body of a piece of work; `change_from` reads it."""
        return changes.as_work(tx, self.ref, record)

    def change_from(self, body: Json) -> Change:
        """The change of which `as_work` made this body."""
        return changes.from_work(self.ref, body)

    def find(self, tx: Transaction, sought: str) -> Place | None:
        """The newest change of the row with this key, told as text, for `ensue why`."""
        for key in ((sought,), tuple(sought.split("/"))):
            found = store.last_change(tx, self._model, key)
            if found is None and all(part.isdecimal() and part.isascii() for part in key):
                numbers = tuple(int(part) for part in key if len(part) < 19)
                found = store.last_change(tx, self._model, numbers) if numbers else None
            if found is not None:
                return Place(tx.number(self.ref), found)
        return None

    def declared(self) -> dict[str, Json]:
        """Its declaration, for people; without the secrets of the URL."""
        model = self._model
        return {
            "url": model.url.shown,
            "table": model.table,
            "key": None if model.key is None else list(model.key),
            "columns": None if model.columns is None else list(model.columns),
            "start": model.start,
        }

    def check(self, known: set[Ref]) -> None:
        """Nothing that it names can be missing here."""
        del known

    def prepare(self, engine: Engine, tx: Transaction) -> None:
        """Make the log, enter it as a source, and find the driver; nothing is connected yet.

        Raises:
            MissingExtra: the driver of that database is not installed.
        """
        model = self._model
        owner = f"{engine.records.salt:015x}/{self.ref.app}/{self.ref.name}"
        adoption = Adoption(
            url=model.url,
            table=model.table,
            key=model.key,
            columns=model.columns,
            owner=owner,
            snapshot=model.start == "snapshot",
        )
        self._line = Line(open_outside(adoption))
        self._going = Going()
        number = engine.declare(
            tx, self.ref, values.encode(self.declared()), sql_table=model.changes
        )
        engine.add_log(tx, number, model.changes)
        store.create(tx)
        engine.directory.add(self.ref, source=Source(number, model.changes))

    def connect(self, engine: Engine, tx: Transaction) -> None:
        """It needs no other resource."""
        del engine, tx

    def workers(self, engine: Engine) -> list[Worker]:
        """What follows the table; on a branch it does nothing."""
        if self._home.settings.holds:
            self._going.state = HELD
        puller = Puller(engine, self._model, self._to, self._going)
        engine.watches.append(puller.watch)
        return [puller]

    @property
    def _to(self) -> Line:
        if self._line is None:
            raise StoreClosed(f"the app {self.ref.app} is not running")
        return self._line


def _item(text: str) -> Item:
    found = values.decode(text)
    return Item(found) if isinstance(found, dict) else Item(value=found)


def _as_cursor(row: Row) -> str:
    """A place in a query as text that needs no escaping in an address."""
    return urlsafe_b64encode(values.encode(list(row.key)).encode()).decode().rstrip("=")


def _cursor(after: str) -> list[Json]:
    found: Any = None
    try:
        padded = after + "=" * (-len(after) % 4)
        found = values.decode(b64decode(padded, altchars=b"-_", validate=True))
        values.check(found)
    except (ValueError, InvalidValue):
        found = None
    if not isinstance(found, list):
        raise _no_cursor(after)
    return found


def _no_cursor(after: object) -> InvalidValue:
    return InvalidValue(
        f"expected the next of an earlier page, got {after!r}",
        at="$.after",
        hint="Begin without it.",
    )
