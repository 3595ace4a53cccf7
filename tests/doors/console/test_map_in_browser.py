"""The map in a real browser, while orders come in."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import expect

from apps.orders.app import app as orders
from tests.doors.console.served import serving


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    orders.outside = {"all://": httpx.MockTransport(lambda _: httpx.Response(200, json={}))}
    with serving(orders, folder=tmp_path_factory.mktemp("store")) as made:
        yield made
    orders.outside = {}


def test_what_flows_is_seen_and_a_click_opens_what_one_points_at(served, browser):
    page = browser(served.url).open("/map")
    order = {"customerId": "349", "quantity": 1}

    assert httpx.post(f"{served.url}/orders", json=order).is_success

    charge = page.locator(".map .n", has_text="charge")
    expect(charge.locator(".r")).to_have_text(re.compile(r"^[\d.]+/s$"))
    expect(page.locator(".map .e.on").first).to_be_attached()
    queue = page.locator(".map .n.wait", has_text="payments")
    queue.hover()
    expect(page.locator("#map-tip")).to_contain_text("a second")
    queue.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("payments")


def test_it_is_filtered_while_one_types_and_zoomed_by_keys(served, browser):
    page = browser(served.url).open("/map")

    page.get_by_label("Name").fill("stock")
    expect(page.locator(".map .n:not(.dim)")).to_have_count(5)
    assert page.url.endswith("?text=stock")
    page.locator("[data-map]").focus()
    page.keyboard.press("+")
    expect(page.locator("[data-map]")).to_have_class(re.compile("zoomed"))
    page.keyboard.press("0")
    expect(page.locator("[data-map]")).not_to_have_class(re.compile("zoomed"))


@pytest.mark.parametrize("width", [390])
def test_everybody_can_use_it(served, browser, width):
    tab = browser(served.url, viewport={"width": width, "height": 900})

    page = tab.open("/map")
    if width == 390:
        expect(page.locator(".parts").first).to_be_visible()
    assert tab.axe() == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
