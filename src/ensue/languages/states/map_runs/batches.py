"""ItemBatcher: several items for one child, as many as fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from ensue.languages.states.map_runs.plan import Batching
from ensue.words.values import Json

BATCH_BYTES_MAX = 262_144


class Batcher:
    """Puts items together. What is not a full batch yet is kept, and can be put aside.

    Args:
        batching: how large a batch is.
        held: items that an earlier one held.
    """

    def __init__(self, batching: Batching, held: Sequence[Json] = ()) -> None:
        self._batching = batching
        self._bytes_max = min(batching.bytes_max or BATCH_BYTES_MAX, BATCH_BYTES_MAX)
        self._frame = len(msgspec.json.encode(self._made([])))
        self._held: list[Json] = []
        self._size = self._frame
        for item in held:
            self._add(item)

    @property
    def held(self) -> list[Json]:
        """The items of the batch that is not full."""
        return self._held

    def add(self, items: Iterable[Json]) -> list[tuple[Json, int]]:
        """Take items.

        Returns:
            The batches that are full now: the input of the child, and how many items are in it.
        """
        full = []
        for item in items:
            size = len(msgspec.json.encode(item)) + 1
            if self._held and (self._is_full() or self._size + size > self._bytes_max):
                full.append(self._taken())
            self._held.append(item)
            self._size += size
        if self._held and self._is_full():
            full.append(self._taken())
        return full

    def rest(self) -> list[tuple[Json, int]]:
        """The last batch, if there is something in it."""
        return [self._taken()] if self._held else []

    def _add(self, item: Json) -> None:
        self._held.append(item)
        self._size += len(msgspec.json.encode(item)) + 1

    def _is_full(self) -> bool:
        wanted = self._batching.items_max
        return wanted is not None and len(self._held) >= wanted

    def _taken(self) -> tuple[Json, int]:
        items, self._held, self._size = self._held, [], self._frame
        return self._made(items), len(items)

    def _made(self, items: list[Json]) -> dict[str, Json]:
        made: dict[str, Json] = (
            {"BatchInput": self._batching.input} if self._batching.has_input else {}
        )
        made["Items"] = items
        return made
