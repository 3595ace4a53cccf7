"""A stream at a moment: what follows, and what setting each reader there would mean."""

from __future__ import annotations

import pytest

from ensue.app.app import App


@pytest.fixture
def app():
    return App("wims")


@pytest.fixture
def clicks(app):
    return app.stream("clicks", shards=2)


@pytest.fixture
def stage(store, run_on, app, clicks):
    seen = app.table("seen", key="id")

    @app.on_record(clicks)
    def count(record, tx):
        tx.put(seen, {"id": record.id})

    return run_on(store, app)


def append(stage, clicks, *numbers):
    """Append a record a minute; answers when each was."""
    times = []
    for number in numbers:
        times.append(stage.clock.now_ms())
        stage.wait(clicks.append(number, key=f"k{number}"))
        stage.clock.move_to(stage.clock.now_ms() + 60_000)
    return times


def test_a_moment_shows_the_records_that_were_next(stage, clicks):
    times = append(stage, clicks, *range(5))

    moment = stage.wait(clicks.moment(times[2] - 1, limit=2))

    assert [record.data for record in moment.records] == [2, 3]
    assert moment.start == moment.records[0].sequence
    assert (moment.oldest_ms, moment.newest_ms) == (times[0], times[-1])


def test_before_the_first_record_is_the_first_and_behind_the_last_is_nothing(stage, clicks):
    times = append(stage, clicks, 1, 2)

    first = stage.wait(clicks.moment(0))
    behind = stage.wait(clicks.moment(times[-1] + 1))

    assert [record.data for record in first.records] == [1, 2]
    assert behind.records == []
    assert behind.start == first.records[-1].sequence + 1


def test_it_says_how_many_records_each_reader_would_read_again_or_skip(stage, clicks):
    group = stage.wait(clicks.group("billing"))
    times = append(stage, clicks, *range(4))
    stage.settle()

    function, billing = stage.wait(clicks.moment(times[1])).readers

    assert (function.kind, function.name, function.again, function.skipped) == (
        "function",
        "count",
        3,
        0,
    )
    assert (billing.kind, billing.name, billing.again, billing.skipped) == (
        "group",
        "billing",
        0,
        1,
    )
    moment = stage.wait(clicks.moment(times[1]))
    stage.wait(group.rewind(moment.start, confirm="billing"))
    assert [each.skipped for each in stage.wait(clicks.moment(times[1])).readers] == [0, 0]


def test_a_stream_without_records_has_no_times(stage, clicks):
    moment = stage.wait(clicks.moment(0))

    assert (moment.oldest_ms, moment.newest_ms, moment.records) == (None, None, [])
