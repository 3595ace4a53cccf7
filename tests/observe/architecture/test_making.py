"""Each kind tells what it is tied to."""

from __future__ import annotations

import pytest

from ensue import App, InputPath
from ensue.engine.database import MEMORY, StoreUrl
from ensue.observe.architecture import Edge, with_seen


@pytest.fixture
def of(run_on):
    """The architecture of apps: ``of(app)``."""
    return lambda *apps: run_on(StoreUrl(MEMORY), *apps).platform.map.now()


def edges(found, source=None):
    return [
        (each.source.partition("/")[2], each.flows, each.target.partition("/")[2], each.label)
        for each in found.edges
        if each.flows != "dead letters" and source in {None, each.source.partition("/")[2]}
    ]


def test_a_rule_stands_between_its_bus_and_its_targets_with_its_pattern(of):
    app = App("shop")
    events = app.bus("events")
    parcels, letters = app.queue("parcels"), app.mail("letters")
    events.rule(
        "pack", {"detail-type": ["Placed"]}, to=[parcels, letters], input=InputPath("$.detail")
    )

    found = of(app)

    assert edges(found) == [
        ("bus/events", "events", "rule/events/pack", ""),
        ("rule/events/pack", "messages", "queue/parcels", ""),
        ("rule/events/pack", "letters", "mail/letters", ""),
    ]
    assert found.node("shop/rule/events/pack").said == {"pattern": {"detail-type": ["Placed"]}}
    assert found.node("shop/rule/events/pack").title == "pack"


def test_what_on_event_declares_is_one_way_from_the_bus_to_the_function(of):
    app = App("shop")
    events = app.bus("events")

    @app.on_event(events, {"detail-type": ["Placed"]})
    def pack(event, tx):
        pass

    found = of(app)

    assert edges(found) == [("bus/events", "events", "function/pack", "pack")]
    [way] = [each for each in found.edges if each.flows == "events"]
    assert way.said == {"pattern": {"detail-type": ["Placed"]}}


def test_what_follows_a_log_is_fed_by_it_with_what_it_wants(of):
    app = App("shop")
    orders, clicks = app.table("orders", key="id"), app.stream("clicks")

    @app.on_change(orders, kind="insert")
    def reserve(change, tx):
        pass

    @app.on_record(clicks)
    def count(record, tx):
        pass

    found = of(app)

    assert edges(found) == [
        ("table/orders", "changes", "function/reserve", ""),
        ("stream/clicks", "records", "function/count", ""),
    ]


def test_a_topics_subscriptions_a_pipe_and_a_schedule_are_ways(of):
    app = App("shop")
    news, orders, jobs = app.topic("news"), app.table("orders", key="id"), app.queue("jobs")
    news.subscribe(jobs, filter={"kind": ["refund"]})
    app.pipe("feed", source=orders, to=news, filter={"eventName": ["INSERT"]}, enrich=_enriched)
    app.schedule("sweep", "rate(5 minutes)", to=jobs)

    found = of(app)

    assert sorted(edges(found)) == [
        ("pipe/feed", "calls", "function/enriched", "enrich"),
        ("pipe/feed", "messages", "topic/news", ""),
        ("schedule/schedules", "timer", "queue/jobs", "sweep"),
        ("table/orders", "changes", "pipe/feed", ""),
        ("topic/news", "messages", "queue/jobs", ""),
    ]
    said = {each.flows: each.said for each in found.edges if each.said}
    assert said["changes"] == {"filter": {"eventName": ["INSERT"]}}
    assert said["timer"] == {"expression": "rate(5 minutes)", "timezone": "UTC"}


def _enriched(event, tx):
    return event


def test_the_tasks_of_a_state_machine_name_what_they_reach_within_maps_too(of):
    app = App("shop")
    jobs, orders = app.queue("jobs"), app.table("orders", key="id")
    task = {"Type": "Task", "Resource": "ensue:queue:jobs", "End": True}
    put = {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:putItem",
        "Parameters": {"TableName": "orders", "Item": {"id": {"S": "1"}}},
        "Next": "Each",
    }
    each = {
        "Type": "Map",
        "ItemProcessor": {"StartAt": "Send", "States": {"Send": task}},
        "End": True,
    }
    app.workflow("ship", definition={"StartAt": "Keep", "States": {"Keep": put, "Each": each}})

    found = of(app)

    assert edges(found) == [
        ("workflow/ship", "changes", f"table/{orders.ref.name}", "Keep"),
        ("workflow/ship", "messages", f"queue/{jobs.ref.name}", "Send"),
    ]


def test_a_route_without_a_handler_reaches_its_resource(of):
    app = App("shop")
    orders = app.table("orders", key="id")
    app.crud("/orders", orders)

    found = of(app)

    assert {each[1] for each in edges(found)} == {"reads", "changes"}
    assert len(edges(found)) == 5


def test_dead_letter_queues_are_tied_to_what_they_are_of(of):
    app = App("shop")
    jobs = app.queue("jobs")

    @jobs.consumer()
    def work(message, tx):
        pass

    @jobs.on_dead_letter
    def bury(message, tx):
        pass

    found = of(app)

    assert [(each.source, each.flows, each.target, each.label) for each in found.edges] == [
        ("shop/queue/jobs", "messages", "shop/handler/jobs/work", ""),
        ("shop/queue/jobs", "messages", "shop/handler/jobs/bury", "dead letter"),
        ("shop/queue/jobs", "dead letters", "shop/queue/jobs-dlq", ""),
    ]


def test_what_was_seen_is_added_where_nothing_that_is_known_tells_it(of):
    app = App("shop")
    jobs = app.queue("jobs")
    app.table("orders", key="id")

    @app.post("/jobs")
    def begin(tx) -> None:
        tx.send(jobs, 1)

    route, queue, table = "shop/route/POST /jobs", "shop/queue/jobs", "shop/table/orders"
    pairs = [(route, queue, "messages"), (route, table, "changes"), (route, "gone", "changes")]

    found = with_seen(of(app), pairs)

    assert [each for each in found.edges if each.how == "seen"] == [
        Edge(route, table, "changes", "seen")
    ]
