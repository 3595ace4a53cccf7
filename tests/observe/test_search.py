"""Search finds what an index can answer."""

from __future__ import annotations

import pytest

from ensue import App
from ensue.observe.search import likeness

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture
def app():
    return App("shop")


def kinds(t, text):
    return [(each.kind, each.title) for each in t._platform.search(text)]


def test_a_record_id_of_any_kind_is_found(app, run_app):
    events, jobs, things = app.bus("events"), app.queue("jobs"), app.table("things", key="id")

    @app.post("/things")
    def make(tx) -> list[str]:  # type: ignore[no-untyped-def]
        tx.put(things, {"id": "a"})
        return [tx.publish(events, "Made", {"n": 1}), tx.send(jobs, 1)]

    t = run_app(app)
    reply = t.post("/things")
    event_id, message_id = reply.body
    [change] = t.wait(things.history("a"))

    assert kinds(t, reply.headers["x-request-id"]) == [("request", "POST /things")]
    assert kinds(t, event_id) == [("event", 'events Made {"n":1}')]
    assert kinds(t, f" {message_id} ") == [("message", "jobs 1")]
    assert kinds(t, change.id) == [("change", 'things insert {"id":"a"}')]


def test_a_trace_id_is_found_whether_it_came_from_outside_or_is_our_own(app, run_app):
    jobs = app.queue("jobs")

    @app.post("/jobs")
    def make(tx) -> str:  # type: ignore[no-untyped-def]
        return tx.send(jobs, 1)

    t = run_app(app)
    outside = f"00-{TRACE}-00f067aa0ba902b7-01"
    t.request("POST", "/jobs", headers={"traceparent": outside})
    own = t.post("/jobs").headers["x-request-id"]

    for text in (TRACE, outside, own.replace("-", "")):
        assert kinds(t, text) == [("request", "POST /jobs")]
    assert [each.id for each in t._platform.search(own.replace("-", ""))] == [own]


def test_items_are_found_by_their_key_and_by_what_a_table_has_an_index_on(app, run_app):
    orders = app.table("orders", key="id", indexes={"by-customer": "customer"})
    lines = app.table("lines", key=("order", "n"))
    t = run_app(app)
    t.wait(orders.put({"id": "o-1", "customer": "ada", "note": "urgent"}))
    t.wait(lines.put({"order": "o-1", "n": 7}))

    assert kinds(t, "o-1") == [("item", "o-1")]
    assert kinds(t, "o-1/7") == [("item", "o-1/7")]
    [found] = t._platform.search("ada")
    assert (found.key, found.ref, found.where) == ("o-1", orders.ref, "table orders")
    assert t.why(found.key).kind == "statement"
    assert kinds(t, "urgent") == []


def test_executions_streams_objects_and_deduplication_ids_are_found(app, run_app):
    flow = app.workflow("flow", definition={"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    clicks = app.stream("clicks")
    jobs = app.queue("jobs")
    t = run_app(app)
    t.start(flow, {"n": 1}, name="order-7")
    t.wait(clicks.append({"n": 1}, key="order-7"))
    t.wait(jobs.send(1, deduplication_id="order-7"))

    assert kinds(t, "order-7") == [
        ("execution", "order-7"),
        ("message", "deduplication id order-7"),
        ("record", 'order-7 {"n":1}'),
    ]


def test_resources_rules_and_routes_are_found_by_parts_of_their_names(app, run_app):
    events, payments = app.bus("events"), app.queue("payments")
    events.rule("pay-late", {"detail-type": ["Late"]}, to=payments)

    @app.get("/payments")
    def show(tx) -> None: ...

    t = run_app(app)

    assert kinds(t, "pay") == [
        ("rule", "pay-late"),
        ("queue", "payments"),
        ("queue", "payments-dlq"),
        ("route", "GET /payments"),
    ]
    assert kinds(t, "pdlq") == [("queue", "payments-dlq")]
    assert kinds(t, "  ") == []


@pytest.mark.parametrize(
    ("text", "name", "score"),
    [
        ("events", "events", 0),
        ("Eve", "events", 1),
        ("dlq", "payments-dlq", 2),
        ("pay dl", "payments-dlq", 2),
        ("ments", "payments", 3),
        ("pyts", "payments", 4),
        ("x", "payments", None),
        ("q", "payments", None),
    ],
)
def test_names_are_like_their_beginnings_words_parts_and_letters_in_order(text, name, score):
    assert likeness(text, name) == score
