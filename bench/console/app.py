"""An app with one of everything that the console has a page for, to be filled with much of it."""

from __future__ import annotations

from ensue import App, Change, Firing, Message, Tx

app = App("large")
orders = app.table("orders", key=("customer", "id"), indexes={"by-status": ("status", "id")})
jobs = app.queue("jobs")
charges = app.queue("charges", max_receives=1)
events = app.bus("events")
clicks = app.stream("clicks", shards=4)

events.rule("large", {"detail": {"quantity": [{"numeric": [">", 999]}]}}, to=jobs)

CAUSES = (
    "the card was declined",
    "the bank did not answer within 30 s",
    "the amount is not a number",
    "the customer is not known",
    "the currency is not taken",
    "the account is closed",
    "the limit of the day is reached",
)


@charges.consumer()
def charge(message: Message, tx: Tx) -> None:
    """Fail, for one of seven causes."""
    del tx
    raise ValueError(CAUSES[message.body["number"] % len(CAUSES)])


@app.on_change(orders, kind="remove")
def forget(change: Change, tx: Tx) -> None:
    """Tell of orders that are gone."""
    tx.publish(events, "OrderForgotten", {"id": change.key[-1]})


@app.schedule("rate(1 hour)")
def hourly(firing: Firing, tx: Tx) -> None:
    """Send a job every hour."""
    tx.send(jobs, firing.due)
