"""Tables, schedules and the held clock in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from ensue import App, Firing, Tx
from ensue.app.held import HeldTime
from tests.doors.console.served import serving

AT_TEN_MS = 1_941_012_000_000  # 2031-07-05T10:00:00Z


def make_shop() -> App:
    app = App("shop")
    orders = app.table("orders", key="id", indexes={"by-status": "status"}, keep_changes="7d")
    fired = app.table("fired", key="due")

    @app.action(orders, where="status = :failed", failed="FAILED")
    def retry(order, tx: Tx) -> None:
        """Try it again."""
        tx.update(orders, order.id, "SET #s = :s".replace("#s", "status"), s="PENDING")

    @app.schedule("cron(0 11 * * ? *)")
    def daily(firing: Firing, tx: Tx) -> None:
        tx.put(fired, {"due": firing.due})

    return app


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    with serving(make_shop(), folder=folder, held=HeldTime(AT_TEN_MS)) as made:
        orders = made.platform.resource("table", "orders")
        for name, status in (("a", "COMPLETED"), ("b", "FAILED"), ("c", "FAILED")):
            made.do(orders.put({"id": name, "status": status, "note": "", "lines": [{"n": 1}]}))
        yield made


def test_an_item_is_edited_and_seen_in_the_feed_and_in_its_history(served, browser):
    feed = browser(served.url).open("/tables/shop/orders/changes")
    expect(feed.locator(".change")).to_have_count(3)
    page = browser(served.url).open("/tables/shop/orders")

    page.get_by_role("link", name="a", exact=True).click()
    page.locator(".edit-fields").get_by_label("note").fill("checked")
    page.locator(".edit-fields").get_by_role("button", name="Store").click()

    expect(page.get_by_role("status")).to_have_text(re.compile("^The item is stored"))
    expect(page.locator(".history li").first).to_contain_text("console put table")
    expect(page.locator(".history li").first.locator("ins")).to_have_text('"checked"')
    expect(feed.locator(".change").first).to_contain_text("checked")


def test_rows_are_selected_and_the_app_s_action_is_done_to_them(served, browser):
    page = browser(served.url).open("/tables/shop/orders?by=by-status&value=FAILED")

    page.get_by_label("Select all rows").check()
    page.get_by_role("button", name="Retry (2)").click()

    expect(page.get_by_role("status")).to_have_text("Retry: done to 2 of 2 items")
    expect(page.locator("a.tile.warn .figure")).to_have_text("2")


def test_a_day_is_advanced_by_the_bar_and_the_schedule_has_fired(served, browser):
    page = browser(served.url).open("/schedules/shop/schedules/one?schedule=daily")
    expect(page.locator(".clock-now")).to_have_text("2031-07-05 10:00:00")
    expect(page.locator(".clock-due")).to_contain_text("schedule daily fires")

    page.get_by_role("button", name="To the next").click()
    expect(page.locator(".clock-now")).to_have_text("2031-07-05 11:00:00")
    page.get_by_role("button", name="+1 day").click()

    expect(page.get_by_role("status")).to_contain_text("1 d later")
    expect(page.locator(".tile", has_text="fired").locator(".figure")).to_have_text("2")
    fired = served.do(served.platform.resource("table", "fired").scan())
    assert [each.due[:16] for each in fired.items] == ["2031-07-05T11:00", "2031-07-06T11:00"]


PAGES = (
    "/tables/shop/orders?field1=note&value1=x",
    "/tables/shop/orders/item?key=a",
    "/tables/shop/orders/changes",
    "/schedules/shop/schedules",
    "/schedules/shop/schedules/one?schedule=daily",
)


def test_nothing_keeps_anybody_from_using_it(served, browser):
    tab = browser(served.url, viewport={"width": 390, "height": 844})

    for path in PAGES:
        tab.open(path)
        assert tab.axe() == []
        assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
