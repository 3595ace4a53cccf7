"""Who got it and who did not, with the field that failed."""

from __future__ import annotations

import pytest

from ensue import App, InputPath, InvalidInput, NotFound
from ensue.testing import running

PLACED = {"detail-type": ["OrderPlaced"]}
MANY = {"detail": {"quantity": [{"numeric": [">", 10]}]}}


@pytest.fixture
def app():
    return App("shop")


def told(t, sought):
    """What each receiver made of it, by its name."""
    found = t.wait(t._platform.deliveries(sought))
    return {each.name: each for each in found.receivers}


def test_each_rule_of_a_bus_is_told_with_what_it_delivered_or_the_field_that_failed(app, run_app):
    events, parcels, vips = app.bus("events"), app.queue("parcels"), app.queue("vips")
    events.rule("pack", PLACED, to=parcels, input=InputPath("$.detail"))
    events.rule("vip", MANY, to=vips)
    t = run_app(app)
    event_id = t.wait(events.publish("OrderPlaced", {"id": "a", "quantity": 2}))

    found = told(t, event_id)

    [message] = t.messages(parcels)
    [got] = found["pack"].got
    assert (got.id, got.kind, got.name, got.state) == (message.id, "message", "parcels", "waiting")
    [wrong] = found["vip"].mismatches
    assert found["vip"].outcome == "not matched"
    assert (wrong.path, wrong.expected, wrong.found) == ("detail.quantity", "a number > 10", "2")


def test_a_delivery_is_told_by_its_body_also_among_others_of_the_same_transaction(app, run_app):
    events, parcels = app.bus("events"), app.queue("parcels")
    events.rule("pack", PLACED, to=parcels, input=InputPath("$.detail"))

    @app.post("/orders")
    def place(tx) -> list[str]:  # type: ignore[no-untyped-def]
        tx.send(parcels, {"id": "by hand"})
        return [tx.publish(events, "OrderPlaced", {"id": each}) for each in "ab"]

    t = run_app(app)
    _, second = t.post("/orders").body

    [got] = told(t, second)["pack"].got
    [message] = [each for each in t.messages(parcels) if each.body == {"id": "b"}]
    assert got.id == message.id


def test_what_a_target_did_not_get_yet_is_told_with_its_tries(app, run_app):
    events, notices = app.bus("events"), app.topic("notices")
    refused = app.destination("refused", url="http://outside/{id}", path={"id": "$.detail.none"})
    events.rule("out", PLACED, to=refused)
    notices.subscribe(refused)
    t = run_app(app)
    event_id = t.wait(events.publish("OrderPlaced", {"id": "a"}))
    t.settle()

    [got] = told(t, event_id)["out"].got

    assert (got.kind, got.state) == ("delivery", "dead")
    assert got.attempts == 1
    assert got.error


def test_a_rule_that_came_or_was_changed_after_an_event_is_told_as_later(app, file_store, run_on):
    events, parcels = app.bus("events"), app.queue("parcels")
    events.rule("first", PLACED, to=parcels)
    events.rule("changed", MANY, to=parcels)
    stage = run_on(file_store, app)
    event_id = stage.wait(events.publish("OrderPlaced", {"quantity": 3}))
    stage.close()

    again = App("shop")
    events, parcels = again.bus("events"), again.queue("parcels")
    events.rule("first", PLACED, to=parcels)
    events.rule("changed", PLACED, to=parcels)
    events.rule("new", PLACED, to=parcels)
    stage = run_on(file_store, again)
    found = {each.name: each for each in stage.wait(stage.platform.deliveries(event_id)).receivers}

    outcomes = {name: each.outcome for name, each in found.items()}
    assert outcomes == {"first": "got", "changed": "later", "new": "later"}
    assert found["first"].since_ms is None
    assert found["new"].since_ms == stage.clock.now_ms()


def test_a_disabled_rule_that_matches_says_so_and_one_enabled_later_too(app, run_app):
    events, parcels = app.bus("events"), app.queue("parcels")
    events.rule("pack", PLACED, to=parcels, enabled=False)
    t = run_app(app)
    event_id = t.wait(events.publish("OrderPlaced", {}))

    assert told(t, event_id)["pack"].outcome == "disabled"
    t.wait(events.enable("pack"))
    assert told(t, event_id)["pack"].outcome == "later"


def test_who_follows_the_log_of_a_bus_is_told_by_how_far_it_is(app, run_app):
    events = app.bus("events")
    seen = app.table("seen", key="id")

    @app.on_event(events, PLACED, start="latest")
    def note(event, tx):
        tx.put(seen, {"id": event.id})

    @app.on_event(events, MANY, start="latest")
    def many(event, tx):
        tx.put(seen, {"id": event.id})

    t = run_app(app)
    event_id = t.wait(events.publish("OrderPlaced", {"quantity": 1}))
    assert told(t, event_id)["note"].outcome == "waiting"
    t.settle()

    found = told(t, event_id)
    [got] = found["note"].got
    assert (got.kind, got.name, got.state) == ("run", "note", "ok")
    assert [each.path for each in found["many"].mismatches] == ["detail.quantity"]


def test_a_function_that_came_after_a_change_is_told_as_later(app, file_store, run_on):
    things = app.table("things", key="id")
    stage = run_on(file_store, app)
    stage.wait(things.put({"id": "a"}))
    stage.close()

    again = App("shop")
    things = again.table("things", key="id")

    @again.on_change(things)
    def late(change, tx): ...

    stage = run_on(file_store, again)
    stage.settle()
    [receiver] = stage.wait(stage.platform.deliveries("a")).receivers
    assert (receiver.name, receiver.outcome) == ("late", "later")


