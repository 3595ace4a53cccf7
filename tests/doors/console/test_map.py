"""The map's pages, without a browser."""

from __future__ import annotations

import re

import pytest

from ensue import App
from tests.doors.console.sample import consoled

EVIL = "<img src=x onerror=alert(1)>"


def shop(max_receives: int = 10) -> App:
    app = App("shop")
    orders = app.table("orders", key="id")
    payments = app.queue("payments", max_receives=max_receives)
    events = app.bus("events")
    events.rule("pay", {"detail-type": [EVIL]}, to=payments)

    @app.post("/orders", status=201)
    def place(tx) -> None:
        tx.put(orders, {"id": tx.new_id()})
        tx.publish(events, EVIL, {})

    @payments.consumer()
    def charge(message, tx):
        pass

    return app


@pytest.fixture(scope="module")
def visitor():
    with consoled(shop()) as made:
        yield made


def test_the_twin_has_all_parts_with_what_flows_between_them(visitor):
    said = visitor.twin("/map")

    assert said["apps"] == ["shop"]
    assert {each["id"] for each in said["nodes"]} >= {
        "shop/route/POST /orders",
        "shop/handler/payments/charge",
        "shop/rule/events/pay",
    }
    assert {(each["source"], each["target"]) for each in said["edges"]} >= {
        ("shop/route/POST /orders", "shop/table/orders"),
        ("shop/rule/events/pay", "shop/queue/payments"),
    }


def test_each_part_of_the_picture_leads_to_its_page(visitor):
    html = visitor.get("/map").raw.decode()

    links = re.findall(r'<a class="n[^"]*" id="n\d+" href="([^"]+)"', html)
    assert len(links) == 6
    for each in {link.removeprefix("/console") for link in links}:
        assert visitor.get(each.replace("&amp;", "&")).status == 200


def test_the_live_part_of_the_page_has_the_figures_and_not_the_picture(visitor):
    visitor.kit.post("/orders")
    visitor.kit.settle()

    live = visitor.get("/map", hx_target="live").raw.decode()

    assert "<svg" not in live
    assert "&#34;per_s&#34;" in live
    assert "requests a second" in live
    ways = visitor.twin("/map")["ways"]
    assert ("shop/queue/payments", "shop/handler/payments/charge") in {
        (each["source"], each["target"]) for each in ways
    }


def test_what_is_not_looked_for_is_dim_and_an_app_can_be_folded(visitor):
    html = visitor.get("/map?text=orders&kind=table").raw.decode()
    folded = visitor.get("/map?fold=shop").raw.decode()

    assert html.count('class="n') - len(re.findall(r'class="n[^"]* dim"', html)) == 1
    assert [each["name"] for each in visitor.twin("/map?kind=table")["nodes"]] == ["orders"]
    assert 'class="n' not in folded
    assert 'aria-label="Unfold shop"' in folded


def test_as_a_list_it_tells_the_same_in_words(visitor):
    html = visitor.get("/map?view=list").raw.decode()

    assert "<svg xmlns" not in html
    assert re.search(r"POST /orders</a>.*?route.*?changes.*?orders</a>", html, re.DOTALL)
    assert "payments-dlq" not in html


def test_the_page_of_a_part_has_what_leads_there_and_what_is_declared(visitor):
    said = visitor.twin("/map/part?id=shop/rule/events/pay")
    html = visitor.get("/map/part?id=shop/rule/events/pay").raw.decode()

    assert [each["source"] for each in said["comes"]] == ["shop/bus/events"]
    assert [each["target"] for each in said["goes"]] == ["shop/queue/payments"]
    assert said["node"]["said"] == {"pattern": {"detail-type": [EVIL]}}
    assert EVIL not in html
    assert visitor.get("/map/part?id=shop/table/gone").status == 404


def test_versions_are_listed_and_two_are_drawn_as_one_picture(tmp_path):
    store = f"sqlite:///{tmp_path}/ensue.db"
    for bound in (10, 5):
        with consoled(shop(bound), store=store) as visitor:
            visitor.kit.wait(visitor.kit._platform.map.keep())
            listed = visitor.twin("/map/versions")["versions"]
            page = visitor.get("/map/versions").raw.decode()
            if bound == 5:
                differing = visitor.get("/map/diff?from=1&to=2").raw.decode()
                twin = visitor.twin("/map/diff?from=1&to=2")

    assert [each["number"] for each in listed] == [2, 1]
    assert "queue payments: max_receives 10 -&gt; 5" in page
    assert "from=1" in page
    assert [each["words"] for each in twin["changes"]] == ["queue payments: max_receives 10 -> 5"]
    assert re.search(r'class="n wait changed"', differing)


def test_a_store_without_versions_says_when_one_is_kept(visitor):
    assert "No version is kept yet." in visitor.get("/map/versions").raw.decode()
