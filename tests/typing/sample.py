"""What a type checker knows of typed resources and handlers; `test_sample` runs one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, assert_type

from ensue import App, Change, Event, Item, Message, Page, Queue, Stream, StreamRecord, Tx


@dataclass
class Payment:
    order: str
    cents: int


app = App("sample")
payments = app.queue("payments", of=Payment)
orders = app.table("orders", key="order", of=Payment)
things = app.table("things", key="id")
events = app.bus("events")
clicks = app.stream("clicks", of=Payment)
anything = app.stream("anything")
assert_type(payments, Queue[Payment])
assert_type(clicks, Stream[Payment])


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


@app.on_record(clicks)
def clicked(record: StreamRecord[Payment], tx: Tx) -> None:
    assert_type(record.data, Payment)
    tx.append(clicks, record.data, key=record.data.order)
    tx.append(clicks, "o1")  # type: ignore[misc] # no Payment
    tx.append(anything, {"order": "o1"})


@app.on_change(orders)
def changed(change: Change[Payment], tx: Tx) -> None:
    assert_type(change.old, Payment | Any)
    assert_type(change.new, Payment | Any)
    assert_type(tx.count(orders), int)


@app.on_change(things)
def changed_anyhow(change: Change, tx: Tx) -> None:
    assert_type(change.new, Item | Any)
    del tx


async def later() -> None:
    await payments.send(Payment("o1", 5))
    await payments.send("o1")  # type: ignore[arg-type] # no Payment
    await app.queue("any").send("o1")
    await clicks.append(Payment("o1", 5))
    await clicks.append("o1")  # type: ignore[arg-type] # no Payment
    await clicks.append_batch([(Payment("o1", 5), "key")])
