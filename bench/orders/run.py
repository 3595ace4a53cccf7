"""The order system under the load of its description: version 1 and version 2, in one run.

    python bench/orders/run.py [--quick]

Each server is a process of its own with a store of its own; this process is the client. Version 2
must answer every order with 200, reduce the stock by exactly what was ordered, have every payment
taken once, and leave its dead-letter queue empty; otherwise this ends with an error.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvloop
from client import Result, place_orders

ROOT = Path(__file__).parents[2]
SETTLE_LIMIT_S = 120
PUBLISHED = (
    ("published, AWS, version 1", "1,000 sequential: 125 s, 38.7 % errors"),
    ("published, AWS, version 2", "1,000 sequential: 31 to 39 s, 0 errors, settled within 500 ms"),
)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def server(app: str, data: str, **environment: str) -> Iterator[int]:
    """A server of an app in a process of its own; gives its port."""
    port = free_port()
    command = [sys.executable, "-m", "ensue", "run", app, "--port", str(port), "--data", data]
    process = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if "ready" in line:
                break
        yield port
    finally:
        process.terminate()
        process.wait(timeout=20)


def get(port: int, path: str) -> dict[str, object]:
    """The JSON answer to a GET."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
        return json.load(answer)


def wait_for(what: str, is_true: object) -> None:
    """Wait until a condition holds."""
    until = time.perf_counter() + SETTLE_LIMIT_S
    while not is_true():  # type: ignore[operator]
        if time.perf_counter() > until:
            sys.exit(f"FAILED: {what} did not become true within {SETTLE_LIMIT_S} s")
        time.sleep(0.002)


def show(name: str, clients: int, result: Result, settled: str) -> None:
    """Print one line of the table."""
    count = sum(result.statuses.values())
    errors = count - result.statuses[200]
    print(
        f"{name:34} {clients:4} clients {count:6} orders {result.seconds:8.3f} s"
        f" {count / result.seconds:7.0f}/s  errors {errors / count:6.1%}"
        f"  p50 {result.percentile(0.5):6.2f}  p99 {result.percentile(0.99):6.2f} ms  {settled}",
        flush=True,
    )


def run_v1(clients: int, count: int, limit: str) -> None:
    """Version 1, in front of a payments service that takes ``limit``."""
    burst = {} if limit == "5/s" else {"PAYMENTS_BURST": "100000"}
    with (
        tempfile.TemporaryDirectory() as theirs,
        tempfile.TemporaryDirectory() as ours,
        server("apps/payments", theirs, PAYMENTS_LIMIT=limit, **burst) as payments,
        server(
            "bench/orders/v1.py", ours, PAYMENTS_URL=f"http://127.0.0.1:{payments}/payments"
        ) as port,
    ):
        result = asyncio.run(place_orders(port, clients=clients, count=count))
        show(f"version 1, payments take {limit}", clients, result, "")


def run_v2(clients: int, count: int) -> None:
    """Version 2, with its payments paced to 5 a second as described.

    Then it is started again on the same store without the pace, so that the payments come to an
    end, in front of a service that takes them as they come.
    """
    with (
        tempfile.TemporaryDirectory() as theirs,
        tempfile.TemporaryDirectory() as ours,
        server(
            "apps/payments", theirs, PAYMENTS_LIMIT="100000/s", PAYMENTS_BURST="100000"
        ) as payments,
    ):
        url = f"http://127.0.0.1:{payments}/payments"
        with server("apps/orders", ours, PAYMENTS_URL=url) as port:
            before = int(str(get(port, "/inventory")["quantity"]))
            result = asyncio.run(place_orders(port, clients=clients, count=count))
            left = before - result.ordered
            wait_for("the stock's sum", lambda: get(port, "/inventory")["quantity"] == left)
            settled = (time.perf_counter() - result.ended_at) * 1_000
        show("version 2", clients, result, f"settled after {settled:.0f} ms")
        if result.statuses[200] != count:
            sys.exit(f"FAILED: expected {count} answers of 200, got {dict(result.statuses)}")
        with server("apps/orders", ours, PAYMENTS_URL=url, PAYMENTS_RATE="100000/s") as port:
            check_payments(port, payments, count)


def check_payments(port: int, payments: int, count: int) -> None:
    """Check that each order's payment is made once and none is dead-lettered."""

    def waiting(queue: str) -> int:
        status = get(port, f"/_ensue/queues/{queue}")["status"]
        assert isinstance(status, dict)
        return int(status["waiting"]) + int(status["in_flight"])

    begun = time.perf_counter()
    wait_for("every payment", lambda: get(payments, "/payments")["paid"] == count)
    wait_for("an empty queue", lambda: waiting("payments") == 0)
    rate = count / (time.perf_counter() - begun)
    taken = get(payments, "/payments")
    if taken["repeated"] or waiting("payments-dlq"):
        sys.exit(f"FAILED: repeated payments or dead letters: {taken}")
    print(f"{'':34} each payment was made once, {rate:.0f}/s", flush=True)


def main() -> None:
    """Run it all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the load")
    share = 10 if parser.parse_args().quick else 1
    for name, figures in PUBLISHED:
        print(f"{name:34} {figures}")
    run_v1(1, 1_000 // share, "5/s")
    run_v1(1, 1_000 // share, "100000/s")
    run_v1(10, 1_000 // share, "100000/s")
    for clients in (1, 10, 100):
        run_v2(clients, 1_000 // share)
    run_v2(100, 20_000 // share)


if __name__ == "__main__":
    uvloop.install()
    main()
