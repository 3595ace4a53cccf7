"""Billing: what is owed, and runs that charge it once, whatever happens meanwhile.

POST /v1/billing/run, the 1st of the month ─▶ book ─(one transaction)─▶ invoices, billing-run
billing-run: create ─▶ items ─▶ finalize ─▶ send     draft ─▶ open ─▶ sent ─▶ paid
                                                               └▶ failed        └▶ payment_failed
"""

from __future__ import annotations

import os
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from apps.metering.invoices import (
    Booked,
    Calculation,
    Invoice,
    Period,
    Status,
    calculate,
    invoice_id,
)
from apps.metering.meters import (
    REFUSED,
    Millis,
    Name,
    Refusal,
    alerts,
    app,
    billing_team,
    catalogue,
    customer_of,
    customers,
    invoices,
    keyed,
    limit,
    month_before,
    usage,
)
from apps.metering.stripe_billing import (
    Mode,
    Operation,
    Provider,
    StripeOperations,
    operations_of,
)
from ensue import (
    Body,
    Conflict,
    Firing,
    InvalidInput,
    Item,
    NotFound,
    ReadTx,
    Retry,
    Secret,
    SignedRequest,
    StepFailed,
    Stripe,
    Tx,
    Unreachable,
    WorkflowContext,
)

PAGE = 20  # customers in a transaction: others wait for its end
KEYS_KEPT_S = 23 * 3_600  # Stripe keeps them for "at least 24 hours"

stripe_key = Secret.env("STRIPE_API_KEY")
provider = Provider(
    stripe_key, os.environ.get("STRIPE_API_BASE", "https://api.stripe.com"), lambda: app.http
)
LATER = Retry(
    errors=(Unreachable, "States.Timeout"), interval="10s", max_attempts=100, max_delay="1h"
)


def mode() -> Mode:
    """Whether charges are made: with a key of Stripe."""
    return "live" if stripe_key.place in os.environ else "dry_run"


class Billed(Body):
    """Whom to bill, and for when: from ``start`` to ``end``, both within it."""

    customer_id: Name
    start: Millis
    end: Millis

    def period(self) -> Period:
        """When.

        Raises:
            InvalidInput: it ends before it starts.
        """
        if self.end < self.start:
            raise InvalidInput("expected an end that is not before the start", at="$.end")
        return Period(self.start, self.end)


class BillingRun(msgspec.Struct):
    """What is charged, and what the provider is told, or would be told."""

    invoice: Invoice
    stripe_operations: StripeOperations


def calculated(customer: str, period: Period, tx: ReadTx) -> Calculation:
    """What a customer owes for a period, with what came late of earlier ones."""

    def measure(metric: str, start_ms: int, end_ms: int) -> Decimal:
        return tx.usage(usage, customer, metric, start_ms, end_ms).value

    earlier = changed_since(customer, period, tx)
    return calculate(catalogue, customer, period, earlier, measure, now_ms=tx.now_ms)


def changed_since(customer: str, period: Period, tx: ReadTx) -> list[Booked]:
    """The invoices of earlier periods whose usage has changed since the newest of them was made.

    That one settled what the others were short of then, however many they are.
    """
    found: list[Booked] = []
    after, page = 0, None
    while True:
        asked = tx.query(
            invoices,
            customer,
            index="by-customer",
            sort="start < :start",
            start=period.start,
            reverse=True,
            limit=PAGE,
            after=page,
        )
        if page is None and asked.items:
            after = asked.items[0].position
            if not has_changed(customer, Period(0, period.start - 1), after, tx):
                return []
        found += [
            each
            for each in asked.items
            if has_changed(customer, Period(each.start, each.end), after, tx)
        ]
        page = asked.next
        if page is None:
            return found[::-1]


def has_changed(customer: str, period: Period, after: int, tx: ReadTx) -> bool:
    """Whether events of a period came, or were corrected, behind a place in the meter's log."""
    changes = tx.usage_changed(usage, period.start, period.end, after=after, subject=customer)
    return bool(changes)


