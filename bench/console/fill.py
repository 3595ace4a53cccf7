"""Fills a store for the pages of the console: FOLDER RECORDS MESSAGES DEAD."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from bench.console.app import app, charges, clicks, events, jobs, orders
from ensue import Tx
from ensue.app.opening import open_platform

BATCH = 1_000
STATES = ("PENDING", "PAID", "SHIPPED", "FAILED")


def put(tx: Tx, number: int) -> None:
    """An order of one of 5,000 customers."""
    key = {"customer": f"c{number % 5_000}", "id": f"o{number:09}"}
    tx.put(orders, key | {"status": STATES[number % 4], "quantity": number % 50})


def publish(tx: Tx, number: int) -> None:
    """An event, and a record of a stream."""
    tx.publish(events, "OrderPlaced", {"id": f"o{number}", "quantity": number % 50})
    tx.append(clicks, {"page": number % 100}, key=f"k{number % 64}")


def send(tx: Tx, number: int) -> None:
    """A message that nobody takes."""
    tx.send(jobs, {"number": number, "text": "x" * 100})


def fail(tx: Tx, number: int) -> None:
    """A message that dies."""
    tx.send(charges, {"number": number})


def batch(each: Callable[[Tx, int], None], first: int, tx: Tx) -> None:
    """So many in one transaction."""
    for number in range(first, first + BATCH):
        each(tx, number)


async def _is_busy() -> bool:
    depth = await charges.depth()
    return any(depth[each] for each in ("waiting", "in_flight"))


async def fill(folder: Path, records: int, messages: int, dead: int) -> None:
    """Fill a store, and let die what dies."""
    url = f"sqlite:///{folder}/ensue.db?synchronous=NORMAL"
    platform = await open_platform([app], engine_url=url, data=folder, demo=True)
    platform.start()
    for each, count in ((put, records), (publish, records // 10), (send, messages), (fail, dead)):
        for first in range(0, count, BATCH):
            await app.run(batch, each, first)
    while await _is_busy():  # noqa: ASYNC110 - it is over when the last has died
        await asyncio.sleep(0.1)
    await platform.close()


if __name__ == "__main__":
    asyncio.run(fill(Path(sys.argv[1]), *(int(each) for each in sys.argv[2:])))
