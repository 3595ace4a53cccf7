"""Every hot query of schedules uses its index."""

from __future__ import annotations

import pytest

from ensue.app.app import App
from ensue.resources.schedule import store as schedule_store
from tests.engine.test_plans import plan

QUERIES = {
    "due": (lambda tx, group: schedule_store.due(tx, group, 9), "_due"),
    "next": (schedule_store.next_fire_ms, "_due"),
    "by name": (lambda tx, group: schedule_store.find(tx, group, "a"), "name=?"),
    "a page": (lambda tx, group: schedule_store.page(tx, group, "a", None, 9), "name>?"),
    "a page of a state": (
        lambda tx, group: schedule_store.page(tx, group, "a", "paused", 9),
        "_resting",
    ),
    "a page of the active": (
        lambda tx, group: schedule_store.page(tx, group, "a", "active", 9),
        "name>?",
    ),
    "counts": (schedule_store.counts, "_due"),
    "what fires next": (schedule_store.next_firing, "_due"),
    "missed of one": (
        lambda tx, group: tx.execute(
            f"SELECT name FROM {group.notes} WHERE schedule = 1 ORDER BY id DESC LIMIT 9"
        ),
        "_by_schedule",
    ),
    "declared": (lambda tx, group: schedule_store.declare(tx, group, {}), "_declared"),
}


@pytest.mark.parametrize("name", QUERIES)
def test_it_is_found_by_its_index_and_nothing_is_sorted(store, run_on, name):
    app = App("wims")
    group = app.schedules()
    stage = run_on(store, app)
    run, index = QUERIES[name]
    said = plan(stage, lambda tx: run(tx, group.model))
    assert index in said
    assert "INDEX" in said
    assert "TEMP B-TREE" not in said
