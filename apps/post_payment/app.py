"""Post-payment: what happens once an order is paid, as a state machine and as an async function.

POST /payments ─▶ payments, a bus ─(PaymentFinished)─▶ begin ─▶ the flow, named by its session
the flow: session ─▶ paid? ─▶ group ─▶ for each group: stock ∥ centre ─▶ customer ∥ history
             └─────────┴────────┴───────────────┴──▶ log for review, tell support
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

from apps.post_payment.sample import SAMPLE, SESSION, STOCK
from ensue import (
    App,
    Body,
    Conflict,
    Event,
    Item,
    Meta,
    NotFound,
    ReadTx,
    Retry,
    StepFailed,
    Tx,
    Unreachable,
    WorkflowContext,
)

CENTRES_URL = os.environ.get("CENTRES_URL", "http://127.0.0.1:8081/centres")
SUPPORT_TEAM = os.environ.get("SUPPORT_TEAM", "support@shop.invalid")
CUSTOMER_ADDRESS = os.environ.get("CUSTOMER_ADDRESS", "customer-{}@customers.invalid")
FLOW = os.environ.get("POST_PAYMENT_FLOW", "states")  # or: python
DEFINITION = Path(__file__).with_name("definition.json")
PAY = "curl -s {url}/payments -H 'content-type: application/json' -d "
TRY = (
    f"""{PAY}'{{{{"SessionId": "{SESSION}"}}}}'""",
    "curl -s {url}/customers/123/orders",
    f"ensue history workflow/post-payment {SESSION}",
)

app = App("post-payment")
records = app.table("post-payment-records", key="SessionId", seed=[SAMPLE])
inventory = app.table("inventory", key="id", seed=STOCK)
orders = app.table("order-history", key=("CustomerId", "SessionId"))
reviews = app.table("manual-review", key="SessionId")
payments = app.bus("payments")
customer_notifications = app.topic("customer-notifications")
support_notifications = app.topic("support-notifications")
customers = app.mail("customers")
support = app.mail("support", to=SUPPORT_TEAM)
centres = app.destination(
    "centres",
    url=f"{CENTRES_URL}/{{centre}}/orders",
    path={"centre": "$.fulfillmentCenterId"},
)

SessionId = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$(?!\n)")]
Text = Annotated[str, Meta(min_length=1, max_length=256)]


class Product(Body):
    """A product of a session."""

    fulfillmentCenterId: Text  # noqa: N815 - the clients' word
    id: Text
    name: Text
    price: Annotated[int, Meta(ge=0)] | Annotated[float, Meta(ge=0)]
    quantity: Annotated[int, Meta(ge=1, le=1_000)]


class Session(Body):
    """What a customer pays for."""

    SessionId: SessionId
    CustomerId: Text
    PaymentStatus: Text
    Products: Annotated[list[Product], Meta(min_length=1, max_length=100)]


class Finished(Body):
    """The payment of a session has finished, well or not."""

    SessionId: SessionId


# The shop and the payment provider


app.post("/sessions", status=201).put(records, body=Session)


@app.post("/payments", status=202)
def finish(body: Finished, tx: Tx) -> dict[str, str]:
    """Note that a payment has finished (PP-1)."""
    return {"id": tx.publish(payments, "PaymentFinished", {"SessionId": body.SessionId})}


@app.get("/customers/{customer}/orders")
def list_orders(customer: str, tx: ReadTx) -> list[Item]:
    """List a customer's orders."""
    return tx.query(orders, customer).items


@app.on_event(payments, {"detail-type": ["PaymentFinished"]})
def begin(event: Event, tx: Tx) -> None:
    """Start the flow. The session is its name: an event that comes again starts nothing."""
    flow = post_payment_python if FLOW == "python" else post_payment
    session = {"SessionId": event.detail["SessionId"]}
    tx.start(flow, session, name=session["SessionId"])


# What the state machine calls by name, as Lambda functions and subscribers of topics


@app.function(name="group-products")
def group_products(body: dict[str, Any], tx: Tx) -> list[dict[str, Any]]:
    """Group products, as DynamoDB writes them, by fulfilment centre."""
    del tx
    return grouped([
        {name: value for name, typed in each["M"].items() for value in typed.values()}
        for each in body["Products"]
    ])


@app.function(name="send-to-fulfilment")
async def send(body: dict[str, Any]) -> dict[str, Any]:
    """Send a group to its fulfilment centre."""
    return await send_to_fulfilment(body)


@app.function(name="update-order-history")
def update_history(body: dict[str, Any], tx: Tx) -> None:
    """Add the order to the customer's history."""
    update_order_history(body, tx)


@app.function
def tell_customer(body: dict[str, Any], tx: Tx) -> None:
    """Write to a customer: what comes, and when."""
    sent = zip(body.get("Groups", []), body.get("Deliveries", []), strict=True)
    lines = [
        f"{each['quantity']} x {each['name']} ({each['price']} each), on {delivery['arrivalDate']}"
        for group, delivery in sent
        for each in group["products"]
    ]
    letter = {
        "to": CUSTOMER_ADDRESS.format(body["CustomerId"]),
        "subject": body["Subject"],
        "text": "\n".join([body["Text"], *lines]),
    }
    tx.send(customers, letter)


@app.function
def tell_support(body: dict[str, Any], tx: Tx) -> None:
    """Write to the support team."""
    tx.send(support, {"subject": body["Subject"], "text": body["Text"]})


customer_notifications.subscribe(tell_customer)
support_notifications.subscribe(tell_support)
post_payment = app.workflow("post-payment", definition=DEFINITION)


