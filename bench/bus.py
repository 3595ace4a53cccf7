"""The bus: from publish to consumer through one matching rule of many, how soon and how many.

    python bench/bus.py [--quick]

Figures of one run on one machine. Each commit is synced to the disk.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

import uvloop

from ensue import App, Bus, Message, Tx
from ensue.app.platform import Platform
from ensue.engine.clock import SystemClock
from ensue.engine.database import parse_store_url
from ensue.engine.ids import system_random

CALLERS = 8
OFFERED_PER_SECOND = 1_000
PATIENCE_S = 120.0


def detail(number: int) -> dict[str, object]:
    """What an order placed says: about 900 bytes as an event."""
    return {
        "order": {
            "id": f"o-{number}",
            "number": number,
            "channel": "web",
            "priority": number % 10,
            "currency": "EUR",
            "total": 10.5 + number % 500,
            "paid": True,
        },
        "customer": {"id": f"c-{number % 977}", "tier": "gold", "country": "FR", "language": "fr"},
        "lines": [
            {"sku": f"sku-{(number + n) % 97}", "quantity": n + 1, "price": 9.75, "stock": 100 - n}
            for n in range(5)
        ],
        "address": {"street": "12 rue de la Paix", "city": "Paris", "zip": "75002"},
        "note": "please ring twice and leave it with the neighbour if nobody answers the door",
    }


class House:
    """An app with a bus, many rules, and one that matches; its queue has a consumer.

    Args:
        rules: how many rules there are.
    """

    def __init__(self, rules: int) -> None:
        self.app = App("bench")
        self.bus: Bus = self.app.bus("events")
        queue = self.app.queue("orders")
        other = self.app.queue("other")
        self.seen = 0
        self.wanted = 2**62
        self.enough = asyncio.Event()
        self.sent_at: dict[int, float] = {}
        self.waits: list[float] = []
        for number in range(rules - 1):
            self.bus.rule(
                f"r{number}",
                {
                    "detail-type": ["OrderPlaced" if number % 2 else "OrderPaid"],
                    "detail": {"customer": {"id": [f"none-{number}"]}, "order": {"paid": [True]}},
                },
                to=other,
            )
        self.bus.rule("placed", {"detail": {"order": {"channel": ["web"]}}}, to=queue)

        @queue.consumer(batch=1_000)
        def take(message: Message, tx: Tx) -> None:
            del tx
            sent = self.sent_at.pop(message.body["detail"]["order"]["number"], None)
            if sent is not None:
                self.waits.append(time.perf_counter() - sent)
            self.seen += 1
            if self.seen >= self.wanted:
                loop.call_soon_threadsafe(self.enough.set)

        loop = asyncio.get_running_loop()

    async def taken(self, count: int) -> None:
        """Wait until so many events in all have been taken."""
        self.wanted = count
        if self.seen < count:
            self.enough.clear()
            await asyncio.wait_for(self.enough.wait(), PATIENCE_S)

    async def open(self, folder: Path, name: str) -> Platform:
        """The app, running on a file of its own."""
        platform = await Platform.open(
            [self.app],
            parse_store_url(f"sqlite:///{folder}/{name}.db"),
            clock=SystemClock(),
            source=system_random(),
        )
        platform.start()
        return platform


async def throughput(folder: Path, rules: int, batch: int, count: int, callers: int) -> None:
    """Events a second, published and taken, when callers publish one batch after the other."""
    house = House(rules)
    platform = await house.open(folder, f"t{rules}-{batch}-{callers}")
    entries = [{"detail_type": "OrderPlaced", "detail": detail(n)} for n in range(count)]
    chunks = iter([entries[at : at + batch] for at in range(0, count, batch)])

    async def call() -> None:
        for chunk in chunks:
            if batch == 1:
                [entry] = chunk
                await house.bus.publish("OrderPlaced", entry["detail"])  # type: ignore[arg-type]
            else:
                await house.bus.publish_batch(chunk)  # type: ignore[arg-type]

    begun = time.perf_counter()
    await asyncio.gather(*[call() for _ in range(callers)])
    published = time.perf_counter() - begun
    await house.taken(count)
    taken = time.perf_counter() - begun
    await platform.close()
    print(
        f"{rules:>6,} rules, {callers} callers, batches of {batch:>3}:"
        f" published {count / published:>8,.0f} events/s,"
        f" taken by the consumer {count / taken:>8,.0f} events/s"
    )


async def latency(folder: Path, rules: int, seconds: float) -> None:
    """How long from publish to its consumer, at an even rate."""
    house = House(rules)
    platform = await house.open(folder, f"l{rules}")
    count = int(OFFERED_PER_SECOND * seconds)
    tasks: list[asyncio.Task[str]] = []
    loop = asyncio.get_running_loop()
    begun = time.perf_counter()
    for number in range(count):
        ahead = begun + number / OFFERED_PER_SECOND - time.perf_counter()
        if ahead > 0:
            await asyncio.sleep(ahead)
        house.sent_at[number] = time.perf_counter()
        tasks.append(loop.create_task(house.bus.publish("OrderPlaced", detail(number))))
    await asyncio.gather(*tasks)
    await house.taken(count)
    await platform.close()
    waits = sorted(house.waits)
    print(
        f"{rules:>6,} rules, {OFFERED_PER_SECOND:,} events/s offered: publish to consumer"
        f" p50 {1_000 * statistics.median(waits):.2f} ms,"
        f" p99 {1_000 * waits[int(len(waits) * 0.99) - 1]:.2f} ms"
    )


async def main(scale: int) -> None:
    """All of it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for rules in (10, 100, 1_000):
            await throughput(folder, rules, 100, 100_000 // scale, CALLERS)
        for batch in (1, 10, 1_000):
            await throughput(folder, 1_000, batch, 50_000 // scale, CALLERS)
        await throughput(folder, 1_000, 1, 20_000 // scale, 64)
        for rules in (10, 1_000):
            await latency(folder, rules, 10 / scale)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a tenth of it")
    uvloop.run(main(10 if parser.parse_args().quick else 1))
