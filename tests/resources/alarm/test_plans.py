"""Every hot query of alarms uses its index."""

from __future__ import annotations

import pytest

from ensue.resources.alarm import store
from tests.engine.test_plans import plan

QUERIES = {
    "what is kept": (store.kept, "rowid=?"),
    "changes": (lambda tx, alarm: store.changes(tx, alarm, 9, 9), "rowid<?"),
    "the newest changes": (lambda tx, alarm: store.changes(tx, alarm, None, 9), "rowid<?"),
}


@pytest.mark.parametrize("name", QUERIES)
def test_it_is_found_by_its_key_and_nothing_is_sorted(watched, name):
    alarm = watched.alarm()
    stage = watched.run()
    run, index = QUERIES[name]
    said = plan(stage, lambda tx: run(tx, alarm.model))
    assert index in said
    assert "TEMP B-TREE" not in said
