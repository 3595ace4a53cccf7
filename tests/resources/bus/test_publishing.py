from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from ensue.app.app import App
from ensue.engine.sockets import Refusal
from ensue.engine.targets import RuleTarget
from ensue.languages.transformers import Constant, InputTransformer
from ensue.resources.bus.model import ENTRIES_MAX, EVENT_BYTES_MAX
from ensue.resources.bus.rules.envelope import draft
from ensue.words.errors import (
    InvalidDeclaration,
    InvalidExpression,
    InvalidValue,
    LimitExceeded,
    TooLarge,
)

PLACED = {"detail-type": ["OrderPlaced"]}


@pytest.fixture
def app() -> App:
    return App("wims")


@pytest.fixture
def bus(app):
    return app.bus("events")


def test_a_batch_gives_each_event_its_id_or_why_it_was_refused(store, run_on, app, bus):
    queue = app.queue("payments")
    bus.rule("placed", PLACED, to=queue)
    stage = run_on(store, app)
    first, bad, none, last = stage.wait(
        bus.publish_batch([
            {"detail_type": "OrderPlaced", "detail": {"n": 1}},
            {"detail_type": "OrderPlaced", "detail": {"n": float("nan")}},
            "nothing",
            {"detail-type": "OrderPlaced", "detail": {"n": 2}, "source": "shop"},
        ])
    )
    assert isinstance(bad, Refusal)
    assert (bad.index, bad.code) == (1, "invalid_value")
    assert "$.detail.n" in bad.message
    assert (none.index, none.code) == (2, "invalid_input")
    events, _ = stage.wait(bus.tail())
    assert [(each["id"], each["detail"]) for each in events] == [
        (first, {"n": 1}),
        (last, {"n": 2}),
    ]
    assert [message.body for message in stage.wait(queue.peek())] == events


def test_a_batch_of_a_transaction_commits_with_it(store, run_on, app, bus):
    stage = run_on(store, app)

    def both(tx):
        ids = tx.publish_batch(bus, [{"detail_type": "A", "detail": {}}] * 2)
        tx.publish(bus, "B", {}, time="2026-01-02T03:04:05Z")
        return ids

    ids = stage.wait(app.run(both))
    events, _ = stage.wait(bus.tail())
    assert [each["id"] for each in events[:2]] == ids
    assert [each["detail-type"] for each in events] == ["A", "A", "B"]
    assert events[2]["time"] == "2026-01-02T03:04:05Z"


def test_a_batch_has_a_bound_and_names_what_it_does_not_know(store, run_on, app, bus):
    stage = run_on(store, app)
    with pytest.raises(LimitExceeded, match="at most 1000 events"):
        stage.wait(bus.publish_batch([{"detail_type": "A", "detail": {}}] * (ENTRIES_MAX + 1)))
    answers = stage.wait(
        bus.publish_batch([{"detail_type": "A", "detail": {}, "detail-type": "B"}, {"colour": 1}])
    )
    assert ["each once, got" in answer.message for answer in answers] == [True, True]
    assert stage.wait(bus.publish_batch([])) == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2026-11-21T18:30:00Z", "2026-11-21T18:30:00Z"),
        ("2026-11-21T18:30:00.999+02:00", "2026-11-21T16:30:00Z"),
        (datetime(2026, 11, 21, 18, 30, tzinfo=UTC), "2026-11-21T18:30:00Z"),
        (
            datetime(2026, 11, 21, 18, 30, tzinfo=timezone(timedelta(hours=-1))),
            "2026-11-21T19:30:00Z",
        ),
    ],
)
def test_a_producer_may_say_when_an_event_happened(given, kept):
    made = draft("A", {}, source="s", time=given, now_ms=0)
    assert made.time == kept


@pytest.mark.parametrize(
    "given",
    [
        "2026-11-21",
        "2026-11-21T18:30:00",
        "2026-13-21T18:30:00Z",
        "0001-01-01T00:00:00+02:00",
        datetime(2026, 11, 21),  # noqa: DTZ001 - that it has no zone is the point
        17,
        "soon",
    ],
)
def test_a_time_that_is_none_is_refused_at_its_place(given):
    with pytest.raises(InvalidValue, match="expected a time such as") as caught:
        draft("A", {}, source="s", time=given, now_ms=0)
    assert caught.value.at == "$.time"


