"""Outside workers: iterators, and consumer groups that share the shards by leases."""

from __future__ import annotations

import asyncio

import pytest

from ensue.app.app import App
from ensue.words.errors import Conflict, InvalidName, InvalidValue, NotFound


@pytest.fixture
def app() -> App:
    return App("wims")


@pytest.fixture
def clicks(app):
    return app.stream("clicks", shards=1)


def fill(stage, stream, *pairs):
    stage.wait(stream.append_batch([(data, key) for key, data in pairs]))


def data(found):
    return [each.data for each in found.records]


def later(stage, ms):
    stage.clock.move_to(stage.clock.now_ms() + ms)


def test_an_iterator_gives_records_and_the_iterator_to_go_on_with(store, run_on, app, clicks):
    stage = run_on(store, app)
    fill(stage, clicks, *[("a", n) for n in range(5)])
    at = stage.wait(clicks.iterator(0, "horizon"))
    later(stage, 300)
    first = stage.wait(clicks.read(at, limit=3))
    rest = stage.wait(clicks.read(first.next))
    assert (data(first), first.behind_ms) == ([0, 1, 2], 300)
    assert (data(rest), rest.behind_ms) == ([3, 4], 0)
    assert data(stage.wait(clicks.read(rest.next))) == []


@pytest.mark.parametrize(
    ("start", "sees"), [("horizon", [0, 1, 2]), ("latest", []), (2, [1, 2]), (3, [2]), (99, [])]
)
def test_an_iterator_begins_where_it_is_told_to(store, run_on, app, clicks, start, sees):
    stage = run_on(store, app)
    fill(stage, clicks, *[("a", n) for n in range(3)])
    assert data(stage.wait(clicks.read(stage.wait(clicks.iterator(0, start))))) == sees


def test_a_read_waits_for_a_record_and_no_longer_than_it_says(store, run_on, app, clicks):
    stage = run_on(store, app)
    at = stage.wait(clicks.iterator(0))

    async def wait_and(then):
        waiting = asyncio.ensure_future(clicks.read(at, wait="20s"))
        await asyncio.wait([waiting], timeout=0)
        await then()
        return await waiting

    async def pass_time():
        stage.clock.move_to(stage.clock.now_ms() + 20_000)

    assert data(stage.wait(wait_and(pass_time))) == []
    assert data(stage.wait(wait_and(lambda: clicks.append(1, key="a")))) == [1]


def test_the_end_of_a_closed_shard_says_where_its_keys_went(store, run_on, app, clicks):
    stage = run_on(store, app)
    fill(stage, clicks, ("a", 1))
    at = stage.wait(clicks.iterator(0, "horizon"))
    stage.wait(clicks.split(0))
    found = stage.wait(clicks.read(at, wait="20s"))
    assert (data(found), found.next, found.children) == ([1], None, [1, 2])


@pytest.mark.parametrize("at", ["", "1", "x:1", "0:-1", "0:" + "9" * 30])
def test_what_is_no_iterator_is_refused(store, run_on, app, clicks, at):
    stage = run_on(store, app)
    with pytest.raises(InvalidValue):
        stage.wait(clicks.read(at))


def test_an_iterator_of_a_shard_that_there_is_not_is_an_error(store, run_on, app, clicks):
    stage = run_on(store, app)
    with pytest.raises(NotFound, match="no shard 7"):
        stage.wait(clicks.read("7:0"))
    with pytest.raises(NotFound, match="no shard 7"):
        stage.wait(clicks.iterator(7))


def test_workers_share_the_shards_each_one_worker_at_a_time(store, run_on, app):
    clicks = app.stream("clicks", shards=3)
    stage = run_on(store, app)
    group = stage.wait(clicks.group("billing"))
    one = stage.wait(group.claim("one", limit=2))
    two = stage.wait(group.claim("two", limit=2))
    assert ([each.shard for each in one], [each.shard for each in two]) == ([0, 1], [2])
    assert stage.wait(group.claim("three", limit=2)) == []
    [reader] = stage.wait(clicks.readers())
    assert (reader.name, reader.kind, reader.owners) == (
        "billing",
        "group",
        {0: "one", 1: "one", 2: "two"},
    )


