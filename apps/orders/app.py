"""The order system: a request stores the order and returns; everything else ensues from that.

POST /orders ─▶ orders ─(insert)─▶ reserve ─▶ stock, payments queue ─▶ charge ─▶ PAID
                                      │                                  └▶ PAYMENT_FAILED
                                      └▶ BACKORDERED ─(stock added)─▶ fulfil ─▶ as reserve
"""

from __future__ import annotations

import os
from typing import Annotated, Any

import msgspec

from ensue import App, Body, Change, Item, Message, Meta, NotFound, ReadTx, Tx

PAYMENTS_URL = os.environ.get("PAYMENTS_URL")
PAYMENTS_RATE = os.environ.get("PAYMENTS_RATE", "5/s")
PAYMENTS_TRIES = int(os.environ.get("PAYMENTS_TRIES", "10"))
PAYMENTS_RETRY = os.environ.get("PAYMENTS_RETRY", "30s")
CUSTOMER_ADDRESS = os.environ.get("CUSTOMER_ADDRESS", "customer-{}@customers.invalid")
STOCK_TEAM = os.environ.get("STOCK_TEAM", "stock-team@warehouse.invalid")
PLACE = "curl -s {url}/orders -H 'content-type: application/json' -d "
TRY = (
    PLACE + """'{{"customerId": "349", "quantity": 7}}'""",
    "curl -s {url}/customers/349/orders",
    "ensue tail events --count 3",
)
MODEL = "LX"
LOW_STOCK = 100
FULFIL_AT_ONCE = 100
SOME_IN_STOCK: Any = {"NewImage": {"quantity": [{"numeric": [">", 0]}]}}

app = App("orders")
orders = app.table("orders", key="id", indexes={"by-customer": ("customerId", "id")})
stock = app.table(
    "stock",
    key="model",
    seed=[{"model": MODEL, "productName": "MacGuffin", "quantity": 1_000_000}],
)
backorders = app.table("backorders", key=("model", "id"))
payments = app.queue("payments", max_receives=PAYMENTS_TRIES)
events = app.bus("events")
customers = app.mail("customers")
stock_team = app.mail("stock-team", to=STOCK_TEAM)

CustomerId = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$(?!\n)")]
NO_STOCK = {404: "The stock has no such row."}


class NewOrder(Body):
    """What a customer orders."""

    customerId: CustomerId  # noqa: N815 - the clients' word
    quantity: Annotated[int, Meta(ge=1, le=1000)]


class Created(msgspec.Struct):
    """The order is stored, and will be dealt with."""

    message: str
    id: str


class Order(msgspec.Struct):
    """An order; its status is PENDING, PAID, BACKORDERED or PAYMENT_FAILED, unless SQL set it."""

    id: str
    customerId: str  # noqa: N815 - the clients' word
    quantity: int | None
    status: str


class Orders(msgspec.Struct):
    """A page of orders; ``next`` asks for the next one."""

    orders: list[Order]
    next: str | None


class Inventory(msgspec.Struct):
    """What is in stock."""

    model: str
    productName: str  # noqa: N815 - the clients' word
    quantity: int


class Restock(Body):
    """Units that were added."""

    quantity: Annotated[int, Meta(ge=1, le=1_000_000)]


# What customers and clerks do


@app.post("/orders")
def place_order(body: NewOrder, tx: Tx) -> Created:
    """Place an order."""
    order_id = tx.new_id()
    order = {
        "id": order_id,
        "customerId": body.customerId,
        "quantity": body.quantity,
        "status": "PENDING",
        "timestamp": tx.now_ms,
    }
    tx.put(orders, order)
    tx.publish(events, "OrderPlaced", order)
    return Created("Order created!", order_id)


@app.get("/orders/{id}", statuses={404: "There is no such order."})
def show_order(id: str, tx: ReadTx) -> Order:  # noqa: A002 - the path's word
    """Show an order."""
    found = tx.get(orders, id)
    if found is None:
        raise NotFound(f"there is no order {id}")
    return _public(found)


