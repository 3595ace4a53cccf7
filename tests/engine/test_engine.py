"""The engine: one store, one process."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ensue.words.errors import StoreError

OPENS = """
import asyncio, sys
from ensue.engine.clock import SystemClock
from ensue.engine.database import parse_store_url
from ensue.engine.engine import Engine
from ensue.engine.ids import seeded_random
from ensue.words.errors import StoreBusy

async def main():
    try:
        engine = await Engine.open(parse_store_url(sys.argv[1]), SystemClock(), seeded_random(1))
    except StoreBusy as fault:
        print(fault)
    else:
        print("open")
        await engine.close()

asyncio.run(main())
"""


def opened_by_another_process(url: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", OPENS, url], capture_output=True, text=True, check=True
    )
    return done.stdout


def test_a_store_that_a_process_runs_on_is_refused_to_another(file_stage):
    said = opened_by_another_process(f"sqlite:///{file_stage.url.path}")

    assert "another process runs on this store" in said


def test_a_store_that_was_closed_is_free_for_another_process(file_stage):
    file_stage.close()

    assert opened_by_another_process(f"sqlite:///{file_stage.url.path}") == "open\n"


def test_a_write_on_a_snapshot_is_refused(stage):
    with pytest.raises(StoreError):
        stage.rows("UPDATE ensue_store SET in_use = 0")


def test_a_store_can_be_written_after_a_write_on_a_snapshot_was_refused(stage):
    with pytest.raises(StoreError):
        stage.rows("UPDATE ensue_store SET in_use = 0")

    assert stage.do(lambda tx: tx.hop) > 0
