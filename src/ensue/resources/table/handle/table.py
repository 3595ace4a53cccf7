"""A table: its writes, and its place in the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import Any, cast

from typing_extensions import TypeVar

from ensue.engine.declarations import declared_before
from ensue.engine.engine import Engine
from ensue.engine.home import Home
from ensue.engine.ids import Place
from ensue.engine.sockets import Source
from ensue.engine.transaction import Transaction
from ensue.engine.workers import Worker
from ensue.resources.table import schema, store
from ensue.resources.table.handle.reads import TableReads
from ensue.resources.table.model import Condition, IndexOption, ItemAction, make_model
from ensue.resources.table.worker import Expiry
from ensue.words import values
from ensue.words.errors import InvalidDeclaration, NotFound
from ensue.words.names import Ref
from ensue.words.shapes import Shape
from ensue.words.values import Item, Json

T = TypeVar("T", default=Item)

INTEGER_DIGITS = 19


class Table(TableReads[T]):
    """Items by key, with every change captured.

    Args:
        home: the app.
        name: its name.
        key: the attribute that identifies an item, or two: partition key and sort key.
        indexes: secondary indexes by name: a partition attribute, or two with a sort attribute, or
            an `Index`. Items without all attributes of an index are not in it.
        ttl: the attribute that says when an item ends, in seconds since 1970.
        keep_changes: how long its changes are kept; None for as long as all that is over.
        seed: items that are there when the table is made for the first time.
        of: the type of its items; None for any object.
    """

    def __init__(  # noqa: PLR0913 - each is a part of the declaration
        self,
        home: Home,
        name: str,
        *,
        key: str | tuple[str, ...],
        indexes: Mapping[str, IndexOption] | None = None,
        ttl: str | None = None,
        keep_changes: str | float | None = None,
        seed: Sequence[Mapping[str, object]] = (),
        of: type[T] | None = None,
    ) -> None:
        ref = Ref(home.app, "table", name)
        model = make_model(ref, key, indexes or {}, ttl, keep_changes)
        if of is not None:
            model = replace(model, shape=Shape(of, str(ref)))
        super().__init__(home, model)
        self._seed = tuple(seed)
        self.actions: dict[str, ItemAction] = {}

    @property
    def ref(self) -> Ref:
        """What it is called."""
        return self.model.ref

    def untyped(self) -> Table[Item]:
        """The same table without its type: for items that do not fit it."""
        other: Any = copy(self)
        other.model = replace(self.model, shape=None)
        return cast("Table[Item]", other)

    async def put(
        self,
        item: Mapping[str, object] | T,
        *,
        where: str | None = None,
        expect: int | None = None,
        **given: object,
    ) -> bool:
        """Store an item whole, in a transaction of its own; returns whether the condition held.

        Args:
            item: values by attribute, the key's among them, or one of the table's type; at most
                400 KB.
            where: a condition expression on the item that is there, such as
                ``attribute_not_exists(id)``.
            expect: the version that the one that is there must have; 0 for none being there.
            given: the values of the condition's ``:names``.

        Raises:
            InvalidValue: a value cannot be stored, or a key attribute is missing.
            InvalidExpression: the condition does not compile or apply.
            TooLarge: the item is larger than 400 KB.
        """
        condition = Condition(where, expect, given)
        return await self._home.engine.transact(
            lambda tx: store.put(tx, self.model, item, condition)
        )

    async def update(
        self,
        key: object,
        expression: str,
        *,
        where: str | None = None,
        expect: int | None = None,
        **given: object,
    ) -> T | None:
        """Change an item as an update expression says, in a transaction of its own.

        Args:
            key: the item's key.
            expression: such as ``SET quantity = quantity - :n``.
            where: a condition expression on the item.
            expect: the version that the item must have.
            given: the values of the ``:names``.

        Returns:
            The item as it is then; None when there is no such item or the condition is false.

        Raises:
            InvalidExpression: an expression does not compile or apply to the item.
            InvalidInput: the expression changes the key.
        """
        condition = Condition(where, expect, given)
        return self.typed(
            await self._home.engine.transact(
                lambda tx: store.update(tx, self.model, key, expression, condition)
            )
        )

    async def delete(
        self,
        key: object,
        *,
        where: str | None = None,
        expect: int | None = None,
        **given: object,
    ) -> T | None:
        """Remove an item, in a transaction of its own; returns it, None when nothing was removed.

        Args:
            key: the item's key.
            where: a condition expression on the item.
            expect: the version that the item must have.
            given: the values of the ``:names``.

        Raises:
            InvalidExpression: the condition does not compile or apply to the item.
        """
        condition = Condition(where, expect, given)
        return self.typed(
            await self._home.engine.transact(
                lambda tx: store.delete(tx, self.model, key, condition)
            )
        )

    async def batch_put(self, items: Iterable[Mapping[str, object] | T]) -> int:
        """Store items whole, all in one transaction or, when one is refused, none.

        Returns:
            How many they were.

        Raises:
            InvalidValue: a value cannot be stored, or a key attribute is missing.
            TooLarge: an item is larger than 400 KB.
            LimitExceeded: there are more than 10,000.
        """
        return await self._home.engine.transact(lambda tx: store.batch_put(tx, self.model, items))

    async def batch_delete(self, keys: Iterable[object]) -> int:
        """Remove the items with these keys in one transaction; returns how many were there.

        Raises:
            InvalidValue: a key has another shape.
            LimitExceeded: there are more than 10,000.
        """
        return await self._home.engine.transact(lambda tx: store.batch_delete(tx, self.model, keys))

    def offer(self, action: ItemAction) -> None:
        """Offer something that can be done to its items; see `App.action`.

        Raises:
            InvalidDeclaration: there is one of this name.
        """
        if action.name in self.actions:
            raise InvalidDeclaration(
                f"there are two actions called {action.name}", at=str(self.ref)
            )
        self.actions[action.name] = action

    def offered(self, item: Item) -> list[str]:
        """The names of the actions that can be done to an item."""
        return [each.name for each in self.actions.values() if store.can_act(each, item)]

    async def act(self, name: str, key: object) -> object:
        """Do what the app offers to one item, in a transaction of its own; returns what it does.

        Raises:
            NotFound: there is no such action, or no such item.
            Conflict: it cannot be done to this item.
            Exception: whatever the app's function raises; then nothing has happened.
        """
        action = self._action(name)
        return await self._home.engine.transact(lambda tx: store.act(tx, self, action, key))

    async def act_all(self, name: str, keys: Sequence[object]) -> int:
        """Do what the app offers to several items in one transaction; returns to how many.

        Those that are not there any more, or that it cannot be done to, are passed over.

        Raises:
            NotFound: there is no such action.
            LimitExceeded: there are more than 100 keys.
            Exception: whatever the app's function raises; then nothing has happened.
        """
        action = self._action(name)
        return await self._home.engine.transact(lambda tx: store.act_all(tx, self, action, keys))

    def _action(self, name: str) -> ItemAction:
        found = self.actions.get(name)
        if found is None:
            has = ", ".join(self.actions) or "none"
            raise NotFound(f"there is no action {name} of {self.ref}; it has: {has}")
        return found

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
        model = self.model
        said: dict[str, Json] = {
            "key": list(model.key),
            "indexes": {name: list(parts) for name, parts in model.indexes.items()},
            "sql_table": model.sql,
        }
        if model.projections:
            said["projections"] = {name: list(parts) for name, parts in model.projections.items()}
        if model.ttl is not None:
            said["ttl"] = model.ttl
        if model.keep_ms is not None:
            said["keep_changes_ms"] = model.keep_ms
        if self.actions:
            said["actions"] = {each.name: each.title for each in self.actions.values()}
        return said

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
        if before is not None and "keep_changes_ms" not in before:
            schema.note_times(tx, self.model)
        source = Source(
            number,
            self.model.changes,
            keep_ms=self.model.keep_ms,
            snapshot=lambda tx, after, limit: store.snapshot(tx, self.model, after, limit),
        )
        engine.directory.add(self.ref, source=source)
        if is_new:
            for item in self._seed:
                store.put(tx, self.model, item)

    def connect(self, engine: Engine, tx: Transaction) -> None:
        """It needs no other resource."""
        del engine, tx

    def workers(self, engine: Engine) -> list[Worker]:
        """What removes expired items, where items expire."""
        return [] if self.model.ttl is None else [Expiry(engine, self.model)]