@app.get("/customers/{customerId}/orders")
def list_orders(
    customerId: CustomerId,  # noqa: N803 - the path's word
    tx: ReadTx,
    limit: Annotated[int, Meta(ge=1, le=100)] = 20,
    next: str | None = None,  # noqa: A002 - the clients' word
) -> Orders:
    """List a customer's orders, oldest first, a page at a time."""
    page = tx.query(orders, customerId, index="by-customer", limit=limit, after=next)
    return Orders([_public(found) for found in page.items], page.next)


@app.get("/inventory", statuses=NO_STOCK)
def show_inventory(tx: ReadTx) -> Inventory:
    """Show what is in stock."""
    return _inventory(tx.get(stock, MODEL))


@app.post("/inventory", statuses=NO_STOCK)
def add_stock(body: Restock, tx: Tx) -> Inventory:
    """Add units to the stock; back-orders are fulfilled from it."""
    return _inventory(tx.update(stock, MODEL, "SET quantity = quantity + :n", n=body.quantity))


# What ensues


@app.on_change(orders, kind="insert")
def reserve(change: Change, tx: Tx) -> None:
    """Reserve stock for a new order and have it paid, or back-order it (WI-11, WI-21)."""
    order = tx.update(
        orders,
        change.key,
        "SET reservedAt = :now",
        where="status = :pending AND attribute_not_exists(reservedAt)",
        pending="PENDING",
        now=tx.now_ms,
    )
    if order is None:
        return  # delivered again: it has been dealt with (WI-20)
    if _take_stock(order, tx):
        return
    tx.update(orders, order["id"], "SET status = :to REMOVE reservedAt", to="BACKORDERED")
    tx.put(backorders, {"model": MODEL, "id": order["id"]})
    order["status"] = "BACKORDERED"
    _tell(order, "OrderBackordered", "is on back-order: we deliver when we can", tx)


@app.on_change(stock, kind="insert", where=SOME_IN_STOCK, name="stock_replaced")
@app.on_change(stock, kind="update", where="NewImage.quantity > OldImage.quantity")
def stock_added(change: Change, tx: Tx) -> None:
    """Fulfil back-orders when there is more than before, or a new row, whoever wrote it."""
    added: Any = change.new
    tx.publish(events, "StockAdded", {"model": added["model"], "quantity": added["quantity"]})
    tx.send(fulfil, {"model": added["model"]})


@app.function
def fulfil(body: Item, tx: Tx) -> None:
    """Reserve stock for back-orders in the order in which they came, as far as it goes."""
    waiting = tx.query(backorders, body["model"], limit=FULFIL_AT_ONCE)
    for backorder in waiting.items:
        order = tx.get(orders, backorder["id"])
        if order is not None and order.get("status") == "BACKORDERED":
            if not _take_stock(order, tx):
                return
            reserved = "SET status = :to, reservedAt = :now"
            tx.update(orders, order["id"], reserved, to="PENDING", now=tx.now_ms)
        tx.delete(backorders, (body["model"], backorder["id"]))
    if waiting.next:
        tx.send(fulfil, body)


@payments.consumer(rate=PAYMENTS_RATE, retry_base=PAYMENTS_RETRY, retry_cap="2h")
async def charge(message: Message) -> None:
    """Have an order paid. Tried again for hours, until the service says yes or no (WI-12)."""
    order: Any = message.body
    service = app.address_of("payments") or "http://127.0.0.1:8081"
    answer = await app.http.post(PAYMENTS_URL or f"{service}/payments", json=order)
    if answer.is_success:
        await app.run(paid, order["id"])
    elif answer.is_client_error and answer.status_code not in {408, 425, 429}:
        await app.run(declined, order["id"], f"the payments service said {answer.status_code}")
    else:
        answer.raise_for_status()


