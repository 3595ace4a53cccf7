"""pgqueuer on PostgreSQL: one worker, batches of 100."""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import timedelta

import asyncpg
from pgqueuer import PgQueuer
from pgqueuer.db import AsyncpgDriver
from pgqueuer.models import Job
from pgqueuer.queries import Queries
from report import BODY, Consumed

total, conninfo = int(sys.argv[2]), sys.argv[3]


async def main() -> None:
    """Send, then work."""
    sender = AsyncpgDriver(await asyncpg.connect(conninfo))
    queries = Queries(sender)
    await queries.install()
    begun = time.perf_counter()
    for _ in range(total // 100):
        await queries.enqueue(["job"] * 100, [BODY.encode()] * 100, [0] * 100)
    rate = total / (time.perf_counter() - begun)
    consumed = Consumed(total, "pgqueuer", "each commit synced", rate)
    worker = PgQueuer(AsyncpgDriver(await asyncpg.connect(conninfo)))

    @worker.entrypoint("job")
    async def job(job: Job) -> None:
        consumed()

    await worker.run(dequeue_timeout=timedelta(seconds=1), batch_size=100)


asyncio.run(main())
