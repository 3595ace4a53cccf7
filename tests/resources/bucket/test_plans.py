"""Every hot query of a bucket uses its index."""

from __future__ import annotations

import pytest

from ensue.app.app import App
from ensue.engine import bodies
from ensue.engine.shelf import BodyPlace
from ensue.resources.bucket import store
from ensue.resources.bucket.store.listing import _read
from tests.engine.test_plans import plan

TABLE = "shop_files"

QUERIES = {
    "an object": (lambda tx, b: store.current(tx, b, "k"), f"{TABLE}__current"),
    "a version": (lambda tx, b: store.version(tx, b, "k", 1), "INTEGER PRIMARY KEY"),
    "a page": (lambda tx, b: _read(tx, b, "a", None, 9), f"{TABLE}__current"),
    "a page of a prefix": (lambda tx, b: _read(tx, b, "a", "b", 9), f"{TABLE}__current"),
    "versions": (
        lambda tx, b: store.list_versions(tx, b, "a", limit=9, after=None),
        f"{TABLE}__versions",
    ),
    "what ends next": (store.next_end_ms, f"{TABLE}__expiry"),
    "bodies of no use": (lambda tx, b: bodies.gone(tx, 16, 9), "ensue_bodies_gone"),
    "a body": (lambda tx, b: bodies.let_go(tx, BodyPlace(16, "x")), "PRIMARY KEY"),
    "unknown bodies": (lambda tx, b: bodies.unknown(tx, 16, ["x"]), "PRIMARY KEY"),
}


@pytest.mark.parametrize("name", QUERIES)
def test_it_is_searched_by_its_index_and_nothing_is_sorted(store, run_on, name):
    app = App("shop")
    files = app.bucket(
        "files", versions=True, noncurrent_for="1d", noncurrent_max=2, expire_after="1d"
    )
    stage = run_on(store, app)
    run, index = QUERIES[name]

    said = plan(stage, lambda tx: run(tx, files.model))

    assert index in said
    assert "TEMP B-TREE" not in said
    assert f"SCAN {TABLE}\n" not in said
