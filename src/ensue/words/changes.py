"""A change as handlers get it, whichever kind of table captured it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic

from typing_extensions import TypeVar

from ensue.words.values import Item

Item_co = TypeVar("Item_co", default=Item, covariant=True)

KeyValue = str | bytes | int | float
Key = tuple[KeyValue, ...]


@dataclass(frozen=True, slots=True)
class Change(Generic[Item_co]):
    """A change of one item, as it was captured.

    Attributes:
        id: the same at every delivery.
        kind: ``insert``, ``update`` or ``remove``.
        table: the table's name.
        key: the item's key: partition value, and sort value.
        old: the item before, of the type that the handler names: ``Change[Order]``; None for an
            insert.
        new: the item after, of that type; None for a remove. Both may be anything to a type
            checker as well: who follows one kind of change knows which is there.
        at_ms: when it was made; for a statement typed into another program, when it was first seen.
        is_snapshot: an insert that tells of an item which was there before the following began.
        version: the item's version after it, or that of the item removed; None where there is none.
        expired: a remove that time made, because the item's ``ttl`` had come, and nobody else.
    """

    id: str
    kind: str
    table: str
    key: Key
    old: Item_co | Any
    new: Item_co | Any
    at_ms: int
    is_snapshot: bool = False
    version: int | None = None
    expired: bool = False
