"""What a table does within a transaction. Every write is captured by the table's triggers."""

from __future__ import annotations

from ensue.resources.table.store.counting import Tally, counts
from ensue.resources.table.store.expiry import next_end_ms, remove_expired
from ensue.resources.table.store.items import (
    batch_delete,
    batch_get,
    batch_put,
    delete,
    get,
    get_versioned,
    put,
    update,
)
from ensue.resources.table.store.past import get_at, history, last_change
from ensue.resources.table.store.queries import (
    Asked,
    Counted,
    check_sort,
    count,
    place_of,
    query,
    scan,
)
from ensue.resources.table.store.snapshot import snapshot

__all__ = [
    "Asked",
    "Counted",
    "Tally",
    "batch_delete",
    "batch_get",
    "batch_put",
    "check_sort",
    "count",
    "counts",
    "delete",
    "get",
    "get_at",
    "get_versioned",
    "history",
    "last_change",
    "next_end_ms",
    "place_of",
    "put",
    "query",
    "remove_expired",
    "scan",
    "snapshot",
    "update",
]
