"""What an application holds of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import Any, Generic, cast

from typing_extensions import TypeVar

from ensue.engine import changes
from ensue.engine.declarations import declared_before
from ensue.engine.engine import Engine
from ensue.engine.home import Home
from ensue.engine.ids import Place
from ensue.engine.logs import Record
from ensue.engine.sockets import Source
from ensue.engine.transaction import Transaction
from ensue.engine.typed import as_typed
from ensue.engine.workers import Worker
from ensue.resources.table import schema, store
from ensue.resources.table.model import Page, TableModel, as_attributes
from ensue.words import values
from ensue.words.changes import Change
from ensue.words.names import Ref, check_name
from ensue.words.shapes import Shape
from ensue.words.values import Item, Json

T = TypeVar("T", default=Item)

INTEGER_DIGITS = 19


class Table(Generic[T]):
    """Items by key, with every change captured.

    Args:
        home: the app.
        name: its name.
        key: the attribute that identifies an item, or two: partition key and sort key.
        indexes: secondary indexes: a partition attribute, or two: partition and sort attribute.
            Items without all attributes of an index are not in it.
        seed: items that are there when the table is made for the first time.
        of: the type of its items; None for any object.
    """

    def __init__(
        self,
        home: Home,
        name: str,
        *,
        key: str | tuple[str, ...],
        indexes: Mapping[str, str | tuple[str, ...]] | None = None,
        seed: Sequence[Mapping[str, object]] = (),
        of: type[T] | None = None,
    ) -> None:
        ref = Ref(home.app, "table", name)
        self.model = TableModel(
            ref=ref,
            key=as_attributes(key, str(ref)),
            indexes={
                check_name(index, "index"): as_attributes(attributes, f"{ref}/{index}")
                for index, attributes in (indexes or {}).items()
            },
            shape=None if of is None else Shape(of, str(ref)),
        )
        self._home = home
        self._seed = tuple(seed)

    @property
    def ref(self) -> Ref:
        """What it is called."""
        return self.model.ref

    def typed(self, found: Item | None) -> T | None:
        """A stored item as the table's type; None for none.

        Raises:
            Unfit: it does not fit: a statement from outside wrote it, or the type was another one.
        """
        shape: Shape[Any] | None = self.model.shape
        made: Any = found if shape is None or found is None else as_typed(shape, found)
        return cast("T | None", made)

    def typed_page(self, found: Page) -> Page[T]:
        """A page of items as the table's type.

        Raises:
            Unfit: one does not fit; see `typed`.
        """
        items: Any = found.items if self.model.shape is None else list(map(self.typed, found.items))
        return Page(items, found.next)

    def untyped(self) -> Table[Item]:
        """The same table without its type: for items that do not fit it."""
        other: Any = copy(self)
        other.model = replace(self.model, shape=None)
        return cast("Table[Item]", other)

    async def get(self, key: object) -> T | None:
        """The item with this key; None when there is none.

        Args:
            key: the partition key's value, or a tuple with the sort key's.

        Raises:
            InvalidValue: the key has another shape.
        """
        return self.typed(self._home.engine.read(lambda tx: store.get(tx, self.model, key)))

    async def put(
        self, item: Mapping[str, object] | T, *, where: str | None = None, **given: object
    ) -> bool:
        """Store an item whole, in a transaction of its own; returns whether the condition held.

        Args:
            item: values by attribute, the key's among them, or one of the table's type; at most
                400 KB.
            where: a condition expression on the item that is there, such as
                ``attribute_not_exists(id)``.
            given: the values of the condition's ``:names``.

        Raises:
            InvalidValue: a value is no JSON value, or a key attribute is missing.
            InvalidExpression: the condition does not compile or apply.
            TooLarge: the item is larger than 400 KB.
        """
        return await self._home.engine.transact(
            lambda tx: store.put(tx, self.model, item, where=where, given=given)
        )

    async def update(
        self, key: object, expression: str, *, where: str | None = None, **given: object
    ) -> T | None:
        """Change an item as an update expression says, in a transaction of its own.

        Args:
            key: the item's key.
            expression: such as ``SET quantity = quantity - :n``.
            where: a condition expression on the item.
            given: the values of the ``:names``.

        Returns:
            The item as it is then; None when there is no such item or the condition is false.

        Raises:
            InvalidExpression: an expression does not compile or apply to the item.
            InvalidInput: the expression changes the key.
        """
        return self.typed(
            await self._home.engine.transact(
                lambda tx: store.update(tx, self.model, key, expression, where=where, given=given)
            )
        )

    async def delete(self, key: object, *, where: str | None = None, **given: object) -> T | None:
        """Remove an item, in a transaction of its own; returns it, None when nothing was removed.

        Raises:
            InvalidExpression: the condition does not compile or apply to the item.
        """
        return self.typed(
            await self._home.engine.transact(
                lambda tx: store.delete(tx, self.model, key, where=where, given=given)
            )
        )

    async def query(
        self,
        partition: object,
        *,
        index: str | None = None,
        limit: int = 100,
        after: str | None = None,
        reverse: bool = False,
    ) -> Page[T]:
        """The items of one partition in the order of their sort keys, a page at a time.

        Args:
            partition: the value of the partition key, or of the index's partition attribute.
            index: a secondary index; None for the table itself.
            limit: items a page, 1 to 1,000.
            after: the ``next`` of the page before.
            reverse: from the end.

        Raises:
            NotFound: there is no such index.
            InvalidValue: the limit or ``after`` is wrong.
        """
        found = self._home.engine.read(
            lambda tx: store.query(
                tx, self.model, partition, index=index, limit=limit, after=after, reverse=reverse
            )
        )
        return self.typed_page(found)

    async def count(self) -> int:
        """How many items there are."""
        return self._home.engine.read(lambda tx: store.count(tx, self.model))

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
        """The newest change of the item with this key, told as text, for `ensue why`."""
        parts = sought.split("/") if len(self.model.key) == 2 else [sought]
        if len(parts) != len(self.model.key):
            return None
        found = store.last_change(tx, self.model, tuple(parts))
        if found is None and all(part.isdecimal() and part.isascii() for part in parts):
            numbers = tuple(int(part) for part in parts if len(part) < INTEGER_DIGITS)
            if len(numbers) == len(parts):
                found = store.last_change(tx, self.model, numbers)
        return None if found is None else Place(tx.number(self.ref), found)

    def declared(self) -> dict[str, Json]:
        """Its declaration, for people."""
        return {
            "key": list(self.model.key),
            "indexes": {name: list(parts) for name, parts in self.model.indexes.items()},
            "sql_table": self.model.sql,
        }

    def check(self, known: set[Ref]) -> None:
        """Nothing that it names can be missing."""
        del known

    def prepare(self, engine: Engine, tx: Transaction) -> None:
        """Make the SQL table, its indexes, triggers and change log; plant the seed if it is new."""
        is_new = tx.row("SELECT 1 FROM sqlite_schema WHERE name = ?", (self.model.sql,)) is None
        before = declared_before(tx, self.ref)
        if before is not None:
            schema.adapt(tx, self.model, before)
        number = engine.declare(
            tx, self.ref, values.encode(self.declared()), sql_table=self.model.sql
        )
        engine.add_log(tx, number, self.model.changes)
        schema.create(tx, self.model)
        engine.directory.add(self.ref, source=Source(number, self.model.changes))
        if is_new:
            for item in self._seed:
                store.put(tx, self.model, item)

    def connect(self, engine: Engine, tx: Transaction) -> None:
        """It needs no other resource."""
        del engine, tx

    def workers(self, engine: Engine) -> list[Worker]:
        """It does nothing by itself."""
        del engine
        return []