@app.post("/v1/invoices/calculate", verify=keyed, limit=limit, statuses=REFUSED)
def calculate_invoice(body: Billed, signed: SignedRequest, tx: ReadTx) -> Invoice:
    """Show what is owed for a period; nothing is charged (MF-30)."""
    return calculated(customer_of(signed, body.customer_id), body.period(), tx).invoice


@app.get("/v1/invoices/{invoice_id}", verify=keyed, limit=limit, statuses={404: Refusal})
def show_invoice(invoice_id: Name, signed: SignedRequest, tx: ReadTx) -> Invoice:
    """Show an invoice that was charged, as it stands."""
    found = tx.get(invoices, invoice_id)
    if found is None or found.customer_id != signed.claims["customer_id"]:
        raise NotFound(f"there is no invoice {invoice_id}")
    return found.shown()


@app.post(
    "/v1/billing/run",
    verify=keyed,
    limit=limit,
    statuses={**REFUSED, 409: "A part of the period was charged already."},
)
def run(body: Billed, signed: SignedRequest, tx: Tx) -> BillingRun:
    """Charge a period once; without a key of Stripe, only show what would be done (MF-33).

    A customer's key charges whole months: tiers begin anew with each invoice, so who could charge
    each hour would stay in the first of them.
    """
    customer, period = customer_of(signed, body.customer_id), body.period()
    if mode() == "live" and (period != month_before(period.end + 1) or period.end >= tx.now_ms):
        raise InvalidInput("expected a whole month, in UTC, that is over", at="$.start")
    return billed(customer, period, tx)


def billed(customer: str, period: Period, tx: Tx) -> BillingRun:
    """Charge a period once, or show what would be charged."""
    invoice = (
        calculated(customer, period, tx).invoice
        if mode() == "dry_run"
        else booked(customer, period, tx)
    )
    return BillingRun(invoice, operations_of(invoice, mode(), stripe_name(customer, tx)))


def booked(customer: str, period: Period, tx: Tx) -> Invoice:
    """The one invoice of a period, which is being charged from now on.

    Raises:
        Conflict: another invoice has a part of the period.
    """
    there = tx.get(invoices, invoice_id(customer, period))
    if there is not None:
        return there.shown()
    last = tx.query(
        invoices,
        customer,
        index="by-customer",
        sort="start <= :end",
        end=period.end,
        reverse=True,
        limit=1,
    ).items
    if last and last[0].end >= period.start:
        raise Conflict(f"a part of the period was charged by {last[0].invoice_id}")
    found = calculated(customer, period, tx)
    for each in found.adjusted:
        tx.put(invoices, each)
    invoice = found.invoice
    status: Status = "draft" if invoice.lines else "nothing_due"
    seen = tx.usage(usage, customer, catalogue.metrics[0].code, period.start, period.end)
    made = Booked(
        invoice.invoice_id,
        customer,
        period.start,
        period.end,
        status,
        invoice,
        found.charged,
        position=seen.position,
    )
    tx.put(invoices, made)
    if invoice.lines:
        tx.start(billing_run, invoice.invoice_id, name=invoice.invoice_id)
    return made.shown()


def stripe_name(customer: str, tx: ReadTx) -> str:
    """What Stripe calls a customer."""
    found = tx.get(customers, customer) or Item()
    return str(found.get("stripe_id", f"cus_{customer}"))


# The run: each call of the provider is a step, and done once


@app.workflow(name="billing-run")
async def billing_run(ctx: WorkflowContext, invoice: str) -> dict[str, str]:
    """Charge an invoice that is booked."""
    calls = await ctx.step(count_of_calls, invoice)
    at_stripe = ""
    try:
        for number in range(calls):
            begun_s = int(ctx.now().timestamp())
            at_stripe = await ctx.step(perform, invoice, number, at_stripe, begun_s, retry=LATER)
    except StepFailed as fault:
        await ctx.step(note, invoice, "failed", at_stripe, fault.cause or fault.error)
        raise
    await ctx.step(note, invoice, "sent", at_stripe, "")
    return {"invoice": invoice, "stripe": at_stripe}


