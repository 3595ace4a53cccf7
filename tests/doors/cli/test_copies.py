"""``backup``, ``export``, ``import``, ``branch`` and ``check``, on a store beside its server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ensue.doors.cli import make_cli
from ensue.engine.database import StoreUrl


@pytest.fixture
def ask(tmp_path, monkeypatch, run_on):
    """Run a command in a folder in which a server runs on ``data``."""
    monkeypatch.chdir(tmp_path)
    run_on(StoreUrl("data/ensue.db", "NORMAL"))

    def run(*words):
        return CliRunner().invoke(make_cli(serve=lambda *given: None), words)

    return run


def test_a_backup_says_where_it_is_and_that_nothing_is_wrong_with_it(ask):
    done = ask("backup", "monday.db")

    assert done.exit_code == 0, done.output
    assert done.output.startswith("monday.db: ")
    assert done.output.endswith(" bytes, nothing is wrong with it\n")
    assert Path("monday.db").exists()


def test_a_backup_that_is_there_is_not_overwritten(ask):
    ask("backup", "monday.db")

    done = ask("backup", "monday.db")

    assert done.exit_code == 1
    assert "error: there is such a file already" in done.output


def test_an_environment_is_exported_and_imported_elsewhere(ask):
    out = ask("export", "shop.jsonl.gz")
    into = ask("import", "shop.jsonl.gz", "--data", "moved")
    again = ask("export", "again.jsonl.gz", "--data", "moved")

    assert (out.exit_code, into.exit_code, again.exit_code) == (0, 0, 0), into.output
    assert " rows of " in into.output
    assert Path("again.jsonl.gz").read_bytes() == Path("shop.jsonl.gz").read_bytes()


def test_a_branch_says_how_to_run_it(ask):
    done = ask("branch", "trial")

    assert done.exit_code == 0, done.output
    assert "try: ensue run APP --data trial --port 9000" in done.output
    assert Path("trial/ensue.db").exists()


def test_a_check_of_a_good_store_ends_with_0(ask):
    done = ask("check")

    assert (done.exit_code, done.output) == (0, "nothing is wrong with it\n")


def test_a_check_names_each_thing_that_is_wrong_and_ends_with_1(ask, typed_in):
    ask("backup", "monday.db")
    typed_in(StoreUrl("monday.db"), "UPDATE ensue_store SET salt = 'salt'")
    typed_in(
        StoreUrl("monday.db"),
        "INSERT INTO ensue_failures (work, attempt, at_ms, error) VALUES (1, 1, 1, 'why')",
    )

    said = ask("check", "monday.db")
    as_json = ask("check", "monday.db", "--json")

    assert said.exit_code == as_json.exit_code == 1
    assert "1 errors and 1 warnings" in said.output
    assert [each["rule"] for each in json.loads(as_json.output)] == ["store.salt", "work.failures"]


def test_warnings_alone_end_a_check_with_0(ask, typed_in):
    ask("backup", "monday.db")
    typed_in(
        StoreUrl("monday.db"),
        "INSERT INTO ensue_failures (work, attempt, at_ms, error) VALUES (1, 1, 1, 'why')",
    )

    assert ask("check", "monday.db").exit_code == 0


@pytest.mark.parametrize("word", ["backup", "export", "branch"])
def test_a_store_that_is_not_there_is_told_and_not_made(ask, word):
    done = ask(word, "copy", "--data", "nowhere")

    assert done.exit_code == 1
    assert "there is no store nowhere/ensue.db" in done.output
    assert not Path("nowhere").exists()


@pytest.mark.parametrize("words", [("backup", "copy"), ("check",), ("import", "data/ensue.db")])
def test_a_store_in_memory_is_refused(ask, words):
    done = ask(*words, "--engine", "sqlite::memory:")

    assert done.exit_code == 1
    assert "in memory" in done.output
