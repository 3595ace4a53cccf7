"""A car workshop that never loses an event: a repair and what is to be told of it commit as one.

POST /repairs/{id}/complete ─▶ workshop (REPAIR# row and OUTBOX# row, one transaction)
                                  └─(INSERT, entityType OUTBOX)─▶ pipe outbox ─▶ events
events ─(RepairCompleted)─▶ invoice ─▶ invoices, letter to the customer
                         └▶ notify  ─▶ letter to the section that hands the car back
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec

from ensue import App, Body, Conflict, Event, InputTransformer, Item, Meta, NotFound, ReadTx, Tx

SOURCE = "carworkshop.outbox"
OUTBOX_FOR_S = 86_400
HANDLED_FOR_S = 30 * 86_400
COMPLETED = "COMPLETED"
HANDOVER = os.environ.get("HANDOVER_ADDRESS", "handover@workshop.invalid")
OPEN = "curl -s {url}/repairs -H 'content-type: application/json' -d "
TRY = (
    OPEN + """'{{"repairId": "R-123", "customer": "ada@customers.invalid", "amount": 420}}'""",
    "curl -s -X POST {url}/repairs/R-123/complete",
    "ensue tail events --count 1",
    "ensue why R-123",
)

app = App("workshop")
workshop = app.table("workshop", key=("pk", "sk"), ttl="expiresAt")
invoices = app.table("invoices", key="repairId")
handled = app.table("handled", key=("consumer", "eventId"), ttl="expiresAt")
events = app.bus("events", source=SOURCE)
customers = app.mail("customers")
handover = app.mail("handover", to=HANDOVER)

RepairId = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$(?!\n)")]
NO_REPAIR = {404: "There is no such repair."}
COMPLETIONS: Any = {
    "source": [SOURCE],
    "detail-type": ["OutboxEvent"],
    "detail": {"eventType": ["RepairCompleted"]},
}

# What is told to others: the rows of the outbox, when they come, and nothing else (OB-3, OB-8).
app.pipe(
    "outbox",
    source=workshop,
    filter={"eventName": ["INSERT"], "NewImage": {"entityType": ["OUTBOX"]}},
    input=InputTransformer(
        {
            "eventId": "$.NewImage.eventId",
            "eventType": "$.NewImage.eventType",
            "repairId": "$.NewImage.repairId",
            "occurredAt": "$.NewImage.occurredAt",
        },
        {
            "detail-type": "OutboxEvent",
            "source": SOURCE,
            "detail": {
                "eventId": "<eventId>",
                "eventType": "<eventType>",
                "repairId": "<repairId>",
                "occurredAt": "<occurredAt>",
                "source": SOURCE,
            },
        },
    ),
    to=events,
)


class NewRepair(Body):
    """A car that comes in."""

    repairId: RepairId  # noqa: N815 - the clients' word
    customer: Annotated[str, Meta(min_length=3, max_length=254)]
    amount: Annotated[int, Meta(ge=0, le=1_000_000)]


class Repair(msgspec.Struct, omit_defaults=True):
    """A repair; its status is OPEN or COMPLETED."""

    repairId: str  # noqa: N815 - the clients' word
    status: str
    completeAt: str | None = None  # noqa: N815 - the clients' word


# What the workshop does


@app.post("/repairs", status=201, statuses={409: "There is such a repair."})
def open_repair(body: NewRepair, tx: Tx) -> Repair:
    """Take a car in."""
    row = {
        "pk": f"REPAIR#{body.repairId}",
        "sk": "META",
        "status": "OPEN",
        "repairId": body.repairId,
        "customer": body.customer,
        "amount": body.amount,
    }
    if not tx.put(workshop, row, where="attribute_not_exists(pk)"):
        raise Conflict(f"there is a repair {body.repairId} already")
    return Repair(body.repairId, "OPEN")


@app.get("/repairs/{repairId}", statuses=NO_REPAIR)
def show_repair(repairId: RepairId, tx: ReadTx) -> Repair:  # noqa: N803 - the path's word
    """Show a repair."""
    return _shown(_found(repairId, tx))


@app.post("/repairs/{repairId}/complete", statuses=NO_REPAIR)
def complete_repair(repairId: RepairId, tx: Tx) -> Repair:  # noqa: N803 - the path's word
    """Complete a repair; again, it is completed already, and nobody is told a second time."""
    return complete(repairId, tx)


@app.get("/invoices/{repairId}", statuses={404: "There is no such invoice."})
def show_invoice(repairId: RepairId, tx: ReadTx) -> Item:  # noqa: N803 - the path's word
    """Show a repair's invoice."""
    found = tx.get(invoices, repairId)
    if found is None:
        raise NotFound(f"there is no invoice of repair {repairId}")
    return found


