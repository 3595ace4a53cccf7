"""What becomes of firings that were due while nothing ran, and of clocks that are set."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from ensue.app.app import App
from ensue.engine.clock import HELD_START_MS
from ensue.languages.schedules import moment_ms, shown_ms
from tests.conftest import Stage

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
FIRST = -(-HELD_START_MS // MINUTE) * MINUTE


@pytest.fixture
def app() -> App:
    return App("wims")


@pytest.fixture
def queue(app):
    return app.queue("reports")


@pytest.fixture
def group(app):
    return app.schedules()


def at(ms):
    return f"at({datetime.fromtimestamp(ms // 1000, UTC).replace(tzinfo=None).isoformat()})"


def dues(stage, queue):
    found = stage.wait(queue.peek(1_000))
    return [(message.attributes["due_ms"] - FIRST) / MINUTE for message in found]


def jump(stage, ms):
    """Set the clock ahead: nothing runs in between."""
    stage.clock.move_to(stage.clock.now_ms() + ms)
    stage.engine.wake_all()
    stage.settle()


@pytest.mark.parametrize(
    ("missed", "fired", "left_out"),
    [
        ("once", [0, 11], 1),
        ("skip", [9, 10, 11], 1),
        ("all", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], 0),
    ],
)
def test_what_was_missed_is_fired_as_the_policy_says(
    store, run_on, app, queue, group, missed, fired, left_out
):
    stage = run_on(store, app)
    stage.wait(group.create("tick", "cron(* * * * ? *)", to=queue, missed=missed))
    jump(stage, FIRST - HELD_START_MS + 10 * MINUTE)
    stage.advance(MINUTE)
    assert dues(stage, queue) == fired
    told = stage.wait(group.get("tick"))
    assert (told.fired, told.left_out) == (len(fired), left_out)


@pytest.mark.parametrize(
    ("missed", "fired", "state"),
    [("once", [5], "completed"), ("all", [5], "completed"), ("skip", [], "completed")],
)
def test_one_moment_that_was_missed(store, run_on, app, queue, group, missed, fired, state):
    stage = run_on(store, app)
    stage.wait(group.create("once", at(FIRST + 5 * MINUTE), to=queue, missed=missed))
    jump(stage, 3 * DAY)
    assert dues(stage, queue) == fired
    assert stage.wait(group.get("once")).state == state


def test_all_goes_back_a_day_and_no_further(store, run_on, app, queue, group):
    stage = run_on(store, app)
    stage.wait(group.create("tick", "rate(1 hour)", to=queue, missed="all"))
    jump(stage, 10 * DAY)
    assert len(dues(stage, queue)) == 25
    assert stage.wait(group.get("tick")).left_out == 1


def test_what_is_late_by_less_than_a_minute_was_not_missed(store, run_on, app, queue, group):
    stage = run_on(store, app)
    stage.wait(group.create("once", at(FIRST), to=queue, missed="skip"))
    stage.wait(group.create("wide", at(FIRST), to=queue, missed="skip", window="1h"))
    jump(stage, FIRST - HELD_START_MS + MINUTE)
    stage.advance(HOUR)
    assert dues(stage, queue) == [0, 0]


def test_moments_within_an_open_window_are_not_missed(store, run_on, app, queue, group):
    stage = run_on(store, app)
    stage.wait(group.create("tick", "cron(* * * * ? *)", to=queue, window="10m"))
    stage.advance(FIRST - HELD_START_MS + 30 * MINUTE)
    told = stage.wait(group.get("tick"))
    assert told.left_out == 0
    assert dues(stage, queue) == [float(n) for n in range(told.fired)]
    assert told.fired >= 20


def test_schedules_go_on_where_they_were_at_the_next_start(file_store, run_on, app, queue):
    app.schedule("tick", "rate(1 hour)", to=queue)
    first = run_on(file_store, app)
    first.advance(90 * MINUTE)
    first.close()
    second = Stage(file_store, app)
    try:
        second.clock.move_to(HELD_START_MS + 90 * MINUTE)
        second.advance(31 * MINUTE)
        found = [message.attributes["due_ms"] for message in second.wait(queue.peek())]
        assert found == [HELD_START_MS + n * HOUR for n in range(3)]
    finally:
        second.close()


def test_a_declared_schedule_is_at_each_start_what_the_code_says(file_store, run_on):
    def start(expression, **more):
        app = App("wims")
        queue, other = app.queue("reports"), app.queue("other")
        if expression:
            app.schedule("tick", expression, to=queue, **more)
        app.schedule("stays", "rate(1 day)", to=other)
        group = app.schedules()
        return run_on(file_store, app), group, other

    stage, group, other = start("rate(1 hour)")
    stage.wait(group.create("made", "rate(1 day)", to=other))
    stage.wait(group.pause("tick"))
    stage.close()
    stage, group, _ = start("rate(1 hour)", body=7)
    kept = stage.wait(group.get("tick"))
    assert (kept.state, kept.body) == ("paused", 7)
    stage.wait(group.resume("tick"))
    stage.close()
    stage, group, _ = start("rate(2 hours)")
    assert stage.wait(group.get("tick")).expression == "rate(2 hours)"
    stage.close()
    stage, group, _ = start(None)
    assert [each.name for each in stage.wait(group.page())] == ["made", "stays"]


def test_a_declared_moment_that_is_over_does_not_keep_the_app_from_opening(
    store, run_on, app, queue, group, caplog
):
    app.schedule("launch", "at(2020-01-01T00:00:00)", to=queue)
    stage = run_on(store, app)
    stage.advance(DAY)
    assert stage.wait(group.get("launch")).state == "completed"
    assert "launch of group schedules is never due any more" in caplog.text


def test_a_clock_that_was_set_back_fires_nothing_twice(file_store, run_on, app, queue, group):
    app.schedule("tick", "cron(* * * * ? *)", to=queue)
    stage = run_on(file_store, app)
    stage.advance(FIRST - HELD_START_MS + 10 * MINUTE)
    stage.close()
    stage = run_on(file_store, app)
    stage.advance(FIRST - HELD_START_MS + 11 * MINUTE)
    assert dues(stage, queue) == [float(n) for n in range(12)]


@pytest.mark.parametrize("moment", [0, 1, 2])
def test_after_a_crash_every_moment_has_fired_once(file_store, run_on, crashed, moment):
    def make():
        app = App("wims")
        queue = app.queue("reports")
        app.schedule("tick", "rate(1 minute)", to=queue, missed="all")
        return app, queue

    app, queue = make()
    stage = run_on(file_store, app)
    stage.advance(5 * MINUTE - 1 + moment)
    copy = crashed(stage)
    stage.close()
    app, queue = make()
    after = run_on(copy, app)
    after.clock.move_to(HELD_START_MS + 5 * MINUTE + 30_000)
    after.advance(5 * MINUTE)
    found = [message.attributes["due_ms"] for message in after.wait(queue.peek(100))]
    assert found == [HELD_START_MS + n * MINUTE for n in range(11)]


@pytest.mark.parametrize(
    ("zone", "since", "expected"),
    [
        (
            "Europe/Paris",
            "2032-03-27T12:00:00",
            ["2032-03-29T02:30:00+02:00", "2032-03-30T02:30:00+02:00"],
        ),
        (
            "Europe/Paris",
            "2032-10-30T12:00:00",
            ["2032-10-31T02:30:00+02:00", "2032-11-01T02:30:00+01:00"],
        ),
        (
            "America/New_York",
            "2032-03-13T12:00:00",
            ["2032-03-15T02:30:00-04:00", "2032-03-16T02:30:00-04:00"],
        ),
        (
            "Australia/Lord_Howe",
            "2032-10-02T12:00:00",
            ["2032-10-03T02:30:00+11:00", "2032-10-04T02:30:00+11:00"],
        ),
        (
            "Asia/Kolkata",
            "2032-03-27T12:00:00",
            ["2032-03-28T02:30:00+05:30", "2032-03-29T02:30:00+05:30"],
        ),
    ],
)
def test_it_fires_through_a_change_of_the_clock_as_the_wall_shows(
    run_on, store, app, queue, group, zone, since, expected
):
    stage = run_on(store, app)
    stage.clock.move_to(moment_ms(since, zone))
    stage.wait(group.create("night", "cron(30 2 * * ? *)", to=queue, timezone=zone))
    stage.advance(3 * DAY)
    found = [message.attributes["due_ms"] for message in stage.wait(queue.peek())]
    assert [shown_ms(at_ms, zone) for at_ms in found][:2] == expected


def test_a_rate_goes_on_through_a_change_of_the_clock(store, run_on, app, queue, group):
    stage = run_on(store, app)
    stage.clock.move_to(moment_ms("2032-03-28T00:00:00Z", "UTC"))
    stage.wait(group.create("r", "rate(30 minutes)", to=queue, timezone="Europe/Paris"))
    stage.advance(3 * HOUR)
    found = [message.attributes["due_ms"] for message in stage.wait(queue.peek())]
    assert {after - before for before, after in pairwise(found)} == {30 * MINUTE}
