"""What a meter should say, from its events one by one, with nothing of what it does itself."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Context, Decimal
from fractions import Fraction
from functools import reduce
from typing import Any, NamedTuple

from ensue import Metric


class Known(NamedTuple):
    """An event as it stands; properties are None when it was retracted."""

    id: str
    subject: str
    type: str
    time_ms: int
    properties: Mapping[str, Any] | None


def number(value: Any) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def group_of(value: Any) -> str:
    if value is None or value == "":
        return "(empty)"
    return ("false", "true")[value] if isinstance(value, bool) else str(value)


def aggregate(metric: Metric, events: Sequence[Known]) -> Decimal:
    """``events`` in the order in which they were recorded first."""
    if metric.aggregate == "COUNT":
        return Decimal(len(events))
    found = [
        (event.time_ms, place, event.properties[metric.property])
        for place, event in enumerate(events)
        if metric.property in (event.properties or {})
    ]
    if metric.aggregate == "UNIQUE":
        return Decimal(len({group_of(value) for _, _, value in found}))
    if not found:
        return Decimal(0)
    numbers = [number(value) for _, _, value in found]
    if metric.aggregate == "LAST":
        return number(max(found, key=lambda each: each[:2])[2])
    return of_numbers(metric, numbers)


def of_numbers(metric: Metric, numbers: Sequence[Decimal]) -> Decimal:
    if metric.aggregate == "SUM":
        return reduce(Context(prec=60).add, numbers)
    if metric.aggregate == "MAX":
        return max(numbers)
    rank = math.ceil(Fraction(str(metric.percentile)) * len(numbers) / 100)
    return Context(prec=3).plus(sorted(numbers)[rank - 1])


def usage(
    metric: Metric, events: Sequence[Known], subject: str, start_ms: int, end_ms: int
) -> Decimal:
    return aggregate(metric, within(metric, events, subject, start_ms, end_ms))


def groups(
    metric: Metric, events: Sequence[Known], subject: str, window: tuple[int, int], name: str
) -> dict[str, Decimal]:
    by_group: dict[str, list[Known]] = {}
    for event in within(metric, events, subject, *window):
        if metric.property is None or metric.property in (event.properties or {}):
            by_group.setdefault(group_of((event.properties or {}).get(name)), []).append(event)
    return {group: aggregate(metric, each) for group, each in by_group.items()}


def within(
    metric: Metric, events: Sequence[Known], subject: str, start_ms: int, end_ms: int
) -> list[Known]:
    return [
        event
        for event in events
        if event.subject == subject
        and event.type == metric.event
        and start_ms <= event.time_ms <= end_ms
        and event.properties is not None
    ]
