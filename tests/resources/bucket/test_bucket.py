"""Objects: puts, gets, ranges, conditions, copies and deletes, on both stores."""

from __future__ import annotations

import asyncio
import hashlib
import tracemalloc

import pytest

from ensue.app.app import App
from ensue.app.transaction import Tx
from ensue.engine.shelf import folder_of
from ensue.resources.bucket import OutOfRange
from ensue.words.errors import (
    ConditionFailed,
    InvalidDeclaration,
    InvalidValue,
    LimitExceeded,
    NotFound,
    TooLarge,
)

MIB = 1_048_576


@pytest.fixture
def app() -> App:
    return App("shop")


@pytest.fixture
def files(app):
    return app.bucket("files")


def kept(stage):
    """The ids of the bodies that are there."""
    shelf = stage.engine.facts.shelf
    numbers = range(16, 16 + 20)
    return sorted(each for number in numbers for ids in shelf.ids(number) for each in ids)


def noted(stage):
    """The ids of the bodies that rows tell of."""
    return sorted(each for (each,) in stage.rows("SELECT id FROM ensue_bodies"))


async def chunks(*given):
    for each in given:
        yield each


def test_an_object_is_read_as_it_was_put(store, run_on, app, files):
    stage = run_on(store, app)

    info = stage.wait(files.put("a/b.txt", b"hello", content_type="text/plain"))

    assert info.etag == hashlib.md5(b"hello", usedforsecurity=False).hexdigest()
    assert (info.key, info.size, info.content_type) == ("a/b.txt", 5, "text/plain")
    assert stage.wait(files.get("a/b.txt")) == b"hello"
    assert stage.wait(files.head("a/b.txt")) == info


def test_what_is_not_there_is_none(store, run_on, app, files):
    stage = run_on(store, app)

    assert stage.wait(files.get("nothing")) is None
    assert stage.wait(files.head("nothing")) is None
    assert stage.wait(files.delete("nothing")) is False
    with pytest.raises(NotFound, match="there is no object"):
        stage.wait(files.reader("nothing"))


def test_a_body_comes_in_chunks_and_goes_in_chunks(store, run_on, app, files):
    stage = run_on(store, app)
    pieces = [bytes([n]) * 100_000 for n in range(11)]

    async def read():
        async with files.open("large") as reader:
            return [chunk async for chunk in reader]

    info = stage.wait(files.put("large", chunks(*pieces)))
    found = stage.wait(read())

    assert info.size == 1_100_000
    assert b"".join(found) == b"".join(pieces)
    assert max(map(len, found)) <= 262_144
    assert len(found) > 3


@pytest.mark.parametrize("body", [b"", b"x" * 262_144, b"x" * 262_145, b"x" * 524_288])
def test_a_body_of_any_size_is_kept(store, run_on, app, files, body):
    stage = run_on(store, app)

    info = stage.wait(files.put("k", body))

    assert info.size == len(body)
    assert stage.wait(files.get("k")) == body


@pytest.mark.parametrize(
    "key",
    [
        "../../etc/passwd",
        "/",
        ".",
        "a\0b",
        "é" * 512,
        "a//b/",
        "\n",
        "key with spaces",
        "\U0010ffff",
    ],
)
def test_a_key_may_have_any_characters_and_is_no_path(store, run_on, app, files, key):
    stage = run_on(store, app)

    stage.wait(files.put(key, b"1"))

    assert stage.wait(files.get(key)) == b"1"
    assert [each.key for each in stage.wait(files.list()).objects] == [key]
    assert stage.wait(files.delete(key)) is True


@pytest.mark.parametrize("key", ["", "x" * 1_025, "é" * 513, "\ud800", 7, None])
def test_what_is_no_key_is_refused(store, run_on, app, files, key):
    stage = run_on(store, app)

    with pytest.raises(InvalidValue, match="expected a key"):
        stage.wait(files.put(key, b"1"))


