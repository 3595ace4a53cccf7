from __future__ import annotations

import asyncio
import hashlib
from itertools import pairwise

import pytest

from ensue.app.app import App
from ensue.engine.integrity import Known
from ensue.engine.sockets import Delivery, Refusal
from ensue.resources.stream import KIND
from ensue.words.errors import (
    Conflict,
    InvalidDeclaration,
    InvalidInput,
    InvalidName,
    InvalidValue,
    LimitExceeded,
    NotFound,
)


@pytest.fixture
def app() -> App:
    return App("wims")


@pytest.fixture
def clicks(app):
    return app.stream("clicks", shards=4)


def append(stage, stream, *pairs):
    return [stage.wait(stream.append(data, key=key)) for key, data in pairs]


def everything(stage, stream):
    return stage.wait(stream.tail(after=0, limit=10_000))[0]


def shard_of(stage, stream, key):
    hashed = hashlib.md5(key.encode(), usedforsecurity=False).hexdigest()
    [found] = [
        each.shard
        for each in stage.wait(stream.shards())
        if each.state == "open" and each.low <= hashed <= each.high
    ]
    return found


def test_a_record_is_in_the_shard_whose_range_holds_the_md5_of_its_key(store, run_on, app, clicks):
    stage = run_on(store, app)
    keys = [f"customer-{number}" for number in range(40)]
    append(stage, clicks, *[(key, None) for key in keys])
    found = everything(stage, clicks)
    assert [(each.key, each.shard) for each in found] == [
        (key, shard_of(stage, clicks, key)) for key in keys
    ]
    assert len({each.shard for each in found}) == 4


def test_sequence_numbers_are_those_of_the_whole_stream(store, run_on, app, clicks):
    stage = run_on(store, app)
    append(stage, clicks, ("a", 1), ("b", 2), (None, 3))
    found = everything(stage, clicks)
    assert [(each.sequence, each.data, each.key) for each in found] == [
        (1, 1, "a"),
        (2, 2, "b"),
        (3, 3, None),
    ]


def test_the_shards_of_a_new_stream_share_all_hash_keys(store, run_on, app):
    odd = app.stream("odd", shards=3)
    stage = run_on(store, app)
    found = stage.wait(odd.shards())
    assert (found[0].low, found[-1].high) == ("0" * 32, "f" * 32)
    for left, right in pairwise(found):
        assert int(left.high, 16) + 1 == int(right.low, 16)


def test_a_record_commits_with_the_transaction_or_not_at_all(store, run_on, app, clicks):
    stock = app.table("stock", key="id")
    stage = run_on(store, app)

    def click(fails, tx):
        tx.put(stock, {"id": 1})
        tx.append(clicks, {"n": 1}, key="a")
        if fails:
            raise ValueError

    for fails in (True, False):
        if fails:
            with pytest.raises(ValueError):  # noqa: PT011 - it is the test's own
                stage.wait(app.run(click, fails))
        else:
            stage.wait(app.run(click, fails))
    assert [each.data for each in everything(stage, clicks)] == [{"n": 1}]


def test_a_batch_takes_what_is_right_and_says_why_the_rest_is_refused(store, run_on, app, clicks):
    stage = run_on(store, app)
    ids = stage.wait(
        clicks.append_batch([({"n": 1}, "a"), (1, ""), (float("nan"), "b"), ({"n": 2}, "a")])
    )
    assert [type(each) for each in ids] == [str, Refusal, Refusal, str]
    assert [(each.index, each.code) for each in ids[1:3]] == [
        (1, "invalid_value"),
        (2, "invalid_value"),
    ]
    found = everything(stage, clicks)
    assert [each.id for each in found] == [ids[0], ids[3]]
    assert [each.data.n for each in found] == [1, 2]


def test_a_batch_of_too_many_is_refused_whole(store, run_on, app, clicks):
    stage = run_on(store, app)
    with pytest.raises(LimitExceeded):
        stage.wait(clicks.append_batch([(1, "a")] * 10_001))
    assert everything(stage, clicks) == []


