"""A distributed Map costs rows, not memory, however many items it has."""

from __future__ import annotations

import pytest

from ensue import App
from ensue.engine.database import PAGE_CACHE_KIB
from tests.soak.test_memory import GROWTH_BYTES_MAX, SAMPLES, WARM, resident_bytes

AT_ONCE = 500

pytestmark = pytest.mark.soak


def make_app() -> App:
    """A workflow that goes over the lines of an object, so many at once, each for a second."""
    app = App("soak")
    app.data = app.bucket("data")
    each = {
        "Type": "Map",
        "MaxConcurrency": AT_ONCE,
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSONL"},
            "Parameters": {"Bucket": "data", "Key": "items"},
        },
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Wait",
            "States": {"Wait": {"Type": "Wait", "Seconds": 1, "End": True}},
        },
        "ResultWriter": {
            "Resource": "arn:aws:states:::s3:putObject",
            "Parameters": {"Bucket": "data", "Prefix": "results"},
        },
        "End": True,
    }
    app.flow = app.workflow("flow", definition={"StartAt": "Each", "States": {"Each": each}})
    return app


async def lines(count):
    for number in range(count):
        yield b'{"id":%d,"text":"%s"}\n' % (number, b"x" * 200)


def test_the_memory_of_a_map_stays_flat(file_store, run_on, pytestconfig, capsys):
    items = pytestconfig.getoption("--messages")
    app = make_app()
    stage = run_on(file_store, app)
    stage.wait(app.data.put("items", lines(items)))
    stage.wait(app.flow.start({}, name="one"))
    stage.settle()
    curve = [resident_bytes()]

    rounds = items // AT_ONCE
    for number in range(1, 4 * rounds):
        stage.advance(1_100)
        if number % max(1, rounds // SAMPLES) == 0:
            curve.append(resident_bytes())
        if not stage.wait(app.flow.describe("one")).is_running:
            break

    ended = stage.wait(app.flow.describe("one"))
    assert ended.status == "SUCCEEDED", ended
    [map_run] = stage.wait(app.flow.map_runs("one"))
    assert map_run.items["SUCCEEDED"] == items
    with capsys.disabled():
        said = ", ".join(f"{each / 1_048_576:.1f}" for each in curve)
        print(f"\n{items:,} items; MiB resident at each tenth: {said}")  # noqa: T201
    caches = 2 * PAGE_CACHE_KIB * 1_024 if items < WARM else 0
    assert curve[-1] - curve[2] < GROWTH_BYTES_MAX + caches
