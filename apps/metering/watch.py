"""Watching usage: checks on demand, and each hour, day and week; what is odd is told once a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET
from msgspec.structs import asdict

from apps.metering.fraud import (
    HOURS,
    Baseline,
    Comparison,
    Severity,
    Spread,
    compare,
    learn,
    score,
    weekday,
)
from apps.metering.invoices import Period
from apps.metering.meters import (
    DAY_MS,
    HOUR_MS,
    UNKNOWN,
    Millis,
    Name,
    alerts,
    anomalies,
    app,
    baselines,
    catalogue,
    customer_of,
    customers,
    day_of,
    keyed,
    limit,
    on_call,
    start_of,
    usage,
)
from apps.metering.shapes import FRAUD, history
from apps.metering.shapes import day_of as day_of_shape
from ensue import Body, Firing, Meta, MeterEvent, ReadTx, SignedRequest, Tx

BASELINE_KEPT_S = 90 * 86_400
ANOMALY_KEPT_S = 90 * 86_400
BASELINE_DAYS = 28
SCORE_DAYS = 30
SCORE_THRESHOLD = 3.0
PAGE = 20  # customers in a transaction: others wait for its end
SIMULATED = 500

Look = Callable[[str, str, Tx], object]


# By volume


class Scored(msgspec.Struct):
    """How a window is, against the days before it (MF-18)."""

    customer_id: str
    metric: str
    period: Period
    current_value: Decimal
    baseline: Spread
    z_score: float | None
    is_anomaly: bool
    severity: Severity
    unit: str


@app.get("/v1/anomalies/check", verify=keyed, limit=limit, statuses=UNKNOWN)
def check_volume(  # noqa: PLR0913 - each is a part of the question
    *,
    customer_id: Name,
    metric: Name,
    current_start: Millis,
    current_end: Millis,
    signed: SignedRequest,
    tx: ReadTx,
    baseline_days: Annotated[int, Meta(ge=1, le=365)] = SCORE_DAYS,
    threshold: Annotated[float, Meta(ge=1, le=10)] = SCORE_THRESHOLD,
) -> Scored:
    """Compare what was used in a window, which should be a day, with the days before it."""
    own = customer_of(signed, customer_id)
    window = Period(current_start, current_end)
    return scored(own, metric, window, tx, days=baseline_days, threshold=threshold)


def scored(
    customer: str,
    metric: str,
    window: Period,
    tx: ReadTx,
    *,
    days: int = SCORE_DAYS,
    threshold: float = SCORE_THRESHOLD,
) -> Scored:
    """How a window is; days without usage count for nothing (MF-18)."""
    unit = catalogue.metric(metric).unit
    begin = max(0, window.start - days * DAY_MS)
    points = (
        tx.usage_series(usage, customer, metric, begin, window.start - 1, step="day")
        if window.start
        else []
    )
    before = [float(each.value) for each in points if each.events]
    current = tx.usage(usage, customer, metric, window.start, window.end).value
    found = score(float(current), before, threshold)
    return Scored(
        customer_id=customer,
        metric=metric,
        period=window,
        current_value=current,
        unit=unit,
        **asdict(found),
    )


# By hours


class Checked(Comparison, frozen=True, kw_only=True):
    """How a day is, against the days of the same name (MF-22)."""

    customer_id: str
    metric: str
    date: str


@app.get("/v1/fraud/check", verify=keyed, limit=limit, statuses=UNKNOWN)
def check_pattern(
    customer_id: Name, metric: Name, date: date, signed: SignedRequest, tx: ReadTx
) -> Checked:
    """Compare the hours of a day, as far as they are over, with those of its weekday."""
    own = customer_of(signed, customer_id)
    catalogue.metric(metric)
    return checked(own, metric, date, hours_of(own, metric, date, date, tx)[date], tx)


def checked(customer: str, metric: str, day: date, hours: list[float], tx: ReadTx) -> Checked:
    """How a day is, of which the hours are known."""
    kept = tx.get(baselines, (f"{customer}:{metric}", weekday(day)))
    baseline = None if kept is None else Baseline(kept["vector"], kept["avg_volume"])
    elapsed = min(HOURS, max(0, (tx.now_ms - start_of(day)) // HOUR_MS))
    found = compare(hours, baseline, elapsed)
    return Checked(**asdict(found), customer_id=customer, metric=metric, date=day.isoformat())


def hours_of(
    customer: str, metric: str, first: date, last: date, tx: ReadTx
) -> dict[date, list[float]]:
    """The usage of days by hour."""
    end = start_of(last) + DAY_MS - 1
    points = tx.usage_series(usage, customer, metric, start_of(first), end, step="hour")
    values = [float(each.value) for each in points]
    days = (last - first).days + 1
    return {first + timedelta(n): values[n * HOURS : (n + 1) * HOURS] for n in range(days)}


class BuildBaselines(Body):
    """Of what, and of how many days before today."""

    customer_id: Name
    metric: Name
    days: Annotated[int, Meta(ge=7, le=90)]


class Built(msgspec.Struct):
    """Of how many days with usage which weekdays were learnt (MF-21)."""

    customer_id: str
    metric: str
    days_processed: int
    weekdays_built: list[str]


@app.post("/v1/fraud/baselines/build", verify=keyed, limit=limit, statuses=UNKNOWN)
def build(body: BuildBaselines, signed: SignedRequest, tx: Tx) -> Built:
    """Learn how the weekdays of a customer are."""
    own = customer_of(signed, body.customer_id)
    catalogue.metric(body.metric)
    return built(own, body.metric, body.days, tx)


def built(customer: str, metric: str, days: int, tx: Tx) -> Built:
    """Learn how weekdays are, from the whole days before today."""
    today = day_of(tx.now_ms)
    found = hours_of(customer, metric, today - timedelta(days), today - timedelta(1), tx)
    used = {day: hours for day, hours in found.items() if any(hours)}
    learnt = learn(used)
    for name, baseline in learnt.items():
        tx.put(
            baselines,
            {
                "of": f"{customer}:{metric}",
                "weekday": name,
                "vector": baseline.vector,
                "avg_volume": baseline.avg_volume,
                "updated_at": tx.now_ms,
                "gone_s": tx.now_ms // 1_000 + BASELINE_KEPT_S,
            },
        )
    return Built(customer, metric, len(used), list(learnt))


# Each hour, day and week


@app.schedule("cron(5 * * * ? *)", name="watch-patterns")
async def watch_patterns(firing: Firing) -> None:
    """Compare today, as far as it is over, with its weekday."""
    del firing
    await for_all(look_at_pattern)


@app.schedule("cron(30 0 * * ? *)", name="watch-volumes")
async def watch_volumes(firing: Firing) -> None:
    """Compare yesterday with the days before it, by volume, and with its weekday."""
    del firing
    await for_all(look_at_volume)


@app.schedule("cron(0 1 ? * SUN *)", name="learn-baselines")
async def learn_baselines(firing: Firing) -> None:
    """Learn how weekdays are from the last four weeks."""
    del firing
    await for_all(lambda customer, metric, tx: built(customer, metric, BASELINE_DAYS, tx))


async def for_all(look: Look) -> None:
    """Look at each metric of each customer, a page of customers in a transaction."""
    after: str | None = None
    while True:
        page = await customers.scan(limit=PAGE, after=after)
        await app.run(look_at, [each["customer_id"] for each in page.items], look)
        after = page.next
        if after is None:
            return


def look_at(found: list[str], look: Look, tx: Tx) -> None:
    """Look at each metric of some customers."""
    for customer in found:
        for metric in catalogue.metrics:
            look(customer, metric.code, tx)


def look_at_pattern(customer: str, metric: str, tx: Tx) -> None:
    """Tell of today where it is not as its weekday."""
    today = day_of(tx.now_ms)
    hours = hours_of(customer, metric, today, today, tx)[today]
    found = checked(customer, metric, today, hours, tx)
    if found.fraud_type is not UNSET:
        severity: Severity = "warning" if found.fraud_type == "volume" else "critical"
        tell(customer, metric, today, found.fraud_type, tx, severity=severity)


def look_at_volume(customer: str, metric: str, tx: Tx) -> None:
    """Tell of yesterday where it was not as the days before it."""
    end = start_of(day_of(tx.now_ms))
    yesterday = Period(end - DAY_MS, end - 1)
    found = scored(customer, metric, yesterday, tx)
    if found.severity != "normal":
        day = day_of(yesterday.start)
        tell(customer, metric, day, "z-score", tx, severity=found.severity)


# Alerts


def tell(customer: str, metric: str, day: date, kind: str, tx: Tx, *, severity: Severity) -> None:
    """Publish an alert; of one kind, once for each day."""
    of = f"{customer}:{metric}"
    noted = {"of": of, "day": f"{day} {kind}", "kind": kind, "severity": severity}
    gone_s = tx.now_ms // 1_000 + ANOMALY_KEPT_S
    if tx.put(anomalies, {**noted, "told_at": tx.now_ms, "gone_s": gone_s}, expect=0):
        text = f"{metric} of {customer} on {day}: {kind}"
        tx.publish(
            alerts, {"text": text, "customer_id": customer}, attributes={"severity": severity}
        )


@app.function
def page_on_call(body: dict[str, str], tx: Tx) -> None:
    """Write to who is on call."""
    tx.send(on_call, {"subject": f"Critical: {body['customer_id']}", "text": body["text"]})


alerts.subscribe(page_on_call, filter={"severity": ["critical"]})


# A customer to try it with: ensue call simulate '{"customer_id": "acme", "what": "history"}'


class Simulation(Body):
    """What a simulated customer used: the 29 days before today, or today at a thief's hours."""

    customer_id: Name
    what: Literal["history", "attack"]
    seed: int = 1


@app.function
async def simulate(body: Simulation) -> dict[str, int]:
    """Record what a simulated customer used; again, it is there already (MF-26)."""
    now_ms = await app.read(lambda tx: tx.now_ms)
    today = day_of(now_ms)
    found = (
        history(body.customer_id, today, seed=body.seed)
        if body.what == "history"
        else day_of_shape(body.customer_id, today, FRAUD, seed=body.seed)
    )
    events = [
        MeterEvent(
            each["transaction_id"], body.customer_id, each["event_type"], at, each["properties"]
        )
        for each in found
        if (at := each["timestamp"]) <= now_ms
    ]
    accepted = 0
    for begin in range(0, len(events), SIMULATED):
        accepted += (await usage.record(events[begin : begin + SIMULATED])).accepted
    return {"accepted": accepted, "duplicates": len(events) - accepted}
