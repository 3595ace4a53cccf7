"""The table: items by key, with every change captured."""

from __future__ import annotations

from ensue.resources.table.audit import audit
from ensue.resources.table.handle import Table
from ensue.resources.table.model import (
    At,
    Condition,
    Index,
    IndexOption,
    ItemAction,
    Page,
    Versioned,
)
from ensue.resources.table.operations import OPERATIONS
from ensue.resources.table.store import (
    Asked,
    check_sort,
    count,
    delete,
    get,
    get_at,
    get_versioned,
    history,
    place_of,
    put,
    query,
    scan,
    update,
)
from ensue.words.changes import Change
from ensue.words.kinds import Kind
from ensue.words.values import Json

__all__ = [
    "KIND",
    "Asked",
    "At",
    "Change",
    "Condition",
    "Index",
    "IndexOption",
    "ItemAction",
    "Page",
    "Table",
    "Versioned",
    "check_sort",
    "count",
    "delete",
    "get",
    "get_at",
    "get_versioned",
    "history",
    "place_of",
    "put",
    "query",
    "scan",
    "update",
]


async def _status(table: Table) -> dict[str, Json]:
    return {"items": await table.count()}


KIND = Kind(
    name="table",
    plural="tables",
    summary="Items by key, with every change captured.",
    aws="DynamoDB and its streams",
    operations=OPERATIONS,
    status=_status,
    audit=audit,
)
