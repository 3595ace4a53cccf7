"""Pipes: how many events a second go from a source to a queue, in each of a pipe's modes.

    python bench/pipes.py [--quick]

The source is filled while the pipe is paused; then it is resumed, and what is timed is the whole
way until the last event is in the queue. Figures of one run on one machine. Each commit is synced
to the disk.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any

import uvloop

from ensue import App, InputTransformer, Tx
from ensue.app.platform import Platform
from ensue.engine import logs
from ensue.engine.clock import SystemClock
from ensue.engine.database import parse_store_url
from ensue.engine.ids import system_random
from ensue.engine.transaction import Transaction

CHUNK = 500
KEYS = 1_000
SHARDS = 4

WANTED = {"NewImage": {"total": [{"numeric": [">", 0]}]}}
TOLD = InputTransformer(
    {"id": "$.NewImage.id", "total": "$.NewImage.total"}, {"order": "<id>", "total": "<total>"}
)


def as_it_is(event: dict[str, Any], tx: Tx) -> dict[str, Any]:
    """An enrichment inside."""
    del tx
    return event


async def batch_as_it_is(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """An enrichment outside that answers at once."""
    return events


MODES: dict[str, dict[str, Any]] = {
    "table": {},
    "table, filter and input": {"filter": WANTED, "input": TOLD},
    "table, def enrichment": {"enrich": as_it_is},
    "table, async enrichment of 100": {"enrich": batch_as_it_is, "batch": 100},
    "stream": {},
    "queue": {},
}


async def measured(folder: Path, mode: str, count: int) -> float:
    """How many events a second go through a pipe in a mode."""
    app = App("pipes")
    out = app.queue("out")
    orders = app.table("orders", key="id")
    clicks = app.stream("clicks", shards=SHARDS)
    work = app.queue("work")
    source: Any = {"stream": clicks, "queue": work}.get(mode, orders)
    pipe = app.pipe("through", source=source, to=out, **MODES[mode])
    name = mode.replace(" ", "-").replace(",", "")
    platform = await Platform.open(
        [app],
        parse_store_url(f"sqlite:///{folder}/{name}.db"),
        clock=SystemClock(),
        source=system_random(),
    )
    platform.start()
    await pipe.pause()

    def fill(first: int, tx: Tx) -> None:
        for number in range(first, first + CHUNK):
            key = f"o-{number % KEYS}"
            item = {"id": key, "customer": "c-349", "total": number + 1, "note": "x" * 200}
            if mode == "stream":
                tx.append(clicks, item, key=key)
            elif mode == "queue":
                tx.send(work, item)
            else:
                tx.put(orders, item)

    for first in range(0, count, CHUNK):
        await app.run(fill, first)

    def worked(tx: Transaction) -> int:
        return logs.last_sequence(tx, "ensue_work")

    # With an enrichment outside each event is work twice.
    wanted = platform.engine.read(worked) + count * (2 if "async" in mode else 1)
    woken = platform.engine.listen(platform.engine.number(out.ref))
    begun = time.perf_counter()
    await pipe.resume()
    while platform.engine.read(worked) < wanted:
        woken.clear()
        await asyncio.wait_for(woken.wait(), 60)
    took = time.perf_counter() - begun
    await platform.close()
    return count / took


async def main(count: int) -> None:
    """Measure each mode in turn."""
    with tempfile.TemporaryDirectory() as folder:
        for mode in MODES:
            print(f"{mode:32} {await measured(Path(folder), mode, count):>10,.0f} events/s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the events")
    uvloop.run(main(2_000 if parser.parse_args().quick else 20_000))
