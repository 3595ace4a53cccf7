"""Time, for who looks and for who moves it: `Platform.time`.

On the machine's clock time passes by itself. A server on a held clock (``ensue run --clock held``)
moves it when told: its workers run by themselves as ever, and each stop of the clock waits until
they rest.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from ensue.app.passage import Passage, keeps
from ensue.engine import backlog
from ensue.engine.clock import ServedClock
from ensue.engine.consumer import Consumer
from ensue.engine.consumers import ActionConsumer
from ensue.engine.engine import Engine
from ensue.engine.transaction import Transaction
from ensue.engine.waiting import turn
from ensue.engine.workers import Worker, pause_outside
from ensue.resources.alarm import Watcher
from ensue.resources.schedule import Scheduler
from ensue.words.errors import Conflict, LimitExceeded
from ensue.words.names import Ref
from ensue.words.units import duration_ms, iso

QUIET_TURNS = 20
TURNS_MAX = 300
LOOK_AGAIN_MS = 2
SETTLE_MS_MAX = 10_000
ADVANCE_MS_MAX = 366 * 86_400_000
DRAIN = "365d"


@dataclass(frozen=True, slots=True)
class Due:
    """What happens next for time to pass.

    Attributes:
        at_ms: when, in ms since 1970.
        what: in words, such as ``schedule nightly fires``.
        of: the resource that it belongs to; None where that is not known.
        name: the schedule's name; None for anything else.
    """

    at_ms: int
    what: str
    of: Ref | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """Work that waits for its time, such as a message that was sent with a delay.

    Attributes:
        id: its record id.
        of: whose work it is.
        due_ms: when it may be taken.
        sent_ms: when it was sent.
    """

    id: str
    of: Ref
    due_ms: int
    sent_ms: int


@dataclass(frozen=True, slots=True)
class Moved:
    """What a move of the clock was.

    Attributes:
        from_ms: what time it was.
        now_ms: what time it is.
        stops: at how many moments something was due in between.
        busy: the handlers whose actions outside did not end while it was waited for them.
        next: what is due next.
    """

    from_ms: int
    now_ms: int
    stops: int
    busy: tuple[str, ...]
    next: Due | None


class Time:
    """The time of a platform.

    Args:
        engine: whose.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._moving_to_ms: int | None = None
        clock = engine.clock
        self._clock = clock if isinstance(clock, ServedClock) else None
        self._calm = Calm(engine)

    @property
    def held(self) -> bool:
        """Whether time passes only when it is told to, while a server runs on it."""
        return self._clock is not None

    @property
    def moving_to_ms(self) -> int | None:
        """To where the clock is being moved at this moment; None when it is not."""
        return self._moving_to_ms

    def now_ms(self) -> int:
        """What time it is, in ms since 1970."""
        return self._engine.clock.now_ms()

    def next(self) -> Due | None:
        """What is due next; None when nothing waits for time to pass."""
        found = [*self._of_workers()]
        timer_ms = None if self._clock is None else self._clock.next_ms()
        if timer_ms is not None:
            found.append(Due(timer_ms, "a pause or a time-out ends, in an action or a request"))
        return min(found, key=lambda due: due.at_ms, default=None)

    def later(self, limit: int = 20) -> list[Later]:
        """What waits for its time, the first before the others: delayed messages, and retries."""
        engine = self._engine
        refs = engine.refs_by_number()

        def look(tx: Transaction) -> list[Later]:
            found = [
                Later(engine.work_id(work), refs[number], due_ms, sent_ms)
                for number in sorted(engine.declared)
                if number in refs
                for work, due_ms, sent_ms in backlog.due_later(tx, number, limit)
            ]
            return sorted(found, key=lambda each: each.due_ms)[:limit]

        return engine.read(look)

    async def advance(self, duration: str | float) -> Moved:
        """Move the clock, stopping at each moment at which something is due, until that is done.

        Args:
            duration: such as ``"1h"``, or seconds; at most 366 days.

        Raises:
            Conflict: the clock is the machine's, or is being moved.
            InvalidValue: the duration is written wrong.
            LimitExceeded: it is longer; or at some moment it does not settle, and stays there.
        """
        clock, moved_ms = self._held(), duration_ms(duration)
        if moved_ms > ADVANCE_MS_MAX:
            raise LimitExceeded(f"expected at most {ADVANCE_MS_MAX} ms at once, got {moved_ms}")
        until_ms = clock.now_ms() + moved_ms
        async with self._moving(clock, until_ms) as going:
            await going.passage.advance_to(until_ms)
        return going.moved(self.next())

    async def to_next(self) -> Moved:
        """Move the clock to the moment at which something is due next, until that is done.

        Raises:
            Conflict: the clock is the machine's, or is being moved.
            LimitExceeded: it does not settle there.
        """
        clock, due = self._held(), self.next()
        until_ms = clock.now_ms() if due is None else due.at_ms
        async with self._moving(clock, until_ms) as going:
            await going.passage.advance_to(until_ms)
        return going.moved(self.next())

    async def drain(self, limit: str | float = DRAIN) -> Moved:
        """Move the clock until no work is left that waits for time to pass.

        Schedules that come to their moment meanwhile fire; it is not waited for them.

        Args:
            limit: how far at most.

        Raises:
            Conflict: the clock is the machine's, or is being moved.
            InvalidValue: the limit is written wrong.
            LimitExceeded: at some moment it does not settle, and the clock stays there.
        """
        clock = self._held()
        until_ms = clock.now_ms() + min(duration_ms(limit), ADVANCE_MS_MAX)
        async with self._moving(clock, until_ms) as going:
            await going.passage.drain(until_ms)
        return going.moved(self.next())

    def _held(self) -> ServedClock:
        if self._clock is None:
            raise Conflict(
                "the clock is the machine's, and nobody moves it",
                hint="ensue run --clock held runs apps on a clock that you move.",
            )
        if self._moving_to_ms is not None:
            raise Conflict(f"the clock is being moved to {iso(self._moving_to_ms)}")
        return self._clock

    @asynccontextmanager
    async def _moving(self, clock: ServedClock, until_ms: int) -> AsyncIterator[_Going]:
        self._moving_to_ms = until_ms
        going = _Going(clock, self._engine, self._calm)
        try:
            yield going
        finally:
            self._moving_to_ms = None
            # Requests may wait for what has come by time alone, such as the end of a lease.
            self._engine.wake_all()

    def _of_workers(self) -> Iterator[Due]:
        refs = self._engine.refs_by_number()
        for worker in self._engine.workers:
            if keeps(worker):
                continue
            of = refs.get(min(worker.listens, default=-1))
            if isinstance(worker, Scheduler):
                firing = worker.next_firing()
                if firing is not None:
                    at_ms, name = firing
                    yield Due(at_ms, f"schedule {name} fires", of, name)
            elif (due_ms := worker.due_ms()) is not None:
                yield Due(due_ms, _has(worker), of)


