"""Every hot query of a meter uses its index."""

from __future__ import annotations

import pytest

from ensue.resources.meter import store
from ensue.resources.meter.rules.windows import Span
from ensue.resources.meter.store import events, metrics, subjects, sums
from tests.engine.test_plans import plan

TABLE = "shop_usage"
SUMS = (1, 1, 0, 5, 9)

QUERIES = {
    "a subject": (lambda tx, m: subjects.number_of(tx, m, "a"), f"{TABLE}__subjects_1"),
    "subjects of a batch": (lambda tx, m: subjects._numbers(tx, m, ["a", "b"]), "autoindex"),
    "sums": (lambda tx, m: list(sums.read(tx, m, "SUM", SUMS)), "hour>? AND hour<?"),
    "peaks": (lambda tx, m: list(sums.read(tx, m, "MAX", SUMS)), "hour>? AND hour<?"),
    "values": (lambda tx, m: list(sums.read(tx, m, "PERCENTILE", SUMS)), "hour>? AND hour<?"),
    "unique": (lambda tx, m: sums.count_unique(tx, m, SUMS, []), "hour>? AND hour<?"),
    "hours": (lambda tx, m: list(sums.read_hours(tx, m, "SUM", SUMS)), "hour>? AND hour<?"),
    "edges": (
        lambda tx, m: events.lines(tx, m, events.Sought(1, "call", Span(5, 9))),
        f"{TABLE}__times (subject=? AND type=? AND time_ms>? AND time_ms<?)",
    ),
    "changes": (
        lambda tx, m: events.changes(tx, m, events.Sought(1, "call", Span(5, 9)), after=3),
        f"{TABLE}__times (subject=? AND type=? AND time_ms>? AND time_ms<?",
    ),
    "who changed": (
        lambda tx, m: store.changed(tx, m, (5, 9), after=3, subjects_of=store.SubjectPage()),
        "PRIMARY KEY (metric=? AND subject=? AND grouping=? AND hour>? AND hour<?)",
    ),
    "who has usage": (
        lambda tx, m: store.list_subjects(tx, m, within=(5, 9), after="", limit=9),
        "PRIMARY KEY (metric=? AND subject=? AND grouping=? AND hour>? AND hour<?)",
    ),
    "what is forgotten": (lambda tx, m: metrics.forget(tx, m, 1, 9), "PRIMARY KEY"),
}


@pytest.mark.parametrize("name", QUERIES)
def test_it_is_searched_by_its_index_and_the_log_is_never_scanned(metered, name):
    run, index = QUERIES[name]
    said = plan(metered.stage, lambda tx: run(tx, metered.usage.model))
    assert index in said
    assert f"SCAN {TABLE}\n" not in said
    assert f"SCAN {TABLE}__sums" not in said


def test_an_event_is_found_by_its_id_and_its_corrections_by_its_place(metered):
    metered.record(metered.call("a"))
    said = plan(metered.stage, lambda tx: events.find(tx, metered.usage.model, 1, "a"))
    assert f"{TABLE}__ids (subject=? AND id=?)" in said
    assert f"{TABLE}__corrections (corrects=?)" in said
