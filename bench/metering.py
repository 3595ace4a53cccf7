"""Usage billing: events/s taken over HTTP, a month invoiced, and usage asked for.

    python bench/metering.py [--events 100000] [--customers 10] [--senders 4]

Serves `apps/metering` by a process of its own on a new file, and sends batches of 1,000 events over
kept connections; each is answered when it is durable. The events are spread over 29 days. Then all
customers' invoices of that time are calculated, and their usage is asked for with and without
groups. Prints one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from http.client import HTTPConnection
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).parents[1]
BATCH = 1_000
DAYS_MS = 29 * 86_400_000
ADMIN = {"X-Admin-Key": "demo-admin-key"}
ENDPOINTS = ("/users", "/orders", "/products", "/search")
ASKED = 200


class Client:
    """One connection that is kept."""

    def __init__(self, address: str) -> None:
        self._connection = HTTPConnection(address, timeout=120)

    def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Any:
        """What a request answers, decoded."""
        given = {"content-type": "application/json", **(headers or {})}
        self._connection.request(method, path, body, given)
        answer = self._connection.getresponse()
        said = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{method} {path}: {answer.status} {said[:300]!r}")
        return json.loads(said)


def batch(customer: str, number: int, begin_ms: int, step_ms: float) -> bytes:
    """A batch of 1,000 events of a customer, the ``number``-th of its."""
    first = number * BATCH
    return json.dumps({
        "events": [
            {
                "transaction_id": f"e{n}",
                "customer_id": customer,
                "event_type": "api_request",
                "timestamp": begin_ms + int(n * step_ms),
                "properties": {"endpoint": ENDPOINTS[n % 4], "bytes": 100 + n % 900},
            }
            for n in range(first, first + BATCH)
        ]
    }).encode()


def ingest(
    address: str, bodies: list[tuple[str, bytes]], keys: dict[str, str], senders: int
) -> float:
    """Send all batches over so many connections; how many seconds that takes."""
    waiting: SimpleQueue[tuple[str, bytes]] = SimpleQueue()
    for each in bodies:
        waiting.put(each)

    def send() -> None:
        client = Client(address)
        while True:
            try:
                customer, body = waiting.get_nowait()
            except Empty:
                return
            found = client.send("POST", "/v1/events", body, {"X-API-Key": keys[customer]})
            if found["accepted"] != BATCH:
                raise RuntimeError(str(found)[:300])

    threads = [threading.Thread(target=send) for _ in range(senders)]
    began = time.perf_counter()
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return time.perf_counter() - began


def timed_ms(client: Client, paths: list[tuple[str, dict[str, str]]]) -> list[float]:
    """How many ms each question takes."""
    took = []
    for path, headers in paths:
        began = time.perf_counter()
        client.send("GET", path, None, headers)
        took.append((time.perf_counter() - began) * 1_000)
    return took


def measure(address: str, given: argparse.Namespace) -> dict[str, Any]:
    """All figures of a server."""
    client = Client(address)
    names = [f"customer{n}" for n in range(given.customers)]
    keys = {}
    for each in names:
        body = json.dumps({"customer_id": each, "name": "bench", "rate_limit": 10_000}).encode()
        keys[each] = client.send("POST", "/v1/admin/keys", body, ADMIN)["api_key"]
    now_ms = int(time.time() * 1_000)
    begin_ms, per_customer = now_ms - DAYS_MS, max(1, given.events // BATCH // given.customers)
    step_ms = DAYS_MS / (per_customer * BATCH)
    sent_s = 0.0
    # Made a part at a time, so that ten million events need no gigabytes here; only sending counts.
    for number in range(0, per_customer, 10):
        part = range(number, min(number + 10, per_customer))
        bodies = [(each, batch(each, n, begin_ms, step_ms)) for n in part for each in names]
        sent_s += ingest(address, bodies, keys, given.senders)
    client = Client(address)  # a server lets go of a connection on which nothing is said
    events = per_customer * given.customers * BATCH
    began = time.perf_counter()
    cents = 0
    for each in names:
        body = json.dumps({"customer_id": each, "start": begin_ms, "end": now_ms}).encode()
        found = client.send("POST", "/v1/invoices/calculate", body, {"X-API-Key": keys[each]})
        cents += round(found["subtotal"] * 100)
    invoiced_s = time.perf_counter() - began
    asked = {"metric": "bandwidth", "start": begin_ms + 1_234_567, "end": now_ms - 7_654_321}
    questions = []
    for n in range(ASKED):
        customer = names[n % len(names)]
        of = {"customer_id": customer, **asked, **({"group_by": "endpoint"} if n % 2 else {})}
        questions.append((f"/v1/usage?{urlencode(of)}", {"X-API-Key": keys[customer]}))
    took = sorted(timed_ms(client, questions))
    return {
        "events": events,
        "customers": given.customers,
        "events_s": round(events / sent_s),
        "invoices_s": round(invoiced_s, 3),
        "invoiced_cents": cents,
        "usage_p50_ms": round(statistics.median(took), 2),
        "usage_p99_ms": round(took[int(len(took) * 0.99) - 1], 2),
    }


def main() -> None:
    """Serve the app, and measure it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--customers", type=int, default=10)
    parser.add_argument("--senders", type=int, default=4)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "ensue", "run", "apps/metering", "--port", "0"]
        store = ["--engine", f"sqlite:///{folder}/ensue.db", "--data", folder]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        environment.pop("METERING_ADMIN_KEY", None)
        with subprocess.Popen(
            command + store,
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as server:
            if server.stdout is None:
                raise RuntimeError("the server says nothing")
            address = server.stdout.readline().split()[-1].removeprefix("http://")
            try:
                print(json.dumps(measure(address, given)))
            finally:
                server.terminate()


if __name__ == "__main__":
    main()
