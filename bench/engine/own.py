"""The engine: durable transactions against raw SQLite, jobs end to end, publish to handler.

    python bench/engine/own.py [--quick]

Figures of one run on one machine; the ratios are what to compare.
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

from ensue import App
from ensue.app.platform import Platform
from ensue.engine.clock import SystemClock
from ensue.engine.database import parse_store_url
from ensue.engine.ids import system_random
from ensue.engine.transaction import Transaction

INSERT = "INSERT INTO bench (body) VALUES (?)"
BODY = "x" * 200


def raw(folder: Path, per_commit: int, total: int) -> float:
    """Rows a second of plain SQLite by the standard library, ``per_commit`` rows a commit."""
    connection = sqlite3.connect(folder / f"raw-{per_commit}.db", isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    connection.execute("CREATE TABLE bench (id INTEGER PRIMARY KEY, body TEXT)")
    begun = time.perf_counter()
    for _ in range(total // per_commit):
        connection.execute("BEGIN IMMEDIATE")
        for _ in range(per_commit):
            connection.execute(INSERT, (BODY,))
        connection.execute("COMMIT")
    return total / (time.perf_counter() - begun)


async def opened(folder: Path, name: str, app: App) -> Platform:
    """A platform on a file of its own."""
    platform = await Platform.open(
        [app],
        parse_store_url(f"sqlite:///{folder}/{name}.db"),
        clock=SystemClock(),
        source=system_random(),
    )
    platform.start()
    return platform


async def callers(count: int, total: int, call: Callable[[], Awaitable[object]]) -> float:
    """Calls a second of ``count`` callers that each wait for their answer."""

    async def caller() -> None:
        for _ in range(total // count):
            await call()

    begun = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(count)))
    return total / (time.perf_counter() - begun)


def row(tx: Transaction) -> None:
    """One durable row."""
    tx.execute(INSERT, (BODY,))


async def transactions(folder: Path, scale: int) -> None:
    """Durable transactions against raw SQLite with the same number per commit."""
    platform = await opened(folder, "transactions", App("bench"))
    engine = platform.engine
    await engine.transact(
        lambda tx: tx.execute("CREATE TABLE bench (id INTEGER PRIMARY KEY, body TEXT)")
    )
    for waiting, total in ((1, 4_000), (10, 40_000), (100, 100_000), (1_000, 100_000)):
        plain = raw(folder, waiting, total // scale)
        ours = await callers(waiting, total // scale, lambda: engine.transact(row))
        print(
            f"transactions, {waiting:5} waiting: {ours:8.0f}/s; raw SQLite, {waiting:5} a commit:"
            f" {plain:8.0f}/s; ratio {ours / plain:5.2f}",
            flush=True,
        )
    await platform.close()


async def jobs(folder: Path, kind: str, total: int, concurrency: int) -> None:
    """Jobs end to end: sent by 100 callers, taken, handled by what does nothing, done."""
    app = App("bench")
    queue = app.queue("jobs")
    done = asyncio.Event()
    latencies: list[float] = []
    loop = asyncio.get_running_loop()

    def note(sent_at: object) -> None:
        assert isinstance(sent_at, float)
        latencies.append((time.perf_counter() - sent_at) * 1_000)
        if len(latencies) == total:
            loop.call_soon_threadsafe(done.set)

    if kind == "def":

        @queue.consumer(batch=500)
        def handle(message: object, tx: object) -> None:
            note(message.body)  # type: ignore[attr-defined]

    else:

        @queue.consumer(concurrency=concurrency)
        async def act(message: object) -> None:
            note(message.body)  # type: ignore[attr-defined]

    platform = await opened(folder, f"jobs-{kind}", app)
    begun = time.perf_counter()
    await callers(100, total, lambda: queue.send(time.perf_counter()))
    sent = time.perf_counter() - begun
    await done.wait()
    took = time.perf_counter() - begun
    latencies.sort()
    print(
        f"jobs, {kind:9} handler: {total / took:8.0f}/s end to end ({total / sent:8.0f}/s sent);"
        f" p50 {statistics.median(latencies):6.2f} ms, p99 {latencies[int(total * 0.99)]:6.2f} ms",
        flush=True,
    )
    await platform.close()


async def batched(folder: Path, total: int) -> None:
    """Jobs that one transaction sends 1,000 at a time."""
    app = App("bench")
    queue = app.queue("jobs")
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    handled = 0

    @queue.consumer(batch=1_000)
    def handle(message: object, tx: object) -> None:
        nonlocal handled
        handled += 1
        if handled == total:
            loop.call_soon_threadsafe(done.set)

    platform = await opened(folder, "batched", app)

    def send(tx: object) -> None:
        for number in range(1_000):
            tx.send(queue, number)  # type: ignore[attr-defined]

    begun = time.perf_counter()
    await callers(1, total // 1_000, lambda: app.run(send))
    await done.wait()
    rate = total / (time.perf_counter() - begun)
    print(f"jobs, def handler, sent 1,000 a transaction: {rate:8.0f}/s end to end", flush=True)
    await platform.close()


async def records(folder: Path, total: int) -> None:
    """Records end to end: appended 1,000 a transaction, each key handled in order."""
    app = App("bench")
    stream = app.stream("records", shards=4)
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    handled = 0

    @app.on_record(stream, batch=1_000)
    def handle(record: object, tx: object) -> None:
        nonlocal handled
        handled += 1
        if handled == total:
            loop.call_soon_threadsafe(done.set)

    platform = await opened(folder, "records", app)
    thousand = [(number, f"key-{number % 100}") for number in range(1_000)]
    begun = time.perf_counter()
    for _ in range(total // 1_000):
        await stream.append_batch(thousand)
    await done.wait()
    rate = total / (time.perf_counter() - begun)
    print(f"records of a stream, def handler, 1,000 a transaction: {rate:8.0f}/s", flush=True)
    await platform.close()


class Latencies:
    """A queue whose handler notes how long each message took, in a store of its own."""

    def __init__(self) -> None:
        self.app = App("bench")
        self.queue, self.idle = self.app.queue("jobs"), self.app.queue("idle")
        self.took_ms: list[float] = []

        @self.queue.consumer(batch=500)
        def handle(message: object, tx: object) -> None:
            self.took_ms.append((time.perf_counter() - message.body) * 1_000)  # type: ignore[attr-defined]

    async def fill(self, total: int) -> None:
        """Let messages wait: half in the queue, due in a day, half where nobody consumes."""

        def send(tx: object) -> None:
            for number in range(500):
                tx.send(self.queue, number, delay="1d")  # type: ignore[attr-defined]
                tx.send(self.idle, number)  # type: ignore[attr-defined]

        for _ in range(total // 1_000):
            await self.app.run(send)

    async def slice(self, rate: int) -> None:
        """One second of sending, until all is handled."""
        expected = len(self.took_ms) + rate
        await offered(rate, 1, lambda: self.queue.send(time.perf_counter()))
        while len(self.took_ms) < expected:  # noqa: ASYNC110 - the handler runs in a thread
            await asyncio.sleep(0.01)

    def at(self, part: float) -> float:
        """The latency that so large a part of the messages did not exceed, in ms."""
        return sorted(self.took_ms)[int(len(self.took_ms) * part)]


async def backlog(folder: Path, total: int, rate: int, seconds: int) -> None:
    """From send to handler at a steady rate, beside a backlog and without one.

    The two take turns, second by second, so that other work on the machine disturbs both alike.
    """
    empty, full = Latencies(), Latencies()
    platforms = [await opened(folder, "empty", empty.app), await opened(folder, "full", full.app)]
    await full.fill(total)
    # What filled the store is written back by now, and no longer disturbs the disk.
    await asyncio.sleep(3)
    for _ in range(seconds):
        await empty.slice(rate)
        await full.slice(rate)
    ratios = ", ".join(f"{full.at(part) / empty.at(part):4.2f}" for part in (0.5, 0.99))
    print(
        f"send to handler at {rate}/s: p50 {empty.at(0.5):5.2f} ms, p99 {empty.at(0.99):5.2f} ms;"
        f" with {total} messages waiting: p50 {full.at(0.5):5.2f} ms, p99 {full.at(0.99):5.2f} ms;"
        f" ratios {ratios}",
        flush=True,
    )
    for platform in platforms:
        await platform.close()


async def offered(rate: int, seconds: int, call: Callable[[], Awaitable[object]]) -> None:
    """Call at a steady rate, whether or not the earlier calls have been answered."""
    begun = time.perf_counter()
    pending: set[asyncio.Future[object]] = set()
    for number in range(rate * seconds):
        due = begun + number / rate
        if (early := due - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        task = asyncio.ensure_future(call())
        pending.add(task)
        task.add_done_callback(pending.discard)
    await asyncio.gather(*pending)


async def publish(folder: Path, rate: int, seconds: int) -> None:
    """From publish to handler at a steady rate."""
    app = App("bench")
    bus = app.bus("events")
    latencies: list[float] = []
    done = asyncio.Event()
    loop = asyncio.get_running_loop()

    @app.on_event(bus, {"detail-type": ["Tick"]})
    def handle(event: object, tx: object) -> None:
        sent_at = event.detail["at"]  # type: ignore[attr-defined]
        latencies.append((time.perf_counter() - sent_at) * 1_000)
        if len(latencies) == rate * seconds:
            loop.call_soon_threadsafe(done.set)

    platform = await opened(folder, "publish", app)
    await offered(rate, seconds, lambda: bus.publish("Tick", {"at": time.perf_counter()}))
    await done.wait()
    latencies.sort()
    print(
        f"publish to handler at {rate}/s offered: p50 {statistics.median(latencies):5.2f} ms,"
        f" p99 {latencies[int(len(latencies) * 0.99)]:5.2f} ms, max {latencies[-1]:5.1f} ms",
        flush=True,
    )
    await platform.close()


async def measure(scale: int) -> None:
    """Run it all."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        await transactions(folder, scale)
        await jobs(folder, "def", 100_000 // scale, 100)
        await jobs(folder, "async def", 50_000 // scale, 100)
        await batched(folder, 100_000 // scale)
        await records(folder, 100_000 // scale)
        await publish(folder, 1_000, max(2, 10 // scale))
        await backlog(folder, 1_000_000 // scale, 1_000, max(2, 10 // scale))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the load")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(measure(10 if parser.parse_args().quick else 1)))