def test_a_group_goes_on_behind_its_last_checkpoint(store, run_on, app, clicks):
    stage = run_on(store, app)
    fill(stage, clicks, *[("a", n) for n in range(5)])
    group = stage.wait(clicks.group("billing"))
    [lease] = stage.wait(group.claim("one"))
    found = stage.wait(group.read(lease, limit=3))
    stage.wait(group.checkpoint(lease, found.records[1].sequence))
    stage.wait(group.release(lease))
    [again] = stage.wait(group.claim("two"))
    assert data(stage.wait(group.read(again))) == [2, 3, 4]


def test_a_shard_whose_lease_is_over_is_another_workers_and_the_first_is_fenced_off(
    store, run_on, app, clicks
):
    stage = run_on(store, app)
    fill(stage, clicks, ("a", 1), ("a", 2))
    group = stage.wait(clicks.group("billing"))
    [old] = stage.wait(group.claim("one", lease="30s"))
    later(stage, 29_999)
    assert stage.wait(group.claim("two")) == []
    later(stage, 1)
    [new] = stage.wait(group.claim("two"))
    for late in (
        lambda: group.checkpoint(old, 2),
        lambda: group.renew(old),
        lambda: group.release(old),
        lambda: group.read(old),
    ):
        with pytest.raises(Conflict, match="is over"):
            stage.wait(late())
    assert stage.wait(group.checkpoint(new, 1)).position == 1


def test_a_lease_that_is_renewed_in_time_stays(store, run_on, app, clicks):
    stage = run_on(store, app)
    group = stage.wait(clicks.group("billing"))
    [lease] = stage.wait(group.claim("one", lease="30s"))
    later(stage, 20_000)
    lease = stage.wait(group.renew(lease, extend="30s"))
    later(stage, 20_000)
    assert stage.wait(group.claim("two")) == []


def test_a_checkpoint_goes_forwards_and_not_beyond_the_log(store, run_on, app, clicks):
    stage = run_on(store, app)
    fill(stage, clicks, ("a", 1), ("a", 2))
    group = stage.wait(clicks.group("billing"))
    [lease] = stage.wait(group.claim("one"))
    stage.wait(group.checkpoint(lease, 2))
    for sequence in (1, 3):
        with pytest.raises(Conflict, match="expected a position from 2 to 2"):
            stage.wait(group.checkpoint(lease, sequence))


def test_shards_that_took_the_place_of_one_are_there_when_that_is_read_to_its_end(
    store, run_on, app, clicks
):
    stage = run_on(store, app)
    fill(stage, clicks, ("a", 1))
    group = stage.wait(clicks.group("billing"))
    stage.wait(clicks.split(0))
    fill(stage, clicks, ("a", 2))
    [lease] = stage.wait(group.claim("one", limit=5))
    assert (lease.shard, stage.wait(group.claim("two", limit=5))) == (0, [])
    stage.wait(group.checkpoint(lease, 1))
    assert [each.shard for each in stage.wait(group.claim("two", limit=5))] == [1, 2]


def test_a_closed_shard_without_records_holds_nobody_up(store, run_on, app, clicks):
    stage = run_on(store, app)
    group = stage.wait(clicks.group("billing"))
    stage.wait(clicks.split(0))
    assert [each.shard for each in stage.wait(group.claim("one", limit=5))] == [1, 2]


def test_positions_and_leases_survive_a_crash(file_store, run_on, crashed):
    def declared():
        app = App("wims")
        return app, app.stream("clicks")

    app, clicks = declared()
    stage = run_on(file_store, app)
    fill(stage, clicks, ("a", 1), ("a", 2))
    group = stage.wait(clicks.group("billing"))
    [lease] = stage.wait(group.claim("one"))
    stage.wait(group.checkpoint(lease, 1))
    app, clicks = declared()
    stage = run_on(crashed(stage), app)
    group = clicks.existing_group("billing")
    assert stage.wait(group.claim("two")) == []
    assert stage.wait(group.checkpoint(lease, 2)).position == 2


