"""A load generator: a few lines of HTTP over asyncio, so that it takes little of the machine."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import cast


@dataclass
class Result:
    """What a load got.

    Attributes:
        seconds: from the first request to the last answer.
        statuses: how many answers of each HTTP status.
        latencies_ms: sorted.
        ordered: the units in orders that were accepted.
        ended_at: when the last answer came, on the monotonic clock.
    """

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    latencies_ms: list[float] = field(default_factory=list)
    ordered: int = 0
    ended_at: float = 0.0

    def percentile(self, share: float) -> float:
        """The latency that this share of the requests stayed under, in ms."""
        return self.latencies_ms[
            min(len(self.latencies_ms) - 1, int(len(self.latencies_ms) * share))
        ]


class _Client(asyncio.Protocol):
    """One connection that sends the next request when it has the answer to the one before."""

    def __init__(self, load: _Load) -> None:
        self._load = load
        self._buffer = b""
        self._quantity = 0
        self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head_end = self._buffer.find(b"\r\n\r\n")
        if head_end < 0:
            return
        head = self._buffer[:head_end].lower()
        at = head.index(b"content-length:") + 15
        body_end = head_end + 4 + int(head[at:].split(b"\r\n", 1)[0])
        if len(self._buffer) < body_end:
            return
        self._buffer = self._buffer[body_end:]
        status = int(head[9:12])
        self._load.answered(status, self._quantity, time.perf_counter() - self._sent_at)
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's word
        self._load.lost()

    def _send(self) -> None:
        request = self._load.next_request()
        if request is None:
            self._transport.close()
            return
        payload, self._quantity = request
        self._sent_at = time.perf_counter()
        self._transport.write(payload)


class _Load:
    def __init__(self, count: int, seed: int, host: str) -> None:
        self.result = Result()
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._random = random.Random(seed)
        self._left = count
        self._open = count
        self._host = host

    def next_request(self) -> tuple[bytes, int] | None:
        if not self._left:
            return None
        self._left -= 1
        quantity = self._random.randint(1, 10)
        body = json.dumps({"customerId": str(self._random.randint(0, 999)), "quantity": quantity})
        head = (
            f"POST /orders HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body.encode(), quantity

    def answered(self, status: int, quantity: int, seconds: float) -> None:
        self.result.statuses[status] += 1
        self.result.latencies_ms.append(seconds * 1_000)
        if status == 200:
            self.result.ordered += quantity
        self._open -= 1
        if not self._open and not self.finished.done():
            self.finished.set_result(None)

    def lost(self) -> None:
        if self._open > 0 and self._left > 0 and not self.finished.done():
            self.finished.set_exception(ConnectionError("the server closed a connection"))


async def place_orders(port: int, *, clients: int, count: int, seed: int = 1) -> Result:
    """Place orders of 1 to 10 units for 1,000 customers, each client one after the other."""
    loop = asyncio.get_running_loop()
    load = _Load(count, seed, f"127.0.0.1:{port}")
    begun = time.perf_counter()
    for _ in range(clients):
        await loop.create_connection(lambda: _Client(load), "127.0.0.1", port)
    await load.finished
    load.result.ended_at = time.perf_counter()
    load.result.seconds = load.result.ended_at - begun
    load.result.latencies_ms.sort()
    return load.result
