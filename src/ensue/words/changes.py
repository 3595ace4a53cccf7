"""A change as handlers get it, whichever kind of table captured it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ensue.words.values import Item

KeyValue = str | bytes | int | float
Key = tuple[KeyValue, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one item, as it was captured.

    Attributes:
        id: the same at every delivery.
        kind: ``insert``, ``update`` or ``remove``.
        table: the table's name.
        key: the item's key: partition value, and sort value.
        old: the item before; None for an insert.
        new: the item after; None for a remove. Both are typed `Item | Any`: who follows one kind of
            change knows which is there, and need not tell a type checker.
        at_ms: when it was made; for a statement typed into another program, when it was first seen.
        is_snapshot: an insert that tells of an item which was there before the following began.
        version: the item's version after it, or that of the item removed; None where there is none.
        expired: a remove that time made, because the item's ``ttl`` had come, and nobody else.
    """

    id: str
    kind: str
    table: str
    key: Key
    old: Item | Any
    new: Item | Any
    at_ms: int
    is_snapshot: bool = False
    version: int | None = None
    expired: bool = False
