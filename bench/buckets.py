"""Buckets: MB/s both ways, objects/s, and pages of a listing of many keys.

    python bench/buckets.py [--folder DIR] [--keys 100000]

Prints one line of JSON. Memory is what the process grew by while it put and got the large object.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import Any

from ensue import App, Bucket, Tx
from ensue.app.opening import open_platform
from ensue.app.platform import Platform

MIB = 1_048_576
LARGE_MIB = 512
SMALL = 2_000
PAGES = 200


async def chunks(mib: int) -> AsyncIterator[bytes]:
    """A body of so many MiB, a MiB at a time."""
    piece = bytes(MIB)
    for _ in range(mib):
        yield piece


async def timed(doing: Awaitable[Any]) -> float:
    """How many seconds something takes."""
    began = time.perf_counter()
    await doing
    return time.perf_counter() - began


def grown_mib() -> float:
    """The most memory that the process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024


async def large(files: Bucket) -> dict[str, float]:
    """One large object, put and got in chunks."""
    before = grown_mib()
    put_s = await timed(files.put("large", chunks(LARGE_MIB)))

    async def read() -> None:
        async with files.open("large") as reader:
            async for _ in reader:
                pass

    get_s = await timed(read())
    return {
        "put_mb_s": round(LARGE_MIB * MIB / 1e6 / put_s),
        "get_mb_s": round(LARGE_MIB * MIB / 1e6 / get_s),
        "grown_mib": round(grown_mib() - before, 1),
    }


async def small(app: App, files: Bucket) -> dict[str, float]:
    """Many small objects: 16 at once, one after another, and in one transaction."""

    async def put(worker: int) -> None:
        for n in range(SMALL // 16):
            await files.put(f"small/{worker}/{n}", b"x" * 4_096)

    put_s = await timed(asyncio.gather(*(put(worker) for worker in range(16))))

    async def get() -> None:
        for n in range(SMALL // 16):
            await files.get(f"small/0/{n}")

    get_s = await timed(get())

    def several(tx: Tx) -> None:
        for n in range(100):
            tx.put_object(files, f"tx/{n}", b"x" * 4_096)

    tx_s = await timed(app.run(several))
    return {
        "put_objects_s": round(SMALL / put_s),
        "get_objects_s": round(SMALL // 16 / get_s),
        "put_objects_s_in_a_transaction": round(100 / tx_s),
    }


async def listing(platform: Platform, files: Bucket, keys: int) -> dict[str, float]:
    """Pages of a listing, and of one that is rolled up."""
    rows = [(f"list/{n % 1_000:04}/{n:08}",) for n in range(keys)]
    await platform.engine.transact(
        lambda tx: tx.connection.executemany(
            f"INSERT INTO {files.model.sql} (key, is_current, body, etag, size, content_type,"  # noqa: S608
            " created_ms, modified_ms, since_ms)"
            " VALUES (?, 1, 'x', 'd41d8cd98f00b204e9800998ecf8427e', 1, 'a/b', 0, 0, 0)",
            rows,
        )
    )
    pages, after = [], None
    for _ in range(PAGES):
        began = time.perf_counter()
        page = await files.list("list/", limit=1_000, after=after)
        pages.append(time.perf_counter() - began)
        after = page.next
    rolled = []
    for _ in range(20):
        began = time.perf_counter()
        page = await files.list("list/", delimiter="/", limit=1_000)
        rolled.append(time.perf_counter() - began)
    return {
        "page_of_1000_p50_ms": round(sorted(pages)[len(pages) // 2] * 1e3, 2),
        "page_of_1000_p99_ms": round(sorted(pages)[len(pages) * 99 // 100] * 1e3, 2),
        "page_of_1000_prefixes_p50_ms": round(sorted(rolled)[len(rolled) // 2] * 1e3, 2),
    }


async def measure(folder: Path, keys: int) -> dict[str, Any]:
    """All figures, on a store in a folder."""
    app = App("bench")
    files = app.bucket("files")
    platform = await open_platform(
        [app], engine_url=f"sqlite:///{folder / 'ensue.db'}", data=folder
    )
    platform.start()
    try:
        return {
            "large_mib": LARGE_MIB,
            **await large(files),
            "small_bytes": 4_096,
            **await small(app, files),
            "keys": keys,
            **await listing(platform, files, keys),
        }
    finally:
        await platform.close()


def main() -> None:
    """Measure, and print one line of JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--keys", type=int, default=100_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        print(json.dumps(asyncio.run(measure(Path(folder), given.keys))))


if __name__ == "__main__":
    main()
