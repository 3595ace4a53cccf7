"""The table: items by key, with every change captured."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ensue.resources.table.audit import audit
from ensue.resources.table.handle import Table
from ensue.resources.table.model import Page
from ensue.resources.table.store import delete, get, put, query, update
from ensue.words.changes import Change
from ensue.words.errors import NotFound
from ensue.words.kinds import Kind, Operation
from ensue.words.values import Item, Json, shown

__all__ = [
    "KIND",
    "Change",
    "Page",
    "Table",
    "delete",
    "get",
    "put",
    "query",
    "update",
]


class Get(msgspec.Struct, forbid_unknown_fields=True):
    """The key of an item: one value, or a list of partition and sort key."""

    key: Any


class Put(msgspec.Struct, forbid_unknown_fields=True):
    """An item, and a condition on the one that is there."""

    item: dict[str, Any]
    where: str | None = None
    values: dict[str, Any] = {}


class Query(msgspec.Struct, forbid_unknown_fields=True):
    """One partition, of the table or an index."""

    partition: Any
    index: str | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 100
    after: str | None = None
    reverse: bool = False


async def _get(table: Table, given: Get) -> Item:
    found = await table.untyped().get(
        tuple(given.key) if isinstance(given.key, list) else given.key
    )
    if found is None:
        raise NotFound(f"there is no item with the key {shown(given.key)}", at=str(table.ref))
    return found


async def _put(table: Table, given: Put) -> dict[str, Json]:
    return {"stored": await table.put(given.item, where=given.where, **given.values)}


async def _query(table: Table, given: Query) -> Page:
    return await table.untyped().query(
        given.partition,
        index=given.index,
        limit=given.limit,
        after=given.after,
        reverse=given.reverse,
    )


async def _status(table: Table) -> dict[str, Json]:
    return {"items": await table.count()}


KIND = Kind(
    name="table",
    plural="tables",
    summary="Items by key, with every change captured.",
    aws="DynamoDB and its streams",
    operations=(
        Operation("get", "Read the item with this key.", Get, _get, writes=False),
        Operation("put", "Store an item whole.", Put, _put, writes=True),
        Operation("query", "Read the items of one partition.", Query, _query, writes=False),
    ),
    status=_status,
    audit=audit,
)
