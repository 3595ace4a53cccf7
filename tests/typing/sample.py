"""What a type checker knows of typed resources and handlers; `test_sample` runs one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_type

from ensue import App, Change, Event, Item, Message, Page, Queue, Tx


@dataclass
class Payment:
    order: str
    cents: int


app = App("sample")
payments = app.queue("payments", of=Payment)
orders = app.table("orders", key="order", of=Payment)
things = app.table("things", key="id")
events = app.bus("events")
assert_type(payments, Queue[Payment])


@payments.consumer()
def charge(message: Message[Payment], tx: Tx) -> None:
    assert_type(message.body, Payment)
    tx.send(payments, Payment(message.body.order, message.body.cents))
    tx.send(payments, {"order": "o1"})  # type: ignore[misc] # no Payment


@app.get("/orders/{order}")
def show(order: str, tx: Tx) -> Payment | None:
    tx.put(orders, Payment(order, 1))
    assert_type(tx.query(orders, order), Page[Payment])
    assert_type(tx.get(things, order), Item | None)
    assert_type(tx.get(orders, order), Payment | None)
    return tx.get(orders, order)


@app.on_event(events, {"detail-type": ["Paid"]})
def paid(event: Event[Payment], tx: Tx) -> None:
    assert_type(event.detail.cents, int)
    del tx


@app.on_change(orders, kind="insert")
def follow(change: Change, tx: Tx) -> None:
    tx.send(payments, Payment(change.new.order, change.new["cents"] + change.new.cents))


@app.on_event(events, {"detail-type": ["Noted"]})
def noted(event: Event, tx: Tx) -> None:
    tx.put(things, {"id": event.id, "twice": event.detail.cents * 2})


@app.queue("untyped").consumer()
def handle(message: Message, tx: Tx) -> None:
    tx.put(things, {"id": message.id, "twice": message.body["cents"] * 2})


async def later() -> None:
    await payments.send(Payment("o1", 5))
    await payments.send("o1")  # type: ignore[arg-type] # no Payment
    await app.queue("any").send("o1")
