"""What tells an open page that the store has moved, so that it asks for what it shows again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from ensue.doors.console.visit import Visit

PAUSE_S = 2.0
RATES_MS = 60_000


async def live(visit: Visit) -> AsyncIterator[tuple[str, object]]:
    """Say that the store has moved, at most every `PAUSE_S`.

    It goes on for as long as rates look back, so that they fall to nothing on the page too.
    """
    platform = visit.platform
    seen, moved_ms = -1, platform.now_ms()
    while True:
        if platform.moves != seen:
            seen, moved_ms = platform.moves, platform.now_ms()
        if platform.now_ms() - moved_ms <= RATES_MS:
            yield "moved", {"now_ms": platform.now_ms()}
        else:
            # A client that has gone is noticed only by what is sent to it.
            yield "idle", {"now_ms": platform.now_ms()}
        await pause(PAUSE_S)


async def pause(seconds: float) -> None:
    """Wait as people do, in real time, whatever the platform's clock says."""
    loop = asyncio.get_running_loop()
    over: asyncio.Future[None] = loop.create_future()
    timer = loop.call_later(seconds, over.set_result, None)
    try:
        await over
    finally:
        timer.cancel()
