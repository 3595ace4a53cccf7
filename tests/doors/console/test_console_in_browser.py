"""The console's frame in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.doors.console.sample import make_app
from tests.doors.console.served import serving


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(make_app(), folder=tmp_path_factory.mktemp("store")) as made:
        yield made


def test_the_palette_goes_to_a_resource_by_keys_alone(served, browser):
    page = browser(served.url).open("/resources")

    page.keyboard.press("/")
    page.get_by_role("combobox", name="What to go to").fill("paym")
    expect(page.get_by_role("listbox", name="Found").get_by_role("option").first).to_contain_text(
        "payments"
    )
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("payments")


def test_a_page_shows_what_happens_while_it_is_open(served, browser):
    page = browser(served.url).open("/resources/queue/shop/payments")
    queue = served.platform.resource("queue", "payments")
    waiting = page.locator(".tile", has_text="waiting").locator(".figure")
    before = int(waiting.inner_text())

    served.do(queue.send({"order": 1}))

    expect(waiting).to_have_text(str(before + 1))


def test_what_changes_asks_first_and_says_what_it_did(served, browser):
    page = browser(served.url).open("/resources/queue/shop/payments?operation=send")

    page.get_by_label("Parameters, as JSON").fill('{"body": {"order": 2}}')
    page.get_by_role("button", name="send", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("send payments?")
    page.get_by_role("button", name="Do it").click()

    expect(page.get_by_role("status")).to_have_text(re.compile("^send is done"))


@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_keeps_anybody_from_using_it(served, browser, width):
    tab = browser(served.url, viewport={"width": width, "height": 900})

    for path in ("/resources", "/resources/queue/shop/payments?operation=peek", "/audit"):
        tab.open(path)
        assert tab.axe() == []
        assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
