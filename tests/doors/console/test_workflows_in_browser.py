"""Workflows and approvals in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from apps.post_payment.app import app as payments
from apps.post_payment.app import post_payment, records
from tests.doors.console.flowing import Shop, order
from tests.doors.console.served import serving

FLOW = "/workflows/post-payment/post-payment"


@pytest.fixture(scope="module")
def shop():
    return Shop()


@pytest.fixture(scope="module")
def served(shop, tmp_path_factory):
    with serving(payments, shop.app, folder=tmp_path_factory.mktemp("store")) as made:
        paid = {"SessionId": "s-2", "CustomerId": "9", "PaymentStatus": "Failed", "Products": []}
        made.do(records.put(paid))
        made.do(post_payment.start_sync({"SessionId": "nobody"}, name="nobody"))
        made.do(shop.ship.start_sync(order(1, 5), name="order-1"))
        yield made


def test_a_failed_execution_is_forked_from_a_state_with_edited_data_and_succeeds(served, browser):
    page = browser(served.url).open(f"{FLOW}/nobody")
    expect(page.locator(".callout.bad").first).to_contain_text("SessionNotFound in NeedsReview")

    page.get_by_role("link", name="Fork with other data").click()
    page.get_by_role("link", name=re.compile("^GetPaymentRecord")).click()
    area = page.get_by_label("Input of the state")
    area.fill('{"SessionId": ')
    expect(page.locator("[data-verdict]").first).to_contain_text("This is no JSON")
    area.fill('{"SessionId": "s-2"}')
    expect(page.locator("[data-changes] tr").last).to_contain_text('$.SessionId"nobody""s-2"')
    page.get_by_label("Name of the fork").fill("somebody")
    page.get_by_role("button", name="Fork").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("somebody")
    expect(page.locator("#live .badge").first).to_have_text("succeeded")
    expect(page.get_by_role("link", name="nobody")).to_be_visible()


def test_an_approval_is_given_and_the_execution_goes_on(served, shop, browser):
    served.do(shop.refund.start(order(40, 44), name="refund-40"))
    page = browser(served.url).open("/approvals")
    page.get_by_role("link", name="Refund order 40?").click()

    page.get_by_label("cents").fill("250")
    page.get_by_label("reason").select_option("late")
    page.get_by_role("button", name="Approve").click()

    expect(page.get_by_role("status")).to_have_text("Refund order 40? (refund-40) is approved")
    page.goto("/console/workflows/shop/refund/refund-40")
    expect(page.locator("#live .badge").first).to_have_text("succeeded")
    expect(page.get_by_label("The execution's data")).to_contain_text('"cents": 250')


def test_a_state_is_chosen_on_the_graph_by_keys_and_its_data_is_shown(served, browser):
    page = browser(served.url).open("/workflows/shop/ship/order-1")

    page.get_by_role("link", name=re.compile("^Charge")).focus()
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(r"\?state=Charge#state$"))
    expect(page.get_by_label("The state Charge")).to_contain_text('"charged": 5')


def test_nothing_keeps_anybody_from_using_it_on_a_phone(served, browser):
    tab = browser(served.url, viewport={"width": 390, "height": 844})

    tab.open(f"{FLOW}/nobody")

    assert tab.axe() == []
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
