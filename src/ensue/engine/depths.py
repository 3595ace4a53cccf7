"""What is in each queue, and what has happened to each resource, counted in memory as it changes.

The one process that runs on a store changes its work only in transactions of its own. It counts
once when it opens the store, and then notes each change; what is rolled back is counted back. So
no statement counts a million rows. What only ever grows, such as how much was settled or failed, is
noted along with it, from when the store was opened.

A message that is sent pays for one note only. The notes are summed up at the commit, or when
somebody asks before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from ensue.engine.measures import COMPLETED, PUBLISHED

Key: TypeAlias = "int | tuple[int, str]"


class Count(NamedTuple):
    """How much of a queue is not settled, and how much came.

    Attributes:
        unsettled: all of it.
        leased: taken and not settled.
        held: behind a predecessor of its group.
        came: how much came into it since the store was opened; of anything else that is counted,
            how often it happened.
    """

    unsettled: int = 0
    leased: int = 0
    held: int = 0
    came: int = 0


NOTHING = Count()


class Depths:
    """The counts of all queues: as they are within the transaction that runs, and as committed."""

    def __init__(self) -> None:
        self._live: dict[Key, Count] = {}
        self._committed: dict[Key, Count] = {}
        self._changes: list[tuple[Key, int, int, int, int]] = []
        self._summed = 0  # how many of the changes the live counts have in them

    def add(self, queue: Key, unsettled: int = 0, leased: int = 0, held: int = 0) -> None:
        """Note a change that the running transaction makes; of a queue, or of what is kept so."""
        came = unsettled if unsettled > 0 else 0  # noqa: FURB136 - max() takes four times as long
        self._changes.append((queue, unsettled, leased, held, came))

    def complete(self, queue: int, settled: int, leased: int) -> None:
        """Note that work of a queue is done, so much of it leased."""
        self._changes.append((queue, -settled, -leased, 0, 0))
        self._changes.append(((queue, COMPLETED), 0, 0, 0, settled))

    def count(self, number: int, what: str, times: int = 1) -> None:
        """Note that something happened to a resource in the running transaction.

        Args:
            number: the resource's.
            what: one of the words of `measures`.
            times: how often.
        """
        self._changes.append(((number, what), 0, 0, 0, times))

    def live(self, queue: int) -> Count:
        """A queue's counts as the running transaction sees them."""
        self._sum_up()
        return self._live.get(queue, NOTHING)

    def committed(self, queue: Key) -> Count:
        """A queue's counts as the last commit left them."""
        return self._committed.get(queue, NOTHING)

    def counted(self, number: int, what: str) -> int:
        """How often something has happened to a resource, as the last commit left it."""
        return self._committed.get((number, what), NOTHING).came

    def all_committed(self) -> list[tuple[Key, Count]]:
        """All that was ever counted, as the last commit left it."""
        return list(self._committed.items())

    def mark(self) -> int:
        """Where to come back to with `undo`."""
        return len(self._changes)

    def sent_since(self, mark: int) -> dict[int, int]:
        """How much was sent or published since a mark, by the number of the resource."""
        sums: dict[int, int] = {}
        for key, *_, came in self._changes[mark:]:
            number, what = key if isinstance(key, tuple) else (key, PUBLISHED)
            if came and what == PUBLISHED:
                sums[number] = sums.get(number, 0) + came
        return sums

    def undo(self, mark: int = 0) -> None:
        """Count back what was noted since a mark: it was rolled back."""
        for queue, *change in self._changes[mark : self._summed]:
            after = self._live[queue]
            self._live[queue] = Count(
                *(is_now - n for is_now, n in zip(after, change, strict=True))
            )
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

    def correct(self, counted: Mapping[Key, Count]) -> None:
        """Note whatever makes the counts these, which were just counted one by one."""
        self._sum_up()
        queues = {key for key in self._live if isinstance(key, int)}
        for queue in {*queues, *counted}:
            is_now, should = self._live.get(queue, NOTHING), counted.get(queue, NOTHING)
            if is_now[:3] != should[:3]:
                lacks = (should[0] - is_now[0], should[1] - is_now[1], should[2] - is_now[2])
                self._changes.append((queue, *lacks, 0))  # found again: nothing came

    def _sum_up(self) -> None:
        """Bring the live counts up to the last change."""
        fresh: dict[Key, list[int]] = {}
        for queue, unsettled, leased, held, came in self._changes[self._summed :]:
            sums = fresh.get(queue)
            if sums is None:
                fresh[queue] = [unsettled, leased, held, came]
            else:
                sums[0] += unsettled
                sums[1] += leased
                sums[2] += held
                sums[3] += came
        for queue, (unsettled, leased, held, came) in fresh.items():
            was = self._live.get(queue, NOTHING)
            self._live[queue] = Count(
                was[0] + unsettled, was[1] + leased, was[2] + held, was[3] + came
            )
        self._summed = len(self._changes)
