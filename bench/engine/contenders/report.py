"""What each contender tells: one line of JSON, as its last line."""

from __future__ import annotations

import json
import os
import sys
import time
from importlib.metadata import version

BODY = "x" * 200


class Consumed:
    """Counts what a worker has handled, and ends the process with the figures after the last.

    Args:
        total: how many jobs there are.
        distribution: whose version is told.
        durability: what is kept when the machine loses power, in a few words.
        sent_per_second: how fast the jobs were sent.
    """

    def __init__(
        self, total: int, distribution: str, durability: str, sent_per_second: float
    ) -> None:
        self._total = total
        self._said = {
            "version": version(distribution),
            "durability": durability,
            "sent_per_second": round(sent_per_second),
        }
        self._count = 0
        self._begun = 0.0

    def __call__(self, count: int = 1) -> None:
        """Note that so many jobs were handled."""
        now = time.perf_counter()
        if not self._count:
            # What came before the first is the worker's start.
            self._begun = now
        self._count += count
        if self._count >= self._total:
            rate = (self._total - count) / (now - self._begun)
            print(json.dumps({**self._said, "consumed_per_second": round(rate)}), flush=True)
            sys.stdout.flush()
            os._exit(0)
