"""The console over a store with a million records and a hundred thousand messages.

    python bench/console/run.py [--records 1000000] [--messages 100000] [--orders 20000]

First each page by itself: how long it takes and how large it is. Then what an open console costs:
orders per second with nobody looking, and with browsers on the map, the health page and a queue, in
turns. It ends with an error when a page takes longer than 300 ms, or the first one is larger than
300 KB.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvloop

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "bench" / "orders"))

from client import place_orders  # noqa: E402 - found by the line above
from run import server  # noqa: E402 - as above

PAGE_MS_MAX = 300
FIRST_BYTES_MAX = 300_000
DEAD = 10_000
REFRESH_S = 2.0
# Besides the pages that the palette leads to.
FURTHER = (
    "/dead-letters",
    "/audit",
    "/health",
    "/map/versions",
    "/approvals",
    "/events/large/events/workbench",
    "/why?q=charges",
)


def fetch(port: int, path: str, **headers: str) -> tuple[float, int]:
    """How long a page takes, in ms, and how many bytes it has."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=named)
    began = time.perf_counter()
    with urllib.request.urlopen(asked) as answer:
        size = len(answer.read())
    return (time.perf_counter() - began) * 1_000, size


def measure_pages(port: int) -> bool:
    """Print how long each page takes; returns whether all are within their bounds."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/console/palette.json") as answer:
        found = [each["address"] for each in json.load(answer)["found"]]
    paths = list(dict.fromkeys(["/console", *found, *(f"/console{each}" for each in FURTHER)]))
    good = True
    print(f"{'page':58} {'first ms':>9} {'median ms':>10} {'worst ms':>9} {'KB':>7}")
    for path in paths:
        first, size = fetch(port, path)
        times = [fetch(port, path)[0] for _ in range(7)]
        median, worst = statistics.median(times), max(first, *times)
        over = worst > PAGE_MS_MAX or (path == "/console" and size > FIRST_BYTES_MAX)
        good = good and not over
        note = "  TOO MUCH" if over else ""
        print(f"{path:58} {first:9.1f} {median:10.1f} {worst:9.1f} {size / 1_000:7.1f}{note}")
    return good


@contextmanager
def looking(port: int, paths: list[str]) -> Iterator[None]:
    """Browsers that are open on pages: they ask for what is live as often as a page does."""
    over = threading.Event()

    def look(path: str) -> None:
        fetch(port, path)
        while not over.wait(REFRESH_S):
            fetch(port, path, hx_request="true", hx_target="live")

    threads = [threading.Thread(target=look, args=(each,)) for each in paths]
    for each in threads:
        each.start()
    try:
        yield
    finally:
        over.set()
        for each in threads:
            each.join()


def measure_cost(count: int, rounds: int) -> None:
    """Print what open pages cost a server under load, in turns."""
    paths = ["/console", "/console/health", "/console/queues/orders/payments"]
    rates: dict[str, list[float]] = {
        "nobody looks": [],
        "the map is open": [],
        "three pages are": [],
    }
    with tempfile.TemporaryDirectory() as data, server("apps/orders", data) as port:
        uvloop.run(place_orders(port, clients=50, count=500))
        for _ in range(rounds):
            for name, open_pages in zip(rates, ([], paths[:1], paths), strict=True):
                with looking(port, open_pages):
                    result = uvloop.run(place_orders(port, clients=50, count=count))
                rates[name].append(count / result.seconds)
    least = statistics.median(rates["nobody looks"])
    print(f"\n{'orders/s':20} {'median':>8} {'of nobody':>10}")
    for name, found in rates.items():
        median = statistics.median(found)
        print(f"{name:20} {median:8.0f} {median / least:10.3f}")


def main() -> None:
    """Fill a store, measure the pages, then the cost."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--orders", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as data:
        began = time.perf_counter()
        # In a process of its own, so that what fills does not share what is measured.
        counts = [str(each) for each in (given.records, given.messages, DEAD)]
        fill = [sys.executable, str(Path(__file__).with_name("fill.py")), data, *counts]
        subprocess.run(fill, check=True, cwd=ROOT)
        size = sum(each.stat().st_size for each in Path(data).iterdir()) / 1e9
        print(f"filled in {time.perf_counter() - began:.0f} s: {size:.1f} GB\n")
        with server("bench/console/app.py", data) as port:
            good = measure_pages(port)
    measure_cost(given.orders, given.rounds)
    if not good:
        sys.exit("FAILED: a page takes too long, or is too large")


if __name__ == "__main__":
    main()
