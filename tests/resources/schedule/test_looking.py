"""What is known of schedules: what comes, what came of them, and what was missed."""

from __future__ import annotations

import pytest

from ensue import App, NotFound

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@pytest.fixture
def app():
    return App("shop")


@pytest.fixture
def group(app):
    return app.schedules()


@pytest.fixture
def queue(app):
    return app.queue("reports", max_receives=1)


def test_what_is_due_soon_is_told_for_all_schedules_the_first_first(
    store, run_on, app, group, queue
):
    app.schedule("hourly", "rate(1 hour)", to=queue)
    app.schedule("often", "rate(1 minute)", to=queue)
    app.schedule("yearly", "cron(0 0 1 1 ? *)", to=queue)
    stage = run_on(store, app)
    now_ms = stage.clock.now_ms()

    lanes = stage.wait(group.upcoming(3 * HOUR_MS))

    assert [(each.name, len(each.moments_ms), each.more) for each in lanes] == [
        ("hourly", 4, False),
        ("often", 50, True),
    ]
    assert lanes[0].moments_ms == [now_ms + n * HOUR_MS for n in range(4)]


def test_runs_say_what_became_of_each_firing(store, run_on, app, group, queue):
    app.schedule("hourly", "rate(1 hour)", to=queue)
    stage = run_on(store, app)
    stage.settle()
    [message] = stage.wait(queue.receive())
    stage.wait(queue.settle(message.handle))
    stage.advance(HOUR_MS)

    newest, first = stage.wait(group.runs("hourly"))

    assert (newest.state, newest.target) == ("waiting", "queue/reports")
    assert first.state == "done"
    assert newest.at_ms - first.at_ms == HOUR_MS
    assert stage.platform.why(first.id).name == "hourly"
    with pytest.raises(NotFound):
        stage.wait(group.runs("daily"))


def test_a_firing_that_is_refused_is_told_as_refused_and_then_as_dead(store, run_on, app, group):
    letters = app.mail("letters")
    app.schedule("weekly", "rate(1 day)", to=letters, body={"subject": "nobody gets this"})
    stage = run_on(store, app)
    stage.settle()
    refused = stage.wait(group.runs("weekly"))[0].state
    stage.advance(HOUR_MS)

    assert refused == "refused"
    assert stage.wait(group.runs("weekly"))[0].state == "dead"


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        ("once", [(3, "fired once")]),
        ("skip", [(3, "left out")]),
        ("all", [(1, "fired"), (1, "fired"), (1, "fired")]),
    ],
)
def test_what_was_due_while_nothing_ran_is_told_with_what_the_policy_did(
    store, run_on, app, group, queue, policy, told
):
    app.schedule("hourly", "rate(1 hour)", to=queue, missed=policy)
    stage = run_on(store, app)
    stage.settle()
    first_ms = stage.clock.now_ms()
    stage.clock.move_to(first_ms + 3 * HOUR_MS + HOUR_MS // 2)
    stage.settle()

    found = stage.wait(group.missed("hourly"))

    assert [(each.moments, each.did) for each in found] == told
    assert {each.why for each in found} == {"late"}
    assert found[-1].first_ms == first_ms + HOUR_MS
    assert found[0].until_ms == stage.clock.now_ms()
    assert stage.wait(group.missed()) == found


def test_what_is_due_while_it_is_paused_is_left_out_and_told(store, run_on, app, group, queue):
    app.schedule("hourly", "rate(1 hour)", to=queue)
    stage = run_on(store, app)
    stage.settle()
    first_ms = stage.clock.now_ms()
    stage.wait(group.pause("hourly"))
    stage.wait(group.pause("hourly"))
    [paused] = stage.wait(group.missed())
    stage.advance(2 * HOUR_MS + 1)
    stage.wait(group.resume("hourly"))

    [resumed] = stage.wait(group.missed())

    assert (paused.until_ms, paused.why) == (None, "paused")
    assert (resumed.first_ms, resumed.moments) == (first_ms + HOUR_MS, 2)
    assert (resumed.until_ms, resumed.did) == (stage.clock.now_ms(), "left out")


def test_a_pause_in_which_nothing_was_due_is_not_told(store, run_on, app, group, queue):
    app.schedule("hourly", "rate(1 hour)", to=queue)
    stage = run_on(store, app)
    stage.settle()
    stage.wait(group.pause("hourly"))
    stage.advance(1_000)
    stage.wait(group.resume("hourly"))

    assert stage.wait(group.missed()) == []


def test_only_the_newest_notes_are_kept(store, run_on, app, group, queue, monkeypatch):
    monkeypatch.setattr("ensue.resources.schedule.store.notes.NOTES_MAX", 2)
    app.schedule("hourly", "rate(1 hour)", to=queue, missed="all")
    stage = run_on(store, app)
    stage.settle()
    stage.clock.move_to(stage.clock.now_ms() + 5 * HOUR_MS)
    stage.settle()

    assert len(stage.wait(group.missed())) == 2