@payments.on_dead_letter
def given_up(message: Message, tx: Tx) -> None:
    """The service could not be reached for long. The stock stays reserved for a redrive."""
    order: Any = message.body
    failed = tx.update(
        orders,
        order["id"],
        "SET status = :to",
        where="status = :at",
        to="PAYMENT_FAILED",
        at="PENDING",
    )
    if failed is not None:
        _tell(failed, "PaymentFailed", "could not be paid: the payments service did not answer", tx)


def paid(order_id: str, tx: Tx) -> None:
    """Note that an order is paid."""
    order = tx.update(
        orders,
        order_id,
        "SET status = :paid",
        where="status IN (:pending, :failed) AND attribute_exists(reservedAt)",
        paid="PAID",
        pending="PENDING",
        failed="PAYMENT_FAILED",
    )
    if order is not None:
        _tell(order, "OrderPaid", "is paid and on its way", tx)


def declined(order_id: str, reason: str, tx: Tx) -> None:
    """Note that an order will not be paid, and free its stock, even if it was given up before."""
    before = tx.get(orders, order_id)
    order = tx.update(
        orders,
        order_id,
        "SET status = :failed REMOVE reservedAt",
        where="status IN (:pending, :failed) AND attribute_exists(reservedAt)",
        failed="PAYMENT_FAILED",
        pending="PENDING",
    )
    if before is None or order is None:
        return  # paid, or declined before
    tx.update(stock, MODEL, "SET quantity = quantity + :n", n=order["quantity"])
    if before["status"] == "PENDING":
        _tell(order, "PaymentFailed", f"could not be paid: {reason}", tx)


@app.on_change(
    stock,
    kind=("insert", "update"),
    where={
        "NewImage": {"quantity": [{"numeric": ["<=", LOW_STOCK]}]},
        "$or": [
            {"eventName": ["INSERT"]},
            {"OldImage": {"quantity": [{"numeric": [">", LOW_STOCK]}]}},
        ],
    },
)
def low_stock(change: Change, tx: Tx) -> None:
    """Tell the stock team once when the stock falls to the mark, whoever took it (WI-13, WI-22)."""
    left: Any = change.new
    tx.publish(events, "LowStock", {"model": left["model"], "quantity": left["quantity"]})
    letter = {
        "subject": f"{left['productName']} is running out",
        "text": f"{left['model']} is down to {left['quantity']}. Time to reorder.",
    }
    tx.send(stock_team, letter)


def _take_stock(order: Item, tx: Tx) -> bool:
    """Take an order's units from the stock and have it paid, if there are enough."""
    quantity = order["quantity"]
    left = tx.update(
        stock, MODEL, "SET quantity = quantity - :n", where="quantity >= :n", n=quantity
    )
    if left is None:
        return False
    payment = {"id": order["id"], "customerId": order["customerId"], "quantity": quantity}
    tx.send(payments, payment)
    tx.publish(events, "StockReserved", payment)
    return True


def _tell(order: Item, event: str, what: str, tx: Tx) -> None:
    """Publish a business event and write to the customer."""
    told = {name: order[name] for name in ("id", "customerId", "quantity", "status")}
    tx.publish(events, event, told)
    letter = {
        "to": CUSTOMER_ADDRESS.format(order["customerId"]),
        "subject": f"Your order {order['id']}",
        "text": f"Your order of {order['quantity']} MacGuffins {what}.",
    }
    tx.send(customers, letter)


def _public(order: Item) -> Order:
    """An order as answers show it, whatever SQL has made of it: it must not spoil a page."""
    quantity = order.get("quantity")
    return Order(
        id=str(order.get("id") or ""),
        customerId=str(order.get("customerId") or ""),
        quantity=quantity if isinstance(quantity, int) else None,
        status=str(order.get("status") or ""),
    )


def _inventory(found: Item | None) -> Inventory:
    if found is None:
        raise NotFound(f"there is no stock of {MODEL}")
    return msgspec.convert(found, Inventory)