@pytest.mark.parametrize(("time", "counts"), [(None, 0), ("2026-11-21T18:30:00Z", 14)])
def test_an_event_is_as_large_as_eventbridge_counts_it(time, counts):
    """EB-1: time 14 bytes, source, detail-type, detail and resources in UTF-8."""
    around = len("Äpfel".encode()) + len("shop") + len("order/1") + len('{"x":""}') + counts
    fits = "x" * (EVENT_BYTES_MAX - around)
    options = {"source": "shop", "resources": ["order/1"], "time": time, "now_ms": 0}
    assert draft("Äpfel", {"x": fits}, **options).size == EVENT_BYTES_MAX
    with pytest.raises(TooLarge):
        draft("Äpfel", {"x": fits + "x"}, **options)


def test_a_bus_takes_the_events_of_another(store, run_on, app, bus):
    other, queue = app.bus("other"), app.queue("payments")
    bus.rule("onward", PLACED, to=other)
    other.rule("all", PLACED, to=queue)
    stage = run_on(store, app)
    stage.wait(bus.publish("OrderPlaced", {"n": 1}, source="shop", resources=["a"]))
    [event], _ = stage.wait(other.tail())
    assert (event["source"], event["resources"], event["detail"]) == ("shop", ["a"], {"n": 1})
    assert [message.body for message in stage.wait(queue.peek())] == [event]


def test_events_of_one_group_reach_a_target_one_after_the_other(store, run_on, app, bus):
    queue = app.queue("payments")
    bus.rule("placed", PLACED, to=RuleTarget(queue, group="$.detail.order"))
    stage = run_on(store, app)
    for order in ("a", "b", None, 7, "g" * 200):
        stage.wait(bus.publish("OrderPlaced", {"order": order}))
    groups = [message.group for message in stage.wait(queue.peek())]
    assert groups[:4] == ["a", "b", None, "7"]
    assert len(groups[4]) == 64


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"retries": 186}, "retries from 0 to 185"),
        ({"retries": -1}, "retries from 0 to 185"),
        ({"retries": True}, "retries from 0 to 185"),
        ({"max_age": 59}, "max_age from 1 minute to 24 hours"),
        ({"max_age": "25h"}, "max_age from 1 minute to 24 hours"),
        ({"on_failure": "forget"}, "hold or park"),
    ],
)
def test_a_target_has_bounds(app, options, said):
    with pytest.raises(InvalidDeclaration, match=said):
        RuleTarget(app.queue("q"), **options)


@pytest.mark.parametrize("first", ["bus", "queue", "function"])
def test_a_bus_shares_the_dead_letter_queue_of_what_is_called_like_it(store, run_on, app, first):
    def function():
        app.function(name="orders")(lambda body, tx: None)

    declared = {"bus": lambda: app.bus("orders"), "function": function}
    declared.setdefault("queue", lambda: app.queue("orders"))
    declared[first]()
    declared["queue" if first == "bus" else "bus"]()
    with pytest.raises(InvalidDeclaration, match="two resources called queue orders-dlq"):
        declared["queue" if first == "function" else "function"]()
    stage = run_on(store, app)
    assert stage.wait(app.resources["wims", "queue", "orders-dlq"].peek()) == []


def test_a_target_gets_what_its_rule_or_itself_makes_of_the_event(store, run_on, app, bus):
    one, two = app.queue("one"), app.queue("two")
    made = InputTransformer({"n": "$.detail.n"}, {"n": "<n>", "by": "<aws.events.rule-name>"})
    bus.rule("placed", PLACED, to=[one, RuleTarget(two, input=Constant("x"))], input=made)
    stage = run_on(store, app)
    stage.wait(bus.publish("OrderPlaced", {"n": 1}))
    assert [m.body for m in stage.wait(one.peek())] == [{"n": 1, "by": "placed"}]
    assert [m.body for m in stage.wait(two.peek())] == ["x"]


def test_an_input_or_a_group_that_is_none_is_refused_when_declared(app, bus):
    queue = app.queue("q")
    with pytest.raises(InvalidExpression, match="pipe-name"):
        bus.rule("r", PLACED, to=queue, input=InputTransformer({}, "<aws.pipes.pipe-name>"))
    with pytest.raises(InvalidExpression):
        bus.rule("r", PLACED, to=queue, group="detail.order")
