"""Dead letters under load, seen, mended and redriven in a real browser; a slider through time."""

from __future__ import annotations

import importlib.util
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from ensue import App
from tests.doors.console.served import serving

ORDERS = Path(__file__).parents[3] / "apps/orders/app.py"


class Bank:
    """A payments service that is down until it is told otherwise, and trips over one customer."""

    def __init__(self) -> None:
        self.down = True
        bank = self

        class Answering(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                status = 500 if b"broken" in body else 503 if bank.down else 200
                self.send_response(status)
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.url = f"http://127.0.0.1:{self._server.server_port}/payments"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def bank():
    made = Bank()
    yield made
    made.close()


def loaded(path: Path) -> App:
    """An app of our own, made with the settings of now."""
    spec = importlib.util.spec_from_file_location("orders_in_browser", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module.app


@pytest.fixture(scope="module")
def shop(bank, tmp_path_factory):
    """The order system, which gives each payment one try; and a stream with a reader."""
    settings = {"PAYMENTS_URL": bank.url, "PAYMENTS_TRIES": "1", "PAYMENTS_RATE": "1000/s"}
    with pytest.MonkeyPatch.context() as patched:
        for name, value in settings.items():
            patched.setenv(name, value)
        app = loaded(ORDERS)
    clicks = app.stream("clicks", shards=2)
    seen = app.table("seen", key="id")

    @app.on_record(clicks)
    def count(record, tx):
        tx.put(seen, {"id": record.id})

    with serving(app, folder=tmp_path_factory.mktemp("store")) as made:
        yield made


def place(shop, customer: str) -> str:
    answer = httpx.post(f"{shop.url}/orders", json={"customerId": customer, "quantity": 1})
    return answer.json()["id"]


def status_of(shop, order: str) -> str:
    return httpx.get(f"{shop.url}/orders/{order}").json()["status"]


def cause(page, said: str):
    return page.locator(".cause").filter(has_text=said)


def agree(page) -> None:
    page.get_by_role("dialog").get_by_role("button", name="Do it").click()


def test_letters_are_grouped_one_is_edited_the_rest_redriven_and_the_orders_are_paid(
    shop, bank, browser
):
    orders = [place(shop, f"c-{number}") for number in range(5)]
    broken = place(shop, "broken")
    page = browser(shop.url).open("/dead-letters")
    expect(cause(page, "503 Service Unavailable").locator(".count strong")).to_have_text("5")
    expect(cause(page, "500 Internal Server Error").locator(".count strong")).to_have_text("1")
    bank.down = False

    cause(page, "500 Internal").get_by_role("link", name="Example").click()
    body = page.get_by_role("textbox", name="JSON")
    body.fill(body.input_value() + "!")
    expect(page.get_by_role("alert")).to_contain_text("This is no JSON")
    expect(page.get_by_role("button", name="Redrive with this body")).to_be_disabled()
    body.fill(body.input_value().removesuffix("!").replace("broken", "c-9"))
    page.get_by_role("button", name="Redrive with this body").click()
    agree(page)
    expect(page.get_by_role("status")).to_contain_text("goes back with its new body")

    page.goto("/console/dead-letters")
    cause(page, "503 Service").get_by_role("link", name="Redrive").click()
    expect(page.locator(".tile", has_text="would be moved").locator(".figure")).to_have_text("5")
    page.get_by_role("button", name="Redrive 5 letters").click()
    expect(page.get_by_role("status")).to_contain_text("5 letters moved back")
    expect(page.get_by_text("Nothing died here.")).to_be_visible()

    page.goto("/console/queues/orders/payments?state=due")
    expect(page.locator(".tile", has_text="in flight").locator(".figure")).to_have_text("0")
    assert {status_of(shop, each) for each in [*orders, broken]} == {"PAID"}


def test_letters_are_chosen_redriven_and_brought_back(shop, bank, browser):
    bank.down = True
    for number in range(3):
        place(shop, f"d-{number}")
    page = browser(shop.url, viewport={"width": 390, "height": 844}).open("/dead-letters")
    cause(page, "503 Service Unavailable").get_by_role("link", name="Letters").click()
    expect(page.locator("[data-choose]")).to_have_count(3)
    shop.do(shop.platform.resource("queue", "payments").pause())

    page.locator("[data-choose]").nth(0).check()
    page.locator("[data-choose]").nth(2).check()
    expect(page.locator("#chosen")).to_contain_text("2 chosen")
    page.get_by_role("button", name="Redrive these…").click()
    page.get_by_role("button", name="Redrive 2 letters").click()
    expect(page.get_by_role("status")).to_contain_text("2 letters moved back")
    page.get_by_role("button", name="Undo").first.click()
    agree(page)

    expect(page.get_by_role("status")).to_have_text("2 letters back here")
    expect(page.locator(".tile", has_text="letters").first.locator(".figure")).to_have_text("3")


def test_the_slider_goes_through_time_by_keys_and_a_reader_is_rewound(shop, browser):
    clicks = shop.platform.resource("stream", "clicks")
    for number in range(5):
        shop.do(clicks.append({"n": number}))
    page = browser(shop.url).open("/streams/orders/clicks")
    slider = page.get_by_role("slider")

    slider.press("Home")
    reader = page.locator("#moment tr", has_text="count")
    expect(reader.locator("td").nth(1)).to_have_text("5")
    expect(page.locator("#moment")).to_contain_text('{"n":0}')
    assert "at_ms=" in page.url
    reader.get_by_role("button", name="Rewind to here").click()
    expect(page.get_by_role("dialog")).to_contain_text("It reads 5 records again")
    agree(page)

    expect(page.get_by_role("status")).to_have_text(re.compile("count goes on at record 1"))


@pytest.mark.parametrize("width", [390])
def test_nothing_keeps_anybody_from_using_queues_and_streams(shop, browser, width):
    tab = browser(shop.url, viewport={"width": width, "height": 900})

    for path in ("/queues", "/queues/orders/payments", "/dead-letters", "/streams/orders/clicks"):
        tab.open(path)
        assert tab.axe() == []
        assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