@pytest.mark.parametrize(
    ("data", "key", "at"),
    [(1, "", "$.key"), (1, "x" * 257, "$.key"), (1, 7, "$.key"), ({"a": float("inf")}, "a", "$.a")],
)
def test_a_record_that_is_none_is_refused_at_its_place(store, run_on, app, clicks, data, key, at):
    stage = run_on(store, app)
    with pytest.raises(InvalidValue) as caught:
        stage.wait(clicks.append(data, key=key))
    assert caught.value.at == at
    assert everything(stage, clicks) == []


def test_a_bus_delivers_to_a_stream(store, run_on, app, clicks):
    bus = app.bus("events")
    bus.rule("all", {"detail-type": ["Placed"]}, to=clicks)
    stage = run_on(store, app)
    event_id = stage.wait(bus.publish("Placed", {"n": 1}))
    [record] = everything(stage, clicks)
    assert (record.key, record.data.id, record.data["detail"]) == (None, event_id, {"n": 1})


def test_the_group_of_a_delivery_is_the_partition_key_and_a_delay_is_refused(
    store, run_on, app, clicks
):
    stage = run_on(store, app)
    deliveries = [
        Delivery('{"n":1}', group="a", attributes={"color": "red"}),
        Delivery("2", delay_ms=1),
        Delivery("3", group=""),
    ]
    answers = stage.do(lambda tx: clicks.deliver(tx, deliveries))
    [record] = everything(stage, clicks)
    assert answers[0] == record.id
    assert (record.key, record.data, record.attributes) == ("a", {"n": 1}, {"color": "red"})
    assert [(each.index, each.code) for each in answers[1:]] == [
        (1, "invalid_input"),
        (2, "invalid_value"),
    ]


def test_what_a_handler_made_of_a_record_is_found_from_the_request_on(store, run_on, app, clicks):
    stock = app.table("stock", key="id")

    @app.on_record(clicks)
    def count(record, tx):
        tx.put(stock, {"id": record.data.n})

    stage = run_on(store, app)
    [record_id] = append(stage, clicks, ("a", {"n": 7}))
    stage.settle()
    tree = stage.platform.why(record_id)
    [record] = tree.children
    [run] = record.children
    [change] = run.children
    assert (record.kind, record.name, record.note) == ("record", "clicks", 'a {"n":7}')
    assert (run.kind, run.name) == ("run", "count")
    assert (change.kind, change.name) == ("change", "stock")


def test_the_records_of_a_key_are_found_through_a_split(store, run_on, app, clicks):
    stage = run_on(store, app)
    append(stage, clicks, ("a", 1), ("b", 2), ("a", 3))
    stage.wait(clicks.split(shard_of(stage, clicks, "a")))
    append(stage, clicks, ("a", 4), ("b", 5))
    assert [each.data for each in stage.wait(clicks.by_key("a"))] == [1, 3, 4]
    assert [each.data for each in stage.wait(clicks.by_key("a", after=1, limit=1))] == [3]


def test_a_split_shard_is_closed_and_its_halves_take_its_range(store, run_on, app):
    clicks = app.stream("clicks")
    stage = run_on(store, app)
    assert stage.wait(clicks.split(0)) == [1, 2]
    parent, low, high = stage.wait(clicks.shards())
    assert [each.state for each in (parent, low, high)] == ["closed", "open", "open"]
    assert (low.low, low.high) == ("0" * 32, "7" + "f" * 31)
    assert (high.low, high.high) == ("8" + "0" * 31, "f" * 32)
    assert low.parents == high.parents == [0]


def test_a_shard_is_split_at_a_hash_key(store, run_on, app):
    clicks = app.stream("clicks")
    stage = run_on(store, app)
    stage.wait(clicks.split(0, at="10"))
    _, low, high = stage.wait(clicks.shards())
    assert (low.high, high.low) == (f"{15:032x}", f"{16:032x}")