def test_a_rewound_group_reads_again_and_its_leases_are_over(store, run_on, app, clicks):
    stage = run_on(store, app)
    fill(stage, clicks, ("a", 1), ("a", 2))
    group = stage.wait(clicks.group("billing"))
    [lease] = stage.wait(group.claim("one"))
    stage.wait(group.checkpoint(lease, 2))
    with pytest.raises(Conflict, match="up to 2 records"):
        stage.wait(group.rewind("horizon"))
    assert stage.wait(group.rewind("horizon", confirm="billing")) == 2
    with pytest.raises(Conflict, match="is over"):
        stage.wait(group.renew(lease))
    [again] = stage.wait(group.claim("two"))
    assert data(stage.wait(group.read(again))) == [1, 2]


def test_a_group_begins_where_it_says_and_only_once(store, run_on, app, clicks):
    stage = run_on(store, app)
    fill(stage, clicks, ("a", 1), ("a", 2))
    stage.wait(clicks.group("billing", start=2))
    group = stage.wait(clicks.group("billing", start="horizon"))
    [lease] = stage.wait(group.claim("one"))
    assert data(stage.wait(group.read(lease))) == [2]


def test_a_group_that_was_forgotten_is_not_there(store, run_on, app, clicks):
    stage = run_on(store, app)
    group = stage.wait(clicks.group("billing"))
    stage.wait(group.forget())
    with pytest.raises(NotFound):
        stage.wait(group.claim("one"))
    with pytest.raises(NotFound):
        stage.wait(group.forget())


def test_a_group_has_a_good_name_and_a_lease_an_end(store, run_on, app, clicks):
    stage = run_on(store, app)
    with pytest.raises(InvalidName):
        stage.wait(clicks.group("No Good"))
    group = stage.wait(clicks.group("billing"))
    for lease in (0, "13h"):
        with pytest.raises(InvalidValue):
            stage.wait(group.claim("one", lease=lease))


def test_an_empty_shard_in_between_does_not_let_its_children_come_first(store, run_on, app, clicks):
    stage = run_on(store, app)
    fill(stage, clicks, ("a", 1))
    group = stage.wait(clicks.group("billing"))
    for _ in range(2):
        stage.wait(clicks.split(stage.wait(clicks.shards())[-1].shard))
    fill(stage, clicks, ("a", 2))
    [lease] = stage.wait(group.claim("one", limit=9))
    assert lease.shard == 0


def test_a_group_is_known_when_the_shards_that_it_began_with_are_gone(store, run_on, app):
    clicks = app.stream("short", retention="1s")
    stage = run_on(store, app)
    group = stage.wait(clicks.group("billing"))
    fill(stage, clicks, ("a", 1))
    [lease] = stage.wait(group.claim("one"))
    stage.wait(group.checkpoint(lease, 1))
    stage.wait(clicks.split(0))
    stage.advance(180_000)
    assert [each.shard for each in stage.wait(clicks.shards())] == [1, 2]
    assert [each.shard for each in stage.wait(group.claim("one", limit=9))] == [1, 2]


def test_a_worker_of_a_forgotten_group_is_not_heard_in_another_of_its_name(
    store, run_on, app, clicks
):
    stage = run_on(store, app)
    fill(stage, clicks, *[("a", n) for n in range(3)])
    group = stage.wait(clicks.group("billing"))
    [old] = stage.wait(group.claim("one"))
    stage.wait(group.forget())
    assert stage.wait(clicks.readers()) == []
    with pytest.raises(Conflict):
        stage.wait(group.checkpoint(old, 1))
    with pytest.raises(NotFound):
        stage.wait(group.claim("one"))
    again = stage.wait(clicks.group("billing"))
    [new] = stage.wait(again.claim("two"))
    assert (new.position, new.token > old.token) == (0, True)
    with pytest.raises(Conflict):
        stage.wait(again.checkpoint(old, 3))


def test_a_forgotten_group_keeps_no_shard(store, run_on, app):
    clicks = app.stream("clicks", shards=1, retention="1m")
    stage = run_on(store, app)
    fill(stage, clicks, ("a", 1))
    stage.wait(stage.wait(clicks.group("billing")).forget())
    stage.wait(clicks.split(0))
    stage.advance(300_000)
    assert [each.shard for each in stage.wait(clicks.shards())] == [1, 2]
    assert stage.rows("SELECT count(*) FROM ensue_groups") == [(0,)]
