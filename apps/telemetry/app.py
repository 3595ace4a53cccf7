"""Telemetry: a queue takes what devices post, without code; a processor works in batches.

POST /telemetry ─▶ ingestion queue ─(batches)─▶ process ─▶ usage, minutes
                        └(fails three times)─▶ ingestion-dlq ─(redrive)─▶ ingestion
GET /figures ◀─ arrival rate, throughput, depth        GET /costs ◀─ figures, plans, prices
"""

from __future__ import annotations

import math
import os
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec

from ensue import App, Body, Conflict, InvalidValue, Item, Message, Meta, NotFound, ReadTx, Tx

BATCH = 500
MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS
MONTH_S = 730 * 3_600
FIGURES_MINUTES = 5
POST = "curl -s {url}/telemetry -H 'content-type: application/json' -d "
TRY = (
    POST + """'{{"kind": "click", "device": "phone-1", "name": "buy"}}'""",
    "curl -s {url}/figures",
    "curl -s {url}/costs",
)


@dataclass(frozen=True)
class Prices:
    """What compute costs, in one currency. The defaults are examples, not anybody's price list.

    Attributes:
        requests: a million invocations.
        gb_second: a GB of memory for a second, paid by the invocation.
        vcpu_hour: a vCPU for an hour, paid whether it works or not.
    """

    requests: float = float(os.environ.get("PRICE_MILLION_REQUESTS", "0.2"))
    gb_second: float = float(os.environ.get("PRICE_GB_SECOND", "0.0000167"))
    vcpu_hour: float = float(os.environ.get("PRICE_VCPU_HOUR", "0.06"))


app = App("telemetry")
prices = Prices()
ingestion = app.queue("ingestion", max_receives=3, depth_max=1_000_000)
usage = app.table("usage", key=("day", "what"))
minutes = app.table("minutes", key="minute", ttl="gone_s")
plans = app.table(
    "plans",
    key="name",
    seed=[
        {"name": "processor", "memoryGb": 2.0, "vcpus": 1, "perVcpuPerS": 500.0, "batchMs": 200.0}
    ],
)

Text = Annotated[str, Meta(min_length=1, max_length=128)]
Positive = Annotated[float, Meta(ge=0.001, le=1_000_000)]


class Telemetry(Body):
    """What a device says. Only its shape is looked at: ingestion stays thin."""

    kind: Literal["click", "screen_view", "event", "metric"]
    device: Text
    name: Text
    amount: float | None = None
    properties: dict[str, Any] = msgspec.field(default_factory=dict)


app.post("/telemetry").send(ingestion, "{body}", body=Telemetry)


