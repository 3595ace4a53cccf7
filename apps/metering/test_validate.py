"""All checks, made by the script on a server that runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def served(tmp_path):
    """The address of the app, served by a process of its own, with nothing configured."""
    command = [sys.executable, "-m", "ensue", "run", "apps/metering", "--port", "0"]
    store = ["--engine", f"sqlite:///{tmp_path}/ensue.db", "--data", str(tmp_path)]
    settings = {"METERING_ADMIN_KEY", "STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRET"}
    environment = {name: text for name, text in os.environ.items() if name not in settings}
    environment["PYTHONUNBUFFERED"] = "1"
    with subprocess.Popen(
        command + store, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1]
        process.terminate()


def validate(url):
    command = [sys.executable, "apps/metering/validate.py", url]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_mf_40_to_mf_49_all_65_checks_pass_and_a_second_run_tells_what_fails(served):
    first, second = validate(served), validate(served)

    lines = first.stdout.splitlines()
    assert lines[-1] == "65 of 65 checks passed", first.stdout + first.stderr
    assert first.returncode == 0
    assert len({line.split()[1] for line in lines[:-1]}) == 65
    # What was recorded is not recorded again.
    assert second.returncode == 1
    assert "FAILED  MF-43.1   events that were accepted  expected 5, got 0" in second.stdout
