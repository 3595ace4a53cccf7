"""What can be done to a table from outside, by a route or a command."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ensue.languages.expressions import compile_condition
from ensue.resources.table.handle import Table
from ensue.resources.table.model import ACTED_MAX, BATCH_MAX, PAGE_MAX, SEGMENTS_MAX, Page
from ensue.resources.table.rules import Planning, plan
from ensue.resources.table.store import check_sort
from ensue.words.changes import Change
from ensue.words.errors import InvalidValue, NotFound
from ensue.words.kinds import Operation
from ensue.words.values import Item, Json, shown

Limit = Annotated[int, msgspec.Meta(ge=1, le=PAGE_MAX)]
Batch = Annotated[list[Any], msgspec.Meta(max_length=BATCH_MAX)]


class Get(msgspec.Struct, forbid_unknown_fields=True):
    """The key of an item, one value or a list of partition and sort key; and as of when."""

    key: Any
    at: int | str | None = None


class Key(msgspec.Struct, forbid_unknown_fields=True):
    """The key of an item: one value, or a list of partition and sort key."""

    key: Any


class Put(msgspec.Struct, forbid_unknown_fields=True):
    """An item, and a condition on the one that is there."""

    item: dict[str, Any]
    where: str | None = None
    expect: int | None = None
    values: dict[str, Any] = {}


class Update(msgspec.Struct, forbid_unknown_fields=True):
    """The key of an item, an update expression, and a condition on the item."""

    key: Any
    expression: str
    where: str | None = None
    expect: int | None = None
    values: dict[str, Any] = {}


class Delete(msgspec.Struct, forbid_unknown_fields=True):
    """The key of an item, and a condition on it."""

    key: Any
    where: str | None = None
    expect: int | None = None
    values: dict[str, Any] = {}


class Query(msgspec.Struct, forbid_unknown_fields=True):
    """One partition, of the table or an index, and what of it."""

    partition: Any
    index: str | None = None
    limit: Limit = 100
    after: str | None = None
    reverse: bool = False
    sort: str | None = None
    filter: str | None = None
    projection: str | None = None
    at: int | str | None = None
    values: dict[str, Any] = {}


class Scan(msgspec.Struct, forbid_unknown_fields=True):
    """The whole table or one of its segments, and what of it."""

    limit: Limit = 100
    after: str | None = None
    segment: Annotated[int, msgspec.Meta(ge=0, lt=SEGMENTS_MAX)] = 0
    segments: Annotated[int, msgspec.Meta(ge=1, le=SEGMENTS_MAX)] = 1
    filter: str | None = None
    projection: str | None = None
    at: int | str | None = None
    values: dict[str, Any] = {}


class Counts(msgspec.Struct, forbid_unknown_fields=True):
    """By which index."""

    index: str


class History(msgspec.Struct, forbid_unknown_fields=True):
    """The key of an item, and how many of its changes, older than which."""

    key: Any
    limit: Limit = 100
    before: str | None = None


class Changes(msgspec.Struct, forbid_unknown_fields=True):
    """From where to read, how much, how many milliseconds to wait, and which changes."""

    after: Annotated[int, msgspec.Meta(ge=0)] | None = None
    limit: Limit = 10
    wait: Annotated[int, msgspec.Meta(ge=0, le=30_000)] = 0
    kinds: Annotated[
        list[str],
        msgspec.Meta(max_length=3, description="Only insert, update or remove; can be repeated."),
    ] = []
    item: Annotated[Any, msgspec.Meta(description="Only those of the item with this key.")] = None
    pattern: dict[str, Any] | None = None


class Plan(msgspec.Struct, forbid_unknown_fields=True):
    """A query or a scan that is not asked yet."""

    partition: Annotated[Any, msgspec.Meta(description="Of which partition.")] = None
    index: str | None = None
    limit: Limit = 100
    sort: str | None = None
    filter: str | None = None


class Act(msgspec.Struct, forbid_unknown_fields=True):
    """What to do, and the key of the item."""

    action: str
    key: Any


class ActAll(msgspec.Struct, forbid_unknown_fields=True):
    """What to do, and the keys of the items."""

    action: str
    keys: Annotated[list[Any], msgspec.Meta(max_length=ACTED_MAX)]


class Keys(msgspec.Struct, forbid_unknown_fields=True):
    """Keys of items, each one value or a list of partition and sort key."""

    keys: Batch


class Items(msgspec.Struct, forbid_unknown_fields=True):
    """Items."""

    items: Annotated[list[dict[str, Any]], msgspec.Meta(max_length=BATCH_MAX)]


# What is said beside the values of an expression, and so cannot be the name of one.
_TAKEN = frozenset([
    "self",
    "key",
    "item",
    "partition",
    "expression",
    "where",
    "expect",
    "sort",
    "index",
    "limit",
    "after",
    "reverse",
    "filter",
    "projection",
    "at",
    "segment",
    "segments",
])


def _given(values: dict[str, Any]) -> dict[str, Any]:
    taken = sorted(_TAKEN & values.keys())
    if taken:
        raise InvalidValue(
            f"expected other names of values than {', '.join(taken)}",
            at="$.values",
            hint="Write another :name in the expression.",
        )
    return values


def _key(given: object) -> object:
    return tuple(given) if isinstance(given, list) else given


async def _get(table: Table, given: Get) -> Item:
    found = await table.untyped().get(_key(given.key), at=given.at)
    if found is None:
        raise NotFound(f"there is no item with the key {shown(given.key)}", at=str(table.ref))
    return found


async def _version(table: Table, given: Key) -> dict[str, Json]:
    found = await table.get_versioned(_key(given.key))
    return {"version": 0 if found is None else found.version}


async def _put(table: Table, given: Put) -> dict[str, Json]:
    return {
        "stored": await table.put(
            given.item, where=given.where, expect=given.expect, **_given(given.values)
        )
    }


async def _update(table: Table, given: Update) -> dict[str, Json]:
    found = await table.update(
        _key(given.key),
        given.expression,
        where=given.where,
        expect=given.expect,
        **_given(given.values),
    )
    return {"updated": found is not None, "item": found}


async def _delete(table: Table, given: Delete) -> dict[str, Json]:
    found = await table.delete(
        _key(given.key), where=given.where, expect=given.expect, **_given(given.values)
    )
    return {"deleted": found is not None, "item": found}


async def _query(table: Table, given: Query) -> Page:
    return await table.untyped().query(
        given.partition,
        sort=given.sort,
        index=given.index,
        limit=given.limit,
        after=given.after,
        reverse=given.reverse,
        filter=given.filter,
        projection=given.projection,
        at=given.at,
        **_given(given.values),
    )


async def _scan(table: Table, given: Scan) -> Page:
    return await table.untyped().scan(
        segment=given.segment,
        segments=given.segments,
        limit=given.limit,
        after=given.after,
        filter=given.filter,
        projection=given.projection,
        at=given.at,
        **_given(given.values),
    )


async def _counts(table: Table, given: Counts) -> list[dict[str, Json]]:
    found = await table.counts(given.index)
    return [{"value": value, "items": many} for value, many in sorted(found.items(), key=str)]


async def _history(table: Table, given: History) -> list[Change]:
    return await table.history(_key(given.key), limit=given.limit, before=given.before)


async def _changes(table: Table, given: Changes) -> dict[str, Any]:
    found, position = await table.changes(
        after=given.after,
        limit=given.limit,
        wait_ms=given.wait,
        kinds=given.kinds,
        key=None if given.item is None else _key(given.item),
        pattern=given.pattern,
    )
    return {"changes": found, "position": position}


async def _plan(table: Table, given: Plan) -> dict[str, Json]:
    if given.filter is not None:
        compile_condition(given.filter)
    if given.sort is not None:
        check_sort(table.model, given.sort, given.index)
    planning = Planning(
        given.partition is not None,
        given.index,
        given.sort is not None,
        given.filter is not None,
        given.limit,
    )
    return plan(table.model, planning)._asdict()


async def _act(table: Table, given: Act) -> dict[str, Any]:
    return {"answer": await table.act(given.action, _key(given.key))}


async def _act_all(table: Table, given: ActAll) -> dict[str, Json]:
    return {"done": await table.act_all(given.action, [_key(key) for key in given.keys])}


async def _batch_get(table: Table, given: Keys) -> list[Item | None]:
    return await table.untyped().batch_get([_key(key) for key in given.keys])


async def _batch_put(table: Table, given: Items) -> dict[str, Json]:
    return {"stored": await table.batch_put(given.items)}


async def _batch_delete(table: Table, given: Keys) -> dict[str, Json]:
    return {"deleted": await table.batch_delete([_key(key) for key in given.keys])}


OPERATIONS = (
    Operation("get", "Read the item with this key, as it is or was.", Get, _get, writes=False),
    Operation("version", "Read the version to expect; 0 for no item.", Key, _version, writes=False),
    Operation("put", "Store an item whole.", Put, _put, writes=True),
    Operation("update", "Change an item by an expression.", Update, _update, writes=True),
    Operation("delete", "Remove the item with this key.", Delete, _delete, writes=True),
    Operation("query", "Read the items of one partition.", Query, _query, writes=False),
    Operation("scan", "Read all items, or a segment of them.", Scan, _scan, writes=False),
    Operation("counts", "Count the items by an index's attribute.", Counts, _counts, writes=False),
    Operation("history", "Read the changes of one item.", History, _history, writes=False),
    Operation("changes", "Read the newest changes, or wait.", Changes, _changes, writes=False),
    Operation("plan", "Say what a query would read.", Plan, _plan, writes=False),
    Operation("act", "Do to an item what the app offers.", Act, _act, writes=True),
    Operation("act-all", "Do to items what the app offers.", ActAll, _act_all, writes=True),
    Operation("batch-get", "Read several items.", Keys, _batch_get, writes=False),
    Operation("batch-put", "Store several items, all or none.", Items, _batch_put, writes=True),
    Operation("batch-delete", "Remove several items.", Keys, _batch_delete, writes=True),
)
