"""Routes without a handler that read: an item, a page of a partition, a page of a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar, Unpack

from msgspec import Meta

from ensue.app.mapping import Given, Inputs, given_by
from ensue.app.planning import DirectOptions, Plan, Planned
from ensue.app.routes import ObjectAnswer, Route, parameters_in, with_options
from ensue.app.transaction import ReadTx
from ensue.languages.templates import Template
from ensue.resources import table as table_kind
from ensue.resources.bucket import Bucket
from ensue.resources.table import Page, Table
from ensue.words.errors import InvalidDeclaration, NotFound
from ensue.words.shapes import as_plain
from ensue.words.values import Json, shown

T = TypeVar("T")

PAGE = Annotated[int, Meta(ge=1, le=1_000)]
GONE = {404: "there is no such item"}
OBJECT_STATUSES = {
    206: "some of its bytes, as `Range` asks",
    304: "the client has it already",
    404: "there is no such object",
    412: "it is another one than the client expects",
    416: "there are no such bytes",
}


class Answering(Planned):
    """A route that is being declared by what it reads of a table."""

    def get(self, table: Table[Any], key: object, **options: Unpack[DirectOptions]) -> None:
        """Answer with an item; 404 where there is none.

        Args:
            table: where it is.
            key: a template of its key: ``"{path.id}"``, or a list of partition and sort key.
            options: ``body``, ``types``, ``answer``, ``headers``; see `DirectOptions`.

        Raises:
            InvalidDeclaration: it cannot run; says why.
        """
        inputs = self._inputs(options, table, Table)
        place = inputs.template(key)

        def run(tx: ReadTx, given: Given) -> Json:
            sought = place.render(given)
            return as_plain(there(tx.get(table, as_key(sought)), sought, table))

        self._declare(inputs, options, Plan("get an item of", table.ref, run, GONE))

    def query(
        self,
        table: Table[Any],
        partition: object,
        *,
        sort: str | None = None,
        values: Mapping[str, object] | None = None,
        index: str | None = None,
        reverse: bool = False,
        **options: Unpack[DirectOptions],
    ) -> None:
        """Answer with a page of a partition: ``items``, and ``next`` for the page after it.

        The query may have ``limit``, items a page (100), and ``after``, the ``next`` before.

        Args:
            table: where to look.
            partition: a template of the partition key's value, or of the index's attribute.
            sort: a key condition on the sort key, such as ``begins_with(id, :prefix)``: only that
                range is read.
            values: templates of the condition's ``:names``.
            index: a secondary index; None for the table itself.
            reverse: from the end.
            options: see `DirectOptions`.

        Raises:
            InvalidDeclaration: it cannot run; says why.
            InvalidExpression: the condition does not compile.
        """
        options["types"] = {"limit": PAGE, **options.get("types", {})}
        inputs = self._inputs(options, table, Table)
        if index is not None and index not in table.model.indexes:
            raise InvalidDeclaration(f"there is no index {index} on {table.ref}", at=self._name)
        place = inputs.template(partition)
        named = self._values(
            inputs,
            values,
            frozenset() if sort is None else table_kind.check_sort(table.model, sort, index),
        )
        paging = _paging(inputs)

        def run(tx: ReadTx, given: Given) -> Json:
            bounds: dict[str, Any] = {name: each.render(given) for name, each in named.items()}
            bounds |= _bounds(paging, given)
            found = tx.query(
                table, place.render(given), sort=sort, index=index, reverse=reverse, **bounds
            )
            return _page(found)

        self._declare(inputs, options, Plan("query", table.ref, run, {}))

    def scan(self, table: Table[Any], **options: Unpack[DirectOptions]) -> None:
        """Answer with a page of all items, in the order of their keys: ``items`` and ``next``.

        The query may have ``limit`` and ``after``, as for `query`.

        Args:
            table: whose items.
            options: see `DirectOptions`.

        Raises:
            InvalidDeclaration: it cannot run; says why.
        """
        options["types"] = {"limit": PAGE, **options.get("types", {})}
        inputs = self._inputs(options, table, Table)
        paging = _paging(inputs)

        def run(tx: ReadTx, given: Given) -> Json:
            return _page(tx.scan(table, **_bounds(paging, given)))

        self._declare(inputs, options, Plan("list", table.ref, run, {}))

    def get_object(self, bucket: Bucket, key: str, **options: Unpack[DirectOptions]) -> None:
        """Answer with an object of a bucket, streamed, with ranges and conditions; 404 for none.

        Args:
            bucket: where it is.
            key: a template of its key, such as ``"{path.year}/{path.name}.pdf"``.
            options: ``types``; see `DirectOptions`.

        Raises:
            InvalidDeclaration: it cannot run; says why.
        """
        inputs = self._inputs(options, bucket, Bucket)
        surplus = sorted(options.keys() - {"types"})
        if self._method != "GET" or surplus:
            said = f"got {', '.join(surplus)}" if surplus else f"got {self._method}"
            raise InvalidDeclaration(f"expected a GET and nothing but types, {said}", at=self._name)
        place, in_path = inputs.template(key), parameters_in(self._path)

        def get_object(tx: ReadTx, **arguments: object) -> ObjectAnswer:
            return ObjectAnswer(bucket, str(place.render(given_by(arguments, in_path, tx))))

        get_object.__doc__ = f"Get an object of the bucket {bucket.ref.name}."
        made = Route(
            method=self._method,
            path=self._path,
            function=get_object,
            parameters=inputs.parameters(),
            returns=ObjectAnswer,
            status=200,
            is_action=False,
            wants_tx=True,
            statuses=OBJECT_STATUSES,
            target=bucket.ref,
        )
        self._add(with_options(made, **self._options))


def there(found: T | None, sought: Json, table: Table[Any]) -> T:
    """An item that must be there.

    Raises:
        NotFound: it is not.
    """
    if found is None:
        raise NotFound(f"there is no item with the key {shown(sought)}", at=str(table.ref))
    return found


def as_key(sought: Json) -> object:
    """A rendered key as tables take it."""
    return tuple(sought) if isinstance(sought, list) else sought


def _paging(inputs: Inputs) -> dict[str, Template]:
    return {name: inputs.template(f"{{query.{name}?}}") for name in ("limit", "after")}


def _bounds(paging: Mapping[str, Template], given: Given) -> dict[str, Any]:
    """Which page is asked for; what the query does not say is the default."""
    said = {name: each.render(given) for name, each in paging.items()}
    return {name: value for name, value in said.items() if value is not None}


def _page(page: Page[Any]) -> Json:
    return {"items": list(map(as_plain, page.items)), "next": page.next}
