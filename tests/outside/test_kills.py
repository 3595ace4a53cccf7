"""A process that follows a table outside is killed in the middle; no change is lost or doubled."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ensue.engine.database import StoreUrl
from ensue.engine.ids import seeded_random
from tests.outside.victim import make_app

pytestmark = pytest.mark.crash

KILLS = 10
CHANGES = 10_000


def test_no_change_is_lost_or_doubled_however_often_the_process_is_killed(
    database, file_store, run_on
):
    name = database.name("items")
    database.type(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, n INTEGER)")
    app = make_app(database.url, name)
    stage = run_on(file_store, app)
    stage.settle()
    stage.close()
    _insert(database, name)
    moments = seeded_random(349)

    left = []
    for _ in range(KILLS):
        after_ms = 15 * moments.random()
        command = [sys.executable, "-m", "tests.outside.victim", _folder(file_store)]
        command += [database.url, name, str(after_ms)]
        ended = subprocess.run(command, cwd=Path(__file__).parents[2], check=False)
        assert ended.returncode == -signal.SIGKILL
        left += database.type(f"SELECT count(*) FROM {database.name('ensue_changes')}")[0]

    stage = run_on(file_store, app)
    stage.settle()
    assert sum(0 < each < CHANGES for each in left) > KILLS / 2, "it was killed in the middle"
    assert stage.rows("SELECT count(*), count(DISTINCT key) FROM shop_items_changes") == [
        (CHANGES, CHANGES)
    ]
    times = "SELECT item ->> 'times', count(*) FROM shop_seen GROUP BY 1"
    assert stage.rows(times) == [(1, CHANGES)]
    assert database.type(f"SELECT * FROM {database.name('ensue_changes')}") == []


@pytest.mark.parametrize("mechanism", ["taken is forgotten", "taken is not looked at"])
def test_this_test_notices_when_a_mechanism_is_taken_out(
    sqlite, file_store, run_on, crashed, monkeypatch, mechanism
):
    sqlite.type("CREATE TABLE items (id INTEGER PRIMARY KEY, n INTEGER)")
    app = make_app(sqlite.url, "items")
    stage = run_on(file_store, app)
    stage.settle()
    sqlite.type("INSERT INTO items VALUES (1, 1)")
    [puller] = [each for each in stage.engine.workers if each.name.startswith("follow adopted")]
    stage.wait(puller.step())
    copy = crashed(stage)
    stage.close()
    if mechanism == "taken is forgotten":
        sqlite.type("UPDATE ensue_adopted SET token = 'another'")
    else:
        taken = "ensue.resources.adopted.store.taken"
        from ensue.engine.outside.contract import Taken  # noqa: PLC0415

        monkeypatch.setattr(taken, lambda tx, table: Taken("", ()))

    stage = run_on(copy, app)
    stage.settle()

    assert stage.rows("SELECT count(*) FROM shop_items_changes") == [(2,)]


def _insert(database, name):
    if database.scheme == "sqlite":
        rows = "WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < ?)"
        database.type(f"{rows} INSERT INTO {name} SELECT n, n FROM i".replace("?", str(CHANGES)))
    else:
        database.type(f"INSERT INTO {name} SELECT i, i FROM generate_series(1, {CHANGES}) AS i")


def _folder(url: StoreUrl) -> str:
    return str(Path(url.path).parent)
