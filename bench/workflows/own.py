"""Ensue's own figures of workflows, durable and express.

    python bench/workflows/own.py [--quick]

Each commit is synced to the disk. A transition is a state that was entered and left. *Inside* is a
machine of three tasks that are ``def`` functions, each a write; *outside* one of three that are
``async def`` and do nothing; *passes* is one of a hundred states without a task. *Plain* is no
workflow: the three writes in one transaction, to compare with. A *round trip* of a token is the
time from the letter with the token to the end of the execution that waited for it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import resource
import tempfile
import time
from collections.abc import Awaitable, Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import uvloop

from ensue import App, Message, Tx, Workflow
from ensue.app.platform import Platform
from ensue.engine.backlog import depth
from ensue.engine.clock import SystemClock
from ensue.engine.database import parse_store_url
from ensue.engine.ids import system_random
from ensue.engine.transaction import Transaction
from ensue.engine.waiting import read_when
from ensue.words.names import Ref

AT_ONCE = 200
PASSES = 100
asked_at: dict[str, float] = {}


def declared() -> tuple[App, dict[str, Workflow]]:
    """An app with the workflows that are measured."""
    app = App("bench")
    effects = app.table("effects", key="id")
    letters = app.queue("letters")

    @app.function
    def step(body: dict[str, Any], tx: Tx) -> dict[str, Any]:
        tx.put(effects, {"id": body["id"], "n": 1})
        return {"done": True}

    @app.function
    async def call(body: dict[str, Any]) -> dict[str, Any]:
        return {"done": True}

    def three_of(does: object) -> dict[str, Any]:
        def task(name: str, to: str | None) -> dict[str, Any]:
            then = {"End": True} if to is None else {"Next": to}
            return {"Type": "Task", "Resource": does, "ResultPath": f"$.{name}"} | then

        states = {"A": task("a", "B"), "B": task("b", "C"), "C": task("c", None)}
        return {"StartAt": "A", "States": states}

    three = three_of(step)
    names = [f"P{number}" for number in range(PASSES)]
    states = {name: {"Type": "Pass", "Next": to} for name, to in pairwise(names)}
    passes = {"StartAt": "P0", "States": states | {names[-1]: {"Type": "Pass", "End": True}}}
    asks = {
        "Type": "Task",
        "Resource": "ensue:queue:letters.waitForTaskToken",
        "Parameters": {"token.$": "$$.Task.Token"},
        "End": True,
    }
    waits = {"StartAt": "A", "States": {"A": asks}}
    asked = asks | {
        "Resource": "ensue:queue:sent.waitForTaskToken",
        "Parameters": {"token.$": "$$.Task.Token", "id.$": "$.id"},
    }
    flows = {
        "inside": app.workflow("inside", definition=three),
        "outside": app.workflow("outside", definition=three_of(call), concurrency=200),
        "passes": app.workflow("passes", definition=passes),
        "waits": app.workflow("waits", definition=waits),
        "express inside": app.workflow("express-inside", definition=three, type="EXPRESS"),
        "express passes": app.workflow("express-passes", definition=passes, type="EXPRESS"),
        "express outside": app.workflow(
            "express-outside", definition=three_of(call), type="EXPRESS"
        ),
        "asks": app.workflow("asks", definition={"StartAt": "A", "States": {"A": asked}}),
    }
    sent = app.queue("sent")

    @sent.consumer()
    async def answer(message: Message) -> None:
        token = message.body["token"]
        asked_at[message.body["id"]] = time.perf_counter()
        await app.send_task_success(token, {})

    del letters
    return app, flows


async def opened(app: App, folder: Path) -> Platform:
    """The app on a new store."""
    platform = await Platform.open(
        [app],
        parse_store_url(f"sqlite:///{folder}/store.db"),
        clock=SystemClock(),
        source=system_random(),
    )
    platform.start()
    return platform


async def at_once(count: int, one: Callable[[int], Awaitable[object]]) -> float:
    """How long it takes to do so many things, some at once, in seconds."""
    numbers = iter(range(count))

    async def some() -> None:
        for number in numbers:
            await one(number)

    begun = time.perf_counter()
    await asyncio.gather(*(some() for _ in range(AT_ONCE)))
    return time.perf_counter() - begun


async def rate(flow: Workflow, count: int) -> float:
    """Executions a second, from their start to their end, 200 under way at once."""
    return count / await at_once(count, lambda n: flow.start_sync({"id": f"e{n}"}))


async def latencies(flow: Workflow, count: int) -> tuple[float, float]:
    """The median and the 99th percentile of one execution after the other, in ms."""
    took = []
    for number in range(count):
        begun = time.perf_counter()
        await flow.start_sync({"id": f"l{number}"})
        took.append((time.perf_counter() - begun) * 1_000)
    took.sort()
    return took[len(took) // 2], took[int(len(took) * 0.99)]


async def round_trips(flow: Workflow, count: int) -> tuple[float, float]:
    """The median and the 99th percentile from a token's arrival to the execution's end, in ms."""
    took = []
    for number in range(count):
        await flow.start_sync({"id": f"r{number}"})
        took.append((time.perf_counter() - asked_at.pop(f"r{number}")) * 1_000)
    took.sort()
    return took[len(took) // 2], took[int(len(took) * 0.99)]


async def plain_rate(platform: Platform, app: App, count: int) -> float:
    """How often a second three writes are made in one transaction, 200 under way at once."""
    effects = next(each for ref, each in app.resources.items() if ref.kind == "table")

    def writes(number: int) -> Callable[[Tx], None]:
        def run(tx: Tx) -> None:
            for each in range(3):
                tx.put(effects, {"id": f"p{number}-{each}", "n": 1})

        return run

    return count / await at_once(count, lambda n: app.run(writes(n)))


def store_mib(platform: Platform) -> float:
    """How large the store is."""

    def pages(tx: Transaction) -> int:
        return math.prod(int(tx.row(f"PRAGMA {each}")[0]) for each in ("page_count", "page_size"))

    return platform.engine.read(pages) / 2**20


async def memory_of_waiting(platform: Platform, flow: Workflow, count: int) -> float:
    """How many MiB more the process has when so many executions wait for a token."""
    before = resident_mib()
    await at_once(count, lambda n: flow.start({"id": f"w{n}"}))
    letters = platform.engine.number(Ref("bench", "queue", "letters"))
    # Each sends its token: when the last letter is there all executions wait.
    await read_when(
        platform.engine,
        letters,
        lambda tx: depth(tx, letters).waiting,
        lambda waiting: waiting >= count,
        300_000,
    )
    return resident_mib() - before


def resident_mib() -> float:
    """How much memory the process has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


