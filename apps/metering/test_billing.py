"""Billing: what is owed to the cent, and runs that charge it once, at a Stripe that is a server."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import count
from pathlib import Path

import httpx
import msgspec
import pytest
import stripe

from apps.metering import billing
from apps.metering.app import app
from apps.metering.billing import billed, booked, mode
from apps.metering.conftest import ADMIN, Customer
from apps.metering.invoices import Period, invoice_id
from apps.metering.meters import (
    DAY_MS,
    HOUR_MS,
    billing_team,
    catalogue,
    invoices,
    keys,
    on_call,
    usage,
)
from ensue import ApiKeys, Conflict, MeterEvent

ROOT = Path(__file__).parents[2]
FEBRUARY = Period(1_769_904_000_000, 1_772_323_199_999)  # 2026-02-01 to 2026-02-28
START_MS = FEBRUARY.end + 1 + HOUR_MS
STRIPE = "https://api.stripe.com"
numbers = count(1)
as_sent = msgspec.json.Encoder(decimal_format="number").encode


def record(t, customer, many, type="api_request", *, at_ms=FEBRUARY.end, name="e", **properties):  # noqa: A002
    events = [MeterEvent(f"{name}{n}", customer, type, at_ms, properties) for n in range(many)]
    t.wait(usage.record(events))


def bill(customer, period=FEBRUARY, path="/v1/billing/run"):
    body = {"customer_id": customer.name, "start": period.start, "end": period.end}
    return customer.post(path, body)


def charged(customer, period):
    """The invoice of any period, as whoever administers may charge it."""
    found = customer.t.wait(app.run(billed, customer.name, period))
    return msgspec.json.decode(as_sent(found.invoice))


def lines_of(invoice):
    return [(each["metric_code"], each["quantity"], each["subtotal"]) for each in invoice["lines"]]


# What is owed


@pytest.fixture
def acme(run_app):
    return Customer(run_app(app, start_ms=START_MS), "acme", 100)


def test_mf_30_an_invoice_has_a_line_for_each_metric_that_was_used(acme):
    record(acme.t, "acme", 1_001, endpoint="/users", bytes=2)
    record(acme.t, "acme", 1, "storage", name="s", gb_stored=100)

    reply = bill(acme, path="/v1/invoices/calculate")

    assert reply.status == 200
    generated = reply.body.pop("generated_at")
    assert START_MS <= generated <= acme.t.now_ms()
    assert reply.body == {
        "invoice_id": invoice_id("acme", FEBRUARY),
        "customer_id": "acme",
        "period": {"start": FEBRUARY.start, "end": FEBRUARY.end},
        "lines": [
            {
                "metric_code": "api_calls",
                "metric_name": "API Calls",
                "quantity": 1_001,
                "unit": "calls",
                "unit_price_display": "Tiered",
                "subtotal": 0,
                "tier_breakdown": [
                    {"tier": "0-1000", "quantity": 1_000, "unit_price": 0, "amount": 0},
                    {"tier": "1000-10000", "quantity": 1, "unit_price": 0.001, "amount": 0.001},
                ],
            },
            {
                "metric_code": "bandwidth",
                "metric_name": "Bandwidth",
                "quantity": 2_002,
                "unit": "bytes",
                "unit_price_display": "$0.00001",
                "subtotal": 0.02,
            },
            {
                "metric_code": "storage_peak",
                "metric_name": "Peak Storage",
                "quantity": 100,
                "unit": "GB",
                "unit_price_display": "$0.1",
                "subtotal": 10,
            },
        ],
        "subtotal": 10.02,
        "currency": "USD",
        "status": "draft",
    }


def test_mf_32_acmes_february_is_21016_dollars_50(acme):
    for batch in range(2):
        record(acme.t, "acme", 7_500, name=f"a{batch}_", bytes=140_000)
    record(acme.t, "acme", 1, "storage", name="s", gb_stored=50)

    found = bill(acme, path="/v1/invoices/calculate").body

    assert lines_of(found) == [
        ("api_calls", 15_000, 11.5),
        ("bandwidth", 2_100_000_000, 21_000),
        ("storage_peak", 50, 5),
    ]
    assert found["subtotal"] == 21_016.5


def test_mf_34_the_same_bill_is_the_same_invoice_with_the_same_keys(acme):
    record(acme.t, "acme", 3)

    one, two = bill(acme).body, bill(acme).body
    other = bill(acme, Period(FEBRUARY.start, FEBRUARY.end - 1)).body

    key = one["stripe_operations"]["summary"]["idempotency_key"]
    own = one["invoice"]["invoice_id"]
    assert key == f"meterflow_{own}_acme_{FEBRUARY.start}_{FEBRUARY.end}"
    assert one["stripe_operations"] == two["stripe_operations"]
    assert other["invoice"]["invoice_id"] != own


def test_mf_33_a_dry_run_tells_what_stripe_would_be_told(acme):
    record(acme.t, "acme", 15_000 // 3, bytes=700)
    for batch in range(2):
        record(acme.t, "acme", 5_000, name=f"a{batch}_", bytes=700)

    told = bill(acme).body["stripe_operations"]

    own = invoice_id("acme", FEBRUARY)
    assert told["mode"] == "dry_run"
    assert [(each["step"], each["action"]) for each in told["operations"]] == [
        (1, "stripe.invoices.create"),
        (2, "stripe.invoiceItems.create"),
        (3, "stripe.invoiceItems.create"),
        (4, "stripe.invoices.finalizeInvoice"),
        (5, "stripe.invoices.sendInvoice"),
    ]
    create, calls, bandwidth, finalize, send = (each["payload"] for each in told["operations"])
    assert create == {
        "customer": "cus_acme",
        "collection_method": "send_invoice",
        "days_until_due": 30,
        "auto_advance": False,
        "description": "MeterFlow usage invoice for 2026-02-01 to 2026-02-28",
        "metadata": {
            "meterflow_invoice_id": own,
            "billing_period_start": "2026-02-01T00:00:00.000Z",
            "billing_period_end": "2026-02-28T23:59:59.999Z",
            "source": "meterflow",
        },
    }
    assert calls == {
        "customer": "cus_acme",
        "invoice": f"in_{own}",
        "amount": 1_150,
        "currency": "usd",
        "description": "API Calls: 15,000 calls (Tiered pricing)",
        "metadata": {
            "metric_code": "api_calls",
            "quantity": "15000",
            "meterflow_invoice_id": own,
            "tiers": "0-1000: 1000 @ 0; 1000-10000: 9000 @ 0.001; 10000+: 5000 @ 0.0005",
        },
    }
    assert bandwidth["description"] == "Bandwidth: 10,500,000 bytes @ $0.00001/bytes"
    assert finalize == send == {"invoice_id": f"in_{own}"}
    assert told["summary"]["total_amount_cents"] == 1_150 + 10_500
    assert len({each["idempotency_key"] for each in told["operations"]}) == 5
    assert acme.t.wait(invoices.scan()).items == []


def test_a_period_that_ends_before_it_starts_is_refused(acme):
    assert bill(acme, Period(2, 1)).status == 400


def test_sums_that_are_rebuilt_from_the_log_are_the_same_bill_to_the_cent(acme):
    for n in range(200):
        record(acme.t, "acme", 1, name=f"x{n}", at_ms=FEBRUARY.end - n * HOUR_MS, bytes=0.1 + n)
    before = bill(acme, path="/v1/invoices/calculate").body

    assert acme.t.wait(usage.rebuild()) == [each.name for each in usage.metrics]
    acme.t.settle()

    after = bill(acme, path="/v1/invoices/calculate").body
    assert after | {"generated_at": 0} == before | {"generated_at": 0}
    assert before["subtotal"] == 0.2


# Charges


@pytest.fixture(scope="module")
def at_stripe(tmp_path_factory):
    """The double of Stripe, served by a process of its own: its address."""
    folder = tmp_path_factory.mktemp("stripe")
    command = [sys.executable, "-m", "ensue", "run", "apps/metering/outside.py", "--port", "0"]
    store = ["--engine", f"sqlite:///{folder}/stripe.db", "--data", str(folder)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command + store, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1]
        process.terminate()


class Wire:
    """The way to Stripe: each call goes there; some answers are lost, or keys forgotten."""

    def __init__(self, url):
        self.http = httpx.Client(base_url=url)
        self.calls, self.lost, self.age = [], set(), ""
        self.forgotten = False

    def __call__(self, request):
        headers = {
            name: request.headers[name]
            for name in ("authorization", "content-type", "idempotency-key")
            if name in request.headers
        }
        if self.forgotten and "idempotency-key" in headers:
            headers["idempotency-key"] += "-again"
        answer = self.http.request(
            request.method, request.url.raw_path.decode(), content=request.content, headers=headers
        )
        self.calls.append(f"{request.method} {request.url.path.rpartition('/')[2]}")
        if len(self.calls) in self.lost:
            raise httpx.ReadTimeout("the answer was lost", request=request)
        return httpx.Response(answer.status_code, content=answer.content)

    def invoices_of(self, name):
        found = self.http.get(
            "/v1/invoices",
            params={"customer": f"cus_{name}"},
            headers={"authorization": "Bearer sk_test_demo"},
        )
        return [(each["status"], each["total"], each["sent"]) for each in found.json()["data"]]


@pytest.fixture
def wire(at_stripe, monkeypatch):
    monkeypatch.setenv("STRIPE_API_KEY", "sk_test_demo")
    made = Wire(at_stripe)
    yield made
    made.http.close()


@pytest.fixture
def live(run_app, wire):
    """A customer who is charged."""
    t = run_app(app, start_ms=START_MS, outside={STRIPE: wire})
    return Customer(t, f"live{next(numbers)}", 100)


def statuses(t):
    return [each.status for each in t.wait(invoices.scan()).items]


def test_a_run_charges_a_period_at_stripe(live, wire):
    record(live.t, live.name, 15, "storage", gb_stored=100)

    told = bill(live)
    live.t.settle()

    assert told.body["stripe_operations"]["mode"] == "live"
    assert told.body["invoice"]["status"] == "draft"
    assert wire.calls == ["POST invoices", "POST invoiceitems", "POST finalize", "POST send"]
    assert wire.invoices_of(live.name) == [("open", 1_000, 1)]
    own = told.body["invoice"]["invoice_id"]
    assert live.ask(f"/v1/invoices/{own}").status == 400
    shown = live.t.request("GET", f"/v1/invoices/{own}", headers=live.headers)
    assert (shown.status, shown.body["status"]) == (200, "sent")


def test_mf_34_a_period_that_is_billed_again_is_charged_once(live, wire):
    record(live.t, live.name, 1, "storage", gb_stored=100)

    one = bill(live).body["invoice"]
    live.t.settle()
    record(live.t, live.name, 1, "storage", name="late", gb_stored=500)
    two = bill(live).body["invoice"]
    live.t.settle()

    assert one | {"status": ""} == two | {"status": ""}
    assert wire.invoices_of(live.name) == [("open", 1_000, 1)]


def test_no_part_of_a_period_is_charged_twice(live):
    record(live.t, live.name, 1, "storage", gb_stored=100)
    bill(live)

    for period in (
        Period(FEBRUARY.start + 1, FEBRUARY.end),
        Period(FEBRUARY.end, FEBRUARY.end + DAY_MS),
        Period(FEBRUARY.start - DAY_MS, FEBRUARY.end + DAY_MS),
    ):
        with pytest.raises(Conflict):
            live.t.wait(app.run(billed, live.name, period))
    live.t.wait(app.run(billed, live.name, Period(FEBRUARY.end + 1, FEBRUARY.end + DAY_MS)))


def test_a_customers_key_charges_whole_months_so_that_tiers_do_not_begin_anew(live):
    record(live.t, live.name, 1_001)

    for period in (
        Period(FEBRUARY.end - HOUR_MS, FEBRUARY.end),
        Period(FEBRUARY.end + 1, FEBRUARY.end + 31 * DAY_MS),
    ):
        assert bill(live, period).status == 400
    assert bill(live, FEBRUARY).status == 200


@pytest.mark.parametrize("lost", [1, 2, 3, 4, 5])
def test_a_call_whose_answer_is_lost_is_made_again_and_counts_once(live, wire, lost):
    record(live.t, live.name, 20, bytes=10_000)
    wire.lost = {lost, lost + 1}

    bill(live)
    live.t.advance("5m")

    assert len(wire.calls) == 7
    assert wire.invoices_of(live.name) == [("open", 200, 1)]
    assert statuses(live.t) == ["sent"]


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_a_run_that_comes_back_after_stripe_forgot_the_keys_looks_first(live, wire, lost):
    record(live.t, live.name, 1, "storage", gb_stored=100)
    wire.lost = set(range(lost, 200))
    bill(live)
    live.t.advance("30h")
    wire.lost, wire.forgotten = set(), True
    live.t.advance("1h")

    [(status, total, sent)] = wire.invoices_of(live.name)
    assert (status, total) == ("open", 1_000)
    assert sent >= 1
    assert statuses(live.t) == ["sent"]


def test_what_stripe_refuses_is_told_and_can_be_mended(live, wire, monkeypatch):
    record(live.t, live.name, 1, "storage", gb_stored=100)
    monkeypatch.setenv("STRIPE_API_KEY", "sk_wrong")
    own = bill(live).body["invoice"]["invoice_id"]
    live.t.settle()

    assert statuses(live.t) == ["failed"]
    assert any(own in each.text for each in live.t.letters(on_call))
    assert wire.invoices_of(live.name) == []


def test_nothing_is_sent_for_a_period_without_usage(live, wire):
    assert bill(live).body["invoice"]["status"] == "nothing_due"
    live.t.settle()

    assert wire.calls == []


def test_a_customer_may_have_another_name_at_stripe(live, wire):
    body = {"stripe_id": f"cus_{live.name}_at_stripe"}
    path = f"/v1/admin/customers/{live.name}"
    assert live.t.request("PUT", path, body=body, headers=ADMIN).status == 200
    record(live.t, live.name, 1, "storage", gb_stored=100)

    bill(live)
    live.t.settle()

    assert wire.invoices_of(live.name) == []
    assert wire.invoices_of(f"{live.name}_at_stripe") == [("open", 1_000, 1)]


@pytest.mark.crash
def test_a_run_that_is_killed_anywhere_and_run_again_charges_once(crash_points, wire):
    def a_month(t):
        name = f"killed{next(numbers)}"
        t.wait(keys.put({"hash": ApiKeys.hash(name), "customer_id": name, "created_at": 0}))
        record(t, name, 1, "storage", at_ms=t.now_ms(), gb_stored=100)
        body = {"customer_id": name, "start": t.now_ms() - DAY_MS, "end": t.now_ms()}
        for _ in range(2):
            t.request("POST", "/v1/billing/run", body=body, headers={"X-API-Key": name})
        t.advance("1m")
        return {"at stripe": wire.invoices_of(name), "here": statuses(t)}

    assert crash_points(a_month, app, outside={STRIPE: wire}) > 5


# What comes late


def test_usage_that_comes_late_is_a_line_of_the_next_invoice(live, wire):
    record(live.t, live.name, 1, "storage", gb_stored=100)
    bill(live)
    live.t.settle()
    record(live.t, live.name, 1, "storage", name="late", gb_stored=130)
    march = Period(FEBRUARY.end + 1, FEBRUARY.end + 31 * DAY_MS)
    record(live.t, live.name, 1, "storage", name="march", at_ms=live.t.now_ms(), gb_stored=10)

    told = charged(live, march)
    live.t.settle()

    assert lines_of(told) == [("storage_peak", 10, 1), ("storage_peak", 30, 3)]
    [_, late] = told["lines"]
    assert late["adjusts"] == invoice_id(live.name, FEBRUARY)
    assert late["metric_name"] == f"Peak Storage (adjustment of {late['adjusts']})"
    assert wire.invoices_of(live.name) == [("open", 1_000, 1), ("open", 400, 1)]
    april = bill(live, Period(march.end + 1, march.end + DAY_MS), "/v1/invoices/calculate")
    assert lines_of(april.body) == []


def test_what_comes_late_is_charged_however_many_invoices_were_made_since(live):
    starts = range(FEBRUARY.start, FEBRUARY.start + 130 * HOUR_MS, HOUR_MS)
    hours = [Period(each, each + HOUR_MS - 1) for each in starts]
    for each in hours:
        live.t.wait(app.run(booked, live.name, each))
    record(live.t, live.name, 1, "storage", name="late", at_ms=hours[0].end, gb_stored=100)

    [line] = bill(live, Period(FEBRUARY.end, FEBRUARY.end), "/v1/invoices/calculate").body["lines"]

    assert (line["subtotal"], line["adjusts"]) == (10, invoice_id(live.name, hours[0]))


def test_a_metric_that_is_measured_otherwise_later_changes_nothing_that_was_charged(
    live, monkeypatch
):
    record(live.t, live.name, 2, "storage", gb_stored=100)
    bill(live)
    others = [
        msgspec.structs.replace(each, aggregation="SUM") if each.code == "storage_peak" else each
        for each in catalogue.metrics
    ]
    monkeypatch.setattr(
        billing, "catalogue", msgspec.structs.replace(catalogue, metrics=tuple(others))
    )
    record(live.t, live.name, 1, "storage", name="late", gb_stored=130)

    found = bill(live, Period(FEBRUARY.end + 1, FEBRUARY.end + 2), "/v1/invoices/calculate")

    assert found.body["lines"] == []


def test_late_calls_are_priced_by_the_tier_that_the_whole_month_reaches(live):
    record(live.t, live.name, 9_000)
    bill(live)
    record(live.t, live.name, 2_000, name="late")

    next_one = Period(FEBRUARY.end + 1, FEBRUARY.end + DAY_MS)
    found = bill(live, next_one, "/v1/invoices/calculate").body

    assert lines_of(found) == [("api_calls", 2_000, 1.5)]


def test_what_is_corrected_is_given_back_by_the_next_invoice(live, wire):
    record(live.t, live.name, 2, "storage", gb_stored=100)
    bill(live)
    for event in ("e0", "e1"):
        body = {"customer_id": live.name, "transaction_id": event, "reason": "a faulty probe"}
        body |= {"properties": {"gb_stored": 70}} if event == "e0" else {}
        found = live.t.request("POST", "/v1/admin/corrections", body=body, headers=ADMIN)
        assert found.body == {"corrected": True}
    next_one = Period(FEBRUARY.end + 1, FEBRUARY.end + DAY_MS)

    told = charged(live, next_one)
    live.t.settle()

    assert lines_of(told) == [("storage_peak", -30, -3)]
    assert wire.invoices_of(live.name) == [("open", 1_000, 1), ("open", -300, 1)]


def test_only_who_administers_corrects_and_only_what_is_there(live):
    body = {"customer_id": live.name, "transaction_id": "none", "reason": "x"}

    assert live.post("/v1/admin/corrections", body).status == 401
    found = live.t.request("POST", "/v1/admin/corrections", body=body, headers=ADMIN)
    assert found.status == 404


# On the 1st of the month, and what Stripe tells


def test_mf_50_each_customer_is_billed_on_the_first_of_the_month(run_app, wire):
    t = run_app(app, start_ms=FEBRUARY.end - HOUR_MS, outside={STRIPE: wire})
    several = [Customer(t, f"monthly{next(numbers)}", 100) for _ in range(3)]
    for each in several:
        record(t, each.name, 1, "storage", at_ms=t.now_ms(), gb_stored=100)
    t.advance("3h")
    assert wire.calls == []
    t.advance("2h")

    for each in several:
        assert wire.invoices_of(each.name) == [("open", 1_000, 1)]
    [letter] = t.letters(billing_team)
    assert letter.text.splitlines() == [f"{each.name}: 10.00 USD" for each in several]


def test_mf_50_a_dry_run_on_the_first_of_the_month_only_tells(run_app):
    t = run_app(app, start_ms=FEBRUARY.end - HOUR_MS)
    Customer(t, "acme", 100)
    record(t, "acme", 1, "storage", at_ms=t.now_ms(), gb_stored=100)
    t.advance("5h")

    [letter] = t.letters(billing_team)
    assert (letter.subject, letter.text) == (
        "Invoices of last month (dry_run)",
        "acme: 10.00 USD",
    )
    assert mode() == "dry_run"
    assert t.wait(invoices.scan()).items == []


def tell(t, kind, own, created, secret="whsec_demo"):  # noqa: S107 - of the tests
    about = {"object": "invoice", "metadata": {"meterflow_invoice_id": own}}
    event = {"id": f"evt_{created}", "type": kind, "created": created, "data": {"object": about}}
    body = httpx.Request("POST", "http://x", json=event).content
    signed = stripe.WebhookSignature.generate_signature_header(
        body.decode(), secret, t.now_ms() // 1_000
    )
    headers = {"stripe-signature": signed, "content-type": "application/json"}
    return t.request("POST", "/webhooks/stripe", body=body, headers=headers)


def test_mf_50_stripe_tells_what_became_of_a_payment(live):
    record(live.t, live.name, 1, "storage", gb_stored=100)
    own = bill(live).body["invoice"]["invoice_id"]
    live.t.settle()

    assert tell(live.t, "invoice.payment_failed", own, 2).body == {"received": True}
    live.t.settle()
    assert statuses(live.t) == ["payment_failed"]
    assert len(live.t.letters(on_call)) == 1
    tell(live.t, "invoice.payment_failed", own, 2)
    tell(live.t, "invoice.paid", own, 3)
    assert statuses(live.t) == ["paid"]
    tell(live.t, "invoice.payment_failed", own, 4)
    live.t.settle()

    assert statuses(live.t) == ["paid"]
    assert len(live.t.letters(on_call)) == 1


def test_mf_50_an_older_word_of_stripe_changes_nothing_and_a_foreign_one_neither(live):
    record(live.t, live.name, 1, "storage", gb_stored=100)
    own = bill(live).body["invoice"]["invoice_id"]
    live.t.settle()
    tell(live.t, "invoice.payment_failed", own, 5)

    assert tell(live.t, "invoice.paid", own, 4).status == 200
    assert tell(live.t, "invoice.paid", "inv_foreign", 6).status == 200
    assert tell(live.t, "customer.created", own, 7).status == 200
    foreign = tell(live.t, "invoice.paid", own, 8, "whsec_other")
    assert (foreign.status, "signed" in foreign.body["error"]) == (401, True)
    assert statuses(live.t) == ["payment_failed"]


def test_an_invoice_is_shown_to_its_customer_alone(live):
    record(live.t, live.name, 1, "storage", gb_stored=100)
    own = bill(live).body["invoice"]["invoice_id"]
    other = Customer(live.t, "somebody-else", 100)

    assert live.t.request("GET", f"/v1/invoices/{own}", headers=other.headers).status == 404


def test_billing_is_done_by_whoever_bills_and_not_by_how_often(live):
    record(live.t, live.name, 1, "storage", gb_stored=100)
    for _ in range(3):
        live.t.wait(app.run(billed, live.name, FEBRUARY))
    live.t.settle()

    assert len(statuses(live.t)) == 1
