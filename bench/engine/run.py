"""The engine's own figures, and those of what a user would take instead, in one run.

    python bench/engine/run.py [--quick] [--own]

The contenders are installed into a virtual environment of their own; those whose server is not on
the machine are named and left out. Each sends its jobs as its users would, then one worker process
handles the backlog with a function that does nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import servers

HERE = Path(__file__).parent
ENVIRONMENT = HERE.parents[1] / ".venv-bench"
TIMEOUT_SECONDS = 300


class Contender(NamedTuple):
    """Whom to measure.

    Attributes:
        name: as the table shows it.
        script: in the folder ``contenders``.
        server: what it needs beside itself.
        jobs: how many; the slow ones get fewer.
        argument: what the script gets where no server gives an address.
    """

    name: str
    script: str
    server: str
    jobs: int
    argument: str = ""


CONTENDERS = (
    Contender("Ensue, `def` handler", "with_ensue", "", 100_000, "def"),
    Contender("Ensue, `async def` handler", "with_ensue", "", 100_000, "async"),
    Contender("huey on SQLite", "with_huey", "", 20_000),
    Contender("moto's SQS with boto3", "with_moto", "moto", 2_000),
    Contender("procrastinate on PostgreSQL", "with_procrastinate", "postgres", 4_000),
    Contender("pgqueuer on PostgreSQL", "with_pgqueuer", "postgres", 40_000),
    Contender("Celery on Redis", "with_celery", "redis", 6_000),
    Contender("FastStream on NATS JetStream", "with_faststream", "nats", 50_000),
)


def install() -> Path:
    """The interpreter of the contenders' environment, made when it is not there."""
    python = ENVIRONMENT / "bin" / "python"
    required = HERE / "contenders" / "requirements.txt"
    stamp = ENVIRONMENT / ".installed"
    if not stamp.exists() or stamp.read_text() != required.read_text():
        venv.create(ENVIRONMENT, with_pip=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", required], check=True, stderr=subprocess.DEVNULL)
        stamp.write_text(required.read_text())
    return python


@contextmanager
def server(name: str, folder: Path, python: Path) -> Iterator[str | None]:
    """The address of a contender's server; None when it is not on this machine."""
    if name == "postgres" and servers.POSTGRES is not None:
        with servers.postgres(folder) as address:
            yield address
    elif name == "redis" and shutil.which("redis-server"):
        with servers.redis(folder) as address:
            yield address
    elif name == "nats" and shutil.which("nats-server"):
        with servers.nats(folder) as address:
            yield address
    elif name == "moto":
        port = servers.free_port()
        command = [str(python.parent / "moto_server"), "-H", "127.0.0.1", "-p", str(port)]
        with servers.running(command, port):
            yield f"http://127.0.0.1:{port}"
    else:
        yield None


def measure(contender: Contender, others: Path, scale: int) -> dict[str, object] | None:
    """The figures of one contender; None when it cannot run here."""
    python = Path(sys.executable) if contender.script == "with_ensue" else others
    with tempfile.TemporaryDirectory() as name, server(contender.server, Path(name), python) as at:
        if contender.server and at is None:
            return None
        script = HERE / "contenders" / f"{contender.script}.py"
        jobs = str(contender.jobs // scale)
        ran = subprocess.run(
            [python, script, name, jobs, at or contender.argument],
            capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False,
        )  # fmt: skip
    try:
        found: dict[str, object] = json.loads(ran.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        raise SystemExit(f"{contender.name} failed:\n{ran.stderr[-2_000:]}") from None
    return found


def compare(scale: int) -> None:
    """Print a table of all contenders, each against our own `def` handler."""
    others = install()
    print(f"\nload average before: {os.getloadavg()[0]:.1f}\n")
    print("| | version | after a power cut | sent/s | handled/s | of ours |")
    print("| --- | --- | --- | --: | --: | --: |")
    ours = 0
    for contender in CONTENDERS:
        found = measure(contender, others, scale)
        if found is None:
            print(f"| {contender.name} | no {contender.server} on this machine | | | | |")
            continue
        handled = int(str(found["consumed_per_second"]))
        ours = ours or handled
        print(
            f"| {contender.name} | {found['version']} | {found['durability']}"
            f" | {found['sent_per_second']:,} | {handled:,} | {handled / ours:.3f} |",
            flush=True,
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the load")
    parser.add_argument("--own", action="store_true", help="nobody else's figures")
    given = parser.parse_args()
    own = [sys.executable, str(HERE / "own.py"), *(["--quick"] if given.quick else [])]
    subprocess.run(own, check=True)
    if not given.own:
        compare(10 if given.quick else 1)
