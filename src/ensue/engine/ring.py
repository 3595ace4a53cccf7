"""The last hour of what was counted and measured, in slots of five seconds.

What grows is kept as by how much it grew in each slot; what is measured as it was at the slot's
end. A column takes room only once there is something in it.
"""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Mapping

SLOT_MS = 5_000
SLOTS = 720
UNKNOWN = float("nan")


class Ring:
    """Columns of figures by slot.

    Args:
        now_ms: when it begins.

    Attributes:
        began_ms: when it begins.
        slot: the slot that is open; those before it are closed.
    """

    def __init__(self, now_ms: int) -> None:
        self.began_ms = now_ms
        self.slot = now_ms // SLOT_MS
        self._first = self.slot
        self._last: dict[Hashable, int] = {}
        self._grown: dict[Hashable, array[int]] = {}
        self._gauges: dict[Hashable, array[float]] = {}

    @property
    def until_ms(self) -> int:
        """When the open slot is over."""
        return (self.slot + 1) * SLOT_MS

    @property
    def first(self) -> int:
        """The first slot of which anything is known."""
        return max(self._first, self.slot - SLOTS + 1)

    def begin(self, totals: Mapping[Hashable, int]) -> None:
        """Let what there is already count as if it had always been."""
        self._last.update(totals)

    def close(
        self, now_ms: int, totals: Mapping[Hashable, int], gauges: Mapping[Hashable, float]
    ) -> None:
        """Close the open slot, as all has been since the last commit, and open that of a time.

        Nothing has changed since: so slots between them have the same gauges, and nothing grew.
        """
        closed, self.slot = self.slot, max(self.slot, now_ms // SLOT_MS)
        if closed == self.slot:
            return
        passed = range(closed + 1, min(self.slot, closed + SLOTS) + 1)
        for column in self._grown.values():
            for slot in passed:
                column[slot % SLOTS] = 0
        for key, total in totals.items():
            by = total - self._last.get(key, 0)
            if by:
                self._last[key] = total
                if closed > self.slot - SLOTS:
                    self._column(key)[closed % SLOTS] = by
        for key in gauges.keys() - self._gauges.keys():
            self._gauges[key] = array("d", [UNKNOWN]) * SLOTS
        for key, values in self._gauges.items():
            value = gauges.get(key, UNKNOWN)
            for slot in (closed, *passed[:-1]):
                values[slot % SLOTS] = value

    def grew(self, key: Hashable, first: int, end: int, total: int | None = None) -> int:
        """By how much something grew.

        Args:
            key: what.
            first: the first slot that counts.
            end: the slot behind the last that counts.
            total: how much it is now, where the open slot counts too.
        """
        column = self._grown.get(key)
        found = 0
        if column is not None:
            slots = range(max(first, self.first), min(end, self.slot))
            found = sum(column[slot % SLOTS] for slot in slots)
        if total is not None and end > self.slot:
            found += total - self._last.get(key, 0)
        return found

    def gauge(self, key: Hashable, slot: int) -> float | None:
        """What was measured at the end of a closed slot; None where nobody knows."""
        values = self._gauges.get(key)
        if values is None or not self.first <= slot < self.slot:
            return None
        value = values[slot % SLOTS]
        return value if value == value else None  # noqa: PLR0124 - only what is unknown differs

    def _column(self, key: Hashable) -> array[int]:
        found = self._grown.get(key)
        if found is None:
            found = self._grown[key] = array("q", bytes(8 * SLOTS))
        return found
