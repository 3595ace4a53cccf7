"""A PostgreSQL server for tests, in a folder of its own."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

INSTALLED = "/usr/lib/postgresql"
NEEDED = ("initdb", "pg_ctl", "postgres", "psql")


def programs() -> Path | None:
    """The folder of PostgreSQL's programs; None where there are none."""
    versions = Path(INSTALLED).glob("*/bin")
    folders = sorted(versions, key=lambda at: at.parent.name.zfill(4), reverse=True)
    on_path = shutil.which("pg_ctl")
    folders += [Path(on_path).resolve().parent] if on_path else []
    whole = (at for at in folders if all((at / each).exists() for each in NEEDED))
    return next(whole, None)


class Server:
    """A server on a socket in a temporary folder, without syncs, trusting everybody.

    It refuses to run as root: then it runs as the user that its package made.
    """

    def __init__(self) -> None:
        found = programs()
        assert found is not None
        self.programs = found
        self.folder = Path(tempfile.mkdtemp(prefix="ensue-postgres-"))
        self.user = "postgres" if os.geteuid() == 0 else getpass.getuser()
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        data = str(self.folder / "data")
        self._run("initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8")
        options = f"-c listen_addresses= -c unix_socket_directories={self.folder} -c fsync=off"
        self._run("pg_ctl", "-D", data, "-w", "-o", options, "-l", f"{data}/log", "start")

    @property
    def url(self) -> str:
        """How to reach it."""
        return f"postgresql://postgres:hush-hush@/postgres?host={self.folder}"

    def stop(self) -> None:
        """Stop it at once, and forget what it holds."""
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def psql(self, sql: str) -> str:
        """A statement typed into psql."""
        typed = subprocess.run(
            [str(self.programs / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", self.url, "-c", sql],
            capture_output=True,
            text=True,
            check=True,
        )
        return typed.stdout

    def _run(self, program: str, *arguments: str) -> None:
        as_other = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
        subprocess.run(
            [str(self.programs / program), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
            **as_other,
        )
