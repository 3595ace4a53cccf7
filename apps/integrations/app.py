"""Two integrations through buses: a CRM and a bank, and furniture that is made to order.

CRM ─(signed CloudEvent)─▶ crm ─(new-customer)─▶ registrations ─▶ pipe banking ─(asks)─▶ the bank
                                                       events ◀─(AccountOpened)─┘
POST /orders ─▶ events ─(make)──────────▶ factory, a queue ─▶ POST /orders/{order_id}/phases
                       ├(confirm, inform)▶ letter to the customer
                       ├(ready)─────────▶ couriers, a bus ─▶ the courier's API
                       └(statistics)────▶ statistics, when it is switched on
"""

from __future__ import annotations

import os
from typing import Annotated, Any

import msgspec

from apps.integrations.shapes.account_opened import AccountOpened
from apps.integrations.shapes.customer_registered import CustomerRegistered
from apps.integrations.shapes.order_placed import OrderPlaced
from apps.integrations.shapes.phase_reached import PhaseReached
from ensue import (
    App,
    Body,
    CloudEvent,
    Conflict,
    Event,
    InputTransformer,
    Item,
    Meta,
    NotFound,
    OAuthClientCredentials,
    ReadTx,
    RuleTarget,
    Secret,
    StandardWebhooks,
    Tx,
)

CRM = "acme-crm"
REGISTERED = "customer.registered"
BANK_URL = os.environ.get("BANK_URL", "http://127.0.0.1:8081/bank")
COURIER_URL = os.environ.get("COURIER_URL", "http://127.0.0.1:8081/courier/collections")
CRM_SECRET = Secret.env("CRM_SECRET", demo="whsec_c2VjcmV0LW9mLXRoZS1jcm0=")
BANK_SECRET = Secret.env("BANK_SECRET", demo="bank-secret")
PHASES = ("placed", "sawn", "glued", "varnished", "ready", "collected", "delivered")
ORDER_EVENTS: Any = {"detail-type": ["OrderPlaced", "PhaseReached"]}
ORDER = "$.detail.order_id"
EMAIL = r"^[!#-'*+./0-9=?A-Z^-~-]+@[A-Za-z0-9.-]+$(?!\n)"
NO_ORDER = {404: "There is no such order."}

app = App("furniture")
shapes = app.schemas("shapes", compatibility="backward")
for each in (OrderPlaced, PhaseReached, AccountOpened):
    shapes.declare(each.__name__, each)

# The CRM is not ours: its events are taken as they come, and what they look like is discovered.
crm = app.bus("crm", schemas=shapes, discover=True, validate="warn")
# The house's own events are as they are declared, or are refused.
events = app.bus("events", keep="7d", schemas=shapes, discover=True, validate="enforce")
events.archive("orders", ORDER_EVENTS, keep="365d")
couriers = app.bus("couriers")

registrations = app.queue("registrations", max_receives=100)
customers = app.table("customers", key="customer_id")
accounts = app.table("accounts", key="customer_id")
orders = app.table("orders", key="order_id")
statistics = app.table("statistics", key="order_id")
factory = app.queue("factory")
letters = app.mail("letters")
bank = app.destination(
    "bank",
    url=f"{BANK_URL}/accounts",
    connection=OAuthClientCredentials(
        f"{BANK_URL}/token", "furniture", BANK_SECRET, scope="accounts"
    ),
    timeout="10s",
)
courier = app.destination("courier", url=COURIER_URL, format="cloudevents", rate="10/s")

# Software as a service: who registers with the CRM gets an account at the bank (EB-6)

crm.rule(
    "new-customer",
    {"source": [CRM], "detail-type": [REGISTERED]},
    to=registrations,
    input=InputTransformer(
        {"id": "$.detail.customer_id", "name": "$.detail.name", "country": "$.detail.country"},
        {"customer_id": "<id>", "holder": "<name>", "country": "<country>", "currency": "NZD"},
    ),
    group="$.detail.customer_id",
)
app.pipe(
    "banking",
    source=registrations,
    enrich=bank,
    enrich_input=InputTransformer({"asked": "$.body"}, "<asked>"),
    input=InputTransformer(
        {"id": "$.customer_id", "account": "$.account"},
        {"detail-type": "AccountOpened", "detail": {"customer_id": "<id>", "account": "<account>"}},
    ),
    rate="10/s",
    to=events,
)

# Furniture made to order: who must know is told, with all there is to know (EB-6)

