# ruff: noqa: PT017, RUF043, S311, TID251 - handlers and fixtures take what they are given
from __future__ import annotations

import gc
import os
import random
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue.engine import work
from ensue.engine.database import MEMORY, StoreUrl, connect, parse_store_url
from ensue.engine.schema import STEPS
from ensue.words.errors import InvalidValue, StoreError, StoreUnusable


@pytest.fixture
def refused(run_on):
    """The error with which opening a store is refused; what the file holds must stay as it is."""

    def refuse(url: StoreUrl) -> StoreUnusable:
        before = Path(url.path).read_bytes() if Path(url.path).is_file() else None
        with pytest.raises(StoreUnusable) as caught:
            run_on(url)
        gc.collect()
        assert before is None or Path(url.path).read_bytes() == before
        assert caught.value.hint
        return caught.value

    return refuse


@pytest.fixture
def unprivileged_folder():
    """A folder, as seen by a user whom file permissions bind."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        is_root = os.geteuid() == 0
        if is_root:
            os.seteuid(65_534)
        yield folder
        folder.chmod(0o777) if not is_root else None
        if is_root:
            os.seteuid(0)
        folder.chmod(0o777)


@pytest.fixture
def used(file_store, run_on) -> StoreUrl:
    """A store that was used and closed."""
    stage = run_on(file_store)
    stage.do(lambda tx: [work.add(tx, 16, '"body"') for _ in range(300)])
    stage.close()
    return file_store


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("sqlite::memory:", StoreUrl(MEMORY)),
        ("sqlite:///data/ensue.db", StoreUrl("data/ensue.db")),
        ("sqlite:////var/ensue.db", StoreUrl("/var/ensue.db")),
        ("sqlite:data/ensue.db", StoreUrl("data/ensue.db")),
        ("sqlite:///a#b.db", StoreUrl("a#b.db")),
        ("sqlite:///e.db?synchronous=NORMAL", StoreUrl("e.db", "NORMAL")),
        ("sqlite:///e.db?synchronous=full", StoreUrl("e.db", "FULL")),
    ],
)
def test_a_store_url_names_a_file_and_how_durable_it_is(text, url):
    assert parse_store_url(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x.db",
        "postgresql://localhost/x",
        "sqlite:",
        "sqlite://",
        "sqlite:///",
        "sqlite:///?x=1",
        "sqlite:///x.db?synchronous=OFF",
        "sqlite:///x.db?mode=ro",
        "sqlite://data/ensue.db",
        "sqlite://[",
        "sqlite:///a\0b",
    ],
)
def test_what_is_no_store_url_is_refused(text):
    with pytest.raises(InvalidValue, match="engine URL|synchronous"):
        parse_store_url(text)


@given(st.text(max_size=20))
def test_any_text_is_a_store_url_or_refused(text):
    for url in (text, f"sqlite:{text}"):
        try:
            assert parse_store_url(url).path
        except InvalidValue as fault:
            assert str(fault)


@pytest.mark.parametrize(("word", "number"), [("FULL", 2), ("NORMAL", 1)])
def test_the_settings_that_the_promises_rest_on_are_in_force(tmp_path, word, number):
    with closing(connect(StoreUrl(str(tmp_path / "e.db"), word))) as connection:
        found = [
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "busy_timeout")
        ]
    assert found == ["wal", number, 5_000]


def test_full_is_what_one_gets_without_asking():
    assert parse_store_url("sqlite:///x.db").synchronous == "FULL"


def test_the_writers_own_connection_syncs_as_the_url_says(tmp_path, run_on):
    stage = run_on(StoreUrl(str(tmp_path / "e.db")))
    found = stage.do(lambda tx: [tx.row("PRAGMA synchronous"), tx.row("PRAGMA journal_mode")])
    assert found == [(2,), ("wal",)]


def test_the_folder_of_a_new_store_is_made(tmp_path):
    connect(StoreUrl(str(tmp_path / "a" / "b" / "e.db"))).close()
    assert (tmp_path / "a" / "b" / "e.db").exists()


def test_an_empty_file_becomes_a_store(tmp_path, run_on):
    (tmp_path / "e.db").touch()
    assert run_on(StoreUrl(str(tmp_path / "e.db"))).rows("SELECT in_use FROM ensue_store") == [(1,)]


def test_another_programs_database_is_refused(tmp_path, refused):
    path = tmp_path / "theirs.db"
    with closing(sqlite3.connect(path)) as theirs:
        theirs.execute("CREATE TABLE notes (text)")
    assert "another program" in str(refused(StoreUrl(str(path))))


def test_another_programs_database_is_told_by_its_application_id_too(tmp_path, refused):
    path = tmp_path / "theirs.db"
    with closing(sqlite3.connect(path)) as theirs:
        theirs.execute("PRAGMA application_id=7")
    assert "another program" in str(refused(StoreUrl(str(path))))


def test_a_file_that_is_no_database_is_refused(tmp_path, refused):
    path = tmp_path / "letter.txt"
    path.write_text("Dear Sir or Madam, " * 100)
    assert "no SQLite database" in str(refused(StoreUrl(str(path))))


def test_a_store_of_a_newer_version_is_refused(used, refused):
    with closing(sqlite3.connect(used.path)) as newer:
        newer.execute(f"PRAGMA user_version={len(STEPS) + 1}")
    assert f"has schema step {len(STEPS) + 1}" in str(refused(used))


def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path, refused):
    assert "cannot be opened" in str(refused(StoreUrl(str(tmp_path))))


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path, refused):
    (tmp_path / "file").touch()
    assert "folder cannot be made" in str(refused(StoreUrl(str(tmp_path / "file" / "e.db"))))


def test_a_folder_that_cannot_be_written_is_refused(unprivileged_folder, refused):
    unprivileged_folder.joinpath("sub").mkdir(mode=0o555)
    assert refused(StoreUrl(str(unprivileged_folder / "sub" / "e.db")))


def test_a_file_that_cannot_be_written_is_refused(unprivileged_folder, run_on, refused):
    url = StoreUrl(str(unprivileged_folder / "e.db"))
    run_on(url).close()
    Path(url.path).chmod(0o444)
    assert "read-only" in str(refused(url))


def test_a_store_without_its_first_page_is_refused(used, refused):
    content = bytearray(Path(used.path).read_bytes())
    content[:100] = bytes(100)
    Path(used.path).write_bytes(content)
    assert refused(used)


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_store_opens_or_is_refused_by_name_and_never_breaks_otherwise(seed, used, run_on):
    content = bytearray(Path(used.path).read_bytes())
    chance = random.Random(seed)
    for _ in range(40):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    Path(used.path).write_bytes(content)
    try:
        stage = run_on(used)
        stage.do(lambda tx: [work.add(tx, 16, '"x"'), work.due(tx, 16, 1_000)])
    except StoreError as fault:
        assert fault.code in {"store_unusable", "store_error"}
