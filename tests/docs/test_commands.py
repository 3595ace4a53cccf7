"""Commands that errors, hints and pages of the console name are commands that there are."""

from __future__ import annotations

import re

import click
import pytest

from ensue.doors.cli import make_cli
from tests.docs.pages import ROOT

NAMED = re.compile(r"(?<!b)[`\"'(>]ensue ([a-z][a-z-]+)(?: ([a-z][a-z-]+))?")
NO_COMMANDS = {"secret"}  # what a key is for, in its derivation
FILES = [
    *(ROOT / "src" / "ensue").rglob("*.py"),
    *(ROOT / "src" / "ensue").rglob("*.html"),
    *(ROOT / "apps").glob("*/*.py"),
]


def _never(*given: object) -> None:
    raise AssertionError("nothing is served here")


@pytest.fixture(scope="module")
def commands() -> dict[str, click.Command]:
    return make_cli(serve=_never).commands


def _is_there(command: click.Command | None, second: str | None) -> bool:
    # `ensue dlq` takes the name of a queue too.
    if not isinstance(command, click.Group) or second is None or second.endswith("-dlq"):
        return command is not None
    try:
        command.resolve_command(click.Context(command), [second])
    except click.UsageError:
        return False
    return True


def test_each_command_that_is_named_is_there(commands):
    named = {
        (found[1], found[2], path.relative_to(ROOT).as_posix())
        for path in FILES
        for found in NAMED.finditer(path.read_text(encoding="utf-8"))
        if found[1] not in NO_COMMANDS
    }

    wrong = {
        f"{where}: ensue {first} {second or ''}"
        for first, second, where in named
        if not _is_there(commands.get(first), second)
    }
    assert wrong == set()
    assert len(named) > 30