def complete(repair_id: str, tx: Tx) -> Repair:
    """Set the status and put what is to be told into the outbox: both, or none (OB-2)."""
    before = _found(repair_id, tx)
    now = datetime.fromtimestamp(tx.now_ms // 1_000, UTC)
    occurred_at = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    row = tx.update(
        workshop,
        (before.pk, before.sk),
        "SET status = :done, completeAt = :now",
        where="attribute_exists(pk) AND (attribute_not_exists(status) OR status <> :done)",
        done=COMPLETED,
        now=occurred_at,
    )
    if row is None:
        return _shown(before)  # completed before: a retry has succeeded (OB-6)
    event_id = tx.new_id()
    outbox_row = {
        "pk": f"OUTBOX#{event_id}",
        "sk": row.pk,
        "entityType": "OUTBOX",
        "eventType": "RepairCompleted",
        "occurredAt": occurred_at,
        "eventId": event_id,
        "repairId": repair_id,
        "expiresAt": tx.now_ms // 1_000 + OUTBOX_FOR_S,
    }
    if not tx.put(workshop, outbox_row, where="attribute_not_exists(pk)"):
        raise Conflict(f"there is an event {event_id} already")
    return _shown(row)


# What ensues


@app.on_event(events, COMPLETIONS)
def invoice(event: Event, tx: Tx) -> None:
    """Write the invoice, once for each event, and send it to the customer."""
    repair = _to_handle("invoice", event, tx)
    if repair is None:
        return
    written = {
        "repairId": repair.repairId,
        "amount": repair.amount,
        "eventId": event.detail.eventId,
    }
    tx.put(invoices, written)
    letter = {
        "to": repair.customer,
        "subject": f"Invoice for repair {repair.repairId}",
        "text": f"Your car is ready. Please pay {repair.amount}.",
    }
    tx.send(customers, letter)


@app.on_event(events, COMPLETIONS)
def notify(event: Event, tx: Tx) -> None:
    """Tell the section that hands the car back, once for each event."""
    repair = _to_handle("notify", event, tx)
    if repair is None:
        return
    subject = f"Repair {repair.repairId} is completed"
    tx.send(handover, {"subject": subject, "text": f"Since {event.detail.occurredAt}."})


def _to_handle(consumer: str, event: Event, tx: Tx) -> Item | None:
    """The repair of an event that this consumer has not handled yet; noted in its transaction."""
    mark = {
        "consumer": consumer,
        "eventId": event.detail.eventId,
        "expiresAt": tx.now_ms // 1_000 + HANDLED_FOR_S,
    }
    if not tx.put(handled, mark, where="attribute_not_exists(eventId)"):
        return None
    return _found(event.detail.repairId, tx)


def _found(repair_id: str, tx: ReadTx) -> Item:
    found = tx.get(workshop, (f"REPAIR#{repair_id}", "META"))
    if found is None:
        raise NotFound(f"there is no repair {repair_id}")
    return found


def _shown(row: Item) -> Repair:
    return Repair(row.repairId, row.get("status", "OPEN"), row.get("completeAt"))
