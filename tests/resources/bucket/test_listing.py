"""Listings: prefixes, delimiters, pages, and that they read no more than they show."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ensue.app.app import App
from ensue.engine.database import MEMORY, StoreUrl
from ensue.resources.bucket import list_in
from ensue.resources.bucket.rules import successor
from ensue.resources.bucket.store.listing import ROWS_AT_FIRST
from ensue.words.errors import InvalidValue
from tests.conftest import Stage

KEYS = ["a.txt", "a/1", "a/2", "a/b/1", "b/1", "b/2", "b0", "c"]


@pytest.fixture
def app() -> App:
    return App("shop")


@pytest.fixture
def files(app):
    return app.bucket("files")


@pytest.fixture
def filled(store, run_on, app, files):
    stage = run_on(store, app)
    for key in KEYS:
        stage.wait(files.put(key, key.encode()))
    return stage


def listed(stage, bucket, *args, **options):
    page = stage.wait(bucket.list(*args, **options))
    return [each.key for each in page.objects], page.prefixes, page.next


def test_objects_are_listed_in_the_order_of_their_keys(filled, files):
    keys, prefixes, after = listed(filled, files)

    assert (keys, prefixes, after) == (KEYS, [], None)


def test_a_prefix_says_with_what_the_keys_begin(filled, files):
    assert listed(filled, files, "a/")[0] == ["a/1", "a/2", "a/b/1"]
    assert listed(filled, files, "nothing")[0] == []


def test_a_delimiter_rolls_up_what_is_alike_up_to_it(filled, files):
    assert listed(filled, files, delimiter="/") == (["a.txt", "b0", "c"], ["a/", "b/"], None)
    assert listed(filled, files, "a/", delimiter="/") == (["a/1", "a/2"], ["a/b/"], None)


def test_pages_go_on_where_the_one_before_ended(filled, files):
    seen, after = [], None
    while True:
        keys, prefixes, after = listed(filled, files, delimiter="/", limit=1, after=after)
        seen.append((keys, prefixes))
        if after is None:
            break

    assert seen == [
        (["a.txt"], []),
        ([], ["a/"]),
        ([], ["b/"]),
        (["b0"], []),
        (["c"], []),
    ]


def test_a_listing_begins_behind_a_key(filled, files):
    assert listed(filled, files, start_after="b/1")[0] == ["b/2", "b0", "c"]
    assert listed(filled, files, start_after="a/1", delimiter="/")[1] == ["a/", "b/"]


@pytest.mark.parametrize(
    "options",
    [{"limit": 0}, {"limit": 1_001}, {"delimiter": ""}, {"after": "?"}, {"after": "_"},
     {"prefix": "\ud800"}],
)  # fmt: skip
def test_what_cannot_be_listed_is_refused(filled, files, options):
    with pytest.raises(InvalidValue):
        filled.wait(files.list(**options))


def test_what_is_rolled_up_is_not_read(run_on, file_store, app, files):
    stage = run_on(file_store, app)
    stage.do(
        lambda tx: tx.connection.executemany(
            f"INSERT INTO {files.model.sql} (key, is_current, body, etag, size, content_type,"
            " created_ms, modified_ms, since_ms) VALUES (?, 1, 'x', 'e', 1, 'a/b', 0, 0, 0)",
            [(f"{folder}/{n:05}",) for folder in "abc" for n in range(1_000)],
        )
    )
    read = []

    def count(tx):
        def note(cursor, row):
            read.append(row)
            return row

        tx.connection.row_trace = note
        try:
            return list_in(
                tx, files.model, "", delimiter="/", limit=9, after=None, start_after=None
            )
        finally:
            tx.connection.row_trace = None

    page = stage.engine.read(count)

    assert page.prefixes == ["a/", "b/", "c/"]
    assert len(read) <= 3 * ROWS_AT_FIRST


TEXTS = st.text(alphabet=st.sampled_from("a/\0\ud7ff\ue000\U0010ffff"), min_size=1, max_size=4)


@given(text=TEXTS, other=TEXTS)
def test_the_successor_is_behind_all_that_begin_so_and_nothing_else(text, other):
    behind = successor(text)

    begins = other.startswith(text)
    assert begins == (other >= text and (behind is None or other < behind))


@settings(max_examples=60)
@given(
    keys=st.sets(TEXTS, max_size=12),
    prefix=st.text(alphabet="a/", max_size=2),
    delimiter=st.sampled_from([None, "/", "a", "//"]),
    limit=st.integers(1, 4),
)
def test_all_pages_together_are_what_was_asked_for(keys, prefix, delimiter, limit):
    app = App("shop")
    files = app.bucket("files")
    stage = Stage(StoreUrl(MEMORY), app)
    try:
        for key in keys:
            stage.wait(files.put(key, b""))
        found, after = [], None
        while True:
            page = stage.wait(files.list(prefix, delimiter=delimiter, limit=limit, after=after))
            got = [each.key for each in page.objects] + page.prefixes
            assert len(got) <= limit
            found += got
            after = page.next
            if after is None:
                break
    finally:
        stage.close()

    wanted = set()
    for key in keys:
        if key.startswith(prefix):
            cut = -1 if delimiter is None else key.find(delimiter, len(prefix))
            wanted.add(key if cut < 0 else key[: cut + len(delimiter)])
    assert sorted(found) == sorted(wanted)
