from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ensue.app.app import App
from ensue.app.integrity import check
from ensue.engine.clock import HELD_START_MS
from ensue.languages.schedules import Timetable, moment_ms
from ensue.words.errors import (
    Conflict,
    InvalidDeclaration,
    InvalidExpression,
    InvalidName,
    InvalidValue,
    NotFound,
)
from ensue.words.names import Ref

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
FIRST = -(-HELD_START_MS // MINUTE) * MINUTE  # the first full minute


@pytest.fixture
def app() -> App:
    return App("wims")


@pytest.fixture
def queue(app):
    return app.queue("reports")


@pytest.fixture
def group(app):
    return app.schedules()


def at(ms, zone="UTC"):
    return f"at({datetime.fromtimestamp(ms // 1000, UTC).replace(tzinfo=None).isoformat()})"


def dues(stage, queue):
    return [message.attributes["due_ms"] for message in stage.wait(queue.peek(1_000))]


def test_a_declared_schedule_delivers_to_any_target(store, run_on, app, queue):
    topic, letters = app.topic("news"), app.mail("letters", to="team@example.org")
    topic.subscribe(queue)
    app.schedule("hourly", "cron(0 * * * ? *)", to=topic, body={"n": 1})
    app.schedule("letter", "cron(0 * * * ? *)", to=letters, body={"subject": "s", "text": "t"})
    stage = run_on(store, app)
    stage.advance(HOUR)
    [message] = stage.wait(queue.peek())
    assert message.body == {"n": 1}
    assert message.attributes["schedule"] == "hourly"
    assert len(letters.drawer.letters) == 1


def test_a_function_is_run_with_its_firing(store, run_on, app):
    seen = []

    @app.schedule("cron(30 2 * * ? *)", timezone="Europe/Paris", body={"depth": 3})
    def nightly(firing, tx):
        seen.append((firing, tx.now_ms))

    @app.schedule("rate(6 hours)", name="often", retries=2, concurrency=3)
    async def four_times(firing):
        seen.append((firing, stage.clock.now_ms()))

    stage = run_on(store, app)
    stage.advance(DAY)
    nights = [(firing, now_ms) for firing, now_ms in seen if firing.schedule == "nightly"]
    [(night, now_ms)] = nights
    assert now_ms == night.due_ms == moment_ms(night.due, "UTC")
    assert night.due.endswith(("T02:30:00+01:00", "T02:30:00+02:00"))
    assert night.body.depth == 3
    assert len({firing.id for firing, _ in seen}) == len(seen) == 6


def test_a_rate_fires_at_once_and_then_after_each_interval(store, run_on, app, queue, group):
    stage = run_on(store, app)
    stage.wait(group.create("tick", "rate(5 minutes)", to=queue))
    stage.settle()
    assert dues(stage, queue) == [HELD_START_MS]
    stage.advance(12 * MINUTE)
    assert dues(stage, queue) == [HELD_START_MS + n * 5 * MINUTE for n in range(3)]


def test_a_rate_with_a_start_counts_from_there_and_ends_at_its_end(
    store, run_on, app, queue, group
):
    stage = run_on(store, app)
    start = datetime.fromtimestamp((FIRST + HOUR) / 1_000, UTC)
    end = datetime.fromtimestamp((FIRST + 3 * HOUR) / 1_000, UTC)
    stage.wait(group.create("tick", "rate(1 hour)", to=queue, start=start, end=end.isoformat()))
    stage.advance(DAY)
    assert dues(stage, queue) == [FIRST + n * HOUR for n in (1, 2, 3)]
    assert stage.wait(group.get("tick")).state == "completed"


def test_a_one_time_schedule_stays_as_completed_or_is_gone(store, run_on, app, queue, group):
    stage = run_on(store, app)
    stage.wait(group.create("kept", at(FIRST), to=queue, body=1))
    stage.wait(group.create("gone", at(FIRST), to=queue, body=2, after="delete"))
    stage.advance(MINUTE)
    assert [message.body for message in stage.wait(queue.peek())] == [1, 2]
    kept = stage.wait(group.get("kept"))
    assert (kept.state, kept.fired, kept.last_ms, kept.due) == ("completed", 1, FIRST, None)
    with pytest.raises(NotFound, match="no schedule gone"):
        stage.wait(group.get("gone"))


def test_it_never_fires_early_and_at_its_moment(store, run_on, app, queue, group):
    stage = run_on(store, app)
    stage.wait(group.create("once", at(FIRST), to=queue))
    stage.advance(FIRST - HELD_START_MS - 1)
    stage.engine.wake_all()
    stage.settle()
    assert dues(stage, queue) == []
    stage.advance(1)
    [message] = stage.wait(queue.peek())
    assert message.sent_ms == FIRST


def test_a_window_spreads_firings_and_the_moment_is_drawn_once(store, run_on, app, queue, group):
    stage = run_on(store, app)
    for n in range(20):
        stage.wait(group.create(f"s{n}", at(FIRST), to=queue, window="15m"))
    drawn = stage.rows("SELECT fire_ms FROM wims_schedules_schedules")
    stage.engine.wake_all()
    stage.settle()
    assert stage.rows("SELECT fire_ms FROM wims_schedules_schedules") == drawn
    stage.advance(HOUR)
    sent = [message.sent_ms for message in stage.wait(queue.peek(100))]
    assert sorted(sent) == sorted(fire_ms for (fire_ms,) in drawn)
    assert all(FIRST <= ms < FIRST + 15 * MINUTE for ms in sent)
    assert len(set(sent)) > 15
    assert dues(stage, queue) == [FIRST] * 20


def test_a_firing_has_an_id_of_its_schedule_and_moment(store, run_on, app, group):
    seen = []

    class Keeping:
        def deliver(self, tx, deliveries):
            seen.extend(deliveries)
            return ["x"] * len(deliveries)

    stage = run_on(store, app)
    target = Ref("wims", "sink", "s")
    stage.engine.directory.add(target, target=Keeping())
    stage.wait(group.create("tick", "rate(1 minute)", to=target))
    stage.advance(MINUTE)
    stage.wait(group.delete("tick"))
    stage.wait(group.create("tick", "rate(1 minute)", to=target))
    stage.settle()
    ids = [delivery.deduplication_id for delivery in seen]
    first, second = ids[0].split("/"), ids[2].split("/")
    assert [each.split("/")[1] for each in ids] == [
        str(HELD_START_MS),
        str(HELD_START_MS + MINUTE),
        str(HELD_START_MS + MINUTE),
    ]
    assert first[0] != second[0]
    assert len(set(ids)) == 3


def test_a_firing_and_its_next_moment_commit_together(store, run_on, app, queue, group):
    stage = run_on(store, app)
    stage.wait(group.create("tick", "rate(1 minute)", to=queue))
    stage.do(
        lambda tx: tx.execute(
            "CREATE TRIGGER broken BEFORE UPDATE ON wims_schedules_schedules"
            " BEGIN SELECT RAISE(ABORT, 'broken'); END"
        )
    )
    [scheduler] = [each for each in stage.engine.workers if each.name == "schedule schedules"]
    with pytest.raises(Conflict):
        stage.wait(scheduler.step())
    assert dues(stage, queue) == []
    stage.do(lambda tx: tx.execute("DROP TRIGGER broken"))
    stage.settle()
    assert dues(stage, queue) == [HELD_START_MS]


def test_what_a_target_refuses_is_tried_again_and_ends_among_the_dead_letters(
    store, run_on, app, queue, group
):
    letters = app.mail("letters")
    stage = run_on(store, app)
    stage.wait(group.create("bad", at(FIRST), to=letters, body="no letter"))
    stage.wait(group.create("good", at(FIRST), to=queue))
    stage.advance(HOUR)
    [dead] = stage.wait(app.resources[Ref("wims", "queue", "schedules-dlq")].peek())
    letter = dead.attributes["dead_letter"]
    assert dead.body["id"].endswith(f"/{FIRST}")
    assert dead.body["body"] == "no letter"
    assert dead.body["attributes"]["schedule"] == "bad"
    assert "mail letters refused the firing" in str(letter)
    assert dues(stage, queue) == [FIRST]
    assert stage.wait(group.get("bad")).state == "completed"


def test_a_firing_that_was_refused_holds_back_the_later_ones_of_its_group_at_its_target(
    store, run_on, app, queue, group
):
    full = app.queue("full", depth_max=4)
    stage = run_on(store, app)
    for _ in range(4):
        stage.wait(full.send("full"))
    for n, (name, to) in enumerate([("a", full), ("a", full), ("a", queue), ("b", full)]):
        made = group.create(f"s{n}", at(FIRST), to=to, body=n, group=name)
        stage.wait(made)
    stage.wait(group.create("s4", at(FIRST + 1_000), to=full, body=4, group="a"))
    stage.advance(FIRST - stage.clock.now_ms())
    assert [each.body for each in stage.wait(queue.peek())] == [2]
    stage.wait(full.purge())
    stage.advance(HOUR)
    found = [(each.body, each.group) for each in stage.wait(full.peek())]
    assert [each for each in found if each[1] == "a"] == [(0, "a"), (1, "a"), (4, "a")]
    assert (3, "b") in found


def test_dead_letters_are_delivered_when_their_target_is_back(store, run_on, app, group):
    dead = app.resources[Ref("wims", "queue", "schedules-dlq")]
    target = Ref("wims", "queue", "late")
    stage = run_on(store, app)
    stage.engine.directory.add(target, target=dead)
    stage.wait(group.create("once", at(FIRST), to=target, body=1))
    stage.engine.directory._targets.pop(target)
    stage.advance(HOUR)
    assert len(stage.wait(dead.peek())) == 1
    taken = []

    class Late:
        def deliver(self, tx, deliveries):
            taken.extend(deliveries)
            return ["x"] * len(deliveries)

    stage.engine.directory.add(target, target=Late())
    stage.wait(dead.redrive())
    stage.settle()
    assert [(each.body, each.attributes["due_ms"]) for each in taken] == [("1", FIRST)]
    assert taken[0].deduplication_id.endswith(f"/{FIRST}")


def test_schedules_are_made_and_forgotten_in_the_transaction_of_a_handler(
    store, run_on, app, queue, group
):
    stage = run_on(store, app)

    def remind(fails, tx):
        made = tx.schedule(group, "o-1", at(FIRST), to=queue, body={"order": 1})
        assert made.due_ms == FIRST
        tx.schedule(group, "o-2", at(FIRST), to=queue)
        assert tx.unschedule(group, "o-2")
        assert not tx.unschedule(group, "o-2")
        if fails:
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - it is the test's own
        stage.wait(app.run(remind, 1))
    assert stage.wait(group.page()) == []
    stage.wait(app.run(remind, 0))
    stage.advance(MINUTE)
    assert [message.body for message in stage.wait(queue.peek())] == [{"order": 1}]


def test_a_paused_schedule_does_not_fire_and_a_resumed_one_does_from_then_on(
    store, run_on, app, queue, group
):
    stage = run_on(store, app)
    stage.wait(group.create("tick", "cron(* * * * ? *)", to=queue))
    stage.advance(FIRST - HELD_START_MS)
    assert stage.wait(group.pause("tick")).state == "paused"
    stage.advance(10 * MINUTE)
    assert stage.wait(group.next("tick")) == []
    assert stage.wait(group.resume("tick")).due_ms == FIRST + 10 * MINUTE
    stage.advance(MINUTE)
    assert dues(stage, queue) == [FIRST, FIRST + 10 * MINUTE, FIRST + 11 * MINUTE]


def test_a_moment_that_fired_does_not_fire_again_when_resumed_within_it(
    store, run_on, app, queue, group
):
    stage = run_on(store, app)
    stage.wait(group.create("tick", "cron(* * * * ? *)", to=queue))
    stage.advance(FIRST - HELD_START_MS)
    stage.wait(group.pause("tick"))
    stage.wait(group.resume("tick"))
    stage.settle()
    assert dues(stage, queue) == [FIRST]


def test_an_update_changes_what_is_named_and_keeps_the_rest(store, run_on, app, queue, group):
    other = app.queue("other")
    stage = run_on(store, app)
    made = stage.wait(
        group.create("s", at(FIRST + HOUR), to=queue, body=1, window="5s", missed="all", group="g")
    )
    same = stage.wait(group.update("s", to=other, body={"n": 2}))
    assert (same.due_ms, same.to, same.body) == (made.due_ms, "queue/other", {"n": 2})
    assert (same.window_ms, same.missed, same.group) == (5_000, "all", "g")
    later = stage.wait(group.update("s", expression=at(FIRST + 2 * HOUR), window=0))
    assert later.due_ms == FIRST + 2 * HOUR
    stage.advance(DAY)
    assert (dues(stage, queue), dues(stage, other)) == ([], [FIRST + 2 * HOUR])
    again = stage.wait(group.update("s", expression="rate(1 day)"))
    assert again.state == "active"


@pytest.mark.parametrize("changes", [{"window": 0}, {"window": "2h"}, {"end": "2100-01-01"}])
def test_a_firing_that_waits_for_its_moment_in_the_window_is_not_lost_by_an_update(
    store, run_on, app, queue, group, changes
):
    stage = run_on(store, app)
    for name, expression in (("once", at(FIRST)), ("hourly", "rate(1 hour)")):
        stage.wait(group.create(name, expression, to=queue, window="1h", end="2099-01-01"))
    stage.clock.move_to(FIRST + 1)
    made = {name: stage.wait(group.get(name)) for name in ("once", "hourly")}
    for name, before in made.items():
        assert stage.wait(group.update(name, **changes)).due_ms == before.due_ms
    stage.advance(3 * HOUR)
    found = dues(stage, queue)
    assert {made["once"].due_ms, made["hourly"].due_ms} <= set(found)
    assert len(found) == len(set(found))


def test_an_end_before_what_is_due_next_completes_a_schedule(store, run_on, app, queue, group):
    stage = run_on(store, app)
    stage.wait(group.create("s", at(FIRST + HOUR), to=queue))
    with pytest.raises(InvalidExpression, match="never due"):
        stage.wait(group.update("s", end=datetime.fromtimestamp(FIRST / 1_000, UTC)))
    stage.advance(2 * HOUR)
    assert dues(stage, queue) == [FIRST + HOUR]


def test_run_now_fires_out_of_turn_and_changes_nothing_else(store, run_on, app, queue, group):
    stage = run_on(store, app)
    before = stage.wait(group.create("s", at(FIRST + HOUR), to=queue, body=1))
    stage.wait(group.pause("s"))
    ids = {stage.wait(group.fire("s")) for _ in range(2)}
    assert len(ids) == 2
    assert dues(stage, queue) == [HELD_START_MS] * 2
    stage.wait(group.resume("s"))
    assert stage.wait(group.get("s")) == before


def test_the_next_firings_are_told_before_they_come(store, run_on, app, queue, group):
    stage = run_on(store, app)
    stage.wait(group.create("tick", "rate(1 hour)", to=queue))
    told = stage.wait(group.next("tick", 3))
    assert told == [HELD_START_MS + n * HOUR for n in range(3)]
    stage.advance(2 * HOUR)
    assert dues(stage, queue) == told
    [night] = stage.wait(group.preview("cron(0 2 * * ? *)", timezone="Asia/Kolkata", count=1))
    assert (night - HELD_START_MS) < DAY
    assert (night + 5 * HOUR + 30 * MINUTE) % DAY == 2 * HOUR


def test_schedules_are_listed_a_page_at_a_time(store, run_on, app, queue, group):
    stage = run_on(store, app)
    for name in ("c", "a", "b"):
        stage.wait(group.create(name, "rate(1 day)", to=queue))
    stage.wait(group.pause("b"))
    assert [each.name for each in stage.wait(group.page(limit=2))] == ["a", "b"]
    assert [each.name for each in stage.wait(group.page(after="b"))] == ["c"]
    assert [each.name for each in stage.wait(group.page(state="paused"))] == ["b"]
    assert stage.wait(group.counts()) == {
        "active": 2,
        "paused": 1,
        "completed": 0,
        "next_ms": HELD_START_MS,
    }
    with pytest.raises(InvalidValue, match="active, paused, completed"):
        stage.wait(group.page(state="asleep"))


@pytest.mark.parametrize(
    ("fault", "expression", "options"),
    [
        (InvalidExpression, "cron(0 2 * * * *)", {}),
        (InvalidExpression, "at(2020-01-01T00:00:00)", {}),
        (InvalidExpression, "rate(1 day)", {"end": "2020-01-01"}),
        (InvalidValue, "rate(1 day)", {"timezone": "Paris"}),
        (InvalidValue, "rate(1 day)", {"window": "25h"}),
        (InvalidValue, "rate(1 day)", {"missed": "never"}),
        (InvalidValue, "rate(1 day)", {"after": "tomorrow"}),
        (InvalidValue, "rate(1 day)", {"start": "soon"}),
        (InvalidValue, "rate(1 day)", {"start": "2040-01-02", "end": "2040-01-01"}),
        (InvalidValue, "rate(1 day)", {"group": ""}),
        (InvalidValue, "rate(1 day)", {"group": "\ud800"}),
        (InvalidValue, "rate(1 day)", {"body": object()}),
    ],
)
def test_what_cannot_be_scheduled_is_refused(
    store, run_on, app, queue, group, fault, expression, options
):
    stage = run_on(store, app)
    with pytest.raises(fault):
        stage.wait(group.create("s", expression, to=queue, **options))
    assert stage.wait(group.page()) == []


def test_names_and_targets_are_checked(store, run_on, app, queue, group):
    table = app.table("stock", key="id")
    stage = run_on(store, app)
    for name in ("", "-a", "a b", "x" * 65, "ä"):
        with pytest.raises(InvalidName):
            stage.wait(group.create(name, "rate(1 day)", to=queue))
    with pytest.raises(NotFound, match="queue nowhere"):
        stage.wait(group.create("s", "rate(1 day)", to=Ref("wims", "queue", "nowhere")))
    with pytest.raises(InvalidDeclaration, match="takes deliveries"):
        stage.wait(group.create("s", "rate(1 day)", to=table))
    stage.wait(group.create("Order.1_a-b", "rate(1 day)", to=queue))
    with pytest.raises(Conflict, match=r"there is a schedule Order\.1"):
        stage.wait(group.create("Order.1_a-b", "rate(1 day)", to=queue))
    for doing in (group.get, group.pause, group.resume, group.fire, group.next):
        with pytest.raises(NotFound):
            stage.wait(doing("unknown"))
    assert stage.wait(group.delete("unknown")) is False


def test_why_shows_the_firing_and_what_it_caused(store, run_on, app):
    after = app.queue("after")

    @app.schedule("cron(0 * * * ? *)")
    def hourly(firing, tx):
        tx.send(after, firing.due)

    stage = run_on(store, app)
    stage.advance(HOUR)
    [message] = stage.wait(after.peek())
    tree = stage.platform.why(message.id)
    assert (tree.kind, tree.name) == ("firing", "hourly")
    [work] = tree.children
    [run] = work.children
    assert [work.name, run.kind, run.children[0].name] == ["hourly", "run", "after"]


def test_what_the_app_declares_is_changed_there_only(store, run_on, app, queue, group):
    app.schedule("daily", "rate(1 day)", to=queue)
    stage = run_on(store, app)
    for doing in (group.delete("daily"), group.update("daily", body=1)):
        with pytest.raises(Conflict, match="declared by the app"):
            stage.wait(doing)


def test_declarations_that_cannot_be_meant_are_refused(app, queue):
    app.schedule("daily", "rate(1 day)", to=queue)
    with pytest.raises(InvalidDeclaration, match="two schedules called daily"):
        app.schedule("daily", "rate(2 days)", to=queue)
    with pytest.raises(InvalidExpression):

        @app.schedule("rate(1 fortnight)")
        def seldom(firing, tx):
            pass

    with pytest.raises(InvalidDeclaration, match="wrong"):

        @app.schedule("rate(1 day)")
        def wrong(firing):
            pass


def test_a_check_of_the_store_finds_a_schedule_that_is_due_too_early(store, run_on, app, queue):
    app.schedule("daily", "cron(0 0 * * ? *)", to=queue)
    stage = run_on(store, app)
    assert check(stage.engine) == []
    stage.do(lambda tx: tx.execute("UPDATE wims_schedules_schedules SET fire_ms = due_ms - 1"))
    [finding] = check(stage.engine)
    assert (finding.rule, finding.where) == ("schedule.due", "wims_schedules_schedules, daily")


def test_a_target_that_nobody_declares_is_refused_when_the_app_opens(store, run_on, app):
    app.schedule("daily", "rate(1 day)", to=App("elsewhere").queue("q"))
    with pytest.raises(NotFound, match="has no target queue q"):
        run_on(store, app)


def test_a_target_that_takes_no_deliveries_is_refused_when_the_app_opens(store, run_on, app):
    app.schedule("daily", "rate(1 day)", to=app.table("stock", key="id"))
    with pytest.raises(InvalidDeclaration, match="takes deliveries"):
        run_on(store, app)


def test_what_is_due_a_moment_later_is_not_fired_along(store, run_on, app, queue, group):
    stage = run_on(store, app)
    for late_s in (0, 1, 30):
        stage.wait(group.create(f"s{late_s}", at(FIRST + 1_000 * late_s), to=queue))
    stage.advance(HOUR)
    found = stage.wait(queue.peek())
    assert [message.sent_ms for message in found] == dues(stage, queue)
    assert dues(stage, queue) == [FIRST, FIRST + 1_000, FIRST + 30_000]


def test_calendars_are_walked_before_the_moment_is_there(
    store, run_on, app, queue, group, monkeypatch
):
    walked = []
    walk = Timetable._next_on_wall

    def counted(timetable, program, after_ms):
        walked.append(stage.clock.now_ms())
        return walk(timetable, program, after_ms)

    stage = run_on(store, app)
    for minute in range(120):
        stage.wait(
            group.create(
                f"s{minute}", f"cron(0 {minute % 24} ? * * 2000-{2070 + minute})", to=queue
            )
        )
    monkeypatch.setattr(Timetable, "_next_on_wall", counted)
    stage.advance(DAY)
    assert len(dues(stage, queue)) == 120
    assert not [at_ms for at_ms in walked if at_ms % HOUR == 0]


def test_what_is_due_a_millisecond_later_is_not_fired_along(store, run_on, app, queue, group):
    stage = run_on(store, app)
    for number in range(2):
        stage.wait(group.create(f"s{number}", "rate(1 minute)", to=queue))
        stage.clock.move_to(HELD_START_MS + 1 + number)
    stage.advance(5 * MINUTE)
    found = stage.wait(queue.peek(20))
    rises = [message.sent_ms for message in found if message.sent_ms > HELD_START_MS + 2]
    assert rises == [message.attributes["due_ms"] for message in found][-len(rises) :]
    assert {rise % MINUTE for rise in rises} == {
        HELD_START_MS % MINUTE,
        (HELD_START_MS + 1) % MINUTE,
    }
