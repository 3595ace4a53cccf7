"""Workflows in Python are killed under load; none is lost, and no step inside happens twice."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ensue.engine.ids import seeded_random

pytestmark = pytest.mark.crash

ROOT = Path(__file__).parents[2]
KILLS = 6
STEPS_INSIDE = 7
LIFE_MS = 400


def run(folder: Path, what: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.crash.flows", str(folder), what],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_executions_survive_a_process_that_is_killed_again_and_again(tmp_path):
    moments = seeded_random(349)
    for _ in range(KILLS):
        with run(tmp_path, "load") as child:
            assert child.stdout is not None
            assert child.stdout.readline() == "loading\n"
            try:
                child.wait(LIFE_MS * moments.random() / 1_000)
            except subprocess.TimeoutExpired:
                child.send_signal(signal.SIGKILL)
            assert child.wait() == -signal.SIGKILL

    with run(tmp_path, "recover") as recovered:
        said, _ = recovered.communicate(timeout=120)
    told = json.loads(said)

    started = (tmp_path / "started.log").read_text().split()
    assert len(started) > KILLS
    assert set(started) <= set(told["statuses"])
    assert set(told["statuses"].values()) == {"SUCCEEDED"}
    assert len(told["outputs"]) == 1
    assert told["twice"] == []
    assert told["effects"] == len(told["statuses"]) * STEPS_INSIDE