@pytest.mark.parametrize("at", ["0", "1" + "0" * 32, "-1", "no"])
def test_a_hash_key_outside_a_shard_splits_nothing(store, run_on, app, at):
    clicks = app.stream("clicks")
    stage = run_on(store, app)
    with pytest.raises(InvalidValue):
        stage.wait(clicks.split(0, at=at))
    assert len(stage.wait(clicks.shards())) == 1


def test_merged_shards_are_closed_and_one_takes_their_ranges(store, run_on, app, clicks):
    stage = run_on(store, app)
    assert stage.wait(clicks.merge(2, 1)) == 4
    found = stage.wait(clicks.shards())
    assert (found[4].low, found[4].high, found[4].parents) == (found[1].low, found[2].high, [2, 1])
    assert [each.state for each in found] == ["open", "closed", "closed", "open", "open"]


def test_only_open_neighbours_are_merged(store, run_on, app, clicks):
    stage = run_on(store, app)
    with pytest.raises(Conflict, match="next to each other"):
        stage.wait(clicks.merge(0, 2))
    with pytest.raises(Conflict, match="next to each other"):
        stage.wait(clicks.merge(1, 1))
    with pytest.raises(NotFound):
        stage.wait(clicks.merge(0, 9))
    stage.wait(clicks.split(0))
    with pytest.raises(Conflict, match="closed already"):
        stage.wait(clicks.merge(0, 1))
    with pytest.raises(Conflict, match="closed already"):
        stage.wait(clicks.split(0))


def test_shards_are_as_they_were_after_a_restart(file_store, run_on):
    def declared(shards):
        app = App("wims")
        return app, app.stream("clicks", shards=shards)

    app, clicks = declared(1)
    stage = run_on(file_store, app)
    stage.wait(clicks.split(0))
    before = stage.wait(clicks.shards())
    stage.close()
    app, clicks = declared(8)
    assert run_on(file_store, app).wait(clicks.shards()) == before


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"shards": 0}, InvalidDeclaration),
        ({"shards": 1_001}, InvalidDeclaration),
        ({"retention": 0}, InvalidDeclaration),
        ({"retention": "soon"}, InvalidInput),
        ({"retention_bytes": "1 X"}, InvalidInput),
        ({"retention_bytes": 0}, InvalidDeclaration),
    ],
)
def test_a_stream_that_cannot_be_is_no_declaration(app, options, error):
    with pytest.raises(error):
        app.stream("clicks", **options)


def test_a_stream_has_a_good_name(app):
    with pytest.raises(InvalidName):
        app.stream("Clicks")


def test_tail_waits_for_a_record(store, run_on, app, clicks):
    stage = run_on(store, app)

    async def wait_and_append():
        waiting = asyncio.ensure_future(clicks.tail(after=0, wait_ms=30_000))
        await clicks.append(1, key="a")
        return await waiting

    found, position = stage.wait(wait_and_append())
    assert ([each.data for each in found], position) == ([1], 1)


def test_tail_without_a_position_gives_the_newest(store, run_on, app, clicks):
    stage = run_on(store, app)
    append(stage, clicks, ("a", 1), ("b", 2), ("c", 3))
    found, position = stage.wait(clicks.tail(limit=2))
    assert ([each.data for each in found], position) == ([2, 3], 3)


def test_a_sound_stream_passes_the_check_and_a_gap_in_its_shards_does_not(
    store, run_on, app, clicks
):
    stage = run_on(store, app)
    stage.wait(clicks.split(0))
    append(stage, clicks, ("a", 1))
    audit = app_audit(stage, clicks)
    assert audit() == []
    stage.do(lambda tx: tx.execute("DELETE FROM ensue_shards WHERE shard = 4"))
    assert audit()[0].rule == "stream.ranges"


def app_audit(stage, stream):
    known = Known(stream.ref, stage.engine.number(stream.ref), {}, stream.model.records)
    return lambda: stage.engine.read(lambda tx: list(KIND.audit(tx, known)))
