"""The dashboard: a month of days and what was odd of them, and today by hour."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from apps.metering.fraud import FraudType
from apps.metering.meters import UNKNOWN, Name, app, catalogue, customer_of, day_of, keyed, limit
from apps.metering.watch import Checked, checked, hours_of
from ensue import Meta, ReadTx, SignedRequest

DAYS = 30

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
