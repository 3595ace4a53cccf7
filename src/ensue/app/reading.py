"""What a handler that only reads gets as ``tx``: a snapshot of what is committed."""

from __future__ import annotations

from typing import Any, TypeVar

from ensue.app.measuring import MeterReads
from ensue.engine.transaction import Transaction
from ensue.resources import bucket as bucket_kind
from ensue.resources import table as table_kind
from ensue.resources import vault as vault_kind
from ensue.resources.bucket import Bucket, ObjectInfo, ObjectPage
from ensue.resources.table import Asked, At, Change, Page, Table, Versioned
from ensue.resources.vault import SecretValue, Vault, Which

T = TypeVar("T")


class ReadTx(MeterReads):
    """A snapshot of what is committed, for handlers that only read.

    Args:
        inner: the engine's transaction.
    """

    __slots__ = ("_token", "_transaction")

    def __init__(self, inner: Transaction) -> None:
        self._transaction = inner
        self._token = inner.token

    @property
    def _inner(self) -> Transaction:
        """The engine's transaction, as long as the function that got this one runs."""
        self._transaction.check_token(self._token)
        return self._transaction

    @property
    def now_ms(self) -> int:
        """The time that holds for the whole transaction, in ms since 1970."""
        return self._inner.now_ms

    def get(self, table: Table[T], key: object, *, at: At | None = None) -> T | None:
        """The item with this key, of the table's type; None when there is none.

        Args:
            table: where to look.
            key: the partition key's value, or a tuple with the sort key's.
            at: as of when; see `Table.get`.

        Raises:
            InvalidValue: the key has another shape, or ``at`` is no time and no change.
            NotKept: the changes since then are not kept any more.
            Unfit: what is stored does not fit the table's type.
        """
        if at is None:
            return table.typed(table_kind.get(self._inner, table.model, key))
        return table.typed(table_kind.get_at(self._inner, table.model, key, at))

    def get_versioned(self, table: Table[T], key: object) -> Versioned[T] | None:
        """The item with this key and its version, for a write that expects it.

        Raises:
            InvalidValue: the key has another shape.
        """
        return table.typed_version(table_kind.get_versioned(self._inner, table.model, key))

    def query(  # noqa: PLR0913 - each is a part of the question
        self,
        table: Table[T],
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
            table: where to look.
            partition: the value of the partition key, or of the index's partition attribute.
            sort: a key condition on the sort key: only that range is read.
            index: a secondary index; None for the table itself.
            limit: items a page, 1 to 1,000.
            after: the ``next`` of the page before.
            reverse: from the end.
            filter: a condition expression: what it is false of is read and left out.
            projection: the attributes that are wanted.
            at: as of when; see `Table.get`.
            given: the values of the expressions' ``:names``.

        Raises:
            NotFound: there is no such index.
            InvalidExpression: an expression does not compile or apply.
            InvalidValue: the limit, ``after`` or ``at`` is wrong.
            NotKept: the changes since ``at`` are not kept any more.
        """
        asked = Asked(limit, after, reverse, filter, projection, at, given)
        found = table_kind.query(self._inner, table.model, partition, asked, sort=sort, index=index)
        return table.typed_page(found, is_whole=table.is_whole(index, projection))

    def scan(  # noqa: PLR0913 - each is a part of the question
        self,
        table: Table[T],
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
            table: where to look.
            segment: which of the segments; see `Table.scan`.
            segments: into how many to divide the table.
            limit: items a page, 1 to 1,000.
            after: the ``next`` of the page before.
            filter: as of `query`.
            projection: as of `query`.
            at: as of when; see `Table.get`.
            given: the values of the expressions' ``:names``.

        Raises:
            InvalidExpression: an expression does not compile or apply.
            InvalidValue: the segment, limit, ``after`` or ``at`` is wrong.
            NotKept: the changes since ``at`` are not kept any more.
        """
        asked = Asked(limit, after, filter=filter, projection=projection, at=at, given=given)
        found = table_kind.scan(self._inner, table.model, asked, segment=segment, segments=segments)
        return table.typed_page(found, is_whole=table.is_whole(None, projection))

    def count(self, table: Table[Any]) -> int:
        """How many items there are."""
        found, _ = table_kind.count(self._inner, table.model, None)
        return found

    def history(
        self, table: Table[Any], key: object, *, limit: int = 100, before: str | None = None
    ) -> list[Change]:
        """The changes of one item that are kept, newest first.

        Args:
            table: where to look.
            key: the item's key.
            limit: how many, 1 to 1,000.
            before: the id of a change: only older ones.

        Raises:
            InvalidValue: the key, limit or ``before`` is wrong.
        """
        return table_kind.history(self._inner, table.model, key, limit=limit, before=before)

    def get_secret(self, vault: Vault, name: str, version: Which | None = None) -> SecretValue:
        """What a secret is: its current version by default. Its form as text hides it.

        Args:
            vault: in which vault.
            name: of the secret.
            version: a number, ``"current"`` or ``"previous"``.

        Raises:
            NotFound: there is no such secret or version, or it was deleted.
            MissingKey: its master key is not here; names the key's id.
            Unfit: what is stored was changed or moved.
        """
        return vault_kind.get(self._inner, vault.model, name, version)

    def head_object(self, bucket: Bucket, key: str) -> ObjectInfo | None:
        """What is known of an object; None when there is none.

        Raises:
            InvalidValue: the key is none.
        """
        found = bucket_kind.current(self._inner, bucket.model, bucket_kind.check_key(key))
        return None if found is None else found.info

    def list_objects(
        self,
        bucket: Bucket,
        prefix: str = "",
        *,
        delimiter: str | None = None,
        limit: int = 1_000,
        after: str | None = None,
        start_after: str | None = None,
    ) -> ObjectPage:
        """A page of the objects whose keys have a prefix; see `Bucket.list`.

        Raises:
            InvalidValue: the limit, the delimiter or ``after`` is wrong.
        """
        return bucket_kind.list_in(
            self._inner,
            bucket.model,
            prefix,
            delimiter=delimiter,
            limit=limit,
            after=after,
            start_after=start_after,
        )
