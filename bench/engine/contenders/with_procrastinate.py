"""procrastinate on PostgreSQL: one worker, 100 jobs at once."""

from __future__ import annotations

import asyncio
import logging
import sys
import time

import procrastinate
from report import BODY, Consumed

total, conninfo = int(sys.argv[2]), sys.argv[3]
app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=conninfo, max_size=20))
consumed: Consumed


@app.task
async def job(body: str) -> None:
    """Do nothing."""
    consumed()


async def main() -> None:
    """Send, then work."""
    global consumed  # noqa: PLW0603 - the task is a function of the module
    logging.disable(logging.INFO)
    async with app.open_async():
        await app.schema_manager.apply_schema_async()

        async def caller() -> None:
            for _ in range(total // 20):
                await job.defer_async(body=BODY)

        begun = time.perf_counter()
        await asyncio.gather(*(caller() for _ in range(20)))
        rate = total / (time.perf_counter() - begun)
        consumed = Consumed(total, "procrastinate", "each commit synced", rate)
        await app.run_worker_async(concurrency=100, wait=True, delete_jobs="successful")


asyncio.run(main())
