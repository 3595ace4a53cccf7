"""Memory stays flat, however many messages go through."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from ensue import App
from ensue.engine import work
from ensue.engine.database import PAGE_CACHE_KIB
from ensue.engine.home import Settings

BATCH = 1_000
SAMPLES = 10
WARM = 100_000
GROWTH_BYTES_MAX = 8 * 1_048_576
PAGE_BYTES = 4_096

pytestmark = pytest.mark.soak


def resident_bytes() -> int:
    """How much memory this process has."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES


def make_app() -> App:
    """Messages that change a table, which is followed, which publishes, which calls an action."""
    app = App("soak")
    jobs, calls = app.queue("jobs"), app.queue("calls")
    seen = app.table("seen", key="id")
    events = app.bus("events", keep="1m")
    app.done = 0

    @jobs.consumer(batch=500)
    def take(message, tx):
        tx.put(seen, {"id": message.body["id"] % 1_000, "body": message.body})

    @app.on_change(seen, batch=500)
    def follow(change, tx):
        tx.publish(events, "Seen", {"id": change.key[0]})

    @app.on_event(events, {"detail-type": ["Seen"], "detail": {"id": [{"numeric": ["<", 100]}]}})
    def tell(event, tx):
        tx.send(calls, event.detail)

    @calls.consumer(concurrency=100)
    async def act(message):
        app.done += 1

    app.jobs = jobs
    return app


def test_memory_stays_flat(file_store, run_on, pytestconfig, capsys):
    messages = pytestconfig.getoption("--messages")
    app = make_app()
    stage = run_on(file_store, app, settings=Settings(keep_ms=60_000))
    number = stage.engine.number(app.jobs.ref)
    curve = []
    for start in range(0, messages, BATCH):
        bodies = [f'{{"id":{start + each},"text":"{"x" * 200}"}}' for each in range(BATCH)]
        stage.do(lambda tx, bodies=bodies: _add(tx, number, bodies))
        stage.advance(5_000)
        if (start + BATCH) % (messages // SAMPLES) == 0:
            curve.append(resident_bytes())

    with capsys.disabled():
        said = ", ".join(f"{each / 1_048_576:.1f}" for each in curve)
        print(f"\n{messages:,} messages; MiB resident at each tenth: {said}")  # noqa: T201
    assert app.done == messages // 10
    # What is new fills SQLite's caches of pages, the writer's and the readers', and no more.
    caches = 2 * PAGE_CACHE_KIB * 1_024 if messages < WARM else 0
    assert curve[-1] - curve[2] < GROWTH_BYTES_MAX + caches


def _add(tx, number, bodies):
    for body in bodies:
        work.add(tx, number, body)
