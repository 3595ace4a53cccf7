"""What can be read of a table: each method is one read, on a snapshot of what is committed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic

from typing_extensions import TypeVar

from ensue.engine.changes import change_of
from ensue.engine.engine import Engine
from ensue.engine.home import Home
from ensue.engine.logs import Record
from ensue.engine.tailing import Tail, tail
from ensue.engine.typed import as_typed
from ensue.resources.table import store
from ensue.resources.table.model import PAGE_MAX, At, Page, TableModel, Versioned
from ensue.resources.table.rules import wanted_changes
from ensue.resources.table.store import Asked, Counted, Tally
from ensue.words.changes import Change
from ensue.words.shapes import Shape
from ensue.words.values import Item, Json

T = TypeVar("T", default=Item)


class TableReads(Generic[T]):
    """The reading half of a table.

    Args:
        home: the app.
        model: the table as declared.
    """

    def __init__(self, home: Home, model: TableModel) -> None:
        self.model = model
        self._home = home
        self._counted: tuple[Engine, Counted] | None = None
        self._tallies: tuple[Engine, dict[str, Tally]] | None = None

    def typed(self, found: Item | None) -> T | None:
        """A stored item as the table's type; None for none.

        Raises:
            Unfit: it does not fit: a statement from outside wrote it, or the type was another one.
        """
        shape: Shape[Any] | None = self.model.shape
        if shape is None or found is None:
            return found  # type: ignore[return-value] # without a shape, T is Item
        made: T = as_typed(shape, found)
        return made

    def typed_page(self, found: Page, *, is_whole: bool = True) -> Page[T]:
        """A page of items as the table's type; parts of items, which cannot fit it, as they are.

        Raises:
            Unfit: one does not fit; see `typed`.
        """
        as_is = self.model.shape is None or not is_whole
        items: Any = found.items if as_is else list(map(self.typed, found.items))
        return Page(items, found.next)

    def typed_version(self, found: Versioned | None) -> Versioned[T] | None:
        """An item with its version as the table's type; None for none.

        Raises:
            Unfit: it does not fit; see `typed`.
        """
        made: Any = None if found is None else self.typed(found.item)
        return None if found is None else Versioned(made, found.version)

    def is_whole(self, index: str | None, projection: str | None) -> bool:
        """Whether a query gives whole items, and not parts of them."""
        return projection is None and index not in self.model.projections

    async def get(self, key: object, *, at: At | None = None) -> T | None:
        """The item with this key; None when there is none.

        Args:
            key: the partition key's value, or a tuple with the sort key's.
            at: as of when: a datetime, ms since 1970, ISO text, or the id of a change (right after
                it); None for now.

        Raises:
            InvalidValue: the key has another shape, or ``at`` is no such thing.
            NotKept: the changes since then are not kept any more.
        """
        if at is None:
            return self.typed(self._home.engine.read(lambda tx: store.get(tx, self.model, key)))
        return self.typed(
            await self._home.engine.reads.look(lambda tx: store.get_at(tx, self.model, key, at))
        )

    def look(self, key: object) -> T | None:
        """The item with this key, without waiting: for what looks up while it is asked, as a
        verifier does.

        Raises:
            InvalidValue: the key has another shape.
        """
        return self.typed(self._home.engine.read(lambda tx: store.get(tx, self.model, key)))

    async def get_versioned(self, key: object) -> Versioned[T] | None:
        """The item with this key and its version, for a write that expects it.

        Raises:
            InvalidValue: the key has another shape.
        """
        return self.typed_version(
            self._home.engine.read(lambda tx: store.get_versioned(tx, self.model, key))
        )

    async def query(  # noqa: PLR0913 - each is a part of the question
        self,
        partition: object,
        *,
        sort: str | None = None,
        index: str | None = None,
        limit: int = 100,
        after: str | None = None,
        reverse: bool = False,
        filter: str | None = None,  # noqa: A002 - its name in DynamoDB
        projection: str | None = None,
        at: At | None = None,
        **given: object,
    ) -> Page[T]:
        """The items of one partition in the order of their sort keys, a page at a time.

        Args:
            partition: the value of the partition key, or of the index's partition attribute.
            sort: a key condition on the sort key, such as ``id BETWEEN :a AND :b`` or
                ``begins_with(id, :p)``: only that range is read.
            index: a secondary index; None for the table itself.
            limit: items a page, 1 to 1,000.
            after: the ``next`` of the page before.
            reverse: from the end.
            filter: a condition expression: what it is false of is read and left out. A page ends
                too when 10,000 items were looked at.
            projection: the attributes that are wanted, such as ``id, address.city``.
            at: as of when; see `get`.
            given: the values of the expressions' ``:names``.

        Raises:
            NotFound: there is no such index.
            InvalidExpression: an expression does not compile or apply.
            InvalidValue: the limit, ``after`` or ``at`` is wrong.
            NotKept: the changes since ``at`` are not kept any more.
        """
        asked = Asked(limit, after, reverse, filter, projection, at, given)
        found = await self._home.engine.reads.look(
            lambda tx: store.query(tx, self.model, partition, asked, sort=sort, index=index),
            is_long=asked.may_be_long,
        )
        return self.typed_page(found, is_whole=self.is_whole(index, projection))

    async def scan(
        self,
        *,
        segment: int = 0,
        segments: int = 1,
        limit: int = 100,
        after: str | None = None,
        filter: str | None = None,  # noqa: A002 - its name in DynamoDB
        projection: str | None = None,
        at: At | None = None,
        **given: object,
    ) -> Page[T]:
        """All items in the order of their keys, a page at a time.

        Args:
            segment: which of the segments: 0 for the first.
            segments: into how many to divide the table, 1 to 1,000. An item is always in the same
                one; so several readers can share the work.
            limit: items a page, 1 to 1,000.
            after: the ``next`` of the page before, of the same segment.
            filter: as of `query`.
            projection: as of `query`.
            at: as of when; see `get`.
            given: the values of the expressions' ``:names``.

        Raises:
            InvalidExpression: an expression does not compile or apply.
            InvalidValue: the segment, limit, ``after`` or ``at`` is wrong.
            NotKept: the changes since ``at`` are not kept any more.
        """
        asked = Asked(limit, after, filter=filter, projection=projection, at=at, given=given)
        found = await self._home.engine.reads.look(
            lambda tx: store.scan(tx, self.model, asked, segment=segment, segments=segments),
            is_long=asked.may_be_long,
        )
        return self.typed_page(found, is_whole=self.is_whole(None, projection))

    async def count(self) -> int:
        """How many items there are. After the first time only what came since is counted."""
        engine = self._home.engine
        before = self._counted[1] if self._counted and self._counted[0] is engine else None
        found, counted = await engine.reads.look(
            lambda tx: store.count(tx, self.model, before), is_long=before is None
        )
        self._counted = engine, counted
        return found

    async def counts(self, index: str) -> dict[Any, int]:
        """How many items there are of each value of an index's first attribute.

        After the first time only what came since is counted.

        Args:
            index: the name of a secondary index; items that are not in it do not count.

        Raises:
            NotFound: there is no such index.
            LimitExceeded: there are more than 1,000 values.
        """
        engine = self._home.engine
        known, tallies = self._tallies or (engine, {})
        before = tallies.get(index) if known is engine else None
        found, tally = await engine.reads.look(
            lambda tx: store.counts(tx, self.model, index, before), is_long=before is None
        )
        self._tallies = engine, {**(tallies if known is engine else {}), index: tally}
        return found

    async def batch_get(self, keys: Iterable[object]) -> list[T | None]:
        """The items with these keys, in their order, on one snapshot; None for each that is not.

        Raises:
            InvalidValue: a key has another shape.
            LimitExceeded: there are more than 10,000.
        """
        found = self._home.engine.read(lambda tx: store.batch_get(tx, self.model, keys))
        return [self.typed(item) for item in found]

    async def history(
        self, key: object, *, limit: int = 100, before: str | None = None
    ) -> list[Change]:
        """The changes of one item that are kept, newest first: what it was, is, and when.

        It searches the change log; a table with ``keep_changes`` has an index for that.

        Args:
            key: the item's key; it need not be there any more.
            limit: how many, 1 to 1,000.
            before: the id of a change: only older ones.

        Raises:
            InvalidValue: the key, limit or ``before`` is wrong.
        """
        return await self._home.engine.reads.look(
            lambda tx: store.history(tx, self.model, key, limit=limit, before=before)
        )

    async def changes(
        self,
        *,
        after: int | None = None,
        limit: int = 10,
        wait_ms: int = 0,
        kinds: Sequence[str] = (),
        key: object = None,
        pattern: Mapping[str, Json] | None = None,
    ) -> tuple[list[Change], int]:
        """The changes behind a position, or the newest, and the position behind the last of them.

        Args:
            after: a position of an earlier call; None for the newest changes.
            limit: how many at most, up to 1,000.
            wait_ms: when there are none yet, how long to wait for the first.
            kinds: only ``insert``, ``update`` or ``remove``.
            key: only those of the item with this key.
            pattern: an event pattern on the change, as `App.on_change` takes it: only those that
                match. One call looks at 10,000 changes at most: it may find none, and yet come to
                a later position.

        Raises:
            InvalidValue: there is no such kind, or the key has another shape.
            InvalidPattern: the pattern does not compile; says where.
        """
        engine, model = self._home.engine, self.model
        text = None
        if key is not None:
            place = model.as_key(key)
            text = engine.read(lambda tx: store.key_text(tx, place))
        wants = wanted_changes(kinds, text, pattern)
        reading = Tail[tuple[Change, Record]](
            model.ref,
            lambda tx, record: (change_of(tx, model.ref, record), record),
            max(0, min(limit, PAGE_MAX)),
            None if wants is None else lambda shown: wants(shown[1]),
        )
        found, position = await tail(engine, reading, after=after, wait_ms=wait_ms)
        return [change for change, _ in found], position
