"""What telemetry costs: jobs, events and requests without figures, with them, and with traces.

    python bench/telemetry.py [--quick]

Each way runs in turn, again and again, in one process, and what counts is its processor time: so
the ratios stand on a noisy machine too. Spans go to a receiver in a process of its own, which
throws them away.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvloop

from ensue import App
from ensue.app.platform import Platform
from ensue.doors.http import asgi_app
from ensue.doors.http.metrics import exposed
from ensue.engine import consumer, depths, timings
from ensue.engine.clock import SystemClock
from ensue.engine.database import parse_store_url
from ensue.engine.ids import system_random
from ensue.observe.otel import telemetry

SINK = """
import http.server, sys
class Sink(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()
    def log_message(self, *said): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sink)
print(server.server_port, flush=True)
server.serve_forever()
"""
WAYS = ("no figures", "figures", "traces at 1 %", "traces at 10 %", "all traces")
RATIOS = {"traces at 1 %": "0.01", "traces at 10 %": "0.1", "all traces": "1"}
CALLERS = 100
WAITS_MAX = 60_000

Work = Callable[[App], tuple[Callable[[], Awaitable[object]], Callable[[], int]]]


@contextmanager
def sink() -> Iterator[str]:
    """The endpoint of a receiver that throws away what it gets."""
    with subprocess.Popen([sys.executable, "-c", SINK], stdout=subprocess.PIPE, text=True) as each:
        assert each.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(each.stdout.readline())}"
        finally:
            each.kill()


def settle(self: depths.Depths, queue: int, settled: int, leased: int) -> None:
    """Note that work is done, and count nothing."""
    self.add(queue, -settled, -leased)


@contextmanager
def without_figures() -> Iterator[None]:
    """Count nothing but what the engine needs itself."""
    kept = (
        (depths.Depths, "count", lambda *_: None),
        (depths.Depths, "complete", settle),
        (timings.Timing, "observe", lambda *_: None),
        (consumer.Consumer, "_waited", lambda *_, **__: None),
    )
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in kept]
    for owner, name, instead in kept:
        setattr(owner, name, instead)
    try:
        yield
    finally:
        for owner, name, was in before:
            setattr(owner, name, was)


def jobs(app: App) -> tuple[Callable[[], Awaitable[object]], Callable[[], int]]:
    """A job: sent by a caller, taken and handled in a transaction."""
    queue, handled = app.queue("jobs"), [0]

    @queue.consumer(batch=500)
    def handle(message: object, tx: object) -> None:
        handled[0] += 1

    return lambda: queue.send({"n": 1}), lambda: handled[0]


def actions(app: App) -> tuple[Callable[[], Awaitable[object]], Callable[[], int]]:
    """A job: sent by a caller, leased, handled by an action, settled."""
    queue, handled = app.queue("jobs"), [0]

    @queue.consumer(concurrency=100)
    async def act(message: object) -> None:
        handled[0] += 1

    return lambda: queue.send({"n": 1}), lambda: handled[0]


def events(app: App) -> tuple[Callable[[], Awaitable[object]], Callable[[], int]]:
    """An event: published, matched by a rule, handled as a job."""
    bus, (_, done) = app.bus("events"), jobs(app)
    [queue] = [each for ref, each in app.resources.items() if ref == ("bench", "queue", "jobs")]
    bus.rule("all", {"detail-type": ["Placed"]}, to=queue)
    return lambda: bus.publish("Placed", {"n": 1}), done


WORK: dict[str, Work] = {
    "job, `def`": jobs,
    "job, `async def`": actions,
    "event, rule, job": events,
}


async def once(work: Work, way: str, total: int, folder: Path, url: str) -> float:
    """Microseconds of processor time for each."""
    app = App("bench")
    call, done = work(app)
    platform = await opened(app, folder, way, url)
    begun = time.process_time()

    async def caller() -> None:
        for _ in range(total // CALLERS):
            await call()

    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    for _ in range(WAITS_MAX):
        if done() >= total // CALLERS * CALLERS:
            break
        await asyncio.sleep(0.001)
    took = time.process_time() - begun
    await platform.close()
    return took / total * 1e6


async def requests(way: str, total: int, folder: Path, url: str) -> float:
    """Microseconds of processor time for a request that sends a message."""
    app = App("bench")
    queue = app.queue("jobs")

    @app.post("/jobs")
    def take(tx: Any) -> str:
        return str(tx.send(queue, 1))

    platform = await opened(app, folder, way, url)
    door = asgi_app(platform)
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/jobs",
        "raw_path": b"/jobs",
        "query_string": b"",
        "scheme": "http",
        "http_version": "1.1",
        "headers": [(b"host", b"localhost")],
        "server": ("localhost", 80),
        "client": ("127.0.0.1", 1),
    }

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        pass

    begun = time.process_time()

    async def caller() -> None:
        for _ in range(total // CALLERS):
            await door(dict(scope), receive, send)

    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    took = time.process_time() - begun
    await platform.close()
    return took / total * 1e6


async def opened(app: App, folder: Path, way: str, url: str) -> Platform:
    """A platform on a new file, which exports as its way is."""
    platform = await Platform.open(
        [app],
        parse_store_url(f"sqlite:///{folder}/ensue.db?synchronous=NORMAL"),
        clock=SystemClock(),
        source=system_random(),
    )
    if way in RATIOS:
        asked = {
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{url}/v1/traces",
            "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
            "OTEL_TRACES_SAMPLER_ARG": RATIOS[way],
        }
        os.environ.update(asked)
        exports = telemetry(asked, "bench")
        assert exports is not None
        platform.export(exports)
    platform.start()
    return platform


async def compare(total: int, rounds: int, url: str) -> None:
    """Print the best round of each way, and its ratio to that without figures."""
    print("| processor time for each, in us | " + " | ".join(WAYS) + " |")
    print("| --- |" + " --: |" * len(WAYS))
    for name in [*WORK, "request, `def`"]:
        took: dict[str, list[float]] = {way: [] for way in WAYS}
        for _ in range(rounds):
            for way in WAYS:
                with tempfile.TemporaryDirectory() as folder:
                    if way == "no figures":
                        with without_figures():
                            took[way].append(await measured(name, way, total, Path(folder), url))
                    else:
                        took[way].append(await measured(name, way, total, Path(folder), url))
        base = min(took["no figures"])
        cells = [f"{min(each):.1f} ({min(each) / base:.3f})" for each in took.values()]
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


async def measured(name: str, way: str, total: int, folder: Path, url: str) -> float:
    """One figure."""
    if name in WORK:
        return await once(WORK[name], way, total, folder, url)
    return await requests(way, total // 4, folder, url)


def nothing(message: object, tx: object) -> None:
    """Handle a message."""


async def many(resources: int) -> None:
    """How long ``/metrics`` and all flows take with so many resources."""
    app = App("bench")
    queues = [app.queue(f"q{n}") for n in range(resources // 2)]  # and dead-letter queues
    for queue in queues:
        queue.consumer()(nothing)
    with tempfile.TemporaryDirectory() as folder:
        platform = await opened(app, Path(folder), "figures", "")
        for queue in queues:
            await queue.send(1)
        await asyncio.sleep(0.5)
        for name, call in (
            ("/metrics", lambda: len(exposed(platform))),
            ("all flows", platform.traffic.flows),
        ):
            took = []
            for _ in range(5):
                platform.engine.facts.measures.version += 1
                begun = time.perf_counter()
                call()
                took.append((time.perf_counter() - begun) * 1e3)
            print(
                f"{name} of {resources:,} resources: {statistics.median(took):.1f} ms", flush=True
            )
        await platform.close()


async def main(*, quick: bool) -> None:
    """All of it."""
    print(f"load average before: {os.getloadavg()[0]:.1f}\n")
    with sink() as url:
        await compare(2_000 if quick else 20_000, 3 if quick else 7, url)
    print()
    await many(1_000)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the load")
    given = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(quick=given.quick))
