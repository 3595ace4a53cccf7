"""Celery on Redis: one worker process."""

from __future__ import annotations

import sys
import time

from celery import Celery
from report import BODY, Consumed

total, url = int(sys.argv[2]), sys.argv[3]
app = Celery("bench", broker=url)
app.conf.update(
    task_acks_late=True,
    task_ignore_result=True,
    worker_prefetch_multiplier=100,
    broker_connection_retry_on_startup=True,
    worker_redirect_stdouts=False,
)
consumed: Consumed


@app.task
def job(body: str) -> None:
    """Do nothing."""
    consumed()


if __name__ == "__main__":
    begun = time.perf_counter()
    for _ in range(total):
        job.delay(BODY)
    rate = total / (time.perf_counter() - begun)
    consumed = Consumed(total, "celery", "appendfsync always", rate)
    quiet = ["--quiet", "--loglevel=ERROR", "--without-gossip", "--without-mingle"]
    app.worker_main([*quiet[:1], "worker", "--pool=solo", *quiet[1:]])
