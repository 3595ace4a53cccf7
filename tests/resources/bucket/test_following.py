"""What happens to objects: the log, functions that follow it, patterns on S3's words."""

from __future__ import annotations

import pytest

from ensue.app.app import App
from ensue.engine import logs
from ensue.resources.bucket import ObjectChange, as_event
from ensue.words.errors import InvalidDeclaration, InvalidInput, InvalidPattern, InvalidValue


@pytest.fixture
def app() -> App:
    return App("shop")


@pytest.fixture
def files(app):
    return app.bucket("files", expire_after="3d")


def test_a_function_gets_each_change_once_and_in_the_order_of_its_key(store, run_on, app, files):
    seen = []

    @app.on_object(files)
    def follow(change: ObjectChange, tx):
        seen.append((change.kind, change.key, change.size, change.old and change.old.size))

    stage = run_on(store, app)
    stage.wait(files.put("a", b"1"))
    stage.wait(files.put("a", b"22"))
    stage.wait(files.put("b", b"333"))
    stage.wait(files.delete("a"))
    stage.settle()

    assert seen == [
        ("insert", "a", 1, None),
        ("update", "a", 2, 1),
        ("insert", "b", 3, None),
        ("remove", "a", 2, 2),
    ]


def test_a_change_says_what_was_and_what_is(store, run_on, app, files):
    seen = []

    @app.on_object(files)
    def follow(change, tx):
        seen.append(change)

    stage = run_on(store, app)
    first = stage.wait(files.put("a", b"1", metadata={"n": "1"}))
    second = stage.wait(files.put("a", b"2", content_type="text/plain"))
    stage.wait(files.delete("a"))
    stage.settle()

    assert [(each.old, each.new) for each in seen] == [
        (None, first),
        (first, second),
        (second, None),
    ]
    assert [each.etag for each in seen] == [first.etag, second.etag, second.etag]
    assert seen[0].version == first.version
    assert seen[0].at_ms == first.modified_ms
    assert seen[0].bucket == "files"
    assert len({each.id for each in seen}) == 3
    assert not any(each.expired for each in seen)


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"kind": "insert"}, ["x/1.pdf", "y/2.txt", "x/3.txt"]),
        ({"kind": ["update", "remove"]}, ["x/1.pdf", "y/2.txt"]),
        ({"prefix": "x/"}, ["x/1.pdf", "x/3.txt", "x/1.pdf"]),
        ({"prefix": "x/", "suffix": ".txt"}, ["x/3.txt"]),
        ({"where": {"detail": {"object": {"size": [{"numeric": [">", 2]}]}}}}, ["x/3.txt"]),
        ({"where": {"detail-type": ["Object Deleted"]}}, ["y/2.txt"]),
        ({"where": {"detail": {"reason": ["PutObject"], "change": ["update"]}}}, ["x/1.pdf"]),
    ],
)
def test_a_function_follows_what_it_wants(store, run_on, app, files, options, found):
    seen = []

    @app.on_object(files, **options)
    def follow(change, tx):
        seen.append(change.key)

    stage = run_on(store, app)
    stage.wait(files.put("x/1.pdf", b"1"))
    stage.wait(files.put("y/2.txt", b"22"))
    stage.wait(files.put("x/3.txt", b"333"))
    stage.wait(files.put("x/1.pdf", b"2"))
    stage.wait(files.delete("y/2.txt"))
    stage.settle()

    assert seen == found


def test_an_action_follows_too_and_a_failing_key_holds_back_only_its_own(store, run_on, app, files):
    seen = []

    @app.on_object(files, retries=1, retry_base="1s")
    async def follow(change: ObjectChange):
        if change.key == "bad" and not seen.count("tried"):
            seen.append("tried")
            raise InvalidInput("not yet")
        seen.append((change.key, change.kind))

    stage = run_on(store, app)
    stage.wait(files.put("bad", b"1"))
    stage.wait(files.put("bad", b"2"))
    stage.wait(files.put("good", b"3"))
    stage.settle()
    stage.advance(10_000)

    assert seen.index(("good", "insert")) < seen.index(("bad", "insert"))
    assert seen.index(("bad", "insert")) < seen.index(("bad", "update"))


def test_a_change_and_what_is_done_about_it_are_one_tree(store, run_on, app, files):
    orders = app.table("orders", key="id")

    @app.on_object(files)
    def follow(change, tx):
        tx.put(orders, {"id": change.key})

    stage = run_on(store, app)
    stage.wait(files.put("a", b"1"))
    stage.settle()
    [(sequence, number)] = stage.rows(
        "SELECT cause_sequence, cause_number FROM ensue_hops WHERE actor = 'follow'"
    )

    assert (sequence, number) == (1, stage.engine.number(files.ref))


def test_an_object_whose_time_has_come_is_removed_and_told_so(store, run_on, app, files):
    seen = []

    @app.on_object(files, kind="remove")
    def follow(change, tx):
        seen.append((change.key, change.expired))

    stage = run_on(store, app)
    stage.wait(files.put("old", b"1"))
    stage.advance(2 * 86_400_000)
    stage.wait(files.put("new", b"2"))
    stage.wait(files.put("gone", b"2"))
    stage.wait(files.delete("gone"))
    stage.advance(86_400_000 - 1)
    assert stage.wait(files.count()) == 2
    stage.advance(1)

    assert seen == [("gone", False), ("old", True)]
    assert [each.key for each in stage.wait(files.list()).objects] == ["new"]


def test_an_event_has_the_words_of_s3(store, run_on, app, files):
    stage = run_on(store, app)
    stage.wait(files.put("a", b"1"))
    stage.wait(files.delete("a"))
    records = stage.engine.read(lambda tx: logs.read(tx, files.model.changes, 0, 10))
    events = [as_event(files.ref, each) for each in records]

    created, deleted = events
    assert created["detail-type"] == "Object Created"
    assert created["source"] == "ensue.bucket"
    assert created["resources"] == ["bucket/files"]
    assert created["time"].endswith("Z")
    assert created["detail"] == {
        "version": "0",
        "bucket": {"name": "files"},
        "object": {
            "key": "a",
            "size": 1,
            "etag": "c4ca4238a0b923820dcc509a6f75849b",
            "version-id": "1",
            "sequencer": "0000000000000001",
        },
        "reason": "PutObject",
        "change": "insert",
    }
    assert deleted["detail-type"] == "Object Deleted"
    assert deleted["detail"]["reason"] == "DeleteObject"
    assert "size" not in deleted["detail"]["object"]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"kind": "created"}, InvalidDeclaration),
        ({"where": {"detail": "x"}}, InvalidPattern),
        ({"start": "snapshot"}, InvalidValue),
    ],
)
def test_what_cannot_be_followed_is_refused(app, files, options, error):
    with pytest.raises(error):
        app.on_object(files, **options)
