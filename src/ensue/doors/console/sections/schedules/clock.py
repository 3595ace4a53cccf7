"""The clock's bar: a clock that is held is moved by it, from whichever page."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import msgspec

from ensue.app.time import Moved
from ensue.doors.console.view import Done
from ensue.doors.console.visit import Visit
from ensue.words.units import human_ms, iso

PATIENCE_S = 5.0

_moving: set[asyncio.Future[Moved]] = set()


class Move(msgspec.Struct):
    """How far, and where to go on."""

    by: str = "1m"
    back: str = "/schedules"


async def advance(visit: Visit) -> Done:
    """Move the clock on."""
    given = await visit.form(Move)
    return await _moved(visit, given, visit.platform.time.advance(given.by))


async def to_next(visit: Visit) -> Done:
    """Move the clock to what is due next."""
    return await _moved(visit, await visit.form(Move), visit.platform.time.to_next())


async def drain(visit: Visit) -> Done:
    """Move the clock until no work waits."""
    return await _moved(visit, await visit.form(Move), visit.platform.time.drain())


async def _moved(visit: Visit, given: Move, moving: Awaitable[Moved]) -> Done:
    """Say where the clock is then; a long way goes on while the page is shown."""
    back = given.back if given.back.startswith("/") and "//" not in given.back else "/schedules"
    task = asyncio.ensure_future(moving)
    _moving.add(task)
    task.add_done_callback(_over)
    done, _ = await asyncio.wait({task}, timeout=PATIENCE_S)
    if not done:
        to_ms = visit.platform.time.moving_to_ms or visit.platform.time.now_ms()
        return Done(f"The clock goes on to {iso(to_ms)}", back)
    moved = task.result()
    outside = f"; still outside: {', '.join(moved.busy)}" if moved.busy else ""
    passed = human_ms(moved.now_ms - moved.from_ms)
    return Done(f"It is {iso(moved.now_ms)[:19].replace('T', ' ')}: {passed} later{outside}", back)


def _over(task: asyncio.Future[Moved]) -> None:
    _moving.discard(task)
    if not task.cancelled():
        task.exception()