@pytest.mark.parametrize(
    "options",
    [
        {"content_type": "text"},
        {"content_type": "text/html\r\nx: y"},
        {"metadata": {"Upper": "x"}},
        {"metadata": {"a": "line\nbreak"}},
        {"metadata": {"a": "é"}},
        {"metadata": {"a": "x" * 2_048}},
        {"metadata": {"a": 1}},
    ],
)
def test_what_could_not_be_a_header_is_no_metadata(store, run_on, app, files, options):
    stage = run_on(store, app)

    with pytest.raises(InvalidValue):
        stage.wait(files.put("k", b"1", **options))
    assert kept(stage) == []


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("bytes=0-0", b"0"),
        ("bytes=2-4", b"234"),
        ("bytes=7-", b"789"),
        ("bytes=7-100", b"789"),
        ("bytes=-3", b"789"),
        ("bytes=-100", b"0123456789"),
    ],
)
def test_some_of_the_bytes_are_read(store, run_on, app, files, asked, found):
    stage = run_on(store, app)
    stage.wait(files.put("k", b"0123456789"))

    assert stage.wait(files.get("k", range=asked)) == found


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=10-12", "bytes=-0"])
def test_bytes_that_are_not_there_are_out_of_range(store, run_on, app, files, asked):
    stage = run_on(store, app)
    stage.wait(files.put("k", b"0123456789"))

    with pytest.raises(OutOfRange, match="10 bytes") as caught:
        stage.wait(files.get("k", range=asked))
    assert caught.value.size == 10


@pytest.mark.parametrize("asked", ["items=0-1", "bytes=1-2,4-5", "bytes=4-2", "bytes=-", "2-4"])
def test_what_is_no_range_is_refused(store, run_on, app, files, asked):
    stage = run_on(store, app)
    stage.wait(files.put("k", b"0123456789"))

    with pytest.raises(InvalidValue, match="expected a range"):
        stage.wait(files.get("k", range=asked))


def test_a_put_replaces_and_the_old_body_goes_from_the_disk(store, run_on, app, files):
    stage = run_on(store, app)
    first = stage.wait(files.put("k", b"one"))
    stage.advance(5_000)

    second = stage.wait(files.put("k", b"two"))
    stage.settle()

    assert stage.wait(files.get("k")) == b"two"
    assert second.version > first.version
    assert second.created_ms == first.created_ms
    assert second.modified_ms == first.modified_ms + 5_000
    assert len(kept(stage)) == 1
    assert kept(stage) == noted(stage)


def test_a_delete_removes_the_body_from_the_disk(store, run_on, app, files):
    stage = run_on(store, app)
    stage.wait(files.put("k", b"one"))

    assert stage.wait(files.delete("k")) is True
    stage.settle()

    assert stage.wait(files.get("k")) is None
    assert kept(stage) == noted(stage) == []


def test_a_reader_reads_to_the_end_what_is_overwritten_and_removed_meanwhile(
    store, run_on, app, files
):
    stage = run_on(store, app)
    stage.wait(files.put("k", b"x" * MIB))

    reader = stage.wait(files.reader("k"))
    stage.wait(files.put("k", b"new"))
    stage.settle()
    found = stage.wait(reader.read())
    reader.close()

    assert found == b"x" * MIB
    assert stage.wait(files.get("k")) == b"new"


def test_a_write_that_expects_another_etag_is_refused_and_leaves_nothing(store, run_on, app, files):
    stage = run_on(store, app)
    info = stage.wait(files.put("k", b"one"))

    with pytest.raises(ConditionFailed, match="expected no object"):
        stage.wait(files.put("k", b"two", expect_etag=""))
    with pytest.raises(ConditionFailed, match="expected the etag"):
        stage.wait(files.put("k", b"two", expect_etag="0" * 32))
    with pytest.raises(ConditionFailed, match="got none"):
        stage.wait(files.put("other", b"two", expect_etag=info.etag))
    with pytest.raises(ConditionFailed, match="expected the etag"):
        stage.wait(files.delete("k", expect_etag="0" * 32))

    assert stage.wait(files.get("k")) == b"one"
    assert len(kept(stage)) == 1
    stage.wait(files.put("k", b"two", expect_etag=f'"{info.etag}"'))
    stage.wait(files.put("new", b"three", expect_etag=""))
    assert stage.wait(files.get("k")) == b"two"


