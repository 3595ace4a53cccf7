"""Every SQL statement of buckets."""

from ensue.resources.bucket.store.changes import as_event, as_work, from_work, present
from ensue.resources.bucket.store.listing import count, list_objects, list_versions
from ensue.resources.bucket.store.objects import (
    Stored,
    current,
    delete,
    delete_many,
    put,
    version,
)
from ensue.resources.bucket.store.past import delete_version, next_end_ms, remove_expired

__all__ = [
    "Stored",
    "as_event",
    "as_work",
    "count",
    "current",
    "delete",
    "delete_many",
    "delete_version",
    "from_work",
    "list_objects",
    "list_versions",
    "next_end_ms",
    "present",
    "put",
    "remove_expired",
    "version",
]
