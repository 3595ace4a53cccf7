"""Apps that have demo secrets run without any setting, but not where others can come."""

from __future__ import annotations

import subprocess
import sys

from tests.apps.found import ROOT


def test_with_a_key_an_app_wants_its_own_secret(tmp_path, monkeypatch):
    monkeypatch.delenv("CLIENT_SECRET", raising=False)
    command = [sys.executable, "-m", "ensue", "run", "apps/order_intake", "--port", "0"]

    done = subprocess.run(
        [*command, "--data", str(tmp_path), "--key", "a-key"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )

    assert done.returncode == 1
    assert "Set the environment variable CLIENT_SECRET" in done.stderr
