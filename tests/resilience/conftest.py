"""A held clock for strategies, without an app: each test is a runtime of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from ensue.engine.clock import HeldClock
from ensue.engine.ids import seeded_random
from ensue.engine.runtime import Runtime, within
from ensue.engine.waiting import turn

TURNS = 20


class Held:
    """A runtime under a held clock."""

    def __init__(self) -> None:
        self.clock = HeldClock()
        self.began_ms = self.clock.now_ms()
        self.runtime = Runtime(self.clock, seeded_random(1))

    @property
    def passed_ms(self) -> int:
        """How much time has passed."""
        return self.clock.now_ms() - self.began_ms

    async def pause(self) -> None:
        """Let everything run that is ready."""
        for _ in range(TURNS):
            await turn()

    async def advance(self, ms: int) -> None:
        """Move the clock, stopping wherever something is due."""
        until_ms = self.clock.now_ms() + ms
        await self.pause()
        while (next_ms := self.clock.next_ms()) is not None and next_ms <= until_ms:
            self.clock.move_to(next_ms)
            await self.pause()
        self.clock.move_to(until_ms)
        await self.pause()

    async def until_done(self, doing: Awaitable[Any]) -> Any:
        """What is answered, however long that takes on the clock."""
        task = asyncio.ensure_future(doing)
        await self.pause()
        while not task.done():
            next_ms = self.clock.next_ms()
            assert next_ms is not None, "it waits for nothing that will come"
            self.clock.move_to(next_ms)
            await self.pause()
        return task.result()


@pytest.fixture
def held() -> Iterator[Held]:
    made = Held()
    with within(made.runtime):
        yield made


@pytest.fixture
def run(held: Held) -> Callable[..., Any]:
    """Run a coroutine on a loop, in the held runtime."""

    def running(doing: Any) -> Any:
        return asyncio.run(doing)

    return running


class Downstream:
    """Something outside that fails as it is told."""

    def __init__(self, *faults: Exception | None) -> None:
        self.faults = list(faults)
        self.calls = 0

    async def __call__(self, *given: Any) -> str:
        self.calls += 1
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            raise fault
        return "ok"


@pytest.fixture
def downstream() -> type[Downstream]:
    return Downstream
