"""DBOS on SQLite: a workflow of three steps, one after the other and side by side."""

from __future__ import annotations

import logging
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

from dbos import DBOS
from report import report

folder, total = sys.argv[1], int(sys.argv[2])
done: dict[str, int] = {}
logging.disable(logging.WARNING)
DBOS(
    config={
        "name": "bench",
        "system_database_url": f"sqlite:///{folder}/dbos.sqlite",
        "run_admin_server": False,
    }
)


@DBOS.step()
def step(key: str, number: int) -> int:
    """A step that leaves a mark in memory."""
    done[key] = number
    return number


@DBOS.workflow()
def three(key: str) -> int:
    """Three steps."""
    return step(key, 1) + step(key, 2) + step(key, 3)


DBOS.launch()
three("warm")
took = []
for each in range(total):
    begun = time.perf_counter()
    three(f"e{each}")
    took.append(time.perf_counter() - begun)
begun = time.perf_counter()
with ThreadPoolExecutor(16) as pool:
    list(pool.map(three, [f"p{each}" for each in range(total)]))
report(f"DBOS {version('dbos')}", "SQLite", took, total / (time.perf_counter() - begun))
DBOS.destroy()
