"""Workers: what happens with nobody asking.

A worker does one *step* at a time; a step is one transaction at most. It says when it next has
something to do, sleeps until that time or until a commit wakes it, and polls nothing. The same
steps are driven by the engine's tasks in production and by hand under a held clock in tests.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Protocol

from ensue.engine.clock import Clock, Timer
from ensue.words.errors import StoreError

TROUBLE_PAUSE_MS = 1_000

log = logging.getLogger("ensue.engine")


class Worker(Protocol):
    """Something that works when there is work.

    One that reaches the outside says so by an attribute ``reaches_out``: on a branch it is not run.

    Attributes:
        name: for the log.
        listens: the numbers of the resources whose commits wake it.
        woken: set when it should look again.
    """

    name: str
    listens: frozenset[int]
    woken: asyncio.Event

    async def step(self) -> bool:
        """Do one thing; returns whether there may be more to do at once."""

    def due_ms(self) -> int | None:
        """When to look again if nothing wakes it; None for never."""

    async def drain(self, grace_ms: int) -> None:
        """Finish what is under way within ``grace_ms``, give back the rest."""


async def drive(
    worker: Worker, clock: Clock, stopping: asyncio.Event, busy: set[Worker] | None = None
) -> None:
    """Run a worker's steps until told to stop, sleeping while there is nothing to do.

    Args:
        worker: whose.
        clock: by which it sleeps.
        stopping: set to end it.
        busy: it is in there while it does not sleep.
    """
    busy = set() if busy is None else busy
    while not stopping.is_set():
        busy.add(worker)
        worker.woken.clear()
        try:
            if await worker.step():
                continue
            due_ms = worker.due_ms()
        except StoreError as fault:
            log.warning("%s pauses: %s", worker.name, fault)
            due_ms = clock.now_ms() + TROUBLE_PAUSE_MS
        except Exception:
            # Whatever it is, a worker that ended for ever would be worse.
            log.exception("%s pauses", worker.name)
            due_ms = clock.now_ms() + TROUBLE_PAUSE_MS
        busy.discard(worker)
        await sleep_until(worker.woken, due_ms, clock)


async def end_all(tasks: list[asyncio.Task[None]], grace_ms: int) -> None:
    """Wait until tasks that were told to stop have ended; cancel those that have not in time."""
    if tasks:
        await asyncio.wait(tasks, timeout=grace_ms / 1_000)
    await cancel_all(tasks)


async def sleep_until(woken: asyncio.Event, due_ms: int | None, clock: Clock) -> None:
    """Wait until the event is set, or the time has come."""
    timer = None if due_ms is None else clock.call_at(due_ms, woken.set)
    try:
        await woken.wait()
    finally:
        if timer is not None:
            timer.cancel()


async def pause_outside(after_ms: int, clock: Clock) -> None:
    """Let so much time pass for those outside."""
    over = asyncio.Event()
    timer = clock.call_outside(after_ms, over.set)
    try:
        await over.wait()
    finally:
        timer.cancel()


class Patience:
    """How long a caller waits: by the time of those outside, whatever the clock says.

    Args:
        clock: tells the time.
        wait_ms: for how long.
        woken: is set when that is over.

    Attributes:
        is_over: whether it has waited so long.
    """

    def __init__(self, clock: Clock, wait_ms: int, woken: asyncio.Event) -> None:
        self.is_over = wait_ms <= 0
        self._woken = woken
        self._timer = None if self.is_over else clock.call_outside(wait_ms, self._end)

    def _end(self) -> None:
        self.is_over = True
        self._woken.set()

    def cancel(self) -> None:
        """It waits no more."""
        if self._timer is not None:
            self._timer.cancel()


class Deadline:
    """Cancels a task when a time has come, and knows that it did."""

    def __init__(self, clock: Clock, after_ms: int, task: asyncio.Task[object]) -> None:
        self.passed = False
        self._task = task
        self._timer: Timer = clock.call_at(clock.now_ms() + after_ms, self._pass)

    def _pass(self) -> None:
        self.passed = True
        self._task.cancel()

    def cancel(self) -> None:
        """The task ended in time."""
        self._timer.cancel()


async def cancel_all(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel tasks and wait until each has ended."""
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError, Exception):
            await task
