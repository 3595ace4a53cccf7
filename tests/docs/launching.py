"""Starts `ensue` in processes of their own, from one that has imported it already.

Importing all of it takes longer than most of what a page's server then does. So one process imports
it, and each server is a fork of that: a process like any other, with its own folder, environment,
output and signals.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

REQUEST_BYTES_MAX = 1_048_576
ENDED = "-- ended --"


class Launcher:
    """The process that has imported everything, and whom it has started."""

    def __init__(self) -> None:
        self._ours, theirs = socket.socketpair()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.docs.launching", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.DEVNULL,
        )
        theirs.close()
        atexit.register(self.close)

    def start(
        self, arguments: Sequence[str], folder: Path, environment: dict[str, str], output: int
    ) -> int:
        """Start `ensue` with these arguments; returns the process's number."""
        asked = json.dumps([list(arguments), str(folder), environment]).encode()
        socket.send_fds(self._ours, [len(asked).to_bytes(4, "big")], [output])
        self._ours.sendall(asked)
        return int.from_bytes(self._ours.recv(4), "big")

    def run(
        self, arguments: Sequence[str], folder: Path, environment: dict[str, str]
    ) -> tuple[list[str], int]:
        """What `ensue` says with these arguments, and its status."""
        read, write = os.pipe()
        self.start(arguments, folder, environment, write)
        os.close(write)
        with os.fdopen(read, encoding="utf-8") as output:
            *lines, last = output.read().splitlines() or [f"{ENDED} 1"]
        return lines, int(last.removeprefix(ENDED))

    def close(self) -> None:
        """Let it end; whom it has started is stopped by whoever asked for them."""
        self._ours.close()
        self._process.wait(10)


@cache
def launcher() -> Launcher:
    """The launcher of this process."""
    return Launcher()


def serve(asked: socket.socket) -> None:
    """Fork for each request, until nobody can ask any more."""
    from ensue.__main__ import main  # noqa: PLC0415 - this is what takes long
    from ensue.doors import console, http  # noqa: F401, PLC0415 - as above

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system buries its children
    while True:
        head, [*outputs], _, _ = socket.recv_fds(asked, 4, 1)
        if not head:
            return
        text = b""
        while len(text) < int.from_bytes(head, "big"):
            text += asked.recv(REQUEST_BYTES_MAX)
        arguments, folder, environment = json.loads(text)
        child = os.fork()
        if child:
            os.close(outputs[0])
            asked.sendall(child.to_bytes(4, "big"))
            continue
        asked.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(outputs[0], 1)
        os.dup2(outputs[0], 2)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = ["ensue", *arguments]
        sys.path[:0] = environment.get("PYTHONPATH", "").split(os.pathsep)
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
        status = 1
        try:
            main()
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else 1
        finally:
            sys.stdout.write(f"{ENDED} {status}\n")
            sys.stdout.flush()
            os._exit(status)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
