"""Every block of the pages that teach is executed, and does what they say."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tomllib
from pathlib import Path
from unittest import mock

import pytest

from tests.docs.pages import Page, pages, told
from tests.docs.shell import Shell
from tests.docs.transcript import parse


def _id(page: Page) -> str:
    return page.name


@pytest.mark.parametrize("page", told(), ids=_id)
def test_a_page_that_teaches_does_what_it_says(page, tmp_path, monkeypatch):
    for tool in ("curl", "sqlite3"):
        if f"$ {tool} " in page.text and shutil.which(tool) is None:
            pytest.skip(f"this machine has no {tool}")
    shell = Shell(tmp_path)
    known = set(sys.modules)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    names: dict[str, object] = {"__name__": "__page__"}
    try:
        # What a page exports is for that page: the next may rely on a variable that is not set.
        with mock.patch.dict(os.environ):
            _follow(page, shell, names)
    finally:
        shell.close()
        for name in set(sys.modules) - known:
            if _is_below(sys.modules[name], tmp_path):
                del sys.modules[name]


def _follow(page: Page, shell: Shell, names: dict[str, object]) -> None:
    for block in page.blocks:
        if block.language in {"html", "python"}:
            _take_file(shell, page, block, names)
        elif block.language == "console":
            for typed in parse(block.text, block.line):
                wrong = shell.run(typed)
                assert wrong is None, f"{page.name}:{typed.line}: {wrong}\n{shell.told()}"


def _take_file(shell: Shell, page: Page, block, names: dict[str, object]) -> None:
    text = shell.rewritten(block.text)
    if block.file is None:
        exec(compile("\n" * (block.line - 1) + text, page.name, "exec"), names)  # noqa: S102
        return
    name, further = block.file
    (shell.folder / name).parent.mkdir(exist_ok=True)
    with (shell.folder / name).open("a" if further else "w", encoding="utf-8") as file:
        file.write(text.partition("\n")[2] if further else text)


def _is_below(module: object, folder: Path) -> bool:
    found = getattr(module, "__file__", None)
    return isinstance(found, str) and Path(found).is_relative_to(folder)


@pytest.mark.parametrize("page", pages(), ids=_id)
def test_every_block_is_of_a_language_that_is_checked(page):
    for block in page.blocks:
        where = f"{page.name}:{block.line}"
        assert block.language in {"console", "html", "json", "python", "sql", "text", "toml"}, where
        if block.language == "json":
            json.loads(block.text)
        elif block.language == "toml":
            tomllib.loads(block.text)
        elif block.language == "python":
            compile(block.text, where, "exec")
        elif block.language == "console" and page not in told():
            assert parse(block.text), where


def test_the_runner_finds_what_a_page_says_wrong(tmp_path):
    shell = Shell(tmp_path)
    [right] = parse("$ ls /\n...\nusr\n")
    [wrong] = parse("$ pytest --version\npytest 0.0.0\n")
    assert shell.run(right) is None
    assert "does not say" in (shell.run(wrong) or "")
