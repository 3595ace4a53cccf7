"""Stripe, a mock to try it with: invoices, their items, and keys that make each call count once.

Not ours: it stands in for a service of others, on an address of its own. It speaks what Stripe's
library asks of https://docs.stripe.com/api/invoices: forms in, objects out.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from ensue import Answer, ApiKeys, App, Conflict, InvalidInput, Item, NotFound, ReadTx, Secret, Tx

app = App("stripe")
invoices = app.table("invoices", key="id", indexes={"by-customer": "customer"})
items = app.table("items", key=("invoice", "id"))

# Stripe's keys are bearers: the word before the key is a part of what is compared.
known = ApiKeys(
    Secret.env("STRIPE_BEARER", demo="Bearer sk_test_demo"), header="Authorization", scheme="stripe"
)


@app.on_error(InvalidInput)
@app.on_error(NotFound)
def invalid(fault: InvalidInput | NotFound) -> Answer:
    """Answer what cannot be done as Stripe does."""
    error = {"type": "invalid_request_error", "message": fault.message}
    return Answer({"error": error}, status=404 if isinstance(fault, NotFound) else 400)


@app.on_error(Conflict)
def reused(fault: Conflict) -> Answer:
    """Answer a key that stands for another call as Stripe does."""
    return Answer({"error": {"type": "idempotency_error", "message": fault.message}}, status=400)


@app.post("/v1/invoices", verify=known)
def create(raw: bytes, tx: Tx) -> Item:
    """Make a draft."""
    form = form_of(raw)
    made = Item({
        "id": f"in_{tx.new_id()}",
        "object": "invoice",
        "customer": form["customer"],
        "status": "draft",
        "metadata": form.get("metadata", {}),
        "total": 0,
        "sent": 0,
    })
    tx.put(invoices, made)
    return made


@app.post("/v1/invoiceitems", verify=known)
def add(raw: bytes, tx: Tx) -> Item:
    """Add an item to a draft."""
    form = form_of(raw)
    invoice = found(form["invoice"], tx)
    if invoice["status"] != "draft":
        raise InvalidInput("This invoice is no longer editable")
    made = Item({
        "id": f"ii_{tx.new_id()}",
        "object": "invoiceitem",
        "invoice": invoice["id"],
        "amount": int(form["amount"]),
        "currency": form["currency"],
        "description": form.get("description"),
        "metadata": form.get("metadata", {}),
    })
    tx.put(items, made)
    tx.put(invoices, {**invoice, "total": invoice["total"] + made["amount"]})
    return made


@app.post("/v1/invoices/{id}/finalize", verify=known)
def finalize(id: str, raw: bytes, tx: Tx) -> Item:  # noqa: A002 - Stripe's word
    """Close a draft."""
    del raw
    invoice = found(id, tx)
    if invoice["status"] != "draft":
        raise InvalidInput("This invoice is already finalized")
    tx.put(invoices, {**invoice, "status": "open"})
    return found(id, tx)


@app.post("/v1/invoices/{id}/send", verify=known)
def send(id: str, raw: bytes, tx: Tx) -> Item:  # noqa: A002 - Stripe's word
    """Send an invoice by mail."""
    del raw
    invoice = found(id, tx)
    if invoice["status"] != "open":
        raise InvalidInput("This invoice cannot be sent")
    tx.put(invoices, {**invoice, "sent": invoice["sent"] + 1})
    return found(id, tx)


@app.get("/v1/invoices/{id}", verify=known)
def retrieve(id: str, tx: ReadTx) -> Item:  # noqa: A002 - Stripe's word
    """Show an invoice."""
    return found(id, tx)


@app.get("/v1/invoices", verify=known)
def list_invoices(customer: str, tx: ReadTx, limit: int = 10) -> dict[str, Any]:
    """List a customer's invoices."""
    return listed("/v1/invoices", tx.query(invoices, customer, index="by-customer", limit=limit))


@app.get("/v1/invoiceitems", verify=known)
def list_items(invoice: str, tx: ReadTx, limit: int = 10) -> dict[str, Any]:
    """List an invoice's items."""
    return listed("/v1/invoiceitems", tx.query(items, invoice, limit=limit))


def listed(url: str, page: Any) -> dict[str, Any]:  # noqa: ANN401 - a page of items
    """A page of things."""
    return {"object": "list", "url": url, "data": page.items, "has_more": False}


def found(invoice: str, tx: ReadTx) -> Item:
    """An invoice.

    Raises:
        NotFound: there is none.
    """
    there = tx.get(invoices, invoice)
    if there is None:
        raise NotFound(f"No such invoice: '{invoice}'")
    return there


def form_of(raw: bytes) -> dict[str, Any]:
    """The fields of a form; those of ``metadata[a]`` as an object."""
    form: dict[str, Any] = {}
    for name, value in parse_qsl(raw.decode(), keep_blank_values=True):
        outer, _, inner = name.partition("[")
        if inner:
            form.setdefault(outer, {})[inner.rstrip("]")] = value
        else:
            form[outer] = value
    return form
