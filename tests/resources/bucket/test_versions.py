"""Versions: what is overwritten or deleted stays, for a time or as many as are wanted."""

from __future__ import annotations

import pytest

from ensue.app.app import App
from ensue.words.errors import InvalidInput, InvalidValue

DAY_MS = 86_400_000


@pytest.fixture
def app() -> App:
    return App("shop")


@pytest.fixture
def files(app):
    return app.bucket("files", versions=True)


def told(stage, bucket, *args, **options):
    page = stage.wait(bucket.list_versions(*args, **options))
    return [
        (each.key, each.version, "marker" if each.is_marker else each.size, each.is_latest)
        for each in page.versions
    ], page.next


def test_what_is_overwritten_and_deleted_stays_as_versions(store, run_on, app, files):
    stage = run_on(store, app)
    first = stage.wait(files.put("k", b"1"))
    second = stage.wait(files.put("k", b"22"))
    stage.wait(files.delete("k"))
    stage.settle()

    assert stage.wait(files.get("k")) is None
    assert stage.wait(files.list()).objects == []
    assert stage.wait(files.get("k", version=first.version)) == b"1"
    assert stage.wait(files.head("k", version=second.version)) == second
    assert told(stage, files)[0] == [
        ("k", 3, "marker", True),
        ("k", 2, 2, False),
        ("k", 1, 1, False),
    ]
    assert stage.wait(files.head("other", version=1)) is None
    assert stage.wait(files.get("k", version=3)) is None


def test_a_put_after_a_delete_begins_anew(store, run_on, app, files):
    stage = run_on(store, app)
    stage.wait(files.put("k", b"1"))
    stage.wait(files.delete("k"))
    stage.advance(1_000)

    info = stage.wait(files.put("k", b"2"))

    assert info.created_ms == info.modified_ms == stage.clock.now_ms()


def test_the_version_before_comes_back_when_the_newest_is_removed_for_good(
    store, run_on, app, files
):
    seen = []

    @app.on_object(files)
    def follow(change, tx):
        seen.append((
            change.kind,
            change.old and change.old.version,
            change.new and change.new.version,
        ))

    stage = run_on(store, app)
    stage.wait(files.put("k", b"1"))
    stage.wait(files.put("k", b"2"))
    stage.wait(files.delete("k"))

    assert stage.wait(files.delete("k", version=3)) is True
    assert stage.wait(files.get("k")) == b"2"
    assert stage.wait(files.delete("k", version=2)) is True
    assert stage.wait(files.get("k")) == b"1"
    assert stage.wait(files.delete("k", version=1)) is True
    assert stage.wait(files.get("k")) is None
    assert stage.wait(files.delete("k", version=1)) is False
    stage.settle()

    assert seen == [
        ("insert", None, 1),
        ("update", 1, 2),
        ("remove", 2, None),
        ("insert", None, 2),
        ("update", 2, 1),
        ("remove", 1, None),
    ]
    assert stage.rows("SELECT count(*) FROM ensue_bodies") == [(0,)]


def test_an_older_version_is_removed_without_a_change(store, run_on, app, files):
    stage = run_on(store, app)
    stage.wait(files.put("k", b"1"))
    stage.wait(files.put("k", b"2"))
    before = stage.rows("SELECT count(*) FROM shop_files_changes")

    assert stage.wait(files.delete("k", version=1)) is True

    assert stage.rows("SELECT count(*) FROM shop_files_changes") == before
    assert stage.wait(files.get("k")) == b"2"


def test_versions_are_told_in_pages_by_key_and_newest_first(store, run_on, app, files):
    stage = run_on(store, app)
    for key in ("a/1", "a/2", "b"):
        stage.wait(files.put(key, b"1"))
        stage.wait(files.put(key, b"2"))

    whole, after = told(stage, files, "a/")
    pieces, following = [], None
    while True:
        page, following = told(stage, files, "a/", limit=1, after=following)
        pieces += page
        if following is None:
            break

    assert after is None
    assert [each[:2] for each in whole] == [("a/1", 2), ("a/1", 1), ("a/2", 4), ("a/2", 3)]
    assert pieces == whole


def test_as_many_versions_stay_as_are_wanted(store, run_on, app):
    files = app.bucket("files", versions=True, noncurrent_max=2)
    stage = run_on(store, app)
    for n in range(5):
        stage.wait(files.put("k", b"x" * n))
    stage.settle()

    assert [each[1] for each in told(stage, files)[0]] == [5, 4, 3]
    assert stage.rows("SELECT count(*) FROM ensue_bodies") == [(3,)]


def test_versions_stay_as_long_as_is_wanted(store, run_on, app):
    files = app.bucket("files", versions=True, noncurrent_for="7d")
    stage = run_on(store, app)
    stage.wait(files.put("kept", b"1"))
    stage.wait(files.put("k", b"1"))
    stage.wait(files.put("k", b"2"))
    stage.advance(5 * DAY_MS)
    stage.wait(files.delete("k"))

    stage.advance(2 * DAY_MS)
    assert [each[:3] for each in told(stage, files, "k")[0]] == [
        ("k", 4, "marker"),
        ("k", 3, 1),
        ("kept", 1, 1),
    ]
    stage.advance(5 * DAY_MS)
    assert told(stage, files)[0] == [("kept", 1, 1, True)]
    assert stage.rows("SELECT count(*) FROM ensue_bodies") == [(1,)]


def test_a_bucket_without_versions_tells_of_none(store, run_on, app):
    plain = app.bucket("plain")
    stage = run_on(store, app)
    info = stage.wait(plain.put("k", b"1"))

    with pytest.raises(InvalidInput, match="with versions"):
        stage.wait(plain.list_versions())
    assert stage.wait(plain.get("k", version=info.version)) == b"1"
    assert stage.wait(plain.delete("k", version=info.version)) is True
    assert stage.wait(plain.get("k")) is None


@pytest.mark.parametrize("options", [{"limit": 0}, {"after": "YQ"}, {"after": "?"}])
def test_what_cannot_be_told_is_refused(store, run_on, app, files, options):
    stage = run_on(store, app)

    with pytest.raises(InvalidValue):
        stage.wait(files.list_versions(**options))


def test_a_bucket_changes_its_mind_about_versions(file_store, run_on):
    def started(**options):
        app = App("shop")
        bucket = app.bucket("files", **options)
        return run_on(file_store, app), bucket

    stage, files = started(versions=True, noncurrent_for="30d", expire_after="90d")
    stage.wait(files.put("k", b"1"))
    stage.wait(files.put("k", b"2"))
    stage.close()
    stage, files = started()
    stage.wait(files.put("k", b"3"))
    stage.close()
    stage, files = started(versions=True)

    assert stage.wait(files.get("k")) == b"3"
    assert [each[1] for each in told(stage, files)[0]] == [3, 1]
    assert stage.wait(files.get("k", version=1)) == b"1"