# The same flow as an async function


WHOLE = {"SessionId", "CustomerId", "PaymentStatus", "Products"}
LATER = Retry(errors=(Unreachable, "States.Timeout"), interval="2s", max_attempts=5, max_delay="1m")


@app.workflow(name="post-payment-python")
async def post_payment_python(ctx: WorkflowContext, body: dict[str, Any]) -> dict[str, Any]:
    """Whatever fails is logged for review, and support is told; nothing is undone (PP-8, PP-10)."""
    session_id: str = body["SessionId"]
    try:
        return await handle(ctx, session_id)
    except StepFailed as fault:
        await ctx.step(have_reviewed, session_id, ctx.execution.name, fault.error, fault.cause)
        raise


async def handle(ctx: WorkflowContext, session_id: str) -> dict[str, Any]:
    """Check the payment, group the products, take them from the stock and send them, confirm."""
    session = await ctx.step(claim_session, session_id, ctx.execution.name)
    if session is None:
        return {"SessionId": session_id, "Outcome": "ALREADY_HANDLED"}
    if session["PaymentStatus"] != "Success":
        await ctx.step(tell_of_failed_payment, session)
        return {"SessionId": session_id, "Outcome": "PAYMENT_NOT_COMPLETED"}
    groups = await ctx.step(group, session["Products"])

    async def fulfil(wanted: dict[str, Any]) -> dict[str, Any]:
        parcel = {"SessionId": session_id, **wanted}
        _, delivery = await ctx.parallel(
            ctx.step(update_inventory, wanted["products"]),
            ctx.step(send_to_fulfilment, parcel, retry=LATER, timeout="1m"),
        )
        return delivery

    order = {
        "SessionId": session_id,
        "CustomerId": session["CustomerId"],
        "Groups": groups,
        "Deliveries": await ctx.map(fulfil, groups),
    }
    await ctx.parallel(ctx.step(confirm, order), ctx.step(update_order_history, order))
    return {"SessionId": session_id, "Outcome": "COMPLETED", "Deliveries": order["Deliveries"]}


def claim_session(session_id: str, execution: str, tx: Tx) -> Item | None:
    """The session, for the one execution that handles it; None for any other (PP-9, PP-10)."""
    session = tx.get(records, session_id)
    if session is None or not session.keys() >= WHOLE:
        raise NotFound(f"there is no whole session {session_id}")
    return tx.update(
        records,
        session_id,
        "SET HandledBy = :me",
        where="attribute_not_exists(HandledBy) OR HandledBy = :me",
        me=execution,
    )


def group(products: list[dict[str, Any]], tx: Tx) -> list[dict[str, Any]]:
    """Group products by fulfilment centre."""
    del tx
    return grouped(products)


def grouped(products: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Products by centre, in their order; numbers are texts, as in the original (PP-5)."""
    groups: dict[str, list[dict[str, str]]] = {}
    for each in products:
        texts = {name: str(value) for name, value in each.items()}
        groups.setdefault(texts["fulfillmentCenterId"], []).append(texts)
    return [{"fulfillmentCenterId": centre, "products": each} for centre, each in groups.items()]


def update_inventory(products: list[dict[str, Any]], tx: Tx) -> None:
    """Take the products of a group from the stock: all of them, or none."""
    for each in products:
        wanted = int(each["quantity"])
        taken = "SET quantity = quantity - :n"
        if tx.update(inventory, each["id"], taken, where="quantity >= :n", n=wanted) is None:
            raise Conflict(f"there are not {wanted} of {each['name']} in stock")


async def send_to_fulfilment(wanted: dict[str, Any]) -> dict[str, Any]:
    """Have a centre send a group; it takes a session once, however often it is told."""
    answer: Any = await centres.call(wanted)
    centre = wanted["fulfillmentCenterId"]
    return {"fulfillmentCenterId": centre, "arrivalDate": answer["arrivalDate"]}


def confirm(order: dict[str, Any], tx: Tx) -> None:
    """Tell the customer what comes, and when."""
    said = {
        "CustomerId": order["CustomerId"],
        "Subject": "Your order is on its way",
        "Text": f"Thank you! Your order {order['SessionId']} is on its way.",
        "Groups": order["Groups"],
        "Deliveries": order["Deliveries"],
    }
    tx.publish(customer_notifications, said)


def update_order_history(order: dict[str, Any], tx: Tx) -> None:
    """Add the order to the customer's history."""
    tx.put(orders, {**order, "OrderedMs": tx.now_ms})


def tell_of_failed_payment(session: dict[str, Any], tx: Tx) -> None:
    """Tell both the customer and support (PP-4)."""
    session_id, customer = session["SessionId"], session["CustomerId"]
    said = {
        "CustomerId": customer,
        "Subject": "Your payment was not completed",
        "Text": f"The payment of your order {session_id} was not completed. Nothing was sent.",
    }
    tx.publish(customer_notifications, said)
    found = f"The payment of session {session_id} of customer {customer}"
    told = {
        "Subject": f"Payment not completed: {session_id}",
        "Text": f"{found} is {session['PaymentStatus']}. The customer was told.",
    }
    tx.publish(support_notifications, told)


def have_reviewed(session_id: str, execution: str, error: str, cause: str | None, tx: Tx) -> None:
    """Log what failed for review, and tell support."""
    found = {"SessionId": session_id, "Execution": execution, "Error": error, "Cause": cause or ""}
    tx.put(reviews, found)
    told = {"Subject": f"Order {session_id} needs a review", "Text": f"{error}: {cause}"}
    tx.publish(support_notifications, told)
