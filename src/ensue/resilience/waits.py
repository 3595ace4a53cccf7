"""Waiting on the clock of whoever runs the code: for a time, and for something but not longer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from ensue.engine.awaited import sleeping
from ensue.engine.clock import Clock
from ensue.engine.runtime import current
from ensue.engine.workers import Deadline, sleep_until
from ensue.words.errors import InvalidDeclaration, TimedOut
from ensue.words.units import duration_ms

T = TypeVar("T")


def now_ms() -> int:
    """What time it is, in ms since 1970, for who runs this: an app, a test, or the machine."""
    return current().clock.now_ms()


def uptime_ms() -> int:
    """For how long who runs this has run, in ms: the app, the test, or the process."""
    runtime = current()
    return runtime.clock.now_ms() - runtime.began_ms


async def sleep(duration: str | float) -> None:
    """Let time pass: on the clock of the app that runs this, else on the machine's.

    Args:
        duration: such as ``"250ms"``, or seconds.

    Raises:
        InvalidValue: the duration is written wrong.
    """
    await sleep_ms(duration_ms(duration))


async def sleep_ms(wait_ms: int, clock: Clock | None = None) -> None:
    """Let so many ms pass; none at all if there are none.

    Args:
        wait_ms: how many.
        clock: on which clock; None for that of whoever runs this.
    """
    if wait_ms <= 0:
        return
    clock = clock or current().clock
    with sleeping():
        await sleep_until(asyncio.Event(), clock.now_ms() + wait_ms, clock)


async def timed(clock: Clock, after_ms: int, late: str, doing: Awaitable[T]) -> T:
    """Await something for so long, and cancel it then.

    A cancellation that came from elsewhere goes on as one, even when the time is over too.

    Args:
        clock: tells the time.
        after_ms: how long, in ms.
        late: what is said when it took longer.
        doing: what is awaited.

    Raises:
        TimedOut: it took longer, and is cancelled.
        Exception: whatever it raises.
    """
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - a coroutine of ours always runs in a task
    cancelled_before = task.cancelling()
    deadline = Deadline(clock, after_ms, task)
    try:
        with sleeping(works=True):
            return await doing
    except asyncio.CancelledError:
        if deadline.passed and task.cancelling() <= cancelled_before + 1:
            raise TimedOut(late) from None
        raise
    finally:
        deadline.cancel()
        if deadline.passed:
            task.uncancel()


def positive_ms(given: str | float, at: str) -> int:
    """A declared time of 1 ms or more.

    Raises:
        InvalidDeclaration: it is shorter.
        InvalidValue: it is written wrong.
    """
    found = duration_ms(given)
    if found < 1:
        raise InvalidDeclaration("expected a time of 1 ms or more", at=at)
    return found
