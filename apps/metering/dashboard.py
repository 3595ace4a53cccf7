"""The dashboard: a month of days and what was odd of them, and today by hour."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated
from urllib.parse import parse_qsl

import msgspec
from msgspec import UNSET, UnsetType

from apps.metering.fraud import HOURS, FraudType
from apps.metering.meters import (
    COOKIE,
    HOUR_MS,
    INVALID_KEY,
    UNKNOWN,
    Name,
    Refusal,
    app,
    catalogue,
    customer_of,
    day_of,
    keyed,
    limit,
    page_keyed,
    start_of,
)
from apps.metering.watch import Checked, checked, hours_of
from ensue import (
    Answer,
    HtmlAnswer,
    Meta,
    ReadTx,
    SetCookie,
    SignedRequest,
    charts,
)

DAYS = 30
_KEY = re.compile(r"[A-Za-z0-9_]{1,255}")

Days = Annotated[int, Meta(ge=1, le=90)]


class DayShown(msgspec.Struct):
    """A day, and what was odd about it."""

    date: str
    total: float
    is_anomaly: bool
    anomaly_type: FraudType | UnsetType = UNSET


class Shown(msgspec.Struct):
    """What the dashboard shows (MF-25)."""

    customer_id: str
    metric: str
    usage_history: list[DayShown]
    current_pattern: list[float]
    baseline_pattern: list[float]
    latest_check: Checked


@app.get("/v1/dashboard/data", verify=keyed, limit=limit, statuses=UNKNOWN)
def data(
    customer_id: Name, metric: Name, signed: SignedRequest, tx: ReadTx, days: Days = DAYS
) -> Shown:
    """Show what the dashboard shows, to who has the customer's key (MF-39)."""
    own = customer_of(signed, customer_id)
    catalogue.metric(metric)
    return shown(own, metric, days, tx)


def shown(customer: str, metric: str, days: int, tx: ReadTx) -> Shown:
    """The days up to today that had usage, and the hours of today."""
    today = day_of(tx.now_ms)
    history = hours_of(customer, metric, today - timedelta(days), today, tx)
    checks = {day: checked(customer, metric, day, hours, tx) for day, hours in history.items()}
    latest = checks[today]
    return Shown(
        customer_id=customer,
        metric=metric,
        usage_history=[
            DayShown(day.isoformat(), sum(hours), checks[day].is_fraud, checks[day].fraud_type)
            for day, hours in history.items()
            if any(hours)
        ],
        current_pattern=history[today],
        baseline_pattern=[each * latest.baseline_volume for each in latest.baseline_vector],
        latest_check=latest,
    )


# The page


@app.get("/dashboard")
def sign_in() -> HtmlAnswer:
    """Ask for a key."""
    return HtmlAnswer("sign_in.html")


@app.post("/dashboard", status=303, private=True, statuses={401: Refusal})
def signed_in(raw: bytes) -> Answer[Refusal]:
    """Keep a key in a cookie, which no script sees and no other site sends; the page checks it."""
    given = dict(parse_qsl(raw.decode("ascii", "replace")))
    key = given.get("key", "").strip()
    if not _KEY.fullmatch(key):
        return Answer(Refusal(INVALID_KEY), 401)
    cookie = SetCookie(COOKIE, key, path="/dashboard", keep="12h")
    return Answer(None, 303, {"location": "/dashboard/usage"}, [cookie])


@app.get("/dashboard/usage", verify=page_keyed, limit=limit, statuses=UNKNOWN)
def page(
    signed: SignedRequest, tx: ReadTx, metric: Name = "api_calls", days: Days = DAYS
) -> HtmlAnswer:
    """Show the days, those that were odd, and today by hour as expected and as it is."""
    info = catalogue.metric(metric)
    found = shown(signed.claims["customer_id"], metric, days, tx)
    history = found.usage_history
    flags = {each.date: str(each.anomaly_type) for each in history if each.is_anomaly}
    known = found.latest_check.baseline_volume
    expected = {"expected": found.baseline_pattern} if known else {}
    begun = (tx.now_ms - start_of(day_of(tx.now_ms))) // HOUR_MS + 1
    return HtmlAnswer(
        "usage.html",
        shown=found,
        metric=info,
        metrics=catalogue.metrics,
        odd=list(flags),
        by_hour=charts.bars(
            f"Today by hour (UTC), {found.latest_check.date}",
            [f"{hour:02}" for hour in range(HOURS)],
            expected | {"actual": [*found.current_pattern[:begun], *[None] * (HOURS - begun)]},
            unit=info.unit,
        ),
        by_day=charts.bars(
            "By day",
            [each.date for each in history],
            {info.unit: [each.total for each in history]},
            unit=info.unit,
            flags=flags,
        ),
    )
