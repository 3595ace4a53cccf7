"""Ensue on SQLite: one process, a def handler or an async def handler."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import uvloop
from report import BODY, Consumed

from ensue import App, Message, Tx
from ensue.app.opening import open_platform

folder, total, kind = sys.argv[1], int(sys.argv[2]), sys.argv[3]


async def main() -> None:
    """Send, then open the same store with a consumer."""
    url = f"sqlite:///{folder}/ensue.db"
    sending = App("bench")
    queue = sending.queue("jobs")
    platform = await open_platform([sending], engine_url=url, data=Path(folder))
    platform.start()

    async def caller() -> None:
        for _ in range(total // 100):
            await queue.send(BODY)

    begun = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(100)))
    rate = total / (time.perf_counter() - begun)
    await platform.close()

    consumed = Consumed(total, "ensue", "each commit synced", rate)
    working = App("bench")
    jobs = working.queue("jobs")
    if kind == "def":

        @jobs.consumer(batch=500)
        def handle(message: Message, tx: Tx) -> None:
            consumed()

    else:

        @jobs.consumer(concurrency=100)
        async def act(message: Message) -> None:
            consumed()

    platform = await open_platform([working], engine_url=url, data=Path(folder))
    platform.start()
    await asyncio.Event().wait()


with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(main())
