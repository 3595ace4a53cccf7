"""What usage billing declares: the meter and what it measures, keys, tables, topics, mail."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

from msgspec import Struct

from apps.metering.catalogue import Catalogue
from apps.metering.invoices import Booked, Period
from ensue import ApiKeys, App, Forbidden, Meta, RateLimit, Secret, SignedRequest, SlidingWindow

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
LIMIT = 100
COOKIE = "metering_key"
INVALID_KEY = "Invalid API key."

here = Path(__file__).parent
catalogue = Catalogue.load(os.environ.get("METERING_CATALOGUE") or here / "catalogue.json")

app = App("metering")
usage = app.meter(
    "usage",
    metrics=[each.as_metric() for each in catalogue.metrics],
    past="30d",
    future="5m",
)
backups = app.bucket("meterflow-events")
keys = app.table("keys", key="hash", indexes={"by-customer": ("customer_id", "created_at")})
customers = app.table("customers", key="customer_id")
baselines = app.table("baselines", key=("of", "weekday"), ttl="gone_s")
anomalies = app.table("anomalies", key=("of", "day"), ttl="gone_s")
invoices = app.table(
    "invoices", key="invoice_id", indexes={"by-customer": ("customer_id", "start")}, of=Booked
)
alerts = app.topic("alerts")
on_call = app.mail("on-call", to=os.environ.get("ON_CALL", "on-call@billing.invalid"))
billing_team = app.mail(
    "billing-team", to=os.environ.get("BILLING_TEAM", "billing@billing.invalid")
)

keyed = ApiKeys(keys)
page_keyed = ApiKeys(keys, cookie=COOKIE, scheme="page-key")
admin = ApiKeys(
    Secret.env("METERING_ADMIN_KEY", demo="demo-admin-key"),
    header="X-Admin-Key",
    scheme="admin-key",
)

# Of a customer, not of a key: who has ten keys may not ask ten times as often (MF-12).
limit = RateLimit(
    SlidingWindow(f"{LIMIT}/60s"), by="claims.customer_id", amount="claims.rate_limit"
)

Name = Annotated[str, Meta(min_length=1, max_length=255)]
Millis = Annotated[int, Meta(ge=0, le=(1 << 53) - 1)]


class Refusal(Struct):
    """What is not given, and why."""

    error: str


REFUSED: dict[int, str | type] = {403: Refusal}
UNKNOWN: dict[int, str | type] = {403: Refusal, 404: Refusal}


def customer_of(signed: SignedRequest, asked: str) -> str:
    """The customer of a request.

    Raises:
        Forbidden: it asks for another one than its key is for (MF-4).
    """
    own: str = signed.claims["customer_id"]
    if asked != own:
        raise Forbidden(f"API key is scoped to customer {own}. Cannot access customer {asked}.")
    return own


# Time, as the calendar of UTC has it


def day_of(at_ms: int) -> date:
    """The day of a moment."""
    return datetime.fromtimestamp(at_ms // 1_000, UTC).date()


def start_of(day: date) -> int:
    """The first ms of a day."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000


def month_before(at_ms: int) -> Period:
    """The whole month before that of a moment."""
    first = day_of(at_ms).replace(day=1)
    before = (first - timedelta(days=1)).replace(day=1)
    return Period(start_of(before), start_of(first) - 1)
