"""FastStream on NATS JetStream: one subscriber that pulls batches."""

from __future__ import annotations

import asyncio
import logging
import sys
import time

import nats
from faststream import FastStream
from faststream.nats import JStream, NatsBroker, PullSub
from report import BODY, Consumed

total, url = int(sys.argv[2]), sys.argv[3]
broker = NatsBroker(url, logger=None)
stream = JStream("bench", subjects=["jobs"])
consumed: Consumed


@broker.subscriber(
    "jobs", stream=stream, durable="bench", pull_sub=PullSub(batch_size=100), max_workers=1
)
async def job(body: str) -> None:
    """Do nothing."""
    consumed()


app = FastStream(broker, logger=None)


async def main() -> None:
    """Send, then work."""
    global consumed  # noqa: PLW0603 - the subscriber is a function of the module
    logging.disable(logging.INFO)
    connection = await nats.connect(url)
    await connection.jetstream().add_stream(name="bench", subjects=["jobs"])
    await connection.close()
    sender = NatsBroker(url, logger=None)
    async with sender:

        async def caller() -> None:
            for _ in range(total // 100):
                await sender.publish(BODY, "jobs", stream="bench")

        begun = time.perf_counter()
        await asyncio.gather(*(caller() for _ in range(100)))
        rate = total / (time.perf_counter() - begun)
    consumed = Consumed(total, "faststream", "file, synced every 2 minutes", rate)
    await app.run()


asyncio.run(main())
