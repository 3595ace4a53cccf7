"""Buckets by the API of S3."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integrations.conftest import World

S3 = "aws-sdk:s3:"
AT = {"Bucket": "documents", "Key": "a.txt"}


def put(world: World, key: str, body: Any, **more: Any) -> Any:
    return world.do(f"{S3}putObject", {"Bucket": "documents", "Key": key, "Body": body, **more})


def test_an_object_is_put_and_got_as_text(world: World) -> None:
    stored = put(world, "a.txt", "text data")
    got = world.do(f"{S3}getObject", AT)

    assert stored == {"ETag": '"332eec544317a6d340b8e77da7fe54ad"'}
    assert got == {
        "AcceptRanges": "bytes",
        "ContentLength": 9,
        "ContentType": "binary/octet-stream",
        "ETag": '"332eec544317a6d340b8e77da7fe54ad"',
        "LastModified": got["LastModified"],
        "Metadata": {},
        "Body": "text data",
    }
    assert got["LastModified"].endswith("Z")


def test_a_body_that_is_a_value_is_stored_as_json(world: World) -> None:
    put(world, "a.txt", {"n": [1]}, ContentType="application/json", Metadata={"Who": "me"})

    got = world.do(f"{S3}getObject", AT)

    assert (got["Body"], got["ContentType"]) == ('{"n":[1]}', "application/json")
    assert got["Metadata"] == {"who": "me"}


def test_a_range_of_an_object_is_got(world: World) -> None:
    put(world, "a.txt", "text data")

    got = world.do(f"{S3}getObject", AT | {"Range": "bytes=5-"})

    assert (got["Body"], got["ContentRange"]) == ("data", "bytes 5-8/9")


def test_what_is_known_of_an_object_comes_without_its_body(world: World) -> None:
    put(world, "a.txt", "text data")

    head = world.do(f"{S3}headObject", AT)

    assert head["ContentLength"] == 9
    assert "Body" not in head


def test_an_object_is_copied_and_deleted(world: World) -> None:
    put(world, "a.txt", "text", ContentType="text/plain")

    copied = world.do(
        f"{S3}copyObject",
        {"Bucket": "kept", "Key": "b.txt", "CopySource": "documents/a.txt"},
    )
    gone = world.do(f"{S3}deleteObject", AT)
    got = world.do(f"{S3}getObject", {"Bucket": "kept", "Key": "b.txt"})

    assert (got["Body"], got["ContentType"]) == ("text", "text/plain")
    assert copied["CopyObjectResult"]["ETag"] == got["ETag"]
    assert "VersionId" in copied
    assert gone == {}
    assert world.fault(f"{S3}getObject", AT).error == "S3.NoSuchKeyException"
    assert world.do(f"{S3}deleteObject", AT) == {}


def test_objects_are_listed_a_page_at_a_time(world: World) -> None:
    for key in ("a/1", "a/2", "b", "c"):
        put(world, key, "x")
    asked: dict[str, Any] = {"Bucket": "documents", "Delimiter": "/", "MaxKeys": 2}

    first = world.do(f"{S3}listObjectsV2", asked)
    rest = world.do(
        f"{S3}listObjectsV2", asked | {"ContinuationToken": first["NextContinuationToken"]}
    )

    assert first["CommonPrefixes"] == [{"Prefix": "a/"}]
    assert [each["Key"] for each in first["Contents"]] == ["b"]
    assert (first["IsTruncated"], first["KeyCount"]) == (True, 2)
    assert [each["Key"] for each in rest["Contents"]] == ["c"]
    assert (rest["IsTruncated"], rest["KeyCount"]) == (False, 1)


def test_the_older_listing_goes_on_behind_a_key(world: World) -> None:
    for key in ("a", "b", "c"):
        put(world, key, "x")

    first = world.do(f"{S3}listObjects", {"Bucket": "documents", "MaxKeys": 2})
    rest = world.do(f"{S3}listObjects", {"Bucket": "documents", "Marker": first["NextMarker"]})

    assert [each["Key"] for each in first["Contents"]] == ["a", "b"]
    assert [each["Key"] for each in rest["Contents"]] == ["c"]


@pytest.mark.parametrize(
    ("action", "arguments", "error", "said"),
    [
        (
            "listObjects",
            {"Bucket": "someNonexistentBucketName"},
            "S3.NoSuchBucketException",
            "The specified bucket does not exist (Service: S3, Status Code: 404, Request ID: ",
        ),
        (
            "getObject",
            AT,
            "S3.NoSuchKeyException",
            "The specified key does not exist. (Service: S3, Status Code: 404, Request ID: ",
        ),
        (
            "putObject",
            AT | {"Body": "x", "IfMatch": '"0"'},
            "S3.S3Exception",
            (
                "At least one of the pre-conditions you specified did not hold (Service: S3, Status"
                " Code: 412, Request ID: "
            ),
        ),
        (
            "putObject",
            AT | {"Body": "x", "ServerSideEncryption": "AES256"},
            "States.Runtime",
            "The Parameters '",
        ),
    ],
)
def test_each_refusal_has_the_name_that_s3_has_for_it(
    world: World, action: str, arguments: Any, error: str, said: str
) -> None:
    fault = world.fault(f"{S3}{action}", arguments)

    assert fault.error == error
    assert str(fault.cause).startswith(said)


def test_a_put_that_must_be_the_first_is_refused_as_the_second(world: World) -> None:
    put(world, "a.txt", "x", IfNoneMatch="*")

    fault = world.fault(f"{S3}putObject", AT | {"Body": "y", "IfNoneMatch": "*"})

    assert "Status Code: 412" in str(fault.cause)
