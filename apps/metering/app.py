"""Usage billing: events are measured once, priced to the cent, watched, and charged once.

POST /v1/events ─(key, limit)─▶ usage, a meter ─▶ sums by customer, metric and hour
                                  └─(its log)─▶ batches in the bucket meterflow-events
GET /v1/usage, /dashboard ◀──┤
anomalies, fraud ◀───────────┤ each hour, day and week ─▶ alerts ─▶ on-call
invoices ◀───────────────────┘ on the 1st of the month ─▶ billing run ─▶ Stripe ─▶ webhooks
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec

from apps.metering import billing, dashboard, watch
from apps.metering.catalogue import MetricInfo
from apps.metering.invoices import Period
from apps.metering.meters import (
    INVALID_KEY,
    LIMIT,
    REFUSED,
    UNKNOWN,
    Millis,
    Name,
    Refusal,
    admin,
    alerts,
    app,
    backups,
    catalogue,
    customer_of,
    customers,
    keyed,
    keys,
    limit,
    usage,
)
from apps.metering.pricing import Price, tidy
from apps.metering.stripe_billing import iso
from ensue import (
    Answer,
    ApiKeys,
    Body,
    Forbidden,
    LimitExceeded,
    Meta,
    MeterEvent,
    NotFound,
    NotVerified,
    ReadTx,
    SignedRequest,
    Tx,
)

__all__ = ["app", "billing", "dashboard", "watch"]

PROPERTY_LENGTH_MAX = 1_000
_ID = re.compile(r"[A-Za-z0-9_-]+")


# Errors, in the words that clients know


class TooMany(msgspec.Struct):
    """It was one request too many; later there is room."""

    error: str
    retry_after_seconds: int


@app.on_error(Forbidden)
@app.on_error(NotFound)
def refused(fault: Forbidden | NotFound) -> Answer[Refusal]:
    """Answer what is not permitted, or not there."""
    return Answer(Refusal(fault.message), status=404 if isinstance(fault, NotFound) else 403)


@app.on_error(NotVerified)
def unknown(fault: NotVerified) -> Answer[Refusal]:
    """Answer a request without a key, or with one that opens nothing (MF-4)."""
    if fault.challenge != "ApiKey":
        return Answer(Refusal(fault.message), status=401)
    header = (fault.at or "").removeprefix("headers.")
    missing = f"Missing API key. Provide {header} header."
    return Answer(Refusal(missing if fault.missing else INVALID_KEY), status=401)


@app.on_error(LimitExceeded)
def later(fault: LimitExceeded) -> Answer[TooMany]:
    """Answer a request too many (MF-12)."""
    seconds = -(-(fault.retry_after_ms or 1_000) // 1_000)
    return Answer(TooMany("Rate limit exceeded. Try again later.", seconds), status=429)


# What anybody may see


class Health(msgspec.Struct):
    """That it runs."""

    status: str = "ok"


class Metrics(msgspec.Struct):
    """What is measured."""

    metrics: tuple[MetricInfo, ...]


class Pricing(msgspec.Struct):
    """What it costs."""

    pricing: tuple[Price, ...]


@app.get("/health")
def health() -> Health:
    """Whether it runs."""
    return Health()


@app.get("/v1/metrics")
def metrics() -> Metrics:
    """List what is measured (MF-15)."""
    return Metrics(catalogue.metrics)


@app.get("/v1/pricing")
def pricing() -> Pricing:
    """List what it costs (MF-29)."""
    return Pricing(catalogue.pricing)


@app.get("/v1/pricing/{metric_code}", statuses={404: Refusal})
def price_of(metric_code: str) -> Price:
    """Show what a metric costs."""
    return catalogue.price(metric_code)


# Keys


class NewKey(Body):
    """Whose key, and what for."""

    customer_id: Name
    name: Name
    rate_limit: Annotated[int, Meta(ge=1, le=10_000)] = LIMIT


class MadeKey(msgspec.Struct):
    """A key: it is shown once, for only its hash is kept."""

    api_key: str
    customer_id: str
    name: str
    rate_limit: int


class OldKey(Body):
    """A key that shall open nothing any more."""

    api_key: Name


class Revoked(msgspec.Struct):
    """Whether there was such a key."""

    revoked: bool


@app.post("/v1/admin/keys", verify=admin, private=True)
def new_key(body: NewKey, tx: Tx) -> MadeKey:
    """Make a key (MF-3)."""
    key = tx.new_key("mf_")
    fresh = "attribute_not_exists(customer_id)"
    tx.put(customers, {"customer_id": body.customer_id}, where=fresh)
    tx.put(
        keys,
        {**msgspec.to_builtins(body), "hash": ApiKeys.hash(key), "created_at": tx.now_ms},
    )
    return MadeKey(key, body.customer_id, body.name, body.rate_limit)


@app.post("/v1/admin/keys/revoke", verify=admin, private=True)
def revoke(body: OldKey, tx: Tx) -> Revoked:
    """Revoke a key, at once; who had it stays known (MF-3)."""
    where = "attribute_not_exists(revoked_ms)"
    key = ApiKeys.hash(body.api_key)
    found = tx.update(keys, key, "SET revoked_ms = :now", where=where, now=tx.now_ms)
    return Revoked(found is not None)


class AtStripe(Body):
    """What Stripe calls a customer."""

    stripe_id: Name


app.put("/v1/admin/customers/{customer_id}", verify=admin).put(
    customers, {"customer_id": "{path.customer_id}", "stripe_id": "{body.stripe_id}"}, body=AtStripe
)


# Events


class UsageEvent(msgspec.Struct):
    """Something that a customer used (MF-6)."""

    transaction_id: Name
    customer_id: Name
    event_type: Annotated[str, Meta(min_length=1, max_length=100)]
    timestamp: Millis
    properties: dict[str, str | int | float | bool]

    def fault(self, now_ms: int) -> str | None:
        """What is wrong with it; the first of all that is (MF-7)."""
        if self.timestamp > now_ms + usage.model.future_ms:
            return "Timestamp is in the future"
        if self.timestamp < now_ms - usage.model.past_ms:
            return "Timestamp is older than 30 days"
        for name in ("transaction_id", "customer_id"):
            if not _ID.fullmatch(getattr(self, name)):
                return f"Invalid {name} format"
        for name, value in self.properties.items():
            if isinstance(value, str) and len(value) > PROPERTY_LENGTH_MAX:
                return f'Property "{name}" value exceeds {PROPERTY_LENGTH_MAX} characters'
        return None


class Batch(msgspec.Struct):
    """Events of one customer."""

    events: Annotated[list[UsageEvent], Meta(min_length=1, max_length=1_000)]


class FailedEvent(msgspec.Struct):
    """An event that was not taken, and why."""

    transaction_id: str
    reason: str


class Ingested(msgspec.Struct):
    """What became of a batch (MF-8)."""

    accepted: int
    duplicates: int
    failed: list[FailedEvent]


@app.post("/v1/events", verify=keyed, limit=limit, statuses=REFUSED)
def ingest(body: Batch, signed: SignedRequest, tx: Tx) -> Ingested:
    """Take a batch: what is right and new is recorded, in one transaction (MF-35 to MF-38)."""
    own = signed.claims["customer_id"]
    if any(each.customer_id != own for each in body.events):
        said = f"API key is scoped to customer {own}. Batch contains events for other customers."
        raise Forbidden(said)
    failed: list[FailedEvent] = []
    events: list[MeterEvent] = []
    for each in body.events:
        fault = each.fault(tx.now_ms)
        if fault is not None:
            failed.append(FailedEvent(each.transaction_id, fault))
            continue
        events.append(
            MeterEvent(each.transaction_id, own, each.event_type, each.timestamp, each.properties)
        )
    found = tx.record(usage, events)
    failed += [FailedEvent(each.id, each.reason) for each in found.refused]
    return Ingested(found.accepted, found.duplicates, failed)


class Correction(Body):
    """What an event says from now on; without properties it never was."""

    customer_id: Name
    transaction_id: Name
    reason: Name
    properties: dict[str, str | int | float | bool] | None = None


class Corrected(msgspec.Struct):
    """Whether that changed it."""

    corrected: bool


@app.post("/v1/admin/corrections", verify=admin, statuses={404: Refusal})
def correct(body: Correction, tx: Tx) -> Corrected:
    """Correct an event: it stays in the log, and what was charged is settled by the next bill."""
    return Corrected(
        tx.correct(
            usage,
            body.customer_id,
            body.transaction_id,
            properties=body.properties,
            reason=body.reason,
        )
    )


# Usage


class UsageFound(msgspec.Struct, omit_defaults=True):
    """What a customer used of something (MF-16)."""

    customer_id: str
    metric: str
    period: Period
    value: Decimal
    unit: str
    breakdown: dict[str, Decimal] | None = None


@app.get("/v1/usage", verify=keyed, limit=limit, statuses=UNKNOWN)
def usage_of(
    *,
    customer_id: Name,
    metric: Name,
    start: Millis,
    end: Millis,
    signed: SignedRequest,
    tx: ReadTx,
    group_by: Name | None = None,
) -> UsageFound:
    """Show what a customer used, from ``start`` to ``end``, both within it; by groups too."""
    own, unit = customer_of(signed, customer_id), catalogue.metric(metric).unit
    found = tx.usage(usage, own, metric, start, end, group_by=group_by)
    groups = found.groups
    return UsageFound(
        own,
        metric,
        Period(start, end),
        tidy(found.value),
        unit,
        None if groups is None else {name: tidy(value) for name, value in groups.items()},
    )


# Backups


def keep(records: list[dict[str, Any]], tx: Tx) -> None:
    """Keep a batch of what was recorded as an object, once (MF-11, MF-37)."""
    at = datetime.fromtimestamp(tx.now_ms // 1_000, UTC)
    key = f"events/{at:%Y/%m/%d}/batch_{tx.now_ms}_{tx.new_key()[:6]}.json"
    body = {"backed_up_at": iso(tx.now_ms), "event_count": len(records), "events": records}
    tx.put_object(backups, key, msgspec.json.encode(body), content_type="application/json")


app.pipe("backup", source=usage, to=alerts, enrich=keep, batch=1_000, window="10s", start="horizon")
