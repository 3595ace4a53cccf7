"""A mock of an outside payments service: 5 payments a second, bursts of 5, 429 beyond (WI-5)."""

from __future__ import annotations

import os
from typing import Annotated, Any

import msgspec

from ensue import Answer, App, Body, Meta, ReadTx, Tx

RATE = os.environ.get("PAYMENTS_LIMIT", "5/s")
BURST = int(os.environ.get("PAYMENTS_BURST", "5"))

app = App("payments")
ledger = app.table("ledger", key="id")
totals = app.table("totals", key="name", seed=[{"name": "all", "paid": 0, "repeated": 0}])
switches = app.table("switches", key="name")

PAY = "curl -s {url}/payments -H 'content-type: application/json' -d "
TRY = (PAY + """'{{"id": "p-1"}}'""", "curl -s {url}/payments")


class Payment(msgspec.Struct):
    """What is to be paid. Who sends no id cannot be protected from paying twice."""

    id: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    customerId: Any = None  # noqa: N815 - the service's own word
    quantity: Any = None


class Receipt(msgspec.Struct):
    """The service's answer, word for word."""

    message: str
    statusCode: int  # noqa: N815 - the service's own word


class Outage(Body):
    """Whether it takes no payments."""

    down: bool


DOWN = {429: "More than it takes.", 503: Receipt}


@app.post("/payments", rate=RATE, burst=BURST, statuses=DOWN)
def pay(body: Payment, tx: Tx) -> Receipt | Answer[Receipt]:
    """Take a payment; the same id again is answered again and counted as repeated."""
    if tx.get(switches, "outage"):
        return Answer(Receipt("Service Unavailable", 503), status=503)
    fresh = body.id is None or tx.put(
        ledger, {"id": body.id, "at_ms": tx.now_ms}, where="attribute_not_exists(id)"
    )
    tx.update(
        totals,
        "all",
        "ADD paid :paid, repeated :repeated",
        paid=int(fresh),
        repeated=int(not fresh),
    )
    return Receipt("Payment Success!", 200)


@app.put("/outage")
def switch(body: Outage, tx: Tx) -> Outage:
    """Let it take no payments, or take them again: to see what callers make of that."""
    if body.down:
        tx.put(switches, {"name": "outage"})
    else:
        tx.delete(switches, "outage")
    return body


@app.get("/payments")
def taken(tx: ReadTx) -> dict[str, Any]:
    """How many payments were taken, and how many of them came again."""
    found = tx.get(totals, "all")
    return {"paid": found and found["paid"], "repeated": found and found["repeated"]}
