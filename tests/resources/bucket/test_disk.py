"""Objects on a disk that fails, or kills the process, at any of its steps."""

from __future__ import annotations

import pytest

from ensue.app.app import App
from ensue.app.integrity import check
from ensue.app.transaction import Tx
from ensue.testing.crash import crash_points
from ensue.testing.disk import Disk, Fault
from ensue.words.errors import EnsueError, StoreError
from tests.conftest import Stage

PLACE = "/_ensue/buckets/files/objects/"
LARGE = bytes(range(256)) * 2_000


def make_app():
    app = App("shop")
    files = app.bucket("files")
    orders = app.table("orders", key="id")

    @app.post("/orders")
    def take(body: dict, tx: Tx) -> None:
        tx.put(orders, body)
        tx.put_object(files, f"orders/{body['id']}", str(body).encode())

    return app, files


def kept(stage):
    shelf = stage.engine.facts.shelf
    return sorted(
        each for ids in shelf.ids(stage.engine.number(("shop", "bucket", "files"))) for each in ids
    )


@pytest.fixture
def disk():
    disk = Disk()
    yield disk
    disk.close()


def trace_of(stage, disk, doing):
    """The steps of the disk while something is done."""
    disk.trace.clear()
    stage.wait(doing)
    return list(disk.trace)


def test_a_body_and_its_name_are_on_the_disk_before_the_row_is(disk, tmp_path):
    app, files = make_app()
    stage = Stage(disk.url(tmp_path / "ensue.db"), app)
    try:
        stage.settle()
        steps = trace_of(stage, disk, files.put("k", LARGE))
        [body] = kept(stage)
    finally:
        stage.close()

    order = [
        f"make {body}",
        f"write {body}",
        f"sync {body}",
        "sync the folder",
        "sync ensue.db-wal",
    ]
    places = [steps.index(each) for each in order]
    assert places == sorted(places)
    assert steps.count(f"write {body}") == 2


def test_a_body_is_removed_after_the_commit_that_lets_it_go(disk, tmp_path):
    app, files = make_app()
    stage = Stage(disk.url(tmp_path / "ensue.db"), app)
    try:
        stage.wait(files.put("k", b"one"))
        stage.settle()
        [body] = kept(stage)
        disk.trace.clear()
        stage.wait(files.delete("k"))
        stage.settle()
        steps = list(disk.trace)
    finally:
        stage.close()

    assert steps.index("sync ensue.db-wal") < steps.index(f"remove {body}")
    assert "sync ensue.db-wal" in steps[steps.index(f"remove {body}") :]


@pytest.mark.parametrize("kind", ["full", "io"])
def test_what_the_disk_refuses_is_told_and_nothing_is_left_behind(disk, tmp_path, kind):
    app, files = make_app()
    stage = Stage(disk.url(tmp_path / "ensue.db"), app)
    try:
        stage.wait(files.put("k", b"old"))
        stage.settle()
        refused = 0
        for step in range(1, 30):
            disk.steps, disk.fault = 0, Fault(kind, step)
            try:
                stage.wait(files.put("k", LARGE))
            except StoreError:
                refused += 1
                disk.mend()
                assert stage.wait(files.get("k")) == b"old"
            else:
                disk.mend()
                stage.wait(files.put("k", b"old"))
            stage.settle()
            assert len(kept(stage)) == 1, f"{kind} at step {step}"
        assert refused >= 4
        assert check(stage.engine) == []
    finally:
        disk.mend()
        stage.close()


@pytest.mark.parametrize("kind", ["full", "io"])
def test_a_transaction_whose_body_the_disk_refuses_is_undone(disk, tmp_path, kind):
    app, files = make_app()
    stage = Stage(disk.url(tmp_path / "ensue.db"), app)
    try:
        stage.settle()
        disk.steps, disk.fault = 0, Fault(kind, 2)
        with pytest.raises(EnsueError):
            stage.wait(app.run(lambda tx: tx.put_object(files, "k", b"x") and None))
        disk.mend()
        stage.wait(files.put("other", b"y"))
        stage.settle()
        stage.advance(60_000)
        assert stage.wait(files.get("k")) is None
        assert len(kept(stage)) == 1
    finally:
        disk.mend()
        stage.close()


@pytest.mark.crash
def test_every_object_that_was_acknowledged_is_there_whole_whenever_the_process_dies():
    app, files = make_app()

    def scenario(t):
        statuses = [
            t.request("PUT", PLACE + "a", body=LARGE).status,
            t.request("PUT", PLACE + "a", body=b"two").status,
            t.request("PUT", PLACE + "b", body=b"gone").status,
            t.post("/orders", {"id": "1"}).status,
            t.post("/orders", {"id": "1", "again": True}).status,
            t.request("DELETE", PLACE + "b").status,
        ]
        t.settle()
        t.advance("2m")
        engine = t._platform.engine
        shelf = engine.facts.shelf
        number = engine.number(files.ref)
        there = {each.key: t.wait(files.get(each.key)) for each in t.wait(files.list()).objects}
        return (
            statuses,
            there,
            [each.rule for each in check(engine)],
            sum(map(len, shelf.ids(number))),
        )

    assert crash_points(scenario, app, at="storage") > 60
