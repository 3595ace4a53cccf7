import shlex
import subprocess
import sys

import pytest

from ensue import __version__
from ensue.doors.cli import make_cli
from ensue.doors.cli.sections import SECTIONS

COMMANDS = [
    "run", "new", "ls", "describe", "send", "publish", "put", "get", "query", "peek",
    "dlq", "redrive", "invoke", "explain", "tail", "why",
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help_with_examples_that_name_it(ensue, command):
    done = ensue(command, "--help")
    assert done.exit_code == 0
    _, _, examples = done.stdout.partition("Examples:\n")
    assert any(f"ensue {command} " in f"{line} " for line in examples.splitlines())


def test_help_lists_all_commands_and_cuts_none(ensue):
    done = ensue("--help")
    for command in COMMANDS:
        assert f"\n  {command} " in done.stdout
    assert "..." not in done.stdout.partition("COMMAND [ARGS]...")[2]


def test_each_command_stands_in_one_section_of_the_help(ensue):
    listed = [name for names in SECTIONS.values() for name in names]
    assert sorted(listed) == sorted(make_cli(serve=_nobody).commands)
    assert all(f"\n{title}:\n" in ensue("--help").stdout for title in SECTIONS)


def test_the_version_is_the_packages(ensue):
    assert ensue("--version").stdout == f"ensue {__version__}\n"


def test_an_unknown_command_is_wrong_usage(ensue):
    assert ensue("fly").exit_code == 2


def test_the_module_is_the_command():
    words = shlex.split(f"{sys.executable} -m ensue --version")
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout == f"ensue {__version__}\n"


def test_the_http_client_and_server_are_imported_only_when_needed():
    asked = "import sys, ensue.__main__; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"ensue.doors.http", "ensue.doors.cli.client", "uvicorn", "starlette"}


def _nobody(*_: object) -> None:
    raise AssertionError("this test serves nothing")
