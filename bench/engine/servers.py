"""The servers that the contenders need, each in a folder of its own, for as long as needed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

POSTGRES = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)
START_SECONDS = 20


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """PostgreSQL with its own settings of durability; gives a connection string."""
    assert POSTGRES is not None
    data, port = folder / "postgres", free_port()
    data.mkdir()
    account: dict[str, str] = {}
    if os.geteuid() == 0:
        # It refuses to run as root.
        folder.chmod(0o755)
        shutil.chown(data, "postgres")
        account = {"user": "postgres"}
    subprocess.run(
        [POSTGRES / "initdb", "--auth=trust", "--username=bench", "--pgdata", data],
        check=True, capture_output=True, cwd="/", **account,
    )  # fmt: skip
    command = [POSTGRES / "postgres", "-D", data, "-p", str(port), "-k", data, "-h", "127.0.0.1"]
    with running([str(part) for part in command], port, **account):
        time.sleep(0.5)
        yield f"postgresql://bench@127.0.0.1:{port}/postgres"


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """Redis that syncs each write; gives its URL."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
    with running([*command, "--appendonly", "yes", "--appendfsync", "always"], port):
        yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def nats(folder: Path) -> Iterator[str]:
    """NATS with JetStream on files, synced as it does by default; gives its URL."""
    port = free_port()
    command = ["nats-server", "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", str(folder)]
    with running(command, port):
        yield f"nats://127.0.0.1:{port}"


@contextmanager
def running(command: list[str], port: int, **account: str) -> Iterator[None]:
    """A server that listens on a port, stopped at the end."""
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet, cwd="/", **account) as server:
        try:
            _wait(port)
            yield
        finally:
            server.terminate()


def _wait(port: int) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit(f"the server on port {port} did not start")
