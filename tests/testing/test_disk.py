"""The disk that fails: at the step that was told, and in the way that was told."""

from __future__ import annotations

from contextlib import closing, suppress

import apsw
import pytest

from ensue.engine.database import connect
from ensue.engine.ids import seeded_random
from ensue.testing.disk import FOR_EVER, Disk, Fault, Killed


@pytest.fixture
def disk():
    with closing(Disk(remembers=True)) as made:
        yield made


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ensue.db"


def numbers_on(disk, path, synchronous="FULL"):
    connection = connect(disk.url(path, synchronous))
    connection.execute("CREATE TABLE IF NOT EXISTS numbers (n)")
    return connection


def end(disk, connection):
    """Close as a dead process does: what SQLite would still write is not written."""
    disk.bury()
    with suppress(apsw.IOError):
        connection.close()


def numbers(path):
    with closing(apsw.Connection(str(path))) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return [n for (n,) in connection.execute("SELECT n FROM numbers ORDER BY n")]


@pytest.mark.parametrize(("kind", "left"), [("kill", []), ("kill after", [1])])
def test_a_kill_before_the_last_step_of_a_commit_undoes_it_and_one_after_it_does_not(
    disk, path, kind, left
):
    connection = numbers_on(disk, path)
    before = disk.steps
    connection.execute("BEGIN; INSERT INTO numbers VALUES (1)")
    # The header of the log's page, the page, and the sync.
    disk.fault = Fault(kind, before + (2 if kind == "kill" else 3))

    with pytest.raises(Killed):
        connection.execute("COMMIT")
    with pytest.raises(Killed):
        connection.execute("INSERT INTO numbers VALUES (2)")
    end(disk, connection)
    disk.start_again()

    assert numbers(path) == left


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("io", apsw.IOError),
        ("full", apsw.FullError),
        ("memory", apsw.NoMemError),
    ],
)
def test_a_fault_is_told_as_what_it_is_and_passes(disk, path, kind, said):
    connection = numbers_on(disk, path)
    disk.fault = Fault(kind, disk.steps + 1, times=FOR_EVER)

    with pytest.raises(said):
        connection.execute("INSERT INTO numbers VALUES (1)")
    disk.mend()
    connection.execute("INSERT INTO numbers VALUES (2)")
    connection.close()

    assert numbers(path) == [2]


def test_sqlite_itself_is_without_memory_from_a_step_on_until_that_is_mended(disk, path):
    connection = numbers_on(disk, path)
    disk.fault = Fault("heap", disk.steps + 1, times=FOR_EVER)
    connection.execute("INSERT INTO numbers VALUES (1)")

    with pytest.raises(apsw.NoMemError):
        connection.execute("INSERT INTO numbers SELECT hex(randomblob(1000000))")
    disk.mend()
    connection.execute("INSERT INTO numbers VALUES (2)")
    connection.close()

    assert numbers(path) == [1, 2]


@pytest.mark.parametrize("seed", range(20))
def test_a_power_cut_leaves_what_was_synced(disk, path, seed):
    connection = numbers_on(disk, path)
    for n in range(10):
        connection.execute("INSERT INTO numbers VALUES (?)", (n,))
    disk.fault = Fault("kill", disk.steps + 1 + seed % 3)
    with pytest.raises(Killed):
        connection.execute("INSERT INTO numbers VALUES (?)", (10,))
    end(disk, connection)

    disk.power_cut(seeded_random(seed))

    assert numbers(path) in (list(range(10)), list(range(11)))


def test_a_power_cut_forgets_what_was_not_synced(disk, path):
    connection = numbers_on(disk, path, "OFF")
    connection.execute("INSERT INTO numbers VALUES (1)")
    disk.is_dead = True
    end(disk, connection)

    disk.power_cut(seeded_random(1))

    assert not path.exists() or path.stat().st_size < 8_192
