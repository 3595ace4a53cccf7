"""Replays: how many events a second are read again and delivered to a queue.

    python bench/replay.py [--quick]

Figures of one run on one machine. Each commit is synced to the disk.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

import uvloop

from ensue import App, Bus, Tx
from ensue.app.platform import Platform
from ensue.engine.clock import SystemClock
from ensue.engine.database import parse_store_url
from ensue.engine.ids import system_random

CHUNK = 500
WAITED_S = 300.0
PLACED = {"detail-type": ["OrderPlaced"]}


def declare() -> tuple[App, Bus]:
    """A bus with a rule for a queue, and one for a function that follows it."""
    app = App("bench")
    events = app.bus("events", keep="7d")
    payments = app.queue("payments")
    events.rule("pay", {**PLACED, "replay-name": [{"exists": True}]}, to=payments)
    for number in range(99):
        events.rule(f"other-{number}", {"detail-type": [f"Other{number}"]}, to=payments)
    return app, events


async def fill(app: App, events: Bus, count: int) -> None:
    """Publish events that no rule wants the first time."""

    def chunk(first: int, tx: Tx) -> None:
        for number in range(first, first + CHUNK):
            customer = f"customer-{number % 1_000}"
            items = [{"sku": f"sku-{line}", "quantity": line} for line in range(8)]
            detail = {"id": number, "customer": customer, "total": 349.5, "items": items}
            tx.publish(events, "OrderPlaced", detail)

    for first in range(0, count, CHUNK):
        await app.run(chunk, first)


async def measure(events: Bus, name: str, what: str, pattern: dict[str, object] | None) -> None:
    """Replay, and print how many events a second were read and delivered."""
    begun = time.perf_counter()
    await events.replay(name, pattern=pattern)
    while (done := (await events.replays(1))[0]).state == "running":
        await asyncio.sleep(0.01)
        assert time.perf_counter() - begun < WAITED_S
    took = time.perf_counter() - begun
    assert done.state == "done", done.fault
    print(f"{what:<44} {done.read / took:>9,.0f} read/s {done.delivered / took:>9,.0f} delivered/s")


async def main(count: int) -> None:
    """Measure it all."""
    with tempfile.TemporaryDirectory() as folder:
        app, events = declare()
        platform = await Platform.open(
            [app],
            parse_store_url(f"sqlite:///{Path(folder)}/replay.db"),
            clock=SystemClock(),
            source=system_random(),
        )
        platform.start()
        await fill(app, events, count)
        await measure(events, "all", f"{count:,} events, 100 rules, all to a queue", None)
        one_in_hundred = {"detail": {"id": [{"numeric": ["<", count // 100]}]}}
        await measure(events, "some", "the same, 1 in 100 by a pattern", one_in_hundred)
        begun = time.perf_counter()
        told = await events.replay("dry", dry_run=True)
        took = time.perf_counter() - begun
        print(f"{'the same, dry':<44} {told.read / took:>9,.0f} read/s")
        await platform.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer events")
    uvloop.run(main(20_000 if parser.parse_args().quick else 200_000))
