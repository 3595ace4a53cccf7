"""The reference comes from the code, is fresh, and tells of everything that is public."""

from __future__ import annotations

import re
import subprocess
import sys

import click
import pytest

import ensue
from ensue.catalog import KINDS
from ensue.doors.cli import make_cli
from tests.docs.pages import ROOT, Page

REFERENCE = ROOT / "docs/reference"


def _page(name: str) -> str:
    return (REFERENCE / f"{name}.md").read_text(encoding="utf-8")


def test_the_generated_pages_are_fresh():
    done = subprocess.run(
        [sys.executable, "docs/generate.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ensue.__all__)
def test_every_public_name_is_in_the_reference(name):
    assert f"\n## {name}\n" in _page("names")


def commands_of(group, above=""):
    """Each command with its name, behind the names of the groups that it is in."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands_of(command, f"{above}{name} ")
        else:
            yield f"{above}{name}", command


def test_every_command_and_option_is_in_the_reference():
    root = make_cli(serve=lambda apps, options, ready: None)
    assert isinstance(root, click.Group)
    page = _page("cli")
    for name, command in commands_of(root):
        part = page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        assert part, f"the command {name}"
        for param in command.params:
            for option in param.opts if isinstance(param, click.Option) else []:
                assert f"`{option}`" in part, f"{option} of {name}"


def test_every_variable_of_the_environment_is_in_the_reference():
    files = [*(ROOT / "src").rglob("*.py"), ROOT / "Makefile"]
    texts = [file.read_text(encoding="utf-8") for file in files]
    used = {name for text in texts for name in re.findall(r"\bENSUE_[A-Z]+\b", text)}
    assert {name for name in used if f"`{name}`" not in _page("settings")} == set()


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_has_a_page_of_its_own(kind):
    page = Page(ROOT / f"src/ensue/resources/{kind}/README.md")
    for heading in ("What it promises", "Limits", "Left out"):
        assert f"\n## {heading}\n" in page.text
    assert KINDS[kind].aws.split()[0] in page.text


@pytest.mark.parametrize("name", sorted({kind.plural for kind in KINDS.values()}))
def test_every_kind_has_its_routes_in_the_reference(name):
    assert f"/_ensue/{name}/{{name}}" in _page("http")
