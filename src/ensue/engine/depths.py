"""How much is in each queue, counted in memory as it changes: no statement counts a million rows.

The one process that runs on a store changes its work only in transactions of its own. It counts
once when it opens the store, and then notes each change; what is rolled back is counted back.

A message that is sent pays for the note only. The notes are summed up at the commit, or when
somebody asks before.
"""

from __future__ import annotations

from typing import NamedTuple


class Count(NamedTuple):
    """How much of a queue is not settled.

    Attributes:
        unsettled: all of it.
        leased: taken and not settled.
        held: behind a predecessor of its group.
    """

    unsettled: int = 0
    leased: int = 0
    held: int = 0


NOTHING = Count()


class Depths:
    """The counts of all queues: as they are within the transaction that runs, and as committed."""

    def __init__(self) -> None:
        self._live: dict[int, Count] = {}
        self._committed: dict[int, Count] = {}
        self._changes: list[tuple[int, int, int, int]] = []
        self._summed = 0  # how many of the changes the live counts have in them

    def add(self, queue: int, unsettled: int = 0, leased: int = 0, held: int = 0) -> None:
        """Note a change that the running transaction makes."""
        self._changes.append((queue, unsettled, leased, held))

    def live(self, queue: int) -> Count:
        """A queue's counts as the running transaction sees them."""
        self._sum_up()
        return self._live.get(queue, NOTHING)

    def committed(self, queue: int) -> Count:
        """A queue's counts as the last commit left them."""
        return self._committed.get(queue, NOTHING)

    def mark(self) -> int:
        """Where to come back to with `undo`."""
        return len(self._changes)

    def undo(self, mark: int = 0) -> None:
        """Count back what was noted since a mark: it was rolled back."""
        for queue, unsettled, leased, held in self._changes[mark : self._summed]:
            after = self._live[queue]
            self._live[queue] = Count(after[0] - unsettled, after[1] - leased, after[2] - held)
        del self._changes[mark:]
        self._summed = min(self._summed, mark)

    def commit(self) -> None:
        """What was noted is committed."""
        if not self._changes:
            return
        self._sum_up()
        for queue in {change[0] for change in self._changes}:
            self._committed[queue] = self._live[queue]
        self._changes.clear()
        self._summed = 0

    def correct(self, counted: dict[int, Count]) -> None:
        """Note whatever makes the counts these, which were just counted one by one."""
        for queue in {*self._live, *counted}:
            is_now, should = self.live(queue), counted.get(queue, NOTHING)
            if is_now != should:
                self.add(queue, *(want - have for want, have in zip(should, is_now, strict=True)))

    def _sum_up(self) -> None:
        """Bring the live counts up to the last change."""
        fresh: dict[int, list[int]] = {}
        for queue, unsettled, leased, held in self._changes[self._summed :]:
            sums = fresh.get(queue)
            if sums is None:
                fresh[queue] = [unsettled, leased, held]
            else:
                sums[0] += unsettled
                sums[1] += leased
                sums[2] += held
        for queue, (unsettled, leased, held) in fresh.items():
            before = self._live.get(queue, NOTHING)
            self._live[queue] = Count(before[0] + unsettled, before[1] + leased, before[2] + held)
        self._summed = len(self._changes)
