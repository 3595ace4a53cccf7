"""Ensue's own figures of workflows that are async functions.

    python bench/workflows/functions.py [--quick]

Each commit is synced to the disk. *Inside* is a function of three ``def`` steps, each a write;
*outside* one of ``async def`` steps that do nothing, where the latency of a step is the time from
the call of one to the call of the next: the record of the first is durable in between.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import resource
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

from ensue import App, Tx, WorkflowContext
from ensue.app.platform import Platform
from ensue.engine.clock import SystemClock
from ensue.engine.database import parse_store_url
from ensue.engine.ids import system_random

AT_ONCE = 200
STEPS = 1_000

app = App("bench")
effects = app.table("effects", key="id")
stamps: list[float] = []


def write(key: str, tx: Tx) -> str:
    """A step inside."""
    tx.put(effects, {"id": key, "n": 1})
    return key


async def stamp(number: int) -> int:
    """A step outside."""
    stamps.append(time.perf_counter())
    return number


@app.workflow
async def inside(ctx: WorkflowContext, name: str) -> None:
    """Three steps inside."""
    for number in range(3):
        await ctx.step(write, f"{name}-{number}")


@app.workflow
async def outside(ctx: WorkflowContext, steps: int) -> None:
    """Steps outside, one after the other."""
    for number in range(steps):
        await ctx.step(stamp, number)


@app.workflow
async def waits(ctx: WorkflowContext, name: str) -> None:
    """A step, and an event that never comes."""
    await ctx.step(write, name)
    await ctx.wait_for_event("never")


@app.workflow
async def is_long(ctx: WorkflowContext, name: str) -> None:
    """A thousand steps, and an event, to be replayed for."""
    for number in range(STEPS):
        await ctx.step(write, f"{name}-{number}")
    await ctx.wait_for_event("go")


async def at_once(count: int, one: Callable[[int], Awaitable[object]]) -> float:
    """How long it takes to do so many things, some at once, in seconds."""
    numbers = iter(range(count))

    async def some() -> None:
        for number in numbers:
            await one(number)

    begun = time.perf_counter()
    await asyncio.gather(*(some() for _ in range(AT_ONCE)))
    return time.perf_counter() - begun


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something is so."""
    while not await is_so():  # noqa: ASYNC110 - other tasks make it so, not this one
        await asyncio.sleep(0.0005)


def quantiles(took: list[float]) -> tuple[float, float]:
    """The median and the 99th percentile, in ms."""
    took.sort()
    return took[len(took) // 2] * 1_000, took[int(len(took) * 0.99)] * 1_000


def resident_mib() -> float:
    """How much memory the process has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


async def figures(platform: Platform, scale: float) -> dict[str, float]:
    """All figures by name."""
    found: dict[str, float] = {}
    await at_once(200, lambda n: inside.start_sync(f"warm{n}"))
    took = []
    for number in range(int(1_000 * scale)):
        begun = time.perf_counter()
        await inside.start_sync(f"l{number}")
        took.append(time.perf_counter() - begun)
    found["inside_3_steps_p50_ms"], found["inside_3_steps_p99_ms"] = quantiles(took)
    await outside.start_sync(int(1_000 * scale))
    gaps = [after - before for before, after in itertools.pairwise(stamps)]
    found["outside_step_p50_ms"], found["outside_step_p99_ms"] = quantiles(gaps)
    count = int(6_000 * scale)
    seconds = await at_once(count, lambda n: inside.start_sync(f"e{n}"))
    found["inside_executions_per_s"] = count / seconds
    found["inside_steps_per_s"] = 3 * count / seconds
    count = int(300 * scale)
    seconds = await at_once(count, lambda _: outside.start_sync(10))
    found["outside_steps_per_s"] = 10 * count / seconds
    await is_long.start("k", name="long")

    async def is_waiting() -> bool:
        sql = "SELECT 1 FROM ensue_branches WHERE state = 'go'"
        return platform.engine.read(lambda tx: tx.row(sql)) is not None

    await until(is_waiting)
    begun = time.perf_counter()
    await is_long.send_event("long", "go")
    await until(_has_ended)
    found["replay_of_1000_steps_ms"] = (time.perf_counter() - begun) * 1_000
    before, count = resident_mib(), int(10_000 * scale)
    await at_once(count, lambda n: waits.start(f"w{n}"))
    await until(_all_wait(platform, count))
    found["waiting"] = count
    found["waiting_mib"] = resident_mib() - before
    return found


async def _has_ended() -> bool:
    return not (await is_long.describe("long")).is_running


def _all_wait(platform: Platform, count: int) -> Callable[[], Awaitable[bool]]:
    sql = "SELECT count(*) FROM ensue_branches WHERE state = 'never'"

    async def look() -> bool:
        return platform.engine.read(lambda tx: tx.row(sql)) == (count,)

    return look


async def main(scale: float) -> dict[str, float]:
    """All figures by name, on a new store."""
    with tempfile.TemporaryDirectory() as folder:
        platform = await Platform.open(
            [app],
            parse_store_url(f"sqlite:///{folder}/store.db"),
            clock=SystemClock(),
            source=system_random(),
        )
        platform.start()
        found = await figures(platform, scale)
        await platform.close()
    return {name: round(value, 2) for name, value in found.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of it")
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    asked = parser.parse_args()
    found = uvloop.run(main(0.1 if asked.quick else 1.0))
    print(json.dumps(found, indent=None if asked.json else 2))
