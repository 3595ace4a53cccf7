from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ensue.engine.keyring import KEY_VARIABLE, PREVIOUS_VARIABLE

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def keys_of_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a story sets in the environment is as before when it is over."""
    for name in (KEY_VARIABLE, PREVIOUS_VARIABLE):
        monkeypatch.setenv(name, "")


class Victim:
    """The process that forks, runs and is killed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, do: str, folder: Path, **options: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        command = {"do": do, "folder": str(folder), **options}
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        if answer["signal"] == 9:
            with (folder / "kills.log").open("a") as kills:
                kills.write("killed\n")
        return answer

    def broken_after_recovery(self, folder: Path, **options: Any) -> list[str]:
        answer = self.run("recover", folder, **options)
        return answer.get("broken", [f"it does not recover: {answer}"])


@pytest.fixture(scope="module")
def victim() -> Iterator[Victim]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.crash.child"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield Victim(process)
    assert process.stdin is not None
    process.stdin.close()
    assert process.stdout is not None
    process.stdout.close()
    process.wait()
