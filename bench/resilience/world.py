"""A world under a held clock in which clients call: its time passes at once, each run alike."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, TypeVar

from ensue import sleep
from ensue.engine.clock import HeldClock
from ensue.engine.ids import seeded_random
from ensue.engine.runtime import Runtime, within
from ensue.engine.waiting import turn

T = TypeVar("T")


class World:
    """A clock that stands still until all that can be done at a moment is done.

    Args:
        seed: of all randomness.
    """

    def __init__(self, seed: int = 1) -> None:
        self.clock = HeldClock(0)
        self.source = seeded_random(seed)

    @property
    def now_ms(self) -> int:
        """What time it is."""
        return self.clock.now_ms()

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """What a coroutine returns, however long that takes in the world."""

        async def carried() -> T:
            task = asyncio.ensure_future(main)
            loop = asyncio.get_running_loop()
            while not task.done():
                await turn()
                if getattr(loop, "_ready", ()):
                    continue
                next_ms = self.clock.next_ms()
                if next_ms is not None and not task.done():
                    self.clock.move_to(next_ms)
            return task.result()

        with within(Runtime(self.clock, self.source)):
            return asyncio.run(carried())


async def at_rate(
    per_second: int, seconds: float, call: Callable[[int], Awaitable[Any]], world: World
) -> list[Any]:
    """Call so often a second, whether or not answers come; answers, or what was raised."""
    tasks = []
    for number in range(int(per_second * seconds)):
        due_ms = round(number * 1_000 / per_second)
        await sleep(max(0, due_ms - world.now_ms) / 1_000)
        tasks.append(asyncio.ensure_future(call(number)))
    return await asyncio.gather(*tasks, return_exceptions=True)


def ranked(values: Iterable[float], share: float) -> float:
    """A percentile, by the nearest rank; 0 of nothing."""
    found = sorted(values)
    return found[min(len(found) - 1, int(share * len(found)))] if found else 0.0
