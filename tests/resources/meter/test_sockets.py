"""A meter as a target and as a source, in `why`, and carried to another store."""

from __future__ import annotations

import json

import pytest

from ensue import App, InputTransformer, Metric
from ensue.app.integrity import check
from ensue.engine.arrival import import_store
from ensue.engine.database import StoreUrl
from ensue.engine.sockets import Delivery, Refusal
from ensue.engine.transfer import export
from ensue.observe import why
from ensue.testing import running
from tests.resources.meter.conftest import METRICS, Metered


def deliver(metered, *bodies, **terms):
    deliveries = [Delivery(json.dumps(body), **terms) for body in bodies]
    return metered.stage.do(lambda tx: metered.usage.deliver(tx, deliveries))


def test_a_delivery_records_the_event_that_its_body_is(metered):
    body = {"id": "a", "subject": "acme", "type": "api_request", "properties": {"bytes": 5}}
    [first] = deliver(metered, body | {"time_ms": metered.now_ms - 1})
    [again] = deliver(metered, body)
    assert isinstance(first, str)
    assert first == again
    assert metered.value("bandwidth") == "5"
    deliver(metered, {"subject": "acme", "type": "api_request"}, deduplication_id="once")
    deliver(metered, {"subject": "acme", "type": "api_request"}, deduplication_id="once")
    assert metered.value("api_calls") == "2"


def test_a_body_that_is_no_event_is_refused_and_the_others_are_recorded(metered):
    good = {"id": "a", "subject": "acme", "type": "api_request", "time": "2001-07-04T16:20:55Z"}
    found = deliver(
        metered, [1], good | {"n": 1}, good | {"time": "then"}, good | {"id": None}, good
    )
    assert [isinstance(each, Refusal) for each in found] == [True] * 5
    assert [each.index for each in found] == [0, 1, 2, 3, 4]
    assert "more than" in found[4].message
    [refused, taken] = deliver(metered, {"id": "b"}, {"id": "b", "subject": "s", "type": "t"})
    assert isinstance(refused, Refusal)
    assert isinstance(taken, str)
    [late] = deliver(metered, {"id": "c", "subject": "s", "type": "t"}, delay_ms=5)
    assert "no delay" in late.message


def test_a_rule_of_a_bus_feeds_a_meter_each_event_once():
    app = App("shop")
    bus = app.bus("events")
    usage = app.meter("usage", metrics=[Metric("orders", "order", "SUM", "total")])
    bus.rule(
        "meter",
        {"detail-type": ["OrderPlaced"]},
        to=usage,
        input=InputTransformer(
            {"id": "$.id", "who": "$.detail.customer", "total": "$.detail.total"},
            '{"id": <id>, "subject": <who>, "type": "order", "properties": {"total": <total>}}',
        ),
    )
    with running(app) as t:
        for total in (5, 7):
            t.wait(bus.publish("OrderPlaced", {"customer": "acme", "total": total}))
        t.settle()
        assert t.wait(usage.value("acme", "orders", 0, t.clock.now_ms())) == 12


def test_what_is_recorded_can_be_followed_by_a_pipe(metered):
    app = App("shop")
    usage = app.meter("usage", metrics=METRICS)
    seen = []

    @app.function
    def bill(body, tx):
        seen.append(body)

    app.pipe(
        "bills", source=usage, to=bill, filter={"properties": {"bytes": [{"numeric": [">", 1]}]}}
    )
    with running(app) as t:
        event = metered.call("a", bytes=5, endpoint="/x")
        t.wait(usage.record([event, metered.call("b", bytes=1)]))
        t.wait(usage.correct("acme", "a", properties={"bytes": 2.5}, reason="a test"))
        t.settle()
    kinds = [(each["kind"], each["id"], each["properties"]["bytes"]) for each in seen]
    assert kinds == [("usage", "a", 5), ("replacement", "a", 2.5)]
    assert (seen[0]["meter"], seen[0]["subject"], seen[0]["time_ms"]) == (
        "usage",
        "acme",
        event.time_ms,
    )
    assert (seen[1]["corrects"], seen[1]["reason"]) == (1, "a test")


def test_why_shows_what_recorded_an_event(metered):
    metered.record(metered.call("a", bytes=5))
    number = metered.stage.engine.number(metered.usage.ref)
    record_id = metered.stage.engine.records.text(number, 1)
    tree = why(metered.stage.engine, record_id, up=True)
    assert "usage" in tree.children[0].note
    assert '"subject":"acme"' in tree.children[0].note


@pytest.mark.parametrize("store", ["file"], indirect=True)
def test_a_meter_is_carried_to_another_store_with_all_it_knows(store, metered, run_on, tmp_path):
    metered.record(metered.call("a", bytes=0.5), metered.call("b", bytes=1, user="x"))
    metered.stage.wait(metered.usage.correct("acme", "b", properties=None))
    export(store, tmp_path / "all.jsonl")
    folder = tmp_path / "other"
    folder.mkdir()
    import_store(tmp_path / "all.jsonl", StoreUrl(str(folder / "ensue.db")))
    app = App("shop")
    there = Metered(
        app, app.meter("usage", metrics=METRICS), run_on(StoreUrl(str(folder / "ensue.db")), app)
    )
    assert there.value("bandwidth") == "0.5"
    assert there.record(there.call("a")) == (0, 1, [])
    assert check(there.stage.engine) == []
