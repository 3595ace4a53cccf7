"""huey on SQLite, with fsync: one worker thread."""

from __future__ import annotations

import logging
import sys
import time

from huey import SqliteHuey
from report import BODY, Consumed

folder, total = sys.argv[1], int(sys.argv[2])
huey = SqliteHuey("bench", filename=f"{folder}/huey.db", fsync=True, results=False)
consumed: Consumed


@huey.task()
def job(body: str) -> None:
    """Do nothing."""
    consumed()


begun = time.perf_counter()
for _ in range(total):
    job(BODY)
rate = total / (time.perf_counter() - begun)
consumed = Consumed(total, "huey", "each commit synced", rate)
logging.disable(logging.INFO)
huey.create_consumer(workers=1, periodic=False, initial_delay=0.01, max_delay=0.05).run()
