"""A shell for transcripts: runs what is typed in a folder of its own, on ports that are free."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from click.testing import CliRunner

from ensue.doors.cli import make_cli
from tests.docs.launching import launcher
from tests.docs.pages import ROOT
from tests.docs.transcript import Ids, Typed

PORTS = (8080, 8081)
LIMIT_S = 30
OURS = ("ENSUE_", "OPENAI_")
TRIES_MAX = 300
PAUSE_S = 0.1
VARIABLE = re.compile(r"export (\w+)=(.*)")
NOT_FOUND = 127
DONE = "-- done --"
ADDRESS = re.compile(r"""environ\.get\(\s*"(\w+)",\s*"(http://127\.0\.0\.1:808[01][^"]*)""")
# These are asked of the server that runs, and need no process of their own.
ASKS = re.compile(r"ensue (?!run|new|backup|branch|check|export|import|tail|--)[^|;&<>$`*~\n]+\Z")
LOOKS = re.compile(
    r"ensue (ls|alarms|approvals|audit|dlq(?! (cancel|delete|edit|redrive|undo))"
    r"|get|query|peek|why|describe|explain|tail|executions?|history|status|scan|list-\w+"
    r"|shards|archives|redrives|schema \w+|secrets (list|versions)|meter (value|series))\b"
    r"|curl (?!.* (-d|-X))|ls |grep "
)
# Nothing in it is for the shell.
PLAIN = re.compile(r"ensue [^|;&<>$`*~\n]+\Z")
STAYS = re.compile(r"ensue (run\b|tail\b(?!.*--count))")


class Stays:
    """A program that goes on; its lines are read as they come.

    Args:
        command: ``ensue``, and its arguments.
        folder: where it runs.
        environment: its variables.
    """

    def __init__(self, command: str, folder: Path, environment: dict[str, str]) -> None:
        read, write = os.pipe()
        arguments = shlex.split(command)[1:]
        self._number = launcher().start(arguments, folder, environment, write)
        os.close(write)
        self._output = os.fdopen(read, encoding="utf-8")
        self.lines: list[str] = []
        self._more = threading.Condition()
        self._ended = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self._output:
            with self._more:
                self.lines.append(line.rstrip("\n"))
                self._more.notify_all()
        with self._more:
            self._ended = True
            self._more.notify_all()

    def wait_for(self, ids: Ids, told: Sequence[str]) -> str | None:
        """Wait until it has written these lines; returns the first that it did not write."""
        with self._more:
            self._more.wait_for(
                lambda: ids.match(list(told), self.lines) is None or self._ended, LIMIT_S
            )
            return ids.match(list(told), self.lines)

    def stop(self) -> None:
        """Stop it as Ctrl-C does."""
        # Its output ends with it.
        for number in (signal.SIGINT, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._number, number)
            self._reader.join(LIMIT_S)
            if not self._reader.is_alive():
                break
        self._output.close()


class Bash:
    """One bash for a whole page: what is set or defined in it stays.

    Args:
        folder: where it begins.
        environment: its variables.
    """

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            ["bash", "--norc"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, command: str) -> tuple[list[str], int]:
        """The lines that a command wrote, and its status."""
        lines: list[str] = []
        killer = threading.Timer(LIMIT_S, self._process.kill)
        killer.start()
        with contextlib.suppress(BrokenPipeError):
            self._in.write(f"{{ {command}\n}} </dev/null\nprintf '\\n%s %d\\n' '{DONE}' $?\n")
            self._in.flush()
        for line in self._out:
            if line.startswith(DONE):
                killer.cancel()
                return lines[:-1] if lines[-1:] == [""] else lines, int(line.split()[-1])
            lines.append(line.rstrip("\n"))
        return [*lines, f"still running after {LIMIT_S} s"], 1

    @property
    def _in(self) -> IO[str]:
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def _out(self) -> IO[str]:
        assert self._process.stdout is not None
        return self._process.stdout

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait(LIMIT_S)
        self._in.close()
        self._out.close()

    def __del__(self) -> None:
        if not self._in.closed:
            self.close()


class Shell:
    """Runs the commands of one page.

    Args:
        folder: where it begins.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ids = Ids()
        self._running: list[Stays] = []
        self._pause = threading.Event()
        first = _free_pair()
        self._ports = {str(told): str(first + place) for place, told in enumerate(PORTS)}
        venv = str(Path(sys.executable).parent)
        self.environment = {
            **{name: text for name, text in os.environ.items() if not name.startswith(OURS)},
            "PATH": f"{venv}{os.pathsep}{os.environ['PATH']}",
            "ENSUE_URL": f"http://127.0.0.1:{first}",
            "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
            "PYTHONUNBUFFERED": "1",
            "PYTEST_ADDOPTS": "-p no:cacheprovider -p ensue.testing.fixture",
            # Other people's plugins take longer to import than the page's tests to run.
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "NO_COLOR": "1",
        }
        self.environment |= {name: self.rewritten(url) for name, url in _addresses().items()}
        self._bash: Bash | None = None
        self._cli = make_cli(serve=_never)

    def rewritten(self, text: str) -> str:
        """A text with this shell's ports instead of the page's."""
        # Not within an id, which may have these digits too.
        return re.sub(r"(?<![\w-])(8080|8081)(?![\w-])", lambda found: self._ports[found[0]], text)

    def told(self) -> str:
        """What the programs that go on have said last, each."""
        return "\n".join(line for each in self._running for line in each.lines[-10:])

    def run(self, typed: Typed) -> str | None:
        """Run a command; returns what is wrong with what it said."""
        told = [self.rewritten(line) for line in typed.output]
        if typed.command is None:
            self._running.pop().stop()
            return None
        command = self.rewritten(self.ids.put_into(typed.command))
        command = re.sub(r"(?<= )apps/", f"{ROOT}/apps/", command)
        if command.startswith("make "):
            return self._make(command, told)
        wrong = (self._stay if STAYS.match(command) else self._once)(command, told)
        word, _, rest = command.partition(" ")
        if word == "cd":
            self.folder = (self.folder / rest).resolve()
        variable = VARIABLE.fullmatch(command)
        if variable is not None:
            self.environment[variable[1]] = variable[2].strip("'\"")
        return wrong

    def _make(self, command: str, told: list[str]) -> str | None:
        recipe = make_recipes()[command.removeprefix("make ")]
        if command != "make run" or not told:
            return None  # that the target is there has been looked at
        words = [str(ROOT / word) if word.startswith("apps/") else word for word in recipe.split()]
        return self._stay(" ".join(["ensue", *words[1:]]), told)

    def _stay(self, command: str, told: list[str]) -> str | None:
        if command.startswith("ensue run") and "--port" not in command:
            command += f" --port {self._ports['8080']}"
        started = Stays(command, self.folder, self.environment)
        self._running.append(started)
        missing = started.wait_for(self.ids, told or ["Try:"] * command.startswith("ensue run"))
        return None if missing is None else _difference(command, missing, started.lines)

    def _once(self, command: str, told: list[str]) -> str | None:
        lines: list[str] = []
        missing: str | None = None
        for tried in range(TRIES_MAX if LOOKS.match(command) else 1):
            if tried:
                self._pause.wait(PAUSE_S)
            asks = ASKS.match(command) is not None
            lines, status = (self._asked if asks else self._said_by)(command)
            missing = self.ids.match(told, lines)
            if missing is None and (told or status == 0) and status != NOT_FOUND:
                return None
        return _difference(command, missing or "nothing, having succeeded", lines)

    def _asked(self, command: str) -> tuple[list[str], int]:
        """What the command line says, run here: a process takes longer than what it does."""
        others = {name: None for name in os.environ if name.startswith(OURS)}
        with contextlib.chdir(self.folder):
            done = CliRunner(env={**others, **self.environment}).invoke(
                self._cli, shlex.split(command)[1:], prog_name="ensue"
            )
        return done.output.splitlines(), done.exit_code

    def _said_by(self, command: str) -> tuple[list[str], int]:
        """The lines that a command wrote, and its status."""
        if PLAIN.match(command):
            return launcher().run(shlex.split(command)[1:], self.folder, self.environment)
        if self._bash is None:
            self._bash = Bash(self.folder, self.environment)
        return self._bash.run(command)

    def close(self) -> None:
        """Stop everything."""
        while self._running:
            self._running.pop().stop()
        if self._bash is not None:
            self._bash.close()


def _addresses() -> dict[str, str]:
    """Where apps look for others that run beside them, by the variable that says so."""
    texts = [path.read_text(encoding="utf-8") for path in ROOT.glob("apps/*/*.py")]
    return {name: url for text in texts for name, url in ADDRESS.findall(text)}


def _never(*given: object) -> None:
    raise AssertionError("a server has a process of its own")


def make_recipes() -> dict[str, str]:
    """The first command of each make target, without the virtual environment's folder."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    found = re.findall(r"^([a-z]+):.*\n\t@?(.*)$", text, re.MULTILINE)
    return {name: recipe.replace("$(BIN)/", "") for name, recipe in found}


def _difference(command: str, missing: str, lines: list[str]) -> str:
    said = "\n    ".join(lines)
    return f"$ {command}\n  does not say\n    {missing}\n  but\n    {said}"


def _free_pair() -> int:
    """A port that is free, and whose successor is."""
    for _ in range(100):
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
    raise OSError("there are no two free ports side by side")