def test_of_two_that_expect_no_object_one_gets_it(store, run_on, app, files):
    stage = run_on(store, app)

    async def both():
        return await asyncio.gather(
            files.put("k", b"one", expect_etag=""),
            files.put("k", b"two", expect_etag=""),
            return_exceptions=True,
        )

    found = stage.wait(both())

    assert sorted(type(each).__name__ for each in found) == ["ConditionFailed", "ObjectInfo"]
    assert len(kept(stage)) == 1


def test_a_body_larger_than_the_bucket_takes_is_refused_and_leaves_nothing(store, run_on, app):
    small = app.bucket("small", size_max="1KiB")
    stage = run_on(store, app)

    with pytest.raises(TooLarge, match="1024 bytes"):
        stage.wait(small.put("k", chunks(b"x" * 1_000, b"x" * 25)))
    with pytest.raises(TooLarge):
        stage.wait(small.put("k", b"x" * 1_025))

    assert kept(stage) == []
    assert stage.wait(small.put("k", b"x" * 1_024)).size == 1_024


def test_an_upload_whose_source_fails_leaves_nothing(store, run_on, app, files):
    stage = run_on(store, app)

    async def failing():
        yield b"x" * 300_000
        raise RuntimeError("the client left")

    with pytest.raises(RuntimeError, match="the client left"):
        stage.wait(files.put("k", failing()))
    with pytest.raises(InvalidValue, match="expected chunks of bytes"):
        stage.wait(files.put("k", chunks("text")))
    with pytest.raises(InvalidValue, match="expected bytes"):
        stage.wait(files.put("k", "text"))

    assert stage.wait(files.get("k")) is None
    assert kept(stage) == []


def test_an_upload_that_is_cancelled_leaves_nothing(store, run_on, app, files):
    stage = run_on(store, app)

    async def cancelled():
        waits = asyncio.Event()

        async def endless():
            yield b"x" * 300_000
            waits.set()
            await asyncio.Event().wait()

        putting = asyncio.ensure_future(files.put("k", endless()))
        await waits.wait()
        putting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await putting

    stage.wait(cancelled())

    assert kept(stage) == []
    assert stage.engine.facts.shelf.writing == set()


def test_a_put_that_is_cancelled_while_it_commits_has_its_body(store, run_on, app, files):
    stage = run_on(store, app)

    async def cancelled():
        putting = asyncio.ensure_future(files.put("k", b"one"))
        while not stage.engine.pending:
            await asyncio.wait([putting], timeout=0)
            if putting.done():
                return
        putting.cancel()
        await asyncio.wait([putting])
        await stage.engine.transact(lambda tx: None)

    stage.wait(cancelled())

    assert stage.wait(files.get("k")) == b"one"


def test_an_object_is_copied_within_its_bucket_and_into_another(store, run_on, app, files):
    other = app.bucket("other")
    stage = run_on(store, app)
    info = stage.wait(files.put("k", b"one", content_type="text/plain", metadata={"a": "b"}))

    same = stage.wait(files.copy("k", "again"))
    there = stage.wait(files.copy("k", "k", bucket=other, metadata={"c": "d"}))
    stage.wait(files.delete("k"))
    stage.settle()

    assert (same.etag, same.content_type, same.metadata) == (info.etag, "text/plain", {"a": "b"})
    assert (there.content_type, there.metadata) == ("text/plain", {"c": "d"})
    assert stage.wait(files.get("again")) == stage.wait(other.get("k")) == b"one"
    assert len(kept(stage)) == 2
    with pytest.raises(NotFound):
        stage.wait(files.copy("nothing", "x"))


def test_a_copy_that_is_refused_leaves_nothing(store, run_on, app, files):
    small = app.bucket("small", size_max=2)
    stage = run_on(store, app)
    stage.wait(files.put("k", b"one"))

    with pytest.raises(TooLarge):
        stage.wait(files.copy("k", "k", bucket=small))
    with pytest.raises(ConditionFailed):
        stage.wait(files.copy("k", "k", expect_etag=""))

    assert len(kept(stage)) == 1


