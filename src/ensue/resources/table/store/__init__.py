"""What a table does within a transaction. Every write is captured by the table's triggers."""

from __future__ import annotations

from ensue.resources.table.store.acting import act, act_all, can_act
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
from ensue.resources.table.store.past import get_at, history, key_text, last_change
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
    "act",
    "act_all",
    "batch_delete",
    "batch_get",
    "batch_put",
    "can_act",
    "check_sort",
    "count",
    "counts",
    "delete",
    "get",
    "get_at",
    "get_versioned",
    "history",
    "key_text",
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
