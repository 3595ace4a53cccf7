"""What a vault does within a transaction."""

from ensue.resources.vault.store.keeping import delete, forget_gone, promote, put, restore
from ensue.resources.vault.store.reading import (
    count,
    get,
    holds_any,
    info,
    infos,
    is_there,
    key_ids,
    next_gone_ms,
    versions,
)
from ensue.resources.vault.store.rekeying import rekey_some

__all__ = [
    "count",
    "delete",
    "forget_gone",
    "get",
    "holds_any",
    "info",
    "infos",
    "is_there",
    "key_ids",
    "next_gone_ms",
    "promote",
    "put",
    "rekey_some",
    "restore",
    "versions",
]