def test_many_objects_are_deleted_at_once(store, run_on, app, files):
    stage = run_on(store, app)
    for n in range(5):
        stage.wait(files.put(f"{n}", b"x"))

    assert stage.wait(files.delete_many(["1", "3", "nothing"])) == 2
    stage.settle()

    assert [each.key for each in stage.wait(files.list()).objects] == ["0", "2", "4"]
    assert len(kept(stage)) == 3
    with pytest.raises(LimitExceeded, match="1000 keys"):
        stage.wait(files.delete_many(["x"] * 1_001))


def test_a_transaction_puts_and_deletes_with_all_that_it_does(store, run_on, app, files):
    orders = app.table("orders", key="id")
    stage = run_on(store, app)
    stage.wait(files.put("old", b"x"))

    def store_order(tx: Tx) -> None:
        tx.put(orders, {"id": "1"})
        tx.put_object(files, "orders/1.json", b"{}", content_type="application/json")
        assert tx.head_object(files, "orders/1.json").size == 2
        assert [each.key for each in tx.list_objects(files, "orders/").objects] == ["orders/1.json"]
        assert tx.delete_object(files, "old") is True

    stage.wait(app.run(store_order))
    stage.settle()

    assert stage.wait(files.get("orders/1.json")) == b"{}"
    assert stage.wait(files.get("old")) is None
    assert len(kept(stage)) == 1


def test_a_transaction_that_is_undone_leaves_no_object_and_in_the_end_no_body(
    store, run_on, app, files
):
    stage = run_on(store, app)
    stage.settle()

    def fail(tx: Tx) -> None:
        tx.put_object(files, "k", b"one")
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        stage.wait(app.run(fail))
    assert stage.wait(files.get("k")) is None
    stage.wait(files.put("other", b"wakes the keeper"))
    stage.settle()
    stage.advance(60_000)

    assert len(kept(stage)) == 1
    assert kept(stage) == noted(stage)


def test_a_transaction_takes_bodies_of_a_mebibyte_at_most(store, run_on, app, files):
    stage = run_on(store, app)

    stage.wait(app.run(lambda tx: tx.put_object(files, "k", b"x" * MIB) and None))
    with pytest.raises(TooLarge, match="within a transaction"):
        stage.wait(app.run(lambda tx: tx.put_object(files, "k", b"x" * (MIB + 1)) and None))

    assert stage.wait(files.head("k")).size == MIB


def test_a_whole_body_of_more_than_16_mebibytes_is_not_read_at_once(store, run_on, app, files):
    stage = run_on(store, app)
    stage.wait(files.put("k", b"x" * (16 * MIB + 1)))

    with pytest.raises(TooLarge, match="read it in chunks"):
        stage.wait(files.get("k"))
    assert stage.wait(files.get("k", range="bytes=-3")) == b"xxx"


def test_the_memory_that_a_body_takes_does_not_grow_with_it(file_store, run_on, app, files):
    stage = run_on(file_store, app)

    async def there_and_back():
        await files.put("large", chunks(*(bytes(MIB // 4) for _ in range(2))))
        tracemalloc.start()
        await files.put("large", pieces(64))
        async with files.open("large") as reader:
            size = 0
            async for chunk in reader:
                size += len(chunk)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return size, peak

    async def pieces(many):
        for _ in range(many):
            yield bytes(MIB // 4)

    size, peak = stage.wait(there_and_back())

    assert size == 16 * MIB
    assert peak < 3 * MIB


@pytest.mark.parametrize(
    "options",
    [
        {"size_max": 0},
        {"size_max": "6TiB"},
        {"noncurrent_for": "1d"},
        {"noncurrent_max": 5},
        {"versions": True, "noncurrent_max": 0},
        {"versions": True, "noncurrent_for": 0},
        {"expire_after": 0},
    ],
)
def test_a_bucket_that_cannot_be_is_refused(app, options):
    with pytest.raises(InvalidDeclaration):
        app.bucket("b", **options)


def test_the_files_are_beside_the_store_and_only_their_owners_can_read_them(
    file_store, run_on, app, files
):
    stage = run_on(file_store, app)
    stage.wait(files.put("../x", b"one"))

    [file] = [each for each in folder_of(file_store.path).glob("*/*/*") if each.is_file()]

    assert file.read_bytes() == b"one"
    assert file.stat().st_mode & 0o077 == 0
    assert file.name == kept(stage)[0]
