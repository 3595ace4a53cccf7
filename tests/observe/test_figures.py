"""The figures of the map: what flows along each way, and how each part is."""

from __future__ import annotations

import httpx
import pytest

from ensue import App
from ensue.testing import running


@pytest.fixture
def shop():
    app = App("shop")
    orders, ledger = app.table("orders", key="id"), app.table("ledger", key="id")
    jobs, events = app.queue("jobs", max_receives=1), app.bus("events")
    hidden = {"table": app.table("hidden", key="id")}
    events.rule("pack", {"detail-type": ["Placed"]}, to=jobs)

    @app.post("/orders")
    def place(tx) -> None:
        tx.put(orders, {"id": tx.new_id()})
        tx.publish(events, "Placed", {})

    @app.post("/other")
    def other(tx) -> None:
        tx.put(hidden["table"], {"id": tx.new_id()})

    @app.on_change(orders)
    def book(change, tx):
        tx.put(ledger, {"id": change.new["id"]})

    @jobs.consumer(retry_base=3600)
    def work(message, tx):
        if work.fails:
            raise ValueError("broken")

    work.fails = False
    return app, work


def figured(t):
    return t.wait(t._platform.map.figures())


def rates(found) -> dict[tuple[str, str], float]:
    return {
        (each.source.removeprefix("shop/"), each.target.removeprefix("shop/")): each.per_s
        for each in found.ways
    }


def test_what_flows_is_told_for_each_way_by_who_made_it(shop):
    app, _ = shop
    with running(app) as t:
        for _ in range(30):
            t.post("/orders")
            t.settle()
        t.advance(5)
        found = figured(t)

    said = rates(found)
    assert set(said) == {
        ("route/POST /orders", "table/orders"),
        ("route/POST /orders", "bus/events"),
        ("table/orders", "function/book"),
        ("function/book", "table/ledger"),
        ("bus/events", "rule/events/pack"),
        ("rule/events/pack", "queue/jobs"),
        ("queue/jobs", "handler/jobs/work"),
    }
    assert len({*said.values()}) == 1, "each order goes along each way once"
    assert found.nodes["shop/handler/jobs/work"].per_s == found.nodes["shop/queue/jobs"].per_s > 0
    assert found.seen == frozenset()


def test_what_the_code_does_not_tell_is_seen_and_drawn_from_then_on(shop):
    app, _ = shop
    with running(app) as t:
        before = t._platform.map.with_seen()
        t.post("/other")
        t.advance(1)
        found = figured(t)
        after = t._platform.map.with_seen()

    way = ("shop/route/POST /other", "shop/table/hidden", "changes")
    assert found.seen == {way}
    assert [each for each in after.edges if each.how == "seen"] == [
        each for each in after.edges if each not in before.edges
    ]
    assert rates(found)["route/POST /other", "table/hidden"] > 0


def test_a_part_that_fails_has_dead_letters_is_paused_or_waits_says_so(shop):
    app, work = shop
    with running(app) as t:
        work.fails = True
        t.post("/orders")
        t.settle()
        failing = figured(t).nodes["shop/queue/jobs"]
        work.fails = False
        t.wait(app.function_named("book").pause())
        t.post("/orders")
        t.settle()
        paused = figured(t).nodes["shop/function/book"]

    assert (failing.how, failing.dead) == ("fails", 1)
    assert paused.how == "paused"


def test_what_waits_longer_than_a_minute_waits():
    app = App("shop")
    jobs = app.queue("jobs")
    with running(app) as t:
        t.wait(jobs.send(1))
        t.advance(61)
        found = figured(t).nodes["shop/queue/jobs"]

    assert (found.how, found.waiting, found.oldest_ms) == ("waits", 1, 61_000)


def test_who_is_only_told_of_dead_letters_has_not_the_figures_of_the_queue():
    app = App("shop")
    jobs = app.queue("jobs")

    @jobs.consumer()
    def work(message, tx):
        pass

    @jobs.on_dead_letter
    def bury(message, tx):
        pass

    with running(app, outside={"http://x": lambda _: httpx.Response(200)}) as t:
        t.wait(jobs.send(1))
        t.settle()
        found = figured(t)

    assert "shop/handler/jobs/work" in found.nodes
    assert "shop/handler/jobs/bury" not in found.nodes
