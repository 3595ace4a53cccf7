"""Meters: events/s recorded durably by size of batch, and how long questions take with many stored.

    python bench/meter.py [--folder DIR] [--events 200000] [--subjects 100]

Prints a table. The events fill a month; each has four properties, two metrics want it and keep sums
of one group besides. With --events 10000000 it takes some ten minutes and 4 GB.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ensue import App, Meter, MeterEvent, Metric
from ensue.app.opening import open_platform

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
SIZES = (1, 10, 100, 1_000, 5_000)
SECONDS = 2.0
TIMES = 50
ENDPOINTS = ("/users", "/orders", "/products", "/search")


def metered() -> tuple[App, Meter]:
    """An app with a meter."""
    app = App("bench")
    usage = app.meter(
        "usage",
        metrics=[
            Metric("api_calls", "api_request", "COUNT", unit="calls", groups=["endpoint"]),
            Metric("bandwidth", "api_request", "SUM", "bytes", unit="bytes", groups=["endpoint"]),
        ],
        past="60d",
    )
    return app, usage


def batch_of(
    size: int, span: tuple[int, int], subjects: Sequence[int], source: random.Random, *, ids: str
) -> list[MeterEvent]:
    """Events of some subjects, in the order of their times.

    Args:
        size: how many.
        span: the time before the first, and that of the last.
        subjects: whose they are; a batch that comes from a customer is of one.
        source: what they are drawn from.
        ids: ``ordered``, as UUIDv7 are, or ``random``, as UUIDv4 are.
    """
    start_ms, end_ms = span
    found = []
    for number in range(size):
        time_ms = start_ms + (end_ms - start_ms) * (number + 1) // size
        noise = f"{source.getrandbits(80):020x}"
        found.append(
            MeterEvent(
                f"{time_ms:012x}{noise}" if ids == "ordered" else f"{noise}{time_ms:012x}",
                f"customer-{source.choice(subjects)}",
                "api_request",
                time_ms,
                {
                    "endpoint": ENDPOINTS[source.randrange(4)],
                    "bytes": source.randrange(250, 750),
                    "status": 200,
                    "region": "eu",
                },
            )
        )
    return found


async def filled(usage: Meter, count: int, subjects: int, source: random.Random) -> float:
    """Fill the meter with a month of events, the customers in turn; returns how many a second."""
    end_ms = now_ms() - HOUR_MS
    first_ms = end_ms - 30 * DAY_MS
    batches = max(1, count // 1_000)
    spent = 0.0
    for number in range(batches):
        turn, turns = number // subjects, -(-batches // subjects)
        span = first_ms + 30 * DAY_MS * turn // turns, first_ms + 30 * DAY_MS * (turn + 1) // turns
        batch = batch_of(1_000, span, [number % subjects], source, ids="ordered")
        began = time.perf_counter()
        await usage.record(batch)
        spent += time.perf_counter() - began
    return batches * 1_000 / spent


async def recorded(usage: Meter, size: int, plan: Plan) -> float:
    """Events a second that one client records, one batch after another."""
    ready = plan.batches(size, max(3, min(400, 60_000 // size)))
    began, done = time.perf_counter(), 0
    for batch in ready:
        done += (await usage.record(batch)).accepted
        if time.perf_counter() - began > SECONDS:
            break
    return done / (time.perf_counter() - began)


async def at_once(usage: Meter, plan: Plan) -> float:
    """The same of 16 clients with batches of 1,000."""
    ready = plan.batches(1_000, 48)

    async def client(mine: list[list[MeterEvent]]) -> None:
        for batch in mine:
            await usage.record(batch)

    began = time.perf_counter()
    await asyncio.gather(*(client(ready[number::16]) for number in range(16)))
    return len(ready) * 1_000 / (time.perf_counter() - began)


@dataclass(frozen=True)
class Plan:
    """What batches are like.

    Attributes:
        subjects: how many there are.
        source: what they are drawn from.
        ids: ``ordered`` or ``random``.
        mixed: whether a batch is of all subjects, and not of one.
    """

    subjects: int
    source: random.Random
    ids: str = "ordered"
    mixed: bool = False

    def batches(self, size: int, count: int) -> list[list[MeterEvent]]:
        """Batches of the last hour."""
        everybody = range(self.subjects)
        span = now_ms() - HOUR_MS, now_ms()
        return [
            batch_of(
                size,
                span,
                everybody if self.mixed else [number % self.subjects],
                self.source,
                ids=self.ids,
            )
            for number in range(count)
        ]


async def taken(ask: Callable[[], Awaitable[object]]) -> tuple[float, float]:
    """How many ms a question takes: the median, and the longest of all."""
    found = []
    for _ in range(TIMES):
        began = time.perf_counter()
        await ask()
        found.append((time.perf_counter() - began) * 1_000)
    return statistics.median(found), max(found)


def now_ms() -> int:
    """The present."""
    return time.time_ns() // 1_000_000


async def run(folder: Path, count: int, subjects: int) -> None:
    """Fill, record, ask, and print."""
    source = random.Random(349)
    app, usage = metered()
    platform = await open_platform(
        [app], engine_url=f"sqlite:///{folder}/bench.db", data=folder / "data"
    )
    platform.start()
    print(f"{'filled with':<44}{count:>12,} events of {subjects} subjects")
    speed = await filled(usage, count, subjects, source)
    print(f"{'  while filling':<44}{speed:>12,.0f} events/s")
    plan = Plan(subjects, source)
    for size in SIZES:
        speed = await recorded(usage, size, plan)
        print(f"{f'one client, batches of {size:,} of a subject':<44}{speed:>12,.0f} events/s")
    speed = await recorded(usage, 1_000, replace(plan, ids="random"))
    print(f"{'the same of 1,000, with ids at random':<44}{speed:>12,.0f} events/s")
    speed = await recorded(usage, 1_000, replace(plan, mixed=True))
    print(f"{'the same of 1,000, of all subjects':<44}{speed:>12,.0f} events/s")
    speed = await at_once(usage, plan)
    print(f"{'16 clients, batches of 1,000 of a subject':<44}{speed:>12,.0f} events/s")

    end_ms = now_ms() // HOUR_MS * HOUR_MS - 1
    start_ms = end_ms + 1 - 29 * DAY_MS
    who = "customer-0"
    questions: dict[str, Callable[[], Awaitable[object]]] = {
        "value, a month of whole hours": lambda: usage.value(who, "bandwidth", start_ms, end_ms),
        "value, edges to the ms": lambda: usage.value(
            who, "bandwidth", start_ms + 1_234_567, end_ms - 1_234_567
        ),
        "breakdown of a month": lambda: usage.breakdown(
            who, "bandwidth", start_ms, end_ms, group_by="endpoint"
        ),
        "series of a month by the day": lambda: usage.series(
            who, "bandwidth", start_ms, end_ms, step="day"
        ),
        "series of a week by the hour": lambda: usage.series(
            who, "api_calls", end_ms + 1 - 7 * DAY_MS, end_ms
        ),
        "who changed in a month": lambda: usage.changed(start_ms, end_ms, after=count),
    }
    for name, ask in questions.items():
        median, longest = await taken(ask)
        print(f"{name:<44}{median:>12.2f} ms, at most {longest:.2f} ms")
    last = int(str((await usage.status())["last_sequence"]))
    await platform.close()
    size = (folder / "bench.db").stat().st_size
    print(f"{'on the disk':<44}{size / 2**20:>12,.0f} MiB, {size / last:,.0f} bytes an event")


def main() -> None:
    """Measure, and print a table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--folder", type=Path)
    arguments.add_argument("--events", type=int, default=200_000)
    arguments.add_argument("--subjects", type=int, default=100)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        asyncio.run(run(Path(folder), given.events, given.subjects))


if __name__ == "__main__":
    main()
