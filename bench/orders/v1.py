"""Version 1 of the order system: everything in the request (WI-3, WI-4), to compare with."""

from __future__ import annotations

import os
from typing import Annotated

from ensue import Answer, App, Body, Meta, Tx

PAYMENTS_URL = os.environ.get("PAYMENTS_URL", "http://127.0.0.1:8081/payments")

app = App("legacy")
orders = app.table("orders", key="id")
stock = app.table("stock", key="model", seed=[{"model": "LX", "quantity": 1_000_000}])


class NewOrder(Body):
    """What a customer orders."""

    customerId: Annotated[str, Meta(min_length=1, max_length=64)]  # noqa: N815
    quantity: Annotated[int, Meta(ge=1, le=1000)]


def _store(order: NewOrder, tx: Tx) -> None:
    tx.put(orders, {"id": tx.new_id(), "customerId": order.customerId, "quantity": order.quantity})


def _take(order: NewOrder, tx: Tx) -> None:
    tx.update(stock, "LX", "SET quantity = quantity - :n", n=order.quantity)


@app.post("/orders")
async def place_order(body: NewOrder) -> Answer:
    """Store the order, take the stock, have it paid; give up when the payment fails."""
    await app.run(_store, body)
    await app.run(_take, body)
    payment = {"customerId": body.customerId, "quantity": body.quantity}
    answer = await app.http.post(PAYMENTS_URL, json=payment)
    if not answer.is_success:
        return Answer({"message": "An error has occurred!"}, status=answer.status_code)
    return Answer({"message": "Order created!"})
