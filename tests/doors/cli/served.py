"""A real server in a child process, waited for by what it prints."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

STOP_S = 10


@dataclass(frozen=True)
class Served:
    """A running server.

    Attributes:
        process: the child.
        lines: what it printed until it was ready.
        url: where it is.
        tries: the commands that it proposed.
    """

    process: subprocess.Popen[str]
    lines: list[str]
    url: str
    tries: list[str]

    def stop(self, number: int = signal.SIGINT) -> int:
        """Stop it; returns its exit code."""
        self.process.send_signal(number)
        return self.process.wait(STOP_S)


def typed(line: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """What a line does that is typed into a shell which finds this very ``ensue``."""
    return subprocess.run(
        ["bash", "-c", line],
        cwd=cwd,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def _environment() -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return os.environ | {"PATH": path}


@contextmanager
def serving(*words: str, cwd: Path, tries: int = 3, log: Path | None = None) -> Iterator[Served]:
    """Run ``ensue run`` on a free port, with its data in a folder of its own.

    Args:
        words: what follows.
        cwd: from where.
        tries: how many commands it proposes.
        log: where its log goes; a long one would fill the pipe that nobody reads.
    """
    command = [sys.executable, "-m", "ensue", "run", *words, "--port", "0"]
    with ExitStack() as stack:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if log is None else stack.enter_context(log.open("w")),
            text=True,
            env=_environment(),
        )
    assert process.stdout is not None
    try:
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if any(each.startswith("Try") for each in lines[:-tries]):
                break
        assert lines, process.communicate()[1] if log is None else log.read_text()
        url = lines[0].rpartition(" ready at ")[2]
        yield Served(process, lines, url, [each.strip() for each in lines[-tries:]])
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
