"""Distributed Maps: items a second from an object of a bucket, and what a map run costs in memory.

    python bench/maps.py [--items 100000]

Each commit is synced to the disk. *Passes* are children of one Pass state; *inside* are children
whose task is a ``def`` function that writes an item of a table. Each child is an execution with a
history. The results go to the bucket.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import uvloop

from ensue import App, Tx
from ensue.app.platform import Platform
from ensue.engine.clock import SystemClock
from ensue.engine.database import parse_store_url
from ensue.engine.ids import system_random

PAGE_BYTES = 4_096
CHUNK = 10_000


def declared() -> App:
    """An app with the workflows that are measured."""
    app = App("bench")
    app.bucket("data")
    effects = app.table("effects", key="id")

    @app.function
    def step(body: dict[str, Any], tx: Tx) -> None:
        tx.put(effects, {"id": body["id"], "n": 1})

    for name, state in (
        ("passes", {"Type": "Pass", "End": True}),
        ("inside", {"Type": "Task", "Resource": step, "End": True}),
    ):
        each = {
            "Type": "Map",
            "ItemReader": {
                "Resource": "arn:aws:states:::s3:getObject",
                "ReaderConfig": {"InputType": "JSONL"},
                "Parameters": {"Bucket": "data", "Key": "items"},
            },
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "Do",
                "States": {"Do": state},
            },
            "ResultWriter": {
                "Resource": "arn:aws:states:::s3:putObject",
                "Parameters": {"Bucket": "data", "Prefix": name},
            },
            "End": True,
        }
        app.workflow(name, definition={"StartAt": "Each", "States": {"Each": each}})
    return app


def resident_bytes() -> int:
    """How much memory this process has."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES


async def lines(count: int) -> AsyncIterator[bytes]:
    """The items."""
    for first in range(0, count, CHUNK):
        chunk = range(first, min(first + CHUNK, count))
        yield b"".join(json.dumps({"id": f"item-{n}"}).encode() + b"\n" for n in chunk)


async def measured(app: App, items: int) -> None:
    """Run each of the workflows, and print what it took."""
    data = app.resources[next(ref for ref in app.resources if ref.kind == "bucket")]
    await data.put("items", lines(items))
    for name in ("passes", "inside"):
        flow = app.resources[next(ref for ref in app.resources if ref.name == name)]
        before, peak, began = resident_bytes(), 0, time.perf_counter()
        await flow.start({}, name=f"{name}-{items}")
        while (found := await flow.describe(f"{name}-{items}")).is_running:
            await asyncio.sleep(0.2)
            peak = max(peak, resident_bytes())
        took = time.perf_counter() - began
        assert found.status == "SUCCEEDED", found
        print(
            f"{name}: {items} items in {took:.1f} s, {items / took:,.0f} items/s,"
            f" {(peak - before) / 1_048_576:.0f} MiB more at most"
        )


async def main(items: int) -> None:
    """Open a store in a folder of its own, and measure."""
    app = declared()
    with tempfile.TemporaryDirectory() as folder:
        url = parse_store_url(f"sqlite:///{folder}/bench.db")
        platform = await Platform.open([app], url, clock=SystemClock(), source=system_random())
        platform.start()
        try:
            await measured(app, items)
        finally:
            await platform.close()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--items", type=int, default=100_000)
    uvloop.run(main(arguments.parse_args().items))
