"""Looking ahead: what a reader has seen behind its position while it waits for a batch.

The records that it wants are kept in memory until there are as many as a batch holds, or the first
of them is as old as the window, so that a commit makes it read what is new only. Its position stays
before them all: who dies forgets what was seen, and sees it again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from ensue.engine import lanes
from ensue.engine.lanes import Lane
from ensue.engine.logs import Record
from ensue.engine.sockets import Source
from ensue.engine.transaction import Transaction

SEEN_MAX = 10_000


@dataclass
class _Seen:
    """What was seen of a lane.

    Attributes:
        position: where the lane is.
        up_to: the last record that was seen.
        wanted: those that concern the reader.
        ripe_ms: when the first of them is old enough.
    """

    position: int
    up_to: int
    wanted: list[Record] = field(default_factory=list)
    ripe_ms: int | None = None


class Batch(NamedTuple):
    """What a reader may handle now.

    Attributes:
        records: what it wants, in order; perhaps nothing.
        position: the last record that is over with these.
    """

    records: list[Record]
    position: int


class LookAhead:
    """Gathers the batches of a reader that has a window.

    Args:
        source: the log.
        wants: whether a record concerns the reader.
        window_ms: how old the first of a batch is that is not full.
    """

    def __init__(self, source: Source, wants: Callable[[Record], bool], window_ms: int) -> None:
        self._source = source
        self._wants = wants
        self._window_ms = window_ms
        self._seen: dict[int, _Seen] = {}

    def due_ms(self) -> int | None:
        """When the first batch that is not full is old enough; None where none waits."""
        ripe = [seen.ripe_ms for seen in self._seen.values() if seen.ripe_ms is not None]
        return min(ripe, default=None)

    def forget(self) -> None:
        """Forget what was seen in a transaction that failed: it may never have been."""
        self._seen.clear()

    def keep_to(self, of: list[Lane]) -> None:
        """Forget what was seen of lanes that are not to be read from any more, or not yet."""
        shards = {lane.shard for lane in of}
        for shard in [each for each in self._seen if each not in shards]:
            del self._seen[shard]

    def batch(self, tx: Transaction, lane: Lane, size: int) -> Batch | None:
        """What may be handled of a lane now; None where nothing is there, or has to wait.

        Args:
            tx: the transaction.
            lane: where the reader is.
            size: how many make a batch full.
        """
        seen = self._seen.pop(lane.shard, None)
        if seen is None or seen.position != lane.position:
            seen = _Seen(lane.position, lane.position)
        is_end = self._look(tx, lane, seen, size)
        if len(seen.wanted) >= size:
            taken = seen.wanted[:size]
            return Batch(taken, taken[-1].sequence)
        is_over = is_end and lane.closed is not None
        if seen.wanted and not is_over:
            seen.ripe_ms = (seen.wanted[0].at_ms or 0) + self._window_ms
            if not is_end or seen.ripe_ms > tx.now_ms:
                self._seen[lane.shard] = seen
                return None if is_end else Batch([], lane.position)
        position = lane.closed if is_over and lane.closed is not None else seen.up_to
        if position == lane.position:
            return None
        return Batch(seen.wanted, position)

    def _look(self, tx: Transaction, lane: Lane, seen: _Seen, size: int) -> bool:
        """See what is new; returns whether that is all."""
        looked = 0
        while len(seen.wanted) < size and looked < SEEN_MAX:
            found = lanes.read(tx, self._source, replace(lane, position=seen.up_to), size)
            seen.wanted += [each for each in found if self._may_want(each)]
            looked += len(found)
            if found:
                seen.up_to = found[-1].sequence
            if len(found) < size:
                return True
        return False

    def _may_want(self, record: Record) -> bool:
        try:
            return self._wants(record)
        except Exception:  # noqa: BLE001 - nobody can tell what such a record says
            return True
