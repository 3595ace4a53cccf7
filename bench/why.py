"""How long it takes to find out why: trees of 10 and 2,000 nodes in a store with many records.

python bench/why.py [--records 1000000] [--store FOLDER]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from ensue import App
from ensue.app.platform import Platform
from ensue.engine.clock import SystemClock
from ensue.engine.database import parse_store_url
from ensue.engine.ids import system_random
from ensue.observe import unfolding

BATCH = 1_000
REPEATS = 7
SMALL, LARGE = 10, 2_000
BROAD = 10  # so many messages each message of a tree sends


def make_app() -> App:
    """An app with many logs, whose messages send more."""
    app = App("bench")
    events, jobs = app.bus("events"), app.queue("jobs")
    app.table("orders", key="id", indexes={"by-customer": "customer"})
    for number in range(20):  # each has a log that a tree is looked for in
        app.table(f"table-{number}", key="id")
    events.rule("some", {"detail": {"n": [{"numeric": ["<", 0]}]}}, to=jobs)

    @jobs.consumer(batch=100)
    def handle(message, tx) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        left = message.body["left"]
        for _ in range(min(BROAD, left)):
            tx.send(jobs, {"left": left // BROAD - 1})

    return app


async def fill(platform: Platform, records: int) -> None:
    """Publish events: each is a record, and so is each item that is put."""
    events, orders = platform.resource("bus", "events"), platform.resource("table", "orders")
    for first in range(0, records // 2, BATCH):
        numbers = range(first, first + BATCH)
        await events.publish_batch([{"detail_type": "E", "detail": {"n": n}} for n in numbers])
        await orders.batch_put([{"id": f"o-{n}", "customer": f"c-{n % 999}"} for n in numbers])


async def grow(platform: Platform, nodes: int) -> str:
    """A tree of about so many nodes; returns the id that it is asked for by."""
    jobs = platform.resource("queue", "jobs")
    sent: str = await jobs.send({"left": nodes * 2})
    while (  # noqa: ASYNC110 - a benchmark waits in real time
        await jobs.depth()
    )["waiting"] or (await jobs.depth())["in_flight"]:
        await asyncio.sleep(0.05)
    return sent


def timed(run: Callable[[], object]) -> tuple[float, float]:
    """The median and the worst of some runs, in ms."""
    took = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        run()
        took.append((time.perf_counter() - began) * 1_000)
    return statistics.median(took), max(took)


def longest_step(platform: Platform, sought: str) -> float:
    """For how long a walk holds the event loop at most, in ms."""
    walk, worst = unfolding(platform.engine, sought), 0.0
    while True:
        began = time.perf_counter()
        try:
            next(walk)
        except StopIteration:
            return worst * 1_000
        worst = max(worst, time.perf_counter() - began)


async def measure(records: int, folder: Path) -> None:
    """Fill a store and print how long each look takes."""
    url = parse_store_url(f"sqlite:///{folder}/why.db?synchronous=normal")
    platform = await Platform.open([make_app()], url, clock=SystemClock(), source=system_random())
    try:
        await fill(platform, records)
        platform.start()
        small, large = await grow(platform, SMALL // 5), await grow(platform, LARGE)
        events = platform.resource("bus", "events")
        [event], _ = await events.tail(limit=1)
        print(f"a store with {records:,} records\n")
        print(f"{'what':<44}{'median ms':>10}{'worst ms':>10}")
        for name, run in (
            ("a tree of some 10 nodes", lambda: platform.why(small)),
            ("a tree of 2,000 nodes", lambda: platform.why(large)),
            ("the way up from a message", lambda: platform.why(small, up=True)),
            ("one thing in full", lambda: platform.detail(event["id"])),
            ("search: an id", lambda: platform.search(event["id"])),
            ("search: a key of an item", lambda: platform.search("o-123")),
            ("search: an indexed attribute", lambda: platform.search("c-77")),
            ("search: nothing is found", lambda: platform.search("none such")),
        ):
            median, worst = timed(run)
            print(f"{name:<44}{median:>10.1f}{worst:>10.1f}")
        began = time.perf_counter()
        await platform.deliveries(event["id"])
        took = (time.perf_counter() - began) * 1_000
        print(f"{'who got an event':<44}{took:>10.1f}")
        print(f"{'the longest step of the large tree':<44}{longest_step(platform, large):>10.1f}")
    finally:
        await platform.close()


def main() -> None:
    """Measure, as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--store", type=Path, default=None)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(given.records, given.store or Path(folder)))


if __name__ == "__main__":
    main()
