"""The repository reads itself: what a machine can check of how the code reads."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

import ensue
from ensue.words import errors

ROOT = Path(__file__).parents[1]
LINES_MAX = 400

# Files that are longer, with the length that they may not exceed; this list may only shrink.
LONGER: dict[str, int] = {}


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).exists()]


SOURCES = [
    path
    for path in tracked("src/**.py", "src/*.py", "apps/**.py", "apps/*.py")
    if not path.name.startswith("test_")
]
TESTS = tracked("tests/**.py", "tests/*.py", "apps/**/test_*.py")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_there_is_something_to_read():
    assert len(SOURCES) > 100
    assert len(TESTS) > 40


def test_the_public_names_are_one_sorted_list_of_names_that_exist():
    assert ensue.__all__ == sorted(ensue.__all__, key=lambda name: (name.islower(), name))
    assert all(hasattr(ensue, name) for name in ensue.__all__)


def test_each_error_has_a_code_of_its_own():
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.EnsueError)
    ]

    codes = [kind.code for kind in kinds]

    assert len(set(codes)) == len(codes) > 15
    assert all(re.fullmatch("[a-z]+(_[a-z]+)*", code) for code in codes)


def test_the_tree_of_errors_is_drawn_whole_at_the_top_of_its_file():
    drawn = str(errors.__doc__)

    for name, kind in vars(errors).items():
        if isinstance(kind, type) and issubclass(kind, errors.EnsueError):
            assert name in drawn


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_file_is_short_enough_to_be_read(path):
    limit = LONGER.get(name_of(path), LINES_MAX)

    assert len(path.read_text().splitlines()) <= limit, "split it by noun"


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_nothing_is_left_for_later(path):
    found = re.findall(r"\b(TODO|FIXME|XXX)\b", path.read_text())

    assert not found, "finish it or take it out"


@pytest.mark.parametrize("path", TESTS, ids=name_of)
def test_no_test_sleeps_or_reads_the_wall_clock(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            called = f"{node.value.id}.{node.attr}"
            assert called not in {"time.sleep", "time.time", "asyncio.sleep", "datetime.now"}, (
                "move the held clock, or wait for a signal that the code gives"
            )


@pytest.mark.parametrize("path", TESTS, ids=name_of)
def test_each_test_is_named_for_what_it_claims(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            assert node.name.count("_") >= 2, f"{node.name} is no sentence"


def test_no_statement_reads_the_databases_clock():
    for path in SOURCES:
        found = re.findall(r"CURRENT_TIMESTAMP|datetime\('now'|NOW\(\)", path.read_text())
        assert not found, f"{name_of(path)}: pass the time in"
