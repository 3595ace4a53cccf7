"""The experiments of RR-10: jitter against none, queues, time-outs, workers."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from world import World, at_rate, ranked

from ensue import (
    Bulkhead,
    LimitExceeded,
    Overloaded,
    RetryBudget,
    TimedOut,
    TokenBucket,
    Unreachable,
    retry,
    sleep,
    timeout,
)

CLIENTS = 1_000
SERVED_PER_S = 300
SLOT_MS = 100

Call = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Waves:
    """What a service sees of clients that all began at one moment.

    Attributes:
        calls: how many came in each 100 ms.
        total: how many came in all.
        succeeded: how many clients succeeded.
        peak: the most in 100 ms after the first.
        done_ms: when the last client was done.
    """

    calls: Counter[int]
    total: int
    succeeded: int
    peak: int
    done_ms: int


def waves(jitter: str, seed: int = 1) -> Waves:
    """A thousand clients call at once a service that serves 300 a second, and try again."""
    world, calls = World(seed), Counter[int]()
    service = TokenBucket(f"{SERVED_PER_S}/s", burst=SERVED_PER_S // 10)
    tries = retry(max_attempts=6, interval="500ms", max_delay="10s", jitter=jitter)

    @tries
    async def call() -> None:
        calls[world.now_ms // SLOT_MS] += 1
        await sleep("10ms")
        if not service.admit().allowed:
            raise Unreachable("503")

    async def all_at_once() -> int:
        found = await asyncio.gather(*(call() for _ in range(CLIENTS)), return_exceptions=True)
        return sum(each is None for each in found)

    succeeded = world.run(all_at_once())
    later = [many for slot, many in calls.items() if slot > 0]
    return Waves(calls, calls.total(), succeeded, max(later), world.now_ms)


@dataclass(frozen=True)
class Row:
    """How one setting fared.

    Attributes:
        setting: which.
        succeeded: how many of a hundred calls succeeded.
        refused: how many of a hundred were refused before they began.
        failed: how many of a hundred failed.
        p50_ms: how long half of those that were taken took at most.
        p99_ms: how long 99 of a hundred of them took at most.
        per_second: how many succeeded a second.
    """

    setting: str
    succeeded: float
    refused: float
    failed: float
    p50_ms: float
    p99_ms: float
    per_second: float


def load(setting: str, guarded: Call, *, per_second: int, seconds: float) -> Row:
    """Call a service through a strategy at a rate, and see what becomes of it."""
    world, took = World(), list[int]()

    async def call(_: int) -> str:
        began_ms = world.now_ms
        try:
            await guarded()
        except Overloaded:
            return "refused"
        except (Unreachable, LimitExceeded, TimedOut):
            took.append(world.now_ms - began_ms)
            return "failed"
        took.append(world.now_ms - began_ms)
        return "succeeded"

    found = Counter(world.run(at_rate(per_second, seconds, call, world)))
    share = 100 / sum(found.values())
    return Row(
        setting,
        found["succeeded"] * share,
        found["refused"] * share,
        found["failed"] * share,
        ranked(took, 0.5),
        ranked(took, 0.99),
        found["succeeded"] * 1_000 / world.now_ms,
    )


def capacities(seconds: float = 20) -> list[Row]:
    """A queue of 10, 100, 1,000 before 20 workers at 500 calls a second of 100 ms each."""

    async def service() -> None:
        await sleep("100ms")

    return [
        load(
            f"queue {queue:,}",
            Bulkhead(workers=20, queue=queue)(service),
            per_second=500,
            seconds=seconds,
        )
        for queue in (10, 100, 1_000)
    ]


def timeouts(seconds: float = 60) -> list[Row]:
    """A time-out of 1, 5, 10 s: one call in 20 hangs for 30 s; 20 workers, 100 calls a second."""
    rows = []
    for after in ("1s", "5s", "10s", "none"):
        service = hanging()
        bounded = service if after == "none" else timeout(after)(service)
        guarded = Bulkhead(workers=20, queue=100)(bounded)
        rows.append(load(f"time-out {after}", guarded, per_second=100, seconds=seconds))
    return rows


def hanging() -> Call:
    """A service of which one call in 20 hangs."""
    numbers = itertools.count()

    async def service() -> None:
        await sleep("30s" if next(numbers) % 20 == 7 else "100ms")

    return service


def workers(seconds: float = 20) -> list[Row]:
    """1, 5, 10, 20 workers at 100 calls a second of 100 ms each, a queue of 100."""

    async def service() -> None:
        await sleep("100ms")

    return [
        load(
            f"workers {many}",
            Bulkhead(workers=many, queue=100)(service),
            per_second=100,
            seconds=seconds,
        )
        for many in (1, 5, 10, 20)
    ]


def budgets(seconds: float = 20) -> list[tuple[str, float, float]]:
    """What a service that fails as said gets of calls, with a budget and without, for each call."""
    rows = []
    for failing in (0.1, 0.5, 1.0):
        counts = [
            asked(failing, budget, seconds) / (100 * seconds)
            for budget in (None, RetryBudget(ratio=0.1, reserve=10))
        ]
        rows.append((f"{failing:.0%} fail", *counts))
    return rows


def asked(failing: float, budget: RetryBudget | None, seconds: float) -> int:
    """How often a service is called that fails as said, at 100 calls a second of its clients."""
    world, calls = World(), Counter[str]()

    @retry(max_attempts=3, interval="100ms", budget=budget)
    async def call(_: int) -> None:
        calls["all"] += 1
        await sleep("10ms")
        if world.source.random() < failing:
            raise Unreachable("503")

    world.run(at_rate(100, seconds, call, world))
    return calls["all"]
