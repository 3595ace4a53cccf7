"""The meter: events that are measured, each once, and sums that are kept of them."""

from __future__ import annotations

from ensue.resources.meter.handle import Meter, Step
from ensue.resources.meter.model import (
    MeterEvent,
    MeterRecord,
    Metric,
    Question,
    Recorded,
    RefusedEvent,
    Usage,
    UsageChange,
    UsagePoint,
)
from ensue.resources.meter.store import record, series, usage
from ensue.words.kinds import Kind
from ensue.words.values import Json

__all__ = [
    "KIND",
    "Meter",
    "MeterEvent",
    "MeterRecord",
    "Metric",
    "Question",
    "Recorded",
    "RefusedEvent",
    "Step",
    "Usage",
    "UsageChange",
    "UsagePoint",
    "record",
    "series",
    "usage",
]


async def _status(meter: Meter) -> dict[str, Json]:
    return {"metrics": len(meter.metrics)}


KIND = Kind(
    name="meter",
    plural="meters",
    summary="Events that are measured, each once, and sums that are kept of them.",
    aws="Marketplace metering",
    operations=(),
    status=_status,
)