WHOM = {
    "name": "$.detail.customer.name",
    "email": "$.detail.customer.email",
    "piece": "$.detail.specification.piece",
}
events.rule(
    "make",
    {"detail-type": ["OrderPlaced"]},
    to=factory,
    input=InputTransformer(
        {"id": ORDER, "specification": "$.detail.specification"},
        {"order_id": "<id>", "specification": "<specification>"},
    ),
    group=ORDER,
)
events.rule(
    "confirm",
    {"detail-type": ["OrderPlaced"]},
    to=letters,
    input=InputTransformer(
        WHOM,
        {
            "to": "<email>",
            "subject": "Your <piece> is ordered",
            "text": "Dear <name>, the factory has its specification.",
        },
    ),
    group=ORDER,
)
events.rule(
    "inform",
    {"detail-type": ["PhaseReached"]},
    to=letters,
    input=InputTransformer(
        WHOM | {"phase": "$.detail.phase"},
        {
            "to": "<email>",
            "subject": "Your <piece> is <phase>",
            "text": "Dear <name>, your <piece> is <phase>.",
        },
    ),
    group=ORDER,
)
events.rule(
    "ready",
    {"detail-type": ["PhaseReached"], "detail": {"phase": ["ready"]}},
    to=couriers,
    input=InputTransformer(
        {"id": ORDER, "customer": "$.detail.customer", "size": "$.detail.specification.size_mm"},
        {
            "detail-type": "CollectionDue",
            "detail": {"order_id": "<id>", "deliver_to": "<customer>", "size_mm": "<size>"},
        },
    ),
    group=ORDER,
)
couriers.rule(
    "collect",
    {"detail-type": ["CollectionDue"]},
    to=RuleTarget(courier, group=ORDER, max_age="24h"),
)

Text = Annotated[str, Meta(min_length=1, max_length=200)]
Mm = Annotated[int, Meta(ge=100, le=5_000)]


class Customer(Body):
    """Who orders, and where it is to be delivered."""

    name: Text
    email: Annotated[str, Meta(min_length=3, max_length=254, pattern=EMAIL)]
    address: Text


class Specification(Body):
    """What is to be made; width, depth and height in millimetres."""

    piece: Text
    wood: Text
    size_mm: tuple[Mm, Mm, Mm]


class NewOrder(Body):
    """What a customer orders."""

    customer: Customer
    specification: Specification


class Reached(Body):
    """What the factory or the courier says of an order."""

    phase: str


class Order(msgspec.Struct):
    """An order, and how far it is."""

    order_id: str
    phase: str


# What comes in


@app.post("/webhooks/crm", status=202, verify=StandardWebhooks(CRM_SECRET))
async def take_crm_event(body: CloudEvent) -> dict[str, Any]:
    """Publish what the CRM says, once: its tries of one event have one source and id."""
    accepted = await crm.publish_cloudevent(body)
    return {"id": accepted.id, "is_new": accepted.is_new}


@app.post("/orders", status=201)
def place_order(body: NewOrder, tx: Tx) -> Order:
    """Store an order and say so."""
    order = {"order_id": tx.new_id(), **msgspec.to_builtins(body)}
    tx.put(orders, {**order, "phase": PHASES[0]})
    tx.publish(events, "OrderPlaced", order)
    return Order(order["order_id"], PHASES[0])


@app.post("/orders/{order_id}/phases", statuses=NO_ORDER | {409: "It is not the next phase."})
def reach_phase(order_id: str, body: Reached, tx: Tx) -> Order:
    """Note the next phase of an order and say so; the one that it is in already is no news."""
    order = _found(order_id, tx)
    if body.phase == order.phase:
        return Order(order_id, order.phase)
    if body.phase not in PHASES or PHASES.index(body.phase) != PHASES.index(order.phase) + 1:
        raise Conflict(f"expected what follows {order.phase}, got {body.phase}", at="$.phase")
    tx.update(orders, order_id, "SET phase = :phase", phase=body.phase)
    said = {name: order[name] for name in ("order_id", "customer", "specification")}
    tx.publish(events, "PhaseReached", {**said, "phase": body.phase})
    return Order(order_id, body.phase)


@app.get("/orders/{order_id}", statuses=NO_ORDER)
def show_order(order_id: str, tx: ReadTx) -> Item:
    """Show an order."""
    return _found(order_id, tx)


app.get("/customers/{customer_id}").get(customers, "{path.customer_id}")
app.get("/accounts/{customer_id}").get(accounts, "{path.customer_id}")
app.get("/statistics/{order_id}").get(statistics, "{path.order_id}")


# What ensues


@app.on_event(crm, {"source": [CRM], "detail-type": [REGISTERED]})
def note_customer(event: Event[CustomerRegistered], tx: Tx) -> None:
    """Keep a copy of what the CRM says of a customer, so that nobody has to ask it (ECST)."""
    said = event.detail
    tx.put(customers, {"customer_id": said.customer_id, "name": said.name, "email": said.email})


@app.on_event(events, {"detail-type": ["AccountOpened"]})
def note_account(event: Event[AccountOpened], tx: Tx) -> None:
    """Keep the bank's answer."""
    said = event.detail
    tx.put(accounts, {"customer_id": said.customer_id, "account": said.account})


@app.function
def count_phase(event: dict[str, Any], tx: Tx) -> None:
    """Note when an order reached a phase; again, or by a replay, it is noted already."""
    order_id, phase = event["detail"]["order_id"], event["detail"].get("phase", PHASES[0])
    found = tx.get(statistics, order_id) or Item(order_id=order_id)
    if phase not in found:
        tx.put(statistics, {**found, phase: event["time"]})


# It is switched on when it is wanted; a replay gives it what happened before (EB-5).
events.rule("statistics", ORDER_EVENTS, to=count_phase, group=ORDER, enabled=False)


def _found(order_id: str, tx: ReadTx) -> Item:
    found = tx.get(orders, order_id)
    if found is None:
        raise NotFound(f"there is no order {order_id}")
    return found
