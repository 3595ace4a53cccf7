"""Every statement by which a map run goes on finds its rows by a key or an index."""

import pytest

from ensue.engine import map_runs
from ensue.resources.workflow.store import map_runs as rows
from ensue.resources.workflow.store.map_runs import MapRow
from tests.engine.test_plans import plan

ROW = MapRow(*(0 for _ in MapRow._fields))
ENDING = (1, "null", None, None)


@pytest.mark.parametrize(
    ("run", "key"),
    [
        (lambda tx: rows.load(tx, 1), "INTEGER PRIMARY KEY (rowid=?)"),
        (lambda tx: rows.waited_for(tx, 1, 1), "ensue_map_runs_by_branch (branch=?)"),
        (lambda tx: rows.of_execution(tx, 1), "ensue_map_runs_by_execution (execution=?)"),
        (lambda tx: rows.by_uuid(tx, "u"), "(uuid=?)"),
        (lambda tx: rows.next_pending(tx, ROW, 1), "INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
        (lambda tx: rows.ended(tx, 1, ENDING), "INTEGER PRIMARY KEY (rowid=?)"),
        (lambda tx: rows.running_children(tx, ROW, 1), "ensue_map_children_running (id>?"),
        (lambda tx: rows.counts(tx, 1), "INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
        (lambda tx: map_runs.forget(tx, 1, 1), "ensue_map_runs_by_execution (execution=?)"),
    ],
)
def test_a_statement_of_a_map_run_uses_its_key(run_on, store, run, key):
    said = plan(run_on(store), run)

    assert key in said
    assert "SCAN" not in said
