"""The meter: events that are measured, each once, and sums that are kept of them."""

from __future__ import annotations

from ensue.resources.meter.audit import audit
from ensue.resources.meter.handle import Meter, Step
from ensue.resources.meter.model import (
    MeterEvent,
    MeterRecord,
    Metric,
    Question,
    Recorded,
    RefusedEvent,
    Scalar,
    Usage,
    UsageChange,
    UsagePoint,
)
from ensue.resources.meter.operations import OPERATIONS
from ensue.resources.meter.store import (
    SubjectPage,
    changed,
    changes,
    correct,
    list_subjects,
    record,
    series,
    usage,
)
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
    "Scalar",
    "Step",
    "SubjectPage",
    "Usage",
    "UsageChange",
    "UsagePoint",
    "changed",
    "changes",
    "correct",
    "list_subjects",
    "record",
    "series",
    "usage",
]


async def _status(meter: Meter) -> dict[str, Json]:
    return await meter.status()


KIND = Kind(
    name="meter",
    plural="meters",
    summary="Events that are measured, each once, and sums that are kept of them.",
    aws="Marketplace metering",
    operations=OPERATIONS,
    status=_status,
    audit=audit,
    group="meter",
)
