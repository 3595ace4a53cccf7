"""Patterns and events are tried on a bus, and nothing comes of it."""

from __future__ import annotations

import pytest

from ensue import InputPath, InputTransformer
from ensue.app.app import App
from ensue.resources.bus.model import Reason
from ensue.resources.bus.operations import OPERATIONS
from ensue.words.errors import InvalidPattern, InvalidValue
from ensue.words.values import VALUE_DEPTH_MAX

ORDERS = {"detail-type": ["OrderPlaced"]}
LARGE = {"detail": {"total": [{"numeric": [">", 100]}]}}


class Shop:
    """A bus with rules, one of which is disabled, and events a minute apart."""

    def __init__(self, stage_on):
        self.app = App("wims")
        self.events = self.app.bus("events")
        self.parcels = self.app.queue("parcels")
        self.events.rule("pack", ORDERS, to=self.parcels, input=InputPath("$.detail"))
        self.events.rule("large", LARGE, to=self.parcels, group="$.detail.id")
        self.events.rule("off", {"source": ["wims"]}, to=self.parcels, enabled=False)
        self.stage = stage_on(self.app)

    def publish(self, *totals):
        for total in totals:
            kind = "OrderPlaced" if total < 200 else "OrderPaid"
            self.stage.wait(self.events.publish(kind, {"total": total, "id": str(total)}))
            self.stage.advance(60_000)

    def try_pattern(self, pattern, **options):
        return self.stage.wait(self.events.try_pattern(pattern, **options))

    def try_event(self, **event):
        return {each.rule: each for each in self.stage.wait(self.events.try_event(event))}


@pytest.fixture
def shop(store, run_on):
    return Shop(lambda app: run_on(store, app))


def test_a_pattern_is_tried_on_the_newest_events(shop):
    shop.publish(50, 150, 250)

    tried = shop.try_pattern(LARGE, last=2)

    assert (tried.looked, tried.matched) == (2, 2)
    assert [each.event["detail"]["total"] for each in tried.events] == [250, 150]


def test_it_says_at_which_field_how_many_events_fail(shop):
    shop.publish(50, 60, 150)

    tried = shop.try_pattern({**LARGE, **ORDERS})

    [missed] = tried.missed
    assert (missed.path, missed.expected, missed.events) == ("detail.total", "a number > 100", 2)
    assert missed.found == "60"
    assert [each.matched for each in tried.events] == [True, False, False]
    assert tried.events[2].reasons == [Reason("detail.total", "a number > 100", "50")]


def test_the_rate_is_that_of_the_time_from_the_oldest_to_the_newest(shop):
    assert shop.try_pattern(ORDERS).per_minute is None
    shop.publish(50)
    assert shop.try_pattern(ORDERS).per_minute is None
    shop.publish(60, 70)

    tried = shop.try_pattern(ORDERS)

    assert tried.per_minute == 1.5
    assert tried.oldest < tried.newest


def test_it_says_how_far_each_rule_matches_the_same_also_one_that_is_disabled(shop):
    shop.publish(50, 150, 250)

    tried = shop.try_pattern(ORDERS)

    assert {each.rule: (each.matched, each.both) for each in tried.rules} == {
        "pack": (2, 2),
        "large": (2, 1),
        "off": (3, 2),
    }


def test_without_a_pattern_everything_matches_and_so_many_are_told_of_as_are_asked_for(shop):
    shop.publish(*range(1, 61))

    tried = shop.try_pattern(None, show=3, last=1_000)

    assert (tried.looked, tried.matched, len(tried.events)) == (60, 60, 3)


def test_the_text_of_a_pattern_says_where_it_is_wrong(shop):
    with pytest.raises(InvalidPattern) as refused:
        shop.try_pattern('{"source": [1,]}')
    assert "line 1" in refused.value.at
    with pytest.raises(InvalidPattern) as refused:
        shop.try_pattern('{"source": "shop"}')
    assert refused.value.at == "$.source"


def test_an_event_is_tried_on_each_rule_and_nothing_is_published(shop):
    tried = shop.try_event(**{"detail-type": "OrderPlaced", "detail": {"total": 20, "id": "7"}})

    assert tried["pack"].matched
    assert tried["pack"].targets[0].input == {"total": 20, "id": "7"}
    assert tried["large"].reasons == [Reason("detail.total", "a number > 100", "20")]
    assert tried["large"].targets == []
    assert (tried["off"].matched, tried["off"].enabled) == (True, False)
    assert shop.stage.wait(shop.events.count()) == 0
    assert shop.stage.wait(shop.parcels.depth())["waiting"] == 0


def test_what_a_target_gets_has_its_group_and_an_input_that_cannot_be_made_says_why(store, run_on):
    app = App("wims")
    bus, queue = app.bus("events"), app.queue("parcels")
    template = {"very": {"deep": "<all>"}}
    bus.rule(
        "r",
        ORDERS,
        to=queue,
        group="$.detail.id",
        input=InputTransformer({"all": "$.detail"}, template),
    )
    stage = run_on(store, app)
    deep = value = {}
    for _ in range(VALUE_DEPTH_MAX - 2):
        value["a"] = value = {}

    def first(detail):
        event = {"detail-type": "OrderPlaced", "detail": detail}
        [tried] = stage.wait(bus.try_event(event))
        return tried.targets[0]

    assert (first({"id": "1"}).group, first({"id": "1"}).input) == (
        "1",
        {"very": {"deep": {"id": "1"}}},
    )
    assert "levels" in first(deep).error


@pytest.mark.parametrize(
    ("event", "at"),
    [
        ({"detail": {}}, "$.detail-type"),
        ({"detail-type": "A", "detail": 1}, "$.detail"),
        ({"detail-type": "A", "detial": {}}, "$.detial"),
        ({"detail-type": "A", "time": "now"}, "$.time"),
    ],
)
def test_an_event_that_is_none_is_refused_with_its_place(shop, event, at):
    with pytest.raises(InvalidValue) as refused:
        shop.try_event(**event)
    assert refused.value.at == at


def test_an_event_of_the_log_can_be_tried_again_as_it_is(shop):
    shop.publish(150)
    [event], _ = shop.stage.wait(shop.events.tail())

    tried = shop.try_event(**event, **{"replay-name": "again"})

    assert [name for name, each in tried.items() if each.matched] == ["pack", "large", "off"]


def test_its_operations_do_what_the_handle_does(shop):
    shop.publish(150)
    operations = {each.name: each for each in OPERATIONS}

    def operate(operated, /, **given):
        operation = operations[operated]
        return shop.stage.wait(operation.run(shop.events, operation.parameters(**given)))

    assert operate("try-pattern", pattern='{"source": ["wims"]}').matched == 1
    assert operate("try-pattern", pattern=ORDERS).matched == 1
    assert [each.rule for each in operate("try-event", event={"detail-type": "A"})] == [
        "pack",
        "large",
        "off",
    ]
