"""The pages of streams, asked without a browser."""

from __future__ import annotations

import pytest

from ensue import App
from tests.doors.console.sample import consoled

CLICKS = "/streams/shop/clicks"


@pytest.fixture
def visitor():
    app = App("shop")
    clicks = app.stream("clicks", shards=2)
    app.queue("payments")
    seen = app.table("seen", key="id")

    @app.on_record(clicks)
    def count(record, tx):
        tx.put(seen, {"id": record.id})

    with consoled(app) as found:
        yield found


def stream(visitor):
    return visitor.kit._platform.resource("stream", "clicks")


def append(visitor, *numbers):
    for number in numbers:
        visitor.kit.wait(stream(visitor).append({"n": number}, key=f"k{number}"))
        visitor.kit.advance("1m")


def text(visitor, path):
    got = visitor.get(path)
    assert got.status == 200, got.raw
    return got.raw.decode()


def post(visitor, path, **fields):
    got = visitor.post(path, {name: str(value) for name, value in fields.items()})
    assert got.status == 303, got.raw
    return text(visitor, got.headers["location"].removeprefix("/console"))


def test_streams_are_listed_the_furthest_behind_first(visitor):
    append(visitor, 1, 2)

    [found] = visitor.twin("/streams")["streams"]

    assert (found["name"], found["records"], found["readers"], found["unread"]) == (
        "clicks",
        2,
        1,
        0,
    )
    assert "clicks" in text(visitor, "/streams")


def test_a_stream_shows_its_shards_and_the_lag_of_each_reader_in_each(visitor):
    visitor.kit.wait(stream(visitor).group("billing"))
    append(visitor, *range(4))

    found = visitor.twin(CLICKS)
    billing = next(each for each in found["readers"] if each["name"] == "billing")

    assert [each["state"] for each in found["shards"]] == ["open", "open"]
    assert (billing["kind"], billing["unread"]) == ("group", 4)
    assert sum(each["unread"] for each in billing["shards"]) == 4
    assert billing["lag_ms"] >= 180_000
    page = text(visitor, CLICKS)
    assert "up to date" in page
    assert "4 unread" in page or "unread," in page


def test_the_slider_shows_the_records_at_a_moment_and_what_a_rewind_would_mean(visitor):
    append(visitor, *range(5))
    middle = visitor.kit.now_ms() - 150_000

    moment = visitor.twin(f"{CLICKS}?at_ms={middle}")["moment"]

    assert [each["data"]["n"] for each in moment["records"]] == [3, 4]
    assert moment["start"] == moment["records"][0]["sequence"]
    [reader] = moment["readers"]
    assert (reader["kind"], reader["name"], reader["again"], reader["skipped"]) == (
        "function",
        "count",
        2,
        0,
    )
    assert 'type="range"' in text(visitor, f"{CLICKS}?at_ms={middle}")
    part = visitor.get(f"{CLICKS}?at_ms={middle}", hx_target="moment").raw.decode()
    assert "Would read again" in part
    assert "<html" not in part


def test_a_reader_is_rewound_to_the_moment_and_reads_again(visitor):
    append(visitor, *range(5))
    middle = visitor.kit.now_ms() - 150_000
    start = visitor.twin(f"{CLICKS}?at_ms={middle}")["moment"]["start"]

    said = post(
        visitor, f"{CLICKS}/rewind", kind="function", app="shop", reader="count", start=start
    )

    assert f"count goes on at record {start}" in said
    [reader] = visitor.twin(CLICKS)["readers"]
    assert reader["unread"] == 2
    visitor.kit.settle()
    [reader] = visitor.twin(CLICKS)["readers"]
    assert reader["unread"] == 0


def test_a_consumer_group_is_rewound_too(visitor):
    group = visitor.kit.wait(stream(visitor).group("billing", start="latest"))
    append(visitor, *range(3))
    visitor.kit.wait(group.rewind("latest", confirm="billing"))
    begin = visitor.twin(f"{CLICKS}?at_ms=0")["moment"]
    billing = next(each for each in begin["readers"] if each["name"] == "billing")
    assert (billing["kind"], billing["again"]) == ("group", 3)

    post(
        visitor,
        f"{CLICKS}/rewind",
        kind="group",
        app="shop",
        reader="billing",
        start=begin["start"],
    )

    readers = visitor.twin(CLICKS)["readers"]
    assert next(each for each in readers if each["name"] == "billing")["unread"] == 3


def test_a_record_is_appended(visitor):
    assert "Appended as" in post(visitor, f"{CLICKS}/append", data='{"n": 9}', partition_key="k")

    [record] = visitor.twin(f"{CLICKS}?at_ms=0")["moment"]["records"]
    assert (record["data"], record["key"]) == ({"n": 9}, "k")


def test_a_stream_without_records_says_so(visitor):
    assert "No record is kept" in text(visitor, CLICKS)