def test_handlers_of_changes_are_told_by_the_kind_the_pattern_or_the_expression(app, run_app):
    stock = app.table("stock", key="model")

    @app.on_change(stock, kind="remove")
    def gone(change, tx): ...

    @app.on_change(stock, where={"NewImage": {"quantity": [{"numeric": ["<", 5]}]}})
    def low(change, tx): ...

    @app.on_change(stock, where="NewImage.quantity < OldImage.quantity")
    def sold(change, tx): ...

    t = run_app(app)
    t.wait(stock.put({"model": "LX", "quantity": 7}))
    t.settle()

    found = told(t, "LX")

    reasons = {name: list(map(str, each.mismatches)) for name, each in found.items()}
    paths, sold_less = (
        "NewImage.quantity, OldImage.quantity",
        "NewImage.quantity < OldImage.quantity",
    )
    images = "NewImage.quantity = 7, OldImage.quantity = null"
    assert reasons == {
        "gone": ['eventName: expected "REMOVE", found "INSERT"'],
        "low": ["NewImage.quantity: expected a number < 5, found 7"],
        "sold": [f"{paths}: expected {sold_less}, found {images}"],
    }


def test_a_pipe_is_told_with_what_it_delivered_or_why_it_did_not(app, run_app):
    orders, out = app.table("orders", key="id"), app.queue("out")
    app.pipe("forward", source=orders, to=out)
    app.pipe("removed", source=orders, filter={"eventName": ["REMOVE"]}, to=out)
    t = run_app(app)
    t.wait(orders.put({"id": "a"}))
    t.settle()

    found = told(t, "a")

    [message] = t.messages(out)
    assert [each.id for each in found["forward"].got] == [message.id]
    assert found["removed"].why == 'eventName: expected "REMOVE", found "INSERT"'


def test_a_paused_follower_that_has_not_come_so_far_is_told_as_paused(app, run_app):
    things = app.table("things", key="id")

    @app.function
    def other(body, tx): ...

    @app.on_change(things)
    def follow(change, tx): ...

    t = run_app(app)
    t.wait(t._platform.resource("function", "follow").pause())
    t.wait(things.put({"id": "a"}))
    t.settle()

    assert told(t, "a")["follow"].outcome == "paused"


def test_subscriptions_of_a_topic_are_told_by_attributes_and_bodies(app, run_app):
    news = app.topic("news")
    every, refunds, large = app.queue("every"), app.queue("refunds"), app.queue("large")
    news.subscribe(every, raw=False)
    news.subscribe(refunds, filter={"kind": ["refund"]})
    news.subscribe(large, filter={"sum": [{"numeric": [">", 5]}]}, filter_on="body")
    t = run_app(app)
    message_id = t.wait(news.publish({"sum": 3}, attributes={"kind": "order"}))

    found = told(t, message_id)

    [got] = found["queue every"].got
    assert got.id == t.messages(every)[0].id
    assert found["queue refunds"].why == 'kind: expected "refund", found "order"'
    assert found["queue large"].why == "sum: expected a number > 5, found 3"


def test_archives_say_what_they_keep(app, run_app):
    events = app.bus("events")
    events.archive("orders", PLACED, keep="30d")
    events.archive("clicks", {"detail-type": ["Clicked"]}, keep="30d")
    t = run_app(app)
    event_id = t.wait(events.publish("OrderPlaced", {}))

    outcomes = {name: each.outcome for name, each in told(t, event_id).items()}
    assert outcomes == {"orders": "got", "clicks": "not matched"}


def test_a_workflow_that_a_rule_started_is_told_as_an_execution(app, run_app):
    events = app.bus("events")
    flow = app.workflow("flow", definition={"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    events.rule("go", PLACED, to=flow, input=InputPath("$.detail"))
    t = run_app(app)
    event_id = t.wait(events.publish("OrderPlaced", {"n": 1}))
    t.settle()

    [got] = told(t, event_id)["go"].got
    assert (got.kind, got.name, got.state) == ("execution", "flow", "SUCCEEDED")


def test_a_bus_a_topic_and_a_stream_behind_a_rule_are_told_by_their_records(app, run_app):
    events, others, news = app.bus("events"), app.bus("others"), app.topic("news")
    clicks = app.stream("clicks")
    events.rule("on", PLACED, to=[others, news, clicks])
    t = run_app(app)
    event_id = t.wait(events.publish("OrderPlaced", {"n": 1}))

    got = told(t, event_id)["on"].got
    assert [(each.kind, each.name) for each in got] == [
        ("event", "others"),
        ("published", "news"),
        ("record", "clicks"),
    ]


def test_what_a_replay_delivered_is_told_too(app, run_app):
    events, parcels = app.bus("events"), app.queue("parcels")
    events.rule("pack", PLACED, to=parcels)
    t = run_app(app)
    event_id = t.wait(events.publish("OrderPlaced", {}))
    t.wait(events.replay("again"))
    t.settle()

    assert len(told(t, event_id)["pack"].got) == 2


def test_only_what_is_read_from_a_log_has_receivers(app, run_app):
    queue = app.queue("jobs")
    t = run_app(app)
    message_id = t.wait(queue.send(1))

    with pytest.raises(InvalidInput, match="read from a log"):
        told(t, message_id)
    with pytest.raises(NotFound):
        told(t, "none")


def test_of_very_many_rules_that_did_not_match_some_are_told_and_the_rest_counted(app, run_app):
    events, parcels = app.bus("events"), app.queue("parcels")
    for number in range(250):
        events.rule(f"r{number}", {"detail-type": [str(number)]}, to=parcels)
    with running(app) as t:
        event_id = t.wait(events.publish("249", {}))
        found = t.wait(t._platform.deliveries(event_id))

    assert found.receivers[0].name == "r249"
    assert (len(found.receivers), found.more) == (201, 49)
