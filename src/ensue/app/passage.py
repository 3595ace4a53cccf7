"""How time passes on a held clock: from each moment at which something is due to the next.

Whoever moves the clock, a test or a server, says how all that is due settles there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from ensue.engine.body_keeper import BodyKeeper
from ensue.engine.clock import HeldClock
from ensue.engine.keeper import Keeper
from ensue.engine.workers import Worker
from ensue.resources.alarm import Watcher
from ensue.resources.schedule import Scheduler

KEEPING_PAUSE_MS = 3_600_000


class Passage:
    """Moves a held clock.

    Args:
        clock: which.
        workers: those whose work is waited for.
        settle: lets all happen that is due at the present time.
    """

    def __init__(
        self,
        clock: HeldClock,
        workers: Callable[[], Sequence[Worker]],
        settle: Callable[[], Awaitable[object]],
    ) -> None:
        self._clock = clock
        self._workers = workers
        self._settle = settle
        self._kept_ms = clock.now_ms()
        self.stops = 0

    async def advance_to(self, until_ms: int) -> None:
        """Move the clock, stopping at each moment at which something is due, and settle there.

        Nobody sees when exactly something old is forgotten: where nothing else is due, what keeps
        the store looks once an hour, and at the end.
        """
        await self._settle()
        while (next_ms := self.next_ms()) is not None and next_ms <= until_ms:
            await self.move_to(next_ms)
        await self.move_to(until_ms)

    async def drain(self, until_ms: int) -> None:
        """Advance until no work is left that waits for time to pass, or it is ``until_ms``."""
        await self._settle()
        while (next_ms := self.next_ms(idle=False)) is not None and next_ms <= until_ms:
            await self.move_to(min(next_ms, self._fires_ms() or next_ms))

    async def move_to(self, at_ms: int) -> None:
        """Move the clock to a moment, as if nothing were due before, and settle there."""
        self._clock.move_to(at_ms)
        self._note_kept()
        self.stops += 1
        await self._settle()

    def next_ms(self, *, idle: bool = True) -> int | None:
        """When something is due next; without ``idle``, only what is caused by work."""
        times = [
            max(due_ms, self._kept_ms + KEEPING_PAUSE_MS) if keeps(worker) else due_ms
            for worker in self._workers()
            if (idle or not (keeps(worker) or _is_endless(worker)))
            and (due_ms := worker.due_ms()) is not None
        ]
        timer_ms = self._clock.next_ms()
        times += [] if timer_ms is None else [timer_ms]
        return min(times, default=None)

    def _note_kept(self) -> None:
        now_ms = self._clock.now_ms()
        for worker in self._workers():
            due_ms = worker.due_ms() if keeps(worker) else None
            if due_ms is not None and due_ms <= now_ms:
                self._kept_ms = now_ms

    def _fires_ms(self) -> int | None:
        """When a schedule fires next, or an alarm is judged."""
        endless = [each for each in self._workers() if _is_endless(each)]
        times = [due_ms for each in endless if (due_ms := each.due_ms()) is not None]
        return min(times, default=None)


def keeps(worker: Worker) -> bool:
    """Whether a worker only forgets what is old."""
    return isinstance(worker, Keeper | BodyKeeper)


def _is_endless(worker: Worker) -> bool:
    """Whether a worker is due by the clock, again and again, whatever work there is."""
    return isinstance(worker, Scheduler | Watcher)
