"""What map runs read of buckets and write to them."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator

import pytest

from ensue.integrations import BucketObjects
from ensue.languages.states.errors import StateError
from ensue.languages.states.readers import File, Listing
from tests.integrations.conftest import World

BODY = bytes(range(256)) * 4_000


@pytest.fixture
def objects(world: World) -> BucketObjects:
    return BucketObjects(world.app.home)


def put(world: World, key: str, body: bytes) -> None:
    bucket = world.app.resources[next(ref for ref in world.app.resources if ref.kind == "bucket")]
    world.stage.wait(bucket.put(key, body))


def whole(world: World, objects: BucketObjects, key: str, size: int) -> bytes:
    """A body, window by window."""
    found, is_end = b"", False
    while not is_end:
        got = world.stage.wait(objects.read(File("documents", key), len(found), size))
        found, is_end = found + got.data, got.is_end
    return found


@pytest.mark.parametrize("size", [100_000, 10_000_000])
def test_a_body_is_read_window_by_window(world: World, objects: BucketObjects, size: int) -> None:
    put(world, "plain", BODY)

    assert whole(world, objects, "plain", size) == BODY


@pytest.mark.parametrize("members", [1, 2])
def test_a_body_that_gzip_compressed_is_read_as_what_it_was(
    world: World, objects: BucketObjects, members: int
) -> None:
    put(world, "plain.gz", gzip.compress(BODY) * members)

    assert whole(world, objects, "plain.gz", 700_000) == BODY * members


def test_a_body_of_nothing_has_an_end(world: World, objects: BucketObjects) -> None:
    put(world, "empty", b"")

    assert world.stage.wait(objects.read(File("documents", "empty"), 0, 10)).is_end


@pytest.mark.parametrize("body", [b"\x1f\x8b", b"\x1f\x8bno", gzip.compress(BODY)[:-10]])
def test_a_body_that_only_looks_compressed_cannot_be_read(
    world: World, objects: BucketObjects, body: bytes
) -> None:
    put(world, "odd", body)

    with pytest.raises(StateError, match="expected a body that gzip compressed"):
        whole(world, objects, "odd", 10_000_000)


@pytest.mark.parametrize(
    ("bucket", "key", "cause"),
    [("nothing", "k", "there is no bucket"), ("documents", "k", "there is no object")],
)
def test_what_is_not_there_cannot_be_read(
    world: World, objects: BucketObjects, bucket: str, key: str, cause: str
) -> None:
    with pytest.raises(StateError, match=cause) as told:
        world.stage.wait(objects.read(File(bucket, key), 0, 10))

    assert told.value.error == "States.ItemReaderFailed"


def test_a_listing_tells_of_objects_as_s3_does(world: World, objects: BucketObjects) -> None:
    for key in ("a/1", "a/2", "b"):
        put(world, key, b"x")

    first = world.stage.wait(objects.list(Listing("documents", "a/", None, 1)))
    second = world.stage.wait(objects.list(Listing("documents", "a/", "a/1", 10)))

    assert set(first.objects[0]) == {"Etag", "Key", "LastModified", "Size", "StorageClass"}
    assert [each["Key"] for each in [*first.objects, *second.objects]] == ["a/1", "a/2"]
    assert (first.is_end, second.is_end) == (False, True)


def test_results_are_written_part_by_part(world: World, objects: BucketObjects) -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b"[1,"
        yield b"2]"

    size = world.stage.wait(objects.write("documents", "out.json", parts()))

    assert size == 5
    assert whole(world, objects, "out.json", 10) == b"[1,2]"
