"""What a stream forgets, and what it may not forget."""

from __future__ import annotations

import pytest

from ensue.app.app import App
from ensue.engine.keeper import Keeper
from ensue.words.errors import NotFound

HOUR_MS = 3_600_000


def keep(stage):
    """Let the keeper alone do its work, as often as it wants to."""
    stage.clock.move_to(stage.clock.now_ms() + 60_000)
    [keeper] = [worker for worker in stage.engine.workers if isinstance(worker, Keeper)]
    while stage.wait(keeper.step()):
        pass


def later(stage, ms):
    stage.clock.move_to(stage.clock.now_ms() + ms)


def fill(stage, stream, *pairs):
    stage.wait(stream.append_batch([(data, key) for key, data in pairs]))


def kept(stage, stream):
    return [each.data for each in stage.wait(stream.tail(after=0, limit=10_000))[0]]


@pytest.fixture
def app() -> App:
    return App("wims")


def test_records_older_than_the_retention_are_forgotten_and_younger_ones_kept(store, run_on, app):
    clicks = app.stream("clicks", shards=4, retention="2h")
    stage = run_on(store, app)
    for n in range(4):
        fill(stage, clicks, *[(f"k{m}", n) for m in range(4)])
        later(stage, HOUR_MS)
    keep(stage)
    assert kept(stage, clicks) == [3] * 4
    fill(stage, clicks, ("a", 9))
    assert stage.wait(clicks.tail(limit=1))[0][0].sequence == 17


def test_records_are_kept_longer_than_the_work_of_a_day_and_still_know_their_time(
    store, run_on, app
):
    clicks = app.stream("clicks", retention="7d")
    stage = run_on(store, app)
    begun = stage.clock.now_ms()
    fill(stage, clicks, ("a", 1))
    later(stage, 3 * 24 * HOUR_MS)
    keep(stage)
    assert stage.rows("SELECT count(*) FROM ensue_hops") == [(0,)]
    [record] = stage.wait(clicks.tail())[0]
    assert (record.data, record.at_ms) == (1, begun)


def test_the_oldest_are_forgotten_where_newer_ones_fill_the_bytes(store, run_on, app):
    clicks = app.stream("clicks", shards=2, retention_bytes=1_000)
    stage = run_on(store, app)
    fill(stage, clicks, *[(f"key-{n}", "x" * 93) for n in range(10)])
    assert stage.wait(clicks.status())["bytes"] == 1_000
    keep(stage)
    assert stage.wait(clicks.status())["records"] == 10
    fill(stage, clicks, ("key-a", "x" * 93), ("key-b", ""))
    keep(stage)
    found = stage.wait(clicks.status())
    assert (found["records"], found["bytes"]) == (11, 1_007)


def test_a_record_that_a_function_has_not_read_is_never_forgotten(store, run_on, app):
    clicks = app.stream("clicks", shards=2, retention="1h", retention_bytes=1)
    seen = []
    app.on_record(clicks, name="follow")(lambda record, tx: seen.append(record.data))
    stage = run_on(store, app)
    fill(stage, clicks, *[(f"k{n}", n) for n in range(8)])
    later(stage, 99 * HOUR_MS)
    keep(stage)
    stage.wait(clicks.split(0))
    keep(stage)
    stage.settle()
    assert sorted(seen) == list(range(8))
    keep(stage)
    assert kept(stage, clicks) == []


def test_a_function_that_is_declared_no_more_keeps_nothing(file_store, run_on):
    def declared(*, with_function):
        app = App("wims")
        clicks = app.stream("clicks", retention="1h")
        if with_function:
            app.on_record(clicks, name="follow")(lambda record, tx: None)
        return app, clicks

    app, clicks = declared(with_function=True)
    stage = run_on(file_store, app)
    fill(stage, clicks, ("a", 1))
    stage.close()
    app, clicks = declared(with_function=False)
    stage = run_on(file_store, app)
    later(stage, 2 * HOUR_MS)
    keep(stage)
    assert kept(stage, clicks) == []


def test_a_closed_shard_goes_with_its_last_record_and_its_children_stay(store, run_on, app):
    clicks = app.stream("clicks", retention="1h")
    seen = []
    app.on_record(clicks, name="follow")(lambda record, tx: seen.append(record.data))
    stage = run_on(store, app)
    fill(stage, clicks, ("a", 1))
    stage.settle()
    stage.wait(clicks.split(0))
    later(stage, 2 * HOUR_MS)
    stage.settle()
    keep(stage)
    assert [each.shard for each in stage.wait(clicks.shards())] == [1, 2]
    fill(stage, clicks, ("a", 2))
    stage.settle()
    assert seen == [1, 2]
    assert stage.wait(clicks.split(1)) == [3, 4]


def test_a_function_is_known_in_a_shard_of_which_it_has_read_nothing_when_those_before_are_gone(
    file_store, run_on
):
    def declared():
        app = App("wims")
        clicks, seen = app.stream("clicks", retention="1h"), []
        app.on_record(clicks, name="follow")(lambda record, tx: seen.append(record.data))
        return app, clicks, seen

    app, clicks, _ = declared()
    stage = run_on(file_store, app)
    fill(stage, clicks, ("a", 1))
    stage.settle()
    stage.wait(clicks.split(0))
    fill(stage, clicks, ("a", 2), ("b", 3))
    later(stage, 2 * HOUR_MS)
    for _ in range(3):
        keep(stage)
    assert [each.shard for each in stage.wait(clicks.shards())] == [1, 2]
    assert kept(stage, clicks) == [2, 3]
    stage.close()

    app, clicks, seen = declared()
    stage = run_on(file_store, app)
    stage.settle()
    assert sorted(seen) == [2, 3]


def test_a_group_is_told_of_what_it_lost_and_starts_again_knowing_it(store, run_on, app):
    clicks = app.stream("clicks", retention="1h")
    stage = run_on(store, app)
    group = stage.wait(clicks.group("billing"))
    fill(stage, clicks, ("a", 1), ("a", 2))
    at = stage.wait(clicks.iterator(0, "horizon"))
    later(stage, 2 * HOUR_MS)
    fill(stage, clicks, ("a", 3))
    keep(stage)
    [lease] = stage.wait(group.claim("one"))
    with pytest.raises(NotFound, match="behind 0 passed the retention, up to 2"):
        stage.wait(group.read(lease))
    with pytest.raises(NotFound, match="passed the retention"):
        stage.wait(clicks.read(at))
    stage.wait(group.rewind("horizon", confirm="billing"))
    [lease] = stage.wait(group.claim("one"))
    assert [each.data for each in stage.wait(group.read(lease)).records] == [3]


def test_a_closed_shard_that_a_group_has_not_read_stays_to_tell_it(store, run_on, app):
    clicks = app.stream("clicks", retention="1h")
    stage = run_on(store, app)
    group = stage.wait(clicks.group("billing"))
    fill(stage, clicks, ("a", 1))
    stage.wait(clicks.split(0))
    later(stage, 2 * HOUR_MS)
    keep(stage)
    keep(stage)
    [lease] = stage.wait(group.claim("one", limit=9))
    with pytest.raises(NotFound, match="passed the retention"):
        stage.wait(group.read(lease))
    stage.wait(group.rewind("horizon", confirm="billing"))
    assert [each.shard for each in stage.wait(group.claim("one", limit=9))] == [1, 2]
    keep(stage)
    assert [each.shard for each in stage.wait(clicks.shards())] == [1, 2]
