"""The app whose stores are kept: every kind of the first release, in words that stay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ensue import App, InvalidInput


@dataclass
class Shop:
    """The app and its resources."""

    app: App
    orders: Any
    stock: Any
    events: Any
    jobs: Any
    actions: Any
    mail: Any
    seen: list[Any]


def make_app() -> Shop:
    """Declare it."""
    app = App("shop")
    shop = Shop(
        app,
        orders=app.table("orders", key=("customer", "id"), indexes={"by-quantity": "quantity"}),
        stock=app.table("stock", key="model", seed=[{"model": "LX", "quantity": 500}]),
        events=app.bus("events"),
        jobs=app.queue("jobs", max_receives=1),
        actions=app.queue("actions"),
        mail=app.mail("letters"),
        seen=[],
    )

    @app.on_change(shop.orders)
    def follow(change, tx):
        if change.key[1] == "fails":
            raise InvalidInput("says the handler")
        tx.send(shop.jobs, {"number": change.key[1], "kind": change.kind})

    @shop.jobs.consumer()
    def take(message, tx):
        if message.body["number"] == "poison":
            raise InvalidInput("says the handler")
        shop.seen.append(message.body)
        tx.publish(shop.events, "Taken", {"number": message.body["number"]})

    @app.on_event(shop.events, {"detail-type": ["Taken"], "detail": {"number": ["o1"]}})
    def first(event, tx):
        tx.update(shop.stock, "LX", "SET quantity = quantity - :n", n=1)

    return shop