def _has(worker: Worker) -> str:
    """What a worker is due for."""
    if isinstance(worker, Watcher):
        return f"{worker.name} is judged"
    return f"{'work of' if isinstance(worker, Consumer) else 'a look by'} {worker.name}"


class _Going:
    """A move of the clock that is under way."""

    def __init__(self, clock: ServedClock, engine: Engine, calm: Calm) -> None:
        self._clock = clock
        self._from_ms = clock.now_ms()
        self._calm = calm
        calm.busy = ()
        self.passage = Passage(clock, lambda: engine.workers, calm.wait)

    def moved(self, due: Due | None) -> Moved:
        """What it was, now that it is over."""
        now_ms = self._clock.now_ms()
        return Moved(self._from_ms, now_ms, self.passage.stops, self._calm.busy, due)


class Calm:
    """Waits until the workers of a process, which run by themselves, have nothing to do.

    Args:
        engine: whose workers.

    Attributes:
        busy: the handlers whose actions did not end in time.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.busy: tuple[str, ...] = ()

    async def wait(self) -> None:
        """Return when all that ensues at the present time has.

        For actions that are outside, such as in an HTTP call, it is waited 10 s once; from then on
        they are left behind, and meet their time-outs on the clock.

        Raises:
            LimitExceeded: the workers go on and on.
        """
        late = asyncio.Event()
        timer = self._engine.clock.call_outside(SETTLE_MS_MAX, late.set)
        try:
            while not late.is_set():
                is_calm = await self._is_calm()
                if is_calm and (self.busy or not self._outside()):
                    return
                if is_calm or not self._engine.pending:
                    await pause_outside(LOOK_AGAIN_MS, self._engine.clock)
        finally:
            timer.cancel()
        if await self._is_calm():
            self.busy = self._outside()
            return
        names = sorted({each.name for each in self._engine.busy})
        raise LimitExceeded(
            f"expected all to settle at {iso(self._engine.clock.now_ms())} within"
            f" {SETTLE_MS_MAX} ms, but {', '.join(names) or 'requests'} go on",
            hint="Does a handler cause its own event again?",
        )

    async def _is_calm(self) -> bool:
        """Whether nothing moves inside: no transaction, no step of a worker, nothing woken."""
        engine, quiet = self._engine, 0
        for _ in range(TURNS_MAX):
            await turn()
            if engine.pending:
                await engine.transact(lambda tx: tx.now_ms)
                quiet = 0
            elif engine.busy or any(worker.woken.is_set() for worker in engine.workers):
                quiet = 0
            else:
                quiet += 1
            if quiet == QUIET_TURNS:
                return True
        return False

    def _outside(self) -> tuple[str, ...]:
        """The handlers of whose actions some do more than let time pass."""
        consumers = [each for each in self._engine.workers if isinstance(each, ActionConsumer)]
        running = sum(each.running for each in consumers)
        if running <= self._engine.sleepers.idle:
            return ()
        return tuple(each.name for each in consumers if each.running)
