"""Events in a real browser: watched, tried, sent and replayed."""

from __future__ import annotations

import json
import re
import sys

import httpx
import pytest
from playwright.sync_api import expect

from tests.doors.cli.served import typed
from tests.doors.console.served import serving
from tests.doors.console.shop_of_events import Shop

LOG = "/events/shop/order-events"


class Counter:
    """A shop that is served, with orders to place."""

    def __init__(self, served, shop):
        self.url = served.url
        self.shop = shop
        self.do = served.do

    def place(self, name, total=50):
        order = {"orderId": name, "customerId": "anna", "total": total}
        return self.do(self.shop.events.publish("OrderPlaced", order))


@pytest.fixture(scope="module")
def counter(tmp_path_factory):
    shop = Shop()
    with serving(shop.app, folder=tmp_path_factory.mktemp("store")) as served:
        yield Counter(served, shop)


def test_an_event_that_is_sent_on_one_page_arrives_on_another(counter, browser):
    watching = browser(counter.url).open("/events")
    sending = browser(counter.url).open(f"{LOG}/send?subject=shop@OrderPlaced")

    sending.get_by_label("Detail, as JSON").fill('{"orderId": "s-1", "customerId": "ben"}')
    expect(sending.get_by_role("alert")).to_contain_text("$.detail")
    order = {"orderId": "s-1", "customerId": "ben", "total": 500}
    sending.get_by_label("Detail, as JSON").fill(json.dumps(order))
    expect(sending.locator("#check")).to_contain_text("It fits the schema")
    sending.get_by_role("button", name="Send it").click()

    expect(sending.get_by_role("status").first).to_have_text("OrderPlaced is published.")
    arrived = watching.locator(".event", has_text="s-1")
    expect(arrived).to_contain_text("OrderPlaced")
    arrived.get_by_role("link").click()
    expect(arrived.locator(".event-inside")).to_contain_text('"customerId": "ben"')
    expect(arrived.get_by_role("button", name="Copy as curl")).to_be_visible()


def test_nothing_is_lost_while_the_stream_is_paused_and_a_filter_shows_what_matches(
    counter, browser
):
    tab = browser(counter.url)
    page = tab.open(LOG)
    page.get_by_role("button", name="Pause", exact=True).click()
    for name in ("p-1", "p-2", "p-3"):
        counter.place(name, 300)
    go_on = page.get_by_role("button", name="Go on: 3 came")
    expect(go_on).to_be_visible()
    expect(page.locator(".event", has_text="p-1")).to_have_count(0)

    go_on.click()
    expect(page.locator(".event", has_text=re.compile("p-[123]"))).to_have_count(3)

    pattern = page.get_by_label("Only what matches this event pattern")
    pattern.fill('{"detail": {"orderId": "p-2"}}')
    expect(page.get_by_role("alert")).to_contain_text("at $.detail.orderId")
    pattern.fill('{"detail": {"orderId": ["p-2", "p-4"]}}')
    expect(page.locator(".event")).to_have_count(1)
    counter.place("p-4")
    counter.place("p-5")
    expect(page.locator(".event")).to_have_count(2)
    assert "pattern=" in page.url
    assert tab.axe() == []


def test_of_much_at_once_a_sample_is_shown_and_the_rest_is_a_link_away(counter, browser):
    page = browser(counter.url).open(LOG)
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    orders = [
        {
            "detail_type": "OrderPlaced",
            "detail": {"orderId": f"m-{n}", "customerId": "a", "total": n},
        }
        for n in range(120)
    ]
    counter.do(counter.shop.events.publish_batch(orders))

    gap = page.locator(".event-gap")
    expect(gap).to_contain_text("70 of order-events are left out")
    expect(page.locator(".event", has_text="m-119")).to_be_visible()
    gap.get_by_role("link").click()

    expect(page.locator(".event", has_text='"m-0"')).to_be_visible()


def test_the_workbench_finds_why_a_rule_did_not_fire(counter, browser):
    event = counter.place("w-1", 50)
    page = browser(counter.url).open(f"{LOG}/event/{event}")

    page.get_by_role("link", name="Try it on the rules").click()
    review = page.get_by_role("region", name="review")
    expect(review).to_contain_text("detail.total expected a number > 100, found 50")
    editor = page.get_by_role("textbox", name=re.compile("^Event"))
    editor.fill(editor.input_value().replace('"total": 50', '"total": 500'))

    expect(review).to_contain_text("→ queue reviews")
    expect(review.locator(".badge").first).to_have_text("matched")

    page.goto(f"/console{LOG}/workbench")
    page.get_by_label("Event pattern").fill('{"detail": {"orderId": ["w-1"]}}')
    expect(page.locator(".tile", has_text="matched")).to_contain_text("1 of")
    page.get_by_label("Event pattern").fill('{"detail": {"orderId": "w-1"}}')
    expect(page.get_by_role("alert")).to_contain_text("line 1, column 13")


def test_a_replay_is_tried_started_and_cancelled(counter, browser):
    for number in range(3):
        counter.place(f"r-{number}")
    page = browser(counter.url).open(f"{LOG}/replays")

    page.get_by_label("Name, which its events carry").fill("again")
    page.get_by_label("At most").fill("1/m")
    page.get_by_role("checkbox", name="pack").check()
    page.get_by_role("button", name="Look first: a dry run").click()
    expect(page.locator(".tile", has_text="would be delivered")).to_be_visible()
    page.get_by_role("button", name=re.compile(r"Deliver [\d,]+ events? again")).click()
    expect(page.get_by_role("status").first).to_contain_text("The replay again goes through")
    row = page.get_by_role("row", name=re.compile("^again"))
    expect(row).to_contain_text("running")
    row.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Do it").click()

    expect(row).to_contain_text("cancelled")


def test_what_is_copied_publishes_the_same_again_as_it_stands(counter, tmp_path):
    event = counter.place("it's $(a) `copy`")
    said = httpx.get(f"{counter.url}/console{LOG}/event/{event}.json").json()["copies"]
    (tmp_path / "again.py").write_text(said["python"])
    before = counter.do(counter.shop.events.count())

    for line in (said["curl"], said["ensue"], f"{sys.executable} again.py"):
        done = typed(line, tmp_path)
        assert done.returncode == 0, done.stderr

    found, _ = counter.do(counter.shop.events.tail(after=before, limit=10))
    assert [each["detail"]["orderId"] for each in found] == ["it's $(a) `copy`"] * 3


@pytest.mark.parametrize("width", [390])
def test_the_pages_of_events_fit_and_axe_finds_nothing(counter, browser, width):
    event = counter.place("a-1")
    tab = browser(counter.url, viewport={"width": width, "height": 900})

    for path in (
        "/events",
        f"{LOG}/event/{event}",
        f"{LOG}/workbench?event={event}",
        f"{LOG}/replays?name=x&to=pack",
        "/schemas/shop/shapes/subject/shop@OrderPlaced",
    ):
        tab.open(path)
        assert tab.axe() == [], path
        assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
