"""Every hot query of a stream uses its index."""

from __future__ import annotations

import pytest

from ensue.app.app import App
from ensue.engine import lanes, logs, shards
from ensue.engine.lanes import Lane
from ensue.engine.shards import Entry
from ensue.engine.sockets import Source
from ensue.resources.stream.store import groups
from tests.engine.test_plans import plan

TABLE = "wims_clicks_records"
SOURCE = Source(16, TABLE, sharded=True, keep_ms=1, keep_bytes=1)
ENTRY = Entry(b"x" * 16, "a", "1")

QUERIES = {
    "a shard": (lambda tx, _: logs.read_shard(tx, TABLE, 1, 5, 9), f"{TABLE}_by_shard"),
    "a key": (lambda tx, _: logs.read_key(tx, TABLE, "a", 5, 9), f"{TABLE}_by_key"),
    "the whole": (lambda tx, _: logs.read(tx, TABLE, 5, 9, sharded=True), "INTEGER PRIMARY KEY"),
    "one record": (lambda tx, _: logs.record(tx, TABLE, 5, sharded=True), "INTEGER PRIMARY KEY"),
    "records of a hop": (
        lambda tx, _: logs.produced_by(tx, TABLE, 5, 9, sharded=True),
        f"{TABLE}_by_hop",
    ),
    "the shards": (lambda tx, _: shards.all_shards(tx, 16), "PRIMARY KEY"),
    "one shard": (lambda tx, _: shards.shard(tx, 16, 1), "PRIMARY KEY"),
    "the lanes": (lambda tx, _: lanes.lanes_of(tx, SOURCE, 17), "PRIMARY KEY"),
    "how many are unread": (lambda tx, _: lanes.lag(tx, SOURCE, Lane(1, 5)), f"{TABLE}_by_shard"),
    "a group's positions": (lambda tx, s: groups._positions(tx, s.model, "g"), "PRIMARY KEY"),
}


@pytest.fixture
def clicks_and_stage(store, run_on):
    app = App("wims")
    clicks = app.stream("clicks", shards=4)
    return clicks, run_on(store, app)


@pytest.mark.parametrize("name", QUERIES)
def test_it_is_searched_by_its_index_and_nothing_is_scanned_or_sorted(clicks_and_stage, name):
    clicks, stage = clicks_and_stage
    run, index = QUERIES[name]
    said = plan(stage, lambda tx: run(tx, clicks))
    searches = [line for line in said.splitlines() if "(subquery" not in line]
    assert any(index in line for line in searches)
    assert all("SCAN" not in line and "TEMP B-TREE" not in line for line in searches)


def test_the_shard_of_a_record_is_found_by_its_index(clicks_and_stage):
    _, stage = clicks_and_stage
    said = stage.rows(
        "EXPLAIN QUERY PLAN SELECT shard FROM ensue_shards"
        " WHERE log = 16 AND closed IS NULL AND low <= x'00' ORDER BY low DESC LIMIT 1"
    )
    assert "ensue_shards_open" in str(said)
    assert "TEMP B-TREE" not in str(said)