@ingestion.consumer(batches=True, batch=BATCH)
def process(messages: list[Message], tx: Tx) -> None:
    """Count what a batch says, by day and by minute: one transaction for all of it."""
    arrived = Counter(each.sent_ms // MINUTE_MS for each in messages)
    for minute, count in arrived.items():
        add_to_minute(tx, minute, "arrived", count)
    add_to_minute(tx, tx.now_ms // MINUTE_MS, "processed", len(messages))
    add_to_minute(tx, tx.now_ms // MINUTE_MS, "batches", 1)
    for (day, what), amounts in said_by(messages).items():
        old = tx.get(usage, (day, what)) or Item({"count": 0, "sum": 0.0})
        counts = {"count": old["count"] + len(amounts), "sum": old["sum"] + math.fsum(amounts)}
        tx.put(usage, {"day": day, "what": what, **counts})


def said_by(messages: list[Message]) -> dict[tuple[str, str], list[float]]:
    """The amounts of a batch by day and by what they are of; a metric has to have one.

    Raises:
        ValueError: a metric has no amount.
    """
    found: dict[tuple[str, str], list[float]] = {}
    for message in messages:
        said = message.body
        if said["kind"] == "metric" and said["amount"] is None:
            raise ValueError(f"expected a metric to have an amount, got {said}")
        day = datetime.fromtimestamp(message.sent_ms / 1_000, UTC).date().isoformat()
        key = (day, f"{said['kind']}/{said['name']}")
        found.setdefault(key, []).append(said["amount"] or 0.0)
    return found


def add_to_minute(tx: Tx, minute: int, what: str, count: int) -> None:
    """Count something in a minute; minutes are kept for a day."""
    old = tx.get(minutes, minute)
    if old is None:
        kept = {"minute": minute, "gone_s": (minute * MINUTE_MS + 2 * DAY_MS) // 1_000}
        old = Item({**kept, "arrived": 0, "processed": 0, "batches": 0})
    tx.put(minutes, {**old, what: old[what] + count})


@app.get("/usage/{day}")
def usage_of(day: str, tx: ReadTx) -> dict[str, Any]:
    """What was used on a day, such as 2026-11-21: counts, and sums of amounts."""
    return {"items": tx.query(usage, day, limit=1_000).items}


class Figures(msgspec.Struct):
    """What decides how to run the processor.

    Attributes:
        arrivalPerS: how much arrived a second, in the whole minutes that are looked at.
        processedPerS: how much was processed a second.
        perBatch: how many a batch had.
        waiting: how many wait now.
        deadLetters: how many could not be processed.
        oldestMs: for how long the oldest that waits has waited.
    """

    arrivalPerS: float  # noqa: N815 - JSON's usage
    processedPerS: float  # noqa: N815
    perBatch: float  # noqa: N815
    waiting: int
    deadLetters: int  # noqa: N815
    oldestMs: int  # noqa: N815


@app.get("/figures")
async def figures() -> Figures:
    """Arrival rate, throughput and depth, over the last five whole minutes."""
    depth = await ingestion.depth()
    dead = await ingestion.dead_letters.depth() if ingestion.dead_letters else {"waiting": 0}
    found = await app.read(recent)
    seconds = FIGURES_MINUTES * 60
    return Figures(
        arrivalPerS=found["arrived"] / seconds,
        processedPerS=found["processed"] / seconds,
        perBatch=found["processed"] / max(found["batches"], 1),
        waiting=int(str(depth["waiting"])),
        deadLetters=int(str(dead["waiting"])),
        oldestMs=int(str(depth["oldest_age_ms"] or 0)),
    )


def recent(tx: ReadTx) -> Counter[str]:
    """What the last whole minutes counted."""
    now = tx.now_ms // MINUTE_MS
    found: Counter[str] = Counter()
    for minute in range(now - FIGURES_MINUTES, now):
        counted = tx.get(minutes, minute)
        if counted:
            names = ("arrived", "processed", "batches")
            found.update({name: counted[name] for name in names})
    return found


class Plan(Body):
    """How the processor is to run.

    Attributes:
        memoryGb: its memory.
        vcpus: its vCPUs.
        perVcpuPerS: how much one vCPU processes a second.
        batchMs: how long a batch takes.
        gbPerVcpu: memory to vCPU of the capacity that it is attached to; none: paid by request.
    """

    memoryGb: Positive  # noqa: N815
    vcpus: Annotated[int, Meta(ge=1, le=1_024)]
    perVcpuPerS: Positive  # noqa: N815
    batchMs: Positive  # noqa: N815
    gbPerVcpu: Literal[2, 4, 8] | None = None  # noqa: N815


@app.put("/plans/{name}", statuses={409: "It is attached to capacity for good."})
def plan(name: Text, body: Plan, tx: Tx) -> Item:
    """Store a plan, unless its memory is below the ratio, or it would leave its capacity."""
    least = (body.gbPerVcpu or 0) * body.vcpus
    if body.memoryGb < least:
        raise InvalidValue(
            f"expected at least {least} GB for {body.vcpus} vCPU, got {body.memoryGb:g}",
            at="$.memoryGb",
            hint="Give it more memory, or choose capacity with less memory to the vCPU.",
        )
    old = tx.get(plans, name)
    if old and old.get("gbPerVcpu") and body.gbPerVcpu is None:
        raise Conflict(
            f"{name} is attached to capacity, and that is one-way",
            hint="Make a plan with another name.",
        )
    stored = Item({"name": name, **msgspec.to_builtins(body)})
    tx.put(plans, stored)
    return stored


class Cost(msgspec.Struct):
    """What a month of the traffic costs.

    Attributes:
        arrivalPerS: the traffic.
        byRequest: when each batch is paid for.
        byCapacity: when vCPUs are paid for, whether they work or not.
        vcpus: how many the traffic needs.
        cheaper: which of the two.
    """

    arrivalPerS: float  # noqa: N815
    byRequest: float  # noqa: N815
    byCapacity: float  # noqa: N815
    vcpus: int
    cheaper: Literal["byRequest", "byCapacity"]


@app.get("/costs", statuses={404: "There is no such plan."})
async def costs(
    name: str = "processor", arrival: Annotated[float, Meta(ge=0, le=1_000_000_000)] | None = None
) -> Cost:
    """What a month of the measured traffic, or of `arrival` a second, would cost either way."""
    found = await plans.get(name)
    if found is None:
        raise NotFound(f"there is no plan {name}")
    measured = await figures()
    rate = measured.arrivalPerS if arrival is None else arrival
    return cost_of(found, rate, max(measured.perBatch, 1.0), prices)


def cost_of(plan: Item, per_s: float, per_batch: float, paid: Prices) -> Cost:
    """What a month of traffic costs under a plan.

    Args:
        plan: the plan.
        per_s: how much arrives a second.
        per_batch: how many a batch has.
        paid: the prices.
    """
    batches = per_s * MONTH_S / per_batch
    gb_seconds = batches * plan["batchMs"] / 1_000 * plan["memoryGb"]
    by_request = batches / 1_000_000 * paid.requests + gb_seconds * paid.gb_second
    needed = max(1, math.ceil(per_s / (plan["perVcpuPerS"] * plan["vcpus"])))
    by_capacity = needed * plan["vcpus"] * MONTH_S / 3_600 * paid.vcpu_hour
    return Cost(
        arrivalPerS=per_s,
        byRequest=round(by_request, 2),
        byCapacity=round(by_capacity, 2),
        vcpus=needed * plan["vcpus"],
        cheaper="byRequest" if by_request <= by_capacity else "byCapacity",
    )
