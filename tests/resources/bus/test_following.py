"""Functions that follow a bus from a position."""

from __future__ import annotations

import pytest

from ensue.app.app import App
from ensue.words.errors import (
    Conflict,
    InvalidDeclaration,
    InvalidExpression,
    InvalidInput,
    InvalidPattern,
    InvalidValue,
)

ORDERS = {"detail-type": ["OrderPlaced"]}


class Shop:
    """A bus that a function follows, which notes what it gets and fails where it is told to."""

    def __init__(self, *, start="latest", action=False, fail_on=(), **options):
        self.app = App("wims")
        self.events = self.app.bus("events")
        self.seen: list = []
        self.fail_on = set(fail_on)

        def project(event, tx=None):
            self.seen.append(event.detail["n"])
            if event.detail["n"] in self.fail_on:
                raise ValueError("not this one")

        async def project_outside(event):
            project(event)

        declare = self.app.on_event(
            self.events, ORDERS, start=start, name="project", retries=1, **options
        )
        declare(project_outside if action else project)

    @property
    def function(self):
        return self.app.function_named("project")

    def publish(self, stage, *numbers, kind="OrderPlaced", key="k"):
        for n in numbers:
            stage.wait(self.events.publish(kind, {"n": n, "key": key}))


def bare(store, run_on, *numbers):
    """A bus with events before anybody follows it."""
    app = App("wims")
    events = app.bus("events")
    stage = run_on(store, app)
    for n in numbers:
        stage.wait(events.publish("OrderPlaced", {"n": n, "key": "k"}))
        stage.advance(1_000)
    return stage


@pytest.mark.parametrize("action", [False, True])
def test_a_follower_gets_the_matching_events_in_order(store, run_on, action):
    shop = Shop(action=action)
    stage = run_on(store, shop.app)
    shop.publish(stage, 1, 2)
    shop.publish(stage, 3, kind="OrderShipped")
    shop.publish(stage, 4)
    stage.settle()

    assert shop.seen == [1, 2, 4]
    assert stage.wait(shop.function.depth())["unread"] == 0


@pytest.mark.parametrize(
    ("start", "seen"),
    [("horizon", [1, 2, 3]), ("latest", []), (2, [2, 3]), ("2", [2, 3]), ("time", [3])],
)
def test_a_new_follower_begins_where_it_says(file_store, run_on, start, seen):
    stage = bare(file_store, run_on, 1, 2, 3)
    third_ms = stage.rows("SELECT at_ms FROM wims_events_events WHERE sequence = 3")[0][0]
    stage.close()
    at = f"2031-07-05T03:14:{(third_ms // 1_000) % 60:02d}.{third_ms % 1_000:03d}Z"
    shop = Shop(start=at if start == "time" else start)
    stage = run_on(file_store, shop.app)
    stage.settle()

    assert shop.seen == seen


def test_a_follower_goes_on_where_it_was_after_a_restart(file_store, run_on):
    first = Shop()
    stage = run_on(file_store, first.app)
    first.publish(stage, 1)
    stage.settle()
    first.publish(stage, 2)
    stage.close()

    second = Shop(start="horizon")
    stage = run_on(file_store, second.app)
    stage.settle()

    assert second.seen == [2]


def test_a_follower_is_set_back_and_reads_again(store, run_on):
    shop = Shop()
    stage = run_on(store, shop.app)
    shop.publish(stage, 1, 2)
    stage.settle()
    with pytest.raises(Conflict):
        stage.wait(shop.function.rewind("horizon"))

    stage.wait(shop.function.rewind("horizon", confirm="project"))
    stage.settle()

    assert shop.seen == [1, 2, 1, 2]


def test_a_rule_keeps_no_position(store, run_on):
    shop = Shop(start=None)
    stage = run_on(store, shop.app)
    shop.publish(stage, 1)
    stage.settle()

    assert shop.seen == [1]
    with pytest.raises(InvalidInput, match="follows a log"):
        stage.wait(shop.function.rewind("horizon", confirm="project"))


def test_an_event_that_fails_holds_back_its_own_group_only(store, run_on):
    shop = Shop(group="$.detail.key", fail_on={1})
    stage = run_on(store, shop.app)
    shop.publish(stage, 1, 2, key="a")
    shop.publish(stage, 3, key="b")
    stage.settle()
    assert shop.seen == [1, 3]

    stage.advance(600_000)

    assert shop.seen == [1, 3, 1, 2]
    [letter] = stage.wait(stage.platform.resource("queue", "project-dlq").peek())
    assert letter.body["detail"]["n"] == 1


