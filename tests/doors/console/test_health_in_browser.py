"""Health and alarms in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from ensue import App
from tests.doors.console.served import serving


def make_app() -> App:
    app = App("shop")
    payments = app.queue("payments")
    reports = app.queue("reports", max_receives=1)

    @payments.consumer()
    def pay(message, tx):
        pass

    @reports.consumer()
    def report(message, tx):
        raise KeyError("total")

    @app.get("/orders")
    def orders() -> dict[str, str]:
        return {}

    app.alarm("dead", metric="depth", of=reports.dead_letters, threshold=">= 1", period="1h")
    app.alarm("slow", metric="request_duration", of="GET /orders", threshold="> 30s", period="1h")
    return app


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(make_app(), folder=tmp_path_factory.mktemp("store")) as made:
        yield made


def test_a_fault_is_named_on_every_page_and_gone_once_it_is_mended(served, browser):
    payments = served.platform.resource("queue", "payments")
    served.do(payments.pause())
    served.do(payments.send(1))
    page = browser(served.url).open("/health")
    fault = page.locator("details.fault", has_text="queue payments")
    expect(fault).to_contain_text("it has been paused since")
    expect(fault.locator("code")).to_have_text("ensue resume queue/payments")
    expect(page.locator(".banner")).to_contain_text("queue payments")

    served.do(payments.resume())

    expect(fault).to_have_count(0)
    expect(page.locator(".callout.good")).to_contain_text("All is well.")


def test_an_alarm_is_tried_out_by_its_form_and_its_history_tells(served, browser):
    page = browser(served.url).open("/alarms")
    page.get_by_role("link", name="slow").click()

    page.get_by_label("State").select_option("ALARM")
    page.get_by_label("Reason").fill("to see who is told")
    page.get_by_role("button", name="Set the state").click()

    expect(page.get_by_role("status")).to_contain_text("slow is in ALARM")
    expect(page.locator("#live")).to_contain_text("It is raised.")
    expect(page.locator("td.reason").first).to_have_text("to see who is told")


@pytest.mark.parametrize("width", [390])
def test_nothing_keeps_anybody_from_using_it(served, browser, width):
    reports = served.platform.resource("queue", "reports")
    served.do(reports.send(1))
    tab = browser(served.url, viewport={"width": width, "height": 900})

    for path in ("/health", "/alarms/shop/dead"):
        tab.open(path)
        assert tab.axe() == []
        assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
