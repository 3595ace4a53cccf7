from __future__ import annotations

import asyncio
import os
import threading
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from ensue.app.integrity import check_file
from ensue.engine import backup, files, work
from ensue.engine.backup import copy
from ensue.engine.database import MEMORY, StoreUrl
from ensue.words.errors import Conflict, InvalidValue, NotFound, StoreUnusable


@pytest.fixture
def used(file_stage):
    """A stage whose store has some work in it."""
    file_stage.do(lambda tx: [work.add(tx, 16, '"body"') for _ in range(300)])
    return file_stage


def numbers(path: Path) -> list[int]:
    with closing(apsw.Connection(str(path))) as connection:
        return [number for (number,) in connection.execute("SELECT id FROM ensue_work ORDER BY id")]


def test_a_backup_of_a_running_store_holds_all_that_was_committed(used, tmp_path):
    size, _ = copy(used.url, tmp_path / "copy.db")

    assert numbers(tmp_path / "copy.db") == list(range(1, 301))
    assert (tmp_path / "copy.db").stat().st_size == size
    assert [each.name for each in tmp_path.glob("*copy*")] == ["copy.db"]


def test_a_backup_is_one_file_that_opens_as_a_store(used, tmp_path, run_on):
    (tmp_path / "restored").mkdir()
    copy(used.url, tmp_path / "restored" / "ensue.db")

    stage = run_on(StoreUrl(str(tmp_path / "restored" / "ensue.db")))

    assert stage.rows("SELECT count(*) FROM ensue_work") == [(300,)]
    assert stage.engine.records.salt == used.engine.records.salt


def test_what_is_committed_while_a_backup_is_made_waits_for_nobody_and_is_not_in_it(
    used, tmp_path, monkeypatch
):
    monkeypatch.setattr(backup, "COPY_PAGES", 1)
    steps = []
    step = apsw.Backup.step

    class Copying:
        """A copy that gets a commit between any two of its steps."""

        def __init__(self, made):
            self._made = made

        def __enter__(self):
            self._made.__enter__()
            return self

        def __exit__(self, *fault):
            return self._made.__exit__(*fault)

        @property
        def done(self):
            return self._made.done

        def step(self, pages):
            used.do(lambda tx: work.add(tx, 16, '"later"'))
            steps.append(pages)
            step(self._made, pages)

    class Connecting(apsw.Connection):
        def backup(self, *given):
            return Copying(super().backup(*given))

    monkeypatch.setattr(backup.apsw, "Connection", Connecting)

    copy(used.url, tmp_path / "copy.db")

    assert len(steps) > 5
    assert numbers(tmp_path / "copy.db") == list(range(1, 301))
    assert used.rows("SELECT count(*) FROM ensue_work") == [(300 + len(steps),)]


def test_backups_under_a_load_of_thousands_of_writes_hold_what_was_committed_by_then(
    file_stage, tmp_path
):
    stop = threading.Event()
    faults = []

    def copying():
        try:
            for number in range(4):
                copy(file_stage.url, tmp_path / f"copy{number}.db")
        except Exception as fault:  # noqa: BLE001 - told below
            faults.append(fault)
        finally:
            stop.set()

    thread = threading.Thread(target=copying)

    async def writing():
        thread.start()
        while not stop.is_set():
            adding = [
                file_stage.engine.transact(lambda tx: work.add(tx, 16, '"body"'))
                for _ in range(250)
            ]
            await asyncio.gather(*adding)

    file_stage.loop.run_until_complete(writing())
    thread.join()

    written = file_stage.rows("SELECT count(*) FROM ensue_work")[0][0]
    found = [numbers(tmp_path / f"copy{number}.db") for number in range(4)]
    assert not faults
    assert written >= 1_000
    assert all(each == list(range(1, len(each) + 1)) for each in found)
    assert sorted(map(len, found)) == list(map(len, found))
    for number in range(4):
        rules = {each.rule for each in check_file(tmp_path / f"copy{number}.db")}
        assert rules <= {"work.queue"}  # this stage declares no queue


def test_a_backup_never_overwrites(used, tmp_path):
    (tmp_path / "copy.db").write_text("mine")

    with pytest.raises(Conflict, match="such a file already"):
        copy(used.url, tmp_path / "copy.db")

    assert (tmp_path / "copy.db").read_text() == "mine"


@pytest.mark.parametrize("suffix", ["-wal", "-journal", "-shm"])
def test_what_an_earlier_store_left_is_not_applied_to_a_copy(used, tmp_path, suffix):
    left = tmp_path / f"copy.db{suffix}"
    left.write_text("of another store")

    with pytest.raises(Conflict, match=f"copy.db{suffix}"):
        copy(used.url, tmp_path / "copy.db")

    assert left.read_text() == "of another store"
    assert not (tmp_path / "copy.db").exists()


def test_what_appears_while_a_backup_is_made_is_not_overwritten_either(used, tmp_path):
    def meanwhile(written):
        (tmp_path / "copy.db").write_text("mine")

    with pytest.raises(Conflict, match="such a file already"):
        copy(used.url, tmp_path / "copy.db", prepare=meanwhile)

    assert (tmp_path / "copy.db").read_text() == "mine"
    assert not list(tmp_path.glob(".copy*"))


def test_a_file_system_without_links_gets_its_backups_too(used, tmp_path, monkeypatch):
    def no_links(*given):
        raise PermissionError

    monkeypatch.setattr(files.os, "link", no_links)
    copy(used.url, tmp_path / "copy.db")

    assert len(numbers(tmp_path / "copy.db")) == 300
    assert not list(tmp_path.glob(".copy*"))


def test_a_backup_is_on_the_disk_before_it_has_its_name(used, tmp_path, monkeypatch):
    done = []
    link, sync = os.link, os.fsync
    monkeypatch.setattr(files.os, "fsync", lambda file: (done.append("sync"), sync(file)))
    monkeypatch.setattr(files.os, "link", lambda *given: (done.append("name"), link(*given)))

    copy(used.url, tmp_path / "copy.db")

    assert done[-3:] == ["sync", "name", "sync"]


def test_a_backup_of_a_damaged_store_is_refused_and_leaves_nothing(used, tmp_path):
    used.close()
    content = bytearray(Path(used.url.path).read_bytes())
    content[-8_192:] = bytes(8_192)
    Path(used.url.path).write_bytes(content)

    with pytest.raises(StoreUnusable, match="damaged"):
        copy(used.url, tmp_path / "copy.db")

    assert not list(tmp_path.glob("*copy*"))


def test_a_store_that_is_not_there_or_in_memory_has_no_backup(tmp_path):
    with pytest.raises(NotFound, match="there is no store"):
        copy(StoreUrl(str(tmp_path / "none.db")), tmp_path / "copy.db")
    with pytest.raises(InvalidValue, match="in memory"):
        copy(StoreUrl(MEMORY), tmp_path / "copy.db")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_told(used, tmp_path):
    with pytest.raises(StoreUnusable, match="cannot be written: No such file or directory"):
        copy(used.url, tmp_path / "nowhere" / "copy.db")


def test_a_backup_of_what_a_crash_left_holds_what_was_committed(used, crashed, tmp_path):
    left = crashed(used)

    copy(left, tmp_path / "copy.db")

    assert len(numbers(tmp_path / "copy.db")) == 300