def test_without_a_group_an_event_that_fails_holds_back_nothing(store, run_on):
    shop = Shop(fail_on={1})
    stage = run_on(store, shop.app)
    shop.publish(stage, 1, 2)
    stage.settle()

    assert shop.seen == [1, 2]


def test_a_paused_follower_falls_behind_and_catches_up(store, run_on):
    shop = Shop()
    stage = run_on(store, shop.app)
    stage.wait(shop.function.pause())
    shop.publish(stage, 1, 2)
    stage.advance(1_000)
    found = stage.wait(shop.function.depth())
    assert (shop.seen, found["unread"], found["lag_ms"]) == ([], 2, 1_000)

    stage.wait(shop.function.resume())
    stage.settle()

    assert shop.seen == [1, 2]


def test_a_follower_gets_what_is_upcast_also_when_it_is_tried_again(store, run_on):
    shop = Shop(start="horizon", fail_on={101})
    shop.events.upcast = lambda event: {
        **event,
        "detail": {**event["detail"], "n": event["detail"]["n"] + 100},
    }
    stage = run_on(store, shop.app)
    shop.publish(stage, 1, 2)
    stage.advance(600_000)

    assert shop.seen == [101, 102, 101]


def test_an_upcast_that_fails_is_tried_again_and_dead_lettered(store, run_on):
    shop = Shop(start="horizon")

    def upcast(event):
        if event["detail"]["n"] == 1:
            raise KeyError("no such form")
        return event

    shop.events.upcast = upcast
    stage = run_on(store, shop.app)
    shop.publish(stage, 1, 2)
    stage.advance(600_000)

    assert shop.seen == [2]
    [letter] = stage.wait(stage.platform.resource("queue", "project-dlq").peek())
    assert letter.body["detail"]["n"] == 1
    assert "KeyError" in letter.attributes["dead_letter"]["reason"]


def test_its_declaration_says_what_it_follows():
    shop = Shop(start="horizon", group="$.detail.key")

    assert shop.function.declared()["follows"] == {
        "bus": "events",
        "pattern": ORDERS,
        "start": "horizon",
        "group": "$.detail.key",
    }


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"start": "yesterday"}, InvalidValue),
        ({"start": "latest", "group": "detail"}, InvalidExpression),
    ],
)
def test_a_place_or_a_group_that_is_none_is_refused(options, error):
    app = App("wims")
    with pytest.raises(error):
        app.on_event(app.bus("events"), ORDERS, **options)


def test_a_pattern_that_does_not_compile_is_refused_where_it_is_declared():
    app = App("wims")
    with pytest.raises(InvalidPattern):
        app.on_event(app.bus("events"), {"detail": 1}, start="latest")


def test_a_rule_and_a_follower_do_not_share_a_name():
    shop = Shop()
    letters = shop.app.queue("letters")
    with pytest.raises(InvalidDeclaration, match="two rules called project"):
        shop.events.rule("project", ORDERS, to=letters)


def test_why_shows_what_a_follower_did(store, run_on):
    app = App("wims")
    events, stock = app.bus("events"), app.table("stock", key="id")

    @app.on_event(events, ORDERS, start="latest")
    def project(event, tx):
        tx.put(stock, {"id": event.detail["n"]})

    stage = run_on(store, app)
    event_id = stage.wait(events.publish("OrderPlaced", {"n": 1}))
    stage.settle()

    tree = stage.platform.why(event_id)

    assert [each.name for each in tree.children[0].children] == ["project"]


LARGE = "x" * (1_048_576 - 100)


@pytest.mark.parametrize("action", [False, True])
def test_the_largest_event_is_followed_and_retried_as_any_other(store, run_on, action):
    shop = Shop(action=action, fail_on=[1])
    stage = run_on(store, shop.app)
    stage.wait(shop.events.publish("OrderPlaced", {"n": 1, "key": LARGE}))
    shop.publish(stage, 2)

    stage.settle()
    shop.fail_on.clear()
    stage.advance(60_000)

    assert sorted(shop.seen) == [1, 1, 2]
