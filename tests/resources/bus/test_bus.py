# ruff: noqa: FBT003 - handlers and fixtures take what they are given
from __future__ import annotations

import pytest

from ensue.app.app import App
from ensue.engine.clock import HELD_START_MS
from ensue.resources.bus.rules.envelope import iso
from ensue.words.errors import (
    InvalidDeclaration,
    InvalidName,
    InvalidPattern,
    InvalidValue,
    LimitExceeded,
    NotFound,
)

PLACED = {"detail-type": ["OrderPlaced"]}


@pytest.fixture
def app() -> App:
    return App("wims")


@pytest.fixture
def bus(app):
    return app.bus("events")


def test_a_rule_delivers_matching_events_to_queue_function_and_mail(store, run_on, app, bus):
    queue, letters = app.queue("payments"), app.mail("letters", to="team@example.org")
    seen = []

    @app.function
    def note(body, tx):
        seen.append(body["detail"])

    bus.rule("placed", PLACED, to=[queue, note, letters])
    stage = run_on(store, app)
    event_id = stage.wait(bus.publish("OrderPlaced", {"n": 1}))
    stage.wait(bus.publish("OrderPaid", {"n": 2}))
    stage.settle()
    [message] = stage.wait(queue.peek())
    assert message.body["id"] == event_id
    assert seen == [{"n": 1}]
    assert [letter.subject for letter in letters.drawer.letters] == ["OrderPlaced"]


def test_an_event_has_the_envelope_of_eventbridge(store, run_on, app, bus):
    stage = run_on(store, app)
    event_id = stage.wait(bus.publish("OrderPlaced", {"n": 1}, resources=["order/1"]))
    [event], position = stage.wait(bus.tail())
    assert event == {
        "version": "0",
        "id": event_id,
        "detail-type": "OrderPlaced",
        "source": "wims",
        "account": "000000000000",
        "time": iso(HELD_START_MS),
        "region": "local",
        "resources": ["order/1"],
        "detail": {"n": 1},
    }
    assert position == 1


def test_an_event_and_its_deliveries_commit_with_the_transaction_or_not_at_all(
    store, run_on, app, bus
):
    queue, stock = app.queue("payments"), app.table("stock", key="id")
    bus.rule("placed", PLACED, to=queue)
    stage = run_on(store, app)

    def order(fails, tx):
        tx.put(stock, {"id": 1})
        tx.publish(bus, "OrderPlaced", {})
        if fails:
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - it is the test's own
        stage.wait(app.run(order, True))
    counts = stage.wait(bus.count()), len(stage.wait(queue.peek())), stage.wait(stock.count())
    assert counts == (0, 0, 0)
    stage.wait(app.run(order, False))
    counts = stage.wait(bus.count()), len(stage.wait(queue.peek())), stage.wait(stock.count())
    assert counts == (1, 1, 1)


@pytest.mark.parametrize(
    ("arguments", "options", "at"),
    [
        (("", {}), {}, "$.detail-type"),
        (("x" * 257, {}), {}, "$.detail-type"),
        (("A", []), {}, "$.detail"),
        (("A", {"n": float("nan")}), {}, "$.detail.n"),
        (("A", {}), {"source": "x" * 257}, "$.source"),
        (("A", {}), {"resources": "arn"}, "$.resources"),
        (("A", {}), {"resources": [1]}, "$.resources"),
    ],
)
def test_an_event_that_is_none_is_refused_at_its_place(
    store, run_on, app, bus, arguments, options, at
):
    stage = run_on(store, app)
    with pytest.raises(InvalidValue) as caught:
        stage.wait(bus.publish(*arguments, **options))
    assert caught.value.at == at
    assert stage.wait(bus.count()) == 0


def test_an_event_over_a_mebibyte_is_refused(store, run_on, app, bus):
    stage = run_on(store, app)
    with pytest.raises(LimitExceeded):
        stage.wait(bus.publish("A", {"x": "x" * 1_048_576}))


def test_explain_says_which_field_of_a_pattern_failed(store, run_on, app, bus):
    queue = app.queue("payments")
    bus.rule("placed", PLACED, to=queue)
    bus.rule("large", {"detail": {"n": [{"numeric": [">", 10]}]}}, to=queue)
    stage = run_on(store, app)
    event_id = stage.wait(bus.publish("OrderPlaced", {"n": 3}))
    placed, large = stage.wait(bus.explain(event_id))
    assert (placed.rule, placed.matched, placed.reasons) == ("placed", True, [])
    assert not large.matched
    assert "detail.n" in large.reasons[0]


@pytest.mark.parametrize("event_id", ["", "x", "00000000-0000-8000-8000-000000000000"])
def test_an_event_that_is_not_there_cannot_be_explained(store, run_on, app, bus, event_id):
    stage = run_on(store, app)
    with pytest.raises(NotFound):
        stage.wait(bus.explain(event_id))


def test_a_bad_pattern_is_refused_where_it_is_wrong(bus, app):
    with pytest.raises(InvalidPattern, match="rule r") as caught:
        bus.rule("r", {"detail": {"n": [{"numeric": [">", "x"]}]}}, to=app.queue("q"))
    assert "numeric" in caught.value.at


def test_a_target_that_nobody_declares_is_refused_when_the_app_opens(store, run_on, app, bus):
    bus.rule("placed", PLACED, to=App("other").queue("payments"))
    with pytest.raises(NotFound, match="rule placed of bus events has no target queue payments"):
        run_on(store, app)


def test_a_target_that_takes_no_deliveries_is_refused_when_the_app_opens(store, run_on, app, bus):
    bus.rule("placed", PLACED, to=app.table("stock", key="id"))
    with pytest.raises(InvalidDeclaration, match="expected a resource that takes deliveries"):
        run_on(store, app)


def test_a_rule_needs_a_target_a_name_and_to_be_the_only_one_of_it(app, bus):
    queue = app.queue("q")
    with pytest.raises(InvalidDeclaration, match="1 to 100 targets"):
        bus.rule("r", PLACED, to=[])
    with pytest.raises(InvalidName):
        bus.rule("No Good", PLACED, to=queue)
    bus.rule("r", PLACED, to=queue)
    with pytest.raises(InvalidDeclaration, match="two rules"):
        bus.rule("r", PLACED, to=queue)


def test_a_tail_reads_on_behind_its_position(store, run_on, app, bus):
    stage = run_on(store, app)
    for name in "ABC":
        stage.wait(bus.publish(name, {}))
    newest, position = stage.wait(bus.tail(limit=2))
    assert [event["detail-type"] for event in newest] == ["B", "C"]
    assert stage.wait(bus.tail(after=position)) == ([], position)
    assert [e["detail-type"] for e in stage.wait(bus.tail(after=1, limit=1))[0]] == ["B"]
    assert stage.wait(bus.tail(limit=-1)) == ([], 3)


def test_a_tail_that_waits_is_woken_by_the_event(store, run_on, app, bus):
    stage = run_on(store, app)

    async def wait_and_publish():
        waiting = stage.loop.create_task(bus.tail(after=0, wait_ms=10_000))
        await bus.publish("A", {})
        return await waiting

    events, _ = stage.wait(wait_and_publish())
    assert [event["detail-type"] for event in events] == ["A"]
