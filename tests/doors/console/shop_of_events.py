"""A shop with much to watch: a bus with rules, an archive and schemas, a topic and a stream."""

from __future__ import annotations

from dataclasses import dataclass

from ensue import App, Event, InputPath, Tx

PLACED = {"detail-type": ["OrderPlaced"]}
LARGE = {"detail": {"total": [{"numeric": [">", 100]}]}}


@dataclass
class OrderPlaced:
    """An order of a customer."""

    orderId: str  # noqa: N815 - as the shop calls it
    customerId: str  # noqa: N815
    total: int


class Shop:
    """The shop.

    Attributes:
        app: the app.
        events: its bus.
        parcels: a queue that gets the orders.
        reviews: one that gets those that are large.
        news: its topic.
        clicks: its stream.
        shapes: its registry of schemas.
    """

    def __init__(self) -> None:
        self.app = app = App("shop")
        self.shapes = app.schemas("shapes", compatibility="none")
        self.shapes.declare("OrderPlaced", OrderPlaced)
        self.events = app.bus("order-events", schemas=self.shapes, validate="enforce")
        self.events.archive("orders", {"detail-type": [{"prefix": "Order"}]}, keep="365d")
        self.parcels, self.reviews = app.queue("parcels"), app.queue("reviews")
        self.events.rule("pack", PLACED, to=self.parcels, input=InputPath("$.detail"))
        self.events.rule("review", PLACED | LARGE, to=self.reviews, group="$.detail.orderId")
        self.news = app.topic("news")
        self.news.subscribe(self.reviews, filter={"kind": ["refund"]})
        self.clicks = app.stream("clicks")

        @app.on_event(self.events, {"detail-type": ["OrderPaid"]}, start="horizon")
        def count(event: Event, tx: Tx) -> None:
            tx.send(self.reviews, {"paid": event.detail})