def count_of_calls(invoice: str, tx: Tx) -> int:
    """How many calls charge an invoice."""
    return len(calls_of(invoice, tx).operations)


def calls_of(invoice: str, tx: ReadTx) -> StripeOperations:
    """The calls that charge an invoice."""
    found = tx.get(invoices, invoice)
    if found is None:
        raise NotFound(f"there is no invoice {invoice}")
    return operations_of(found.invoice, "live", stripe_name(found.customer_id, tx))


def call_of(invoice: str, number: int, tx: ReadTx) -> tuple[Operation, int]:
    """One of the calls that charge an invoice, and what time it is, in s."""
    return calls_of(invoice, tx).operations[number], tx.now_ms // 1_000


async def perform(invoice: str, number: int, at_stripe: str, begun_s: int) -> str:
    """Make a call; one that may have been made long ago is looked for first."""
    call, now_s = await app.read(call_of, invoice, number)
    return await provider.perform(call, at_stripe, again=now_s - begun_s > KEYS_KEPT_S)


def note(invoice: str, status: Status, at_stripe: str, why: str, tx: Tx) -> None:
    """Note what became of a run."""
    found = tx.get(invoices, invoice)
    if found is not None and found.status in {"draft", "failed"}:
        tx.put(invoices, replace(found, status=status, provider_id=at_stripe))
    if status == "failed" and found is not None:
        alert(found.customer_id, f"{invoice} could not be charged: {why}", tx)


def alert(customer: str, text: str, tx: Tx) -> None:
    """Tell of money that does not come."""
    said = {"text": text, "customer_id": customer}
    tx.publish(alerts, said, attributes={"severity": "critical"})


# What Stripe tells


class About(msgspec.Struct):
    """What an event is about; its metadata says which of our invoices that is."""

    metadata: dict[str, str] | None = None


class EventData(msgspec.Struct):
    """What an event has."""

    object: About


class StripeEvent(msgspec.Struct):
    """What Stripe tells (https://docs.stripe.com/api/events/object)."""

    type: str
    created: int
    data: EventData


class Received(msgspec.Struct):
    """It was taken."""

    received: bool = True


TOLD: dict[str, Status] = {"invoice.paid": "paid", "invoice.payment_failed": "payment_failed"}


@app.post("/webhooks/stripe", verify=Stripe(Secret.env("STRIPE_WEBHOOK_SECRET", demo="whsec_demo")))
def told(body: StripeEvent, tx: Tx) -> Received:
    """Take what became of a payment: the newest word counts, and paid is paid."""
    status = TOLD.get(body.type)
    own = (body.data.object.metadata or {}).get("meterflow_invoice_id")
    found = tx.get(invoices, own) if own and status else None
    if found and status and found.status != "paid" and body.created >= found.settled_at:
        tx.put(invoices, replace(found, status=status, settled_at=body.created))
        if status == "payment_failed" != found.status:
            alert(found.customer_id, f"the payment of {own} failed", tx)
    return Received()


# On the 1st of the month


@app.schedule("cron(0 3 1 * ? *)", name="bill-last-month")
async def bill_last_month(firing: Firing) -> None:
    """Charge each customer for the month before; in a dry run, tell what that would be."""
    period, after = month_before(firing.due_ms), None
    while True:
        page = await customers.scan(limit=PAGE, after=after)
        await app.run(bill_page, [each["customer_id"] for each in page.items], period)
        after = page.next
        if after is None:
            return


def bill_page(found: list[str], period: Period, tx: Tx) -> None:
    """Charge some customers; one that cannot be charged holds up no other."""
    lines = []
    for customer in found:
        try:
            invoice = billed(customer, period, tx).invoice
        except Conflict as fault:
            alert(customer, f"last month could not be charged: {fault}", tx)
        else:
            lines.append(f"{customer}: {invoice.subtotal} {invoice.currency}")
    text = "\n".join(lines)
    tx.send(billing_team, {"subject": f"Invoices of last month ({mode()})", "text": text})