async def main(scale: float) -> dict[str, float]:
    """All figures by name."""
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        app, flows = declared()
        platform = await opened(app, Path(folder))
        await rate(flows["inside"], 200)
        found["latency_p50_ms"], found["latency_p99_ms"] = await latencies(
            flows["inside"], int(1_000 * scale)
        )
        found["token_round_trip_p50_ms"], found["token_round_trip_p99_ms"] = await round_trips(
            flows["asks"], int(500 * scale)
        )
        found["plain_transactions_per_s"] = await plain_rate(platform, app, int(6_000 * scale))
        for name, count, each in (
            ("inside", 6_000, 3),
            ("outside", 1_500, 3),
            ("passes", 1_000, PASSES),
            ("express inside", 6_000, 3),
            ("express outside", 6_000, 3),
            ("express passes", 1_000, PASSES),
        ):
            executions = await rate(flows[name], int(count * scale))
            key = name.replace(" ", "_")
            found[f"{key}_executions_per_s"] = executions
            found[f"{key}_transitions_per_s"] = executions * each
        before = store_mib(platform)
        found["waiting_mib"] = await memory_of_waiting(
            platform, flows["waits"], int(10_000 * scale)
        )
        found["waiting"] = int(10_000 * scale)
        found["waiting_store_mib"] = store_mib(platform) - before
        await platform.close()
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of it")
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    given = parser.parse_args()
    figures = uvloop.run(main(0.1 if given.quick else 1.0))
    if given.json:
        print(json.dumps(figures))
    else:
        for key, figure in figures.items():
            print(f"{key:36} {figure:>12,.2f}")
