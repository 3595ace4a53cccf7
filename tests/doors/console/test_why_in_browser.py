"""Why in a real browser: find a payment that failed twice, and why a rule did not fire."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from ensue import App, Body, InputPath, Message, Tx
from tests.doors.console.served import serving

LOAD = 300


class NewOrder(Body):
    id: str
    quantity: int


def make_app() -> App:
    app = App("shop")
    orders, events = app.table("orders", key="id"), app.bus("events")
    payments, vips, backlog = app.queue("payments"), app.queue("vips"), app.queue("backlog")
    placed = {"detail-type": ["OrderPlaced"]}
    events.rule("pay", placed, to=payments, input=InputPath("$.detail"))
    events.rule("vip", {"detail": {"quantity": [{"numeric": [">", 10]}]}}, to=vips)

    @app.post("/orders")
    def place(body: NewOrder, tx: Tx) -> str:
        order = {"id": body.id, "quantity": body.quantity}
        tx.put(orders, order)
        return tx.publish(events, "OrderPlaced", order)

    @app.post("/load")
    def load(tx: Tx) -> int:
        return len([tx.send(backlog, number) for number in range(LOAD)])

    @payments.consumer(retry_base="10ms", retry_cap="10ms")
    async def charge(message: Message) -> None:
        if message.receives < 3:
            raise ConnectionError("the payments service answered 503")
        await app.run(paid, message.body["id"])

    def paid(order_id: str, tx: Tx) -> None:
        tx.update(orders, order_id, "SET status = :paid", paid="PAID")

    return app


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(make_app(), folder=tmp_path_factory.mktemp("store")) as made:
        yield made


def post(page, path, body=None):
    reply = page.request.post(path, data=body)
    assert reply.ok
    return reply


def test_a_payment_that_failed_twice_is_found_by_the_key_of_its_order(served, browser):
    page = browser(served.url).open("/resources")
    post(page, "/load")
    for number in range(20):
        post(page, "/orders", {"id": f"o-{number}", "quantity": 2})

    page.keyboard.press("/")
    page.get_by_role("combobox", name="What to go to").fill("o-13")
    item = page.get_by_role("listbox", name="Found").get_by_role("option").first
    expect(item).to_contain_text("item")
    page.keyboard.press("Enter")

    payment = page.get_by_role("treeitem", name=re.compile("^message payments done"))
    expect(payment).to_contain_text("2 failed")
    payment.get_by_role("link", name="payments").click()

    panel = page.get_by_role("complementary", name="In full")
    expect(panel.get_by_role("heading", name="Failed attempts")).to_be_visible()
    expect(panel.get_by_text("the payments service answered 503")).to_have_count(2)
    expect(page).to_have_url(re.compile(r"/why/o-13\?at=[0-9a-f-]{36}$"))
    page.reload()
    expect(payment).to_have_attribute("aria-selected", "true")


def test_why_a_rule_did_not_fire_is_told_with_the_field(served, browser):
    tab = browser(served.url, viewport={"width": 390, "height": 900})
    page = tab.open("/why")
    event_id = post(page, "/orders", {"id": "small", "quantity": 2}).json()

    page.get_by_role("searchbox").fill(event_id)
    page.get_by_role("button", name="Look up", exact=True).click()
    page.get_by_role("link", name="events OrderPlaced").click()
    page.get_by_role("treeitem", name=re.compile("^event")).get_by_role("link").click()

    panel = page.get_by_role("complementary", name="In full")
    vip = panel.get_by_role("listitem").filter(has_text="vip")
    expect(vip).to_contain_text("not matched")
    expect(vip).to_contain_text("detail.quantity")
    expect(vip).to_contain_text("a number > 10")
    expect(vip.locator("dd").last).to_have_text("2")
    expect(panel.get_by_role("listitem").filter(has_text="rule pay")).to_contain_text("got")
    assert tab.axe() == []
    page.set_viewport_size({"width": 1440, "height": 900})
    assert tab.axe() == []


def test_a_tree_is_walked_and_folded_by_keys_and_grows_where_it_was_cut(served, browser):
    page = browser(served.url).open("/why")
    root = post(page, "/load").headers["x-request-id"]
    page.goto(f"/console/why/{root}")
    rows = page.get_by_role("treeitem")
    expect(rows).to_have_count(102)  # the request, a hundred of what it sent, and the rest

    rows.first.focus()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(rows.first).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(rows.nth(1)).to_be_hidden()
    page.keyboard.press("ArrowRight")
    expect(rows.nth(1)).to_be_visible()

    page.get_by_role("link", name="more that it caused").click()
    expect(rows).to_have_count(202)
    page.get_by_role("link", name="more that it caused").click()
    expect(rows).to_have_count(LOAD + 1)
