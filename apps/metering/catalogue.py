"""What is measured, and what it costs: read from a file, so that a metric more is a line more."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from apps.metering.pricing import Price
from ensue import InvalidDeclaration, Metric, NotFound

Aggregation = Literal["COUNT", "SUM", "MAX", "UNIQUE", "LAST", "PERCENTILE"]


class MetricInfo(Struct, frozen=True, forbid_unknown_fields=True):
    """How events become a quantity."""

    code: str
    name: str
    event_type: str
    aggregation: Aggregation
    unit: str
    property: str | UnsetType = UNSET
    percentile: float | UnsetType = UNSET
    groups: tuple[str, ...] | UnsetType = UNSET
    description: str | UnsetType = UNSET

    def measures_as(self, other: MetricInfo) -> bool:
        """Whether it makes the same quantity of the same events."""
        says = ("event_type", "aggregation", "property", "percentile")
        return all(getattr(self, name) == getattr(other, name) for name in says)

    def as_metric(self) -> Metric:
        """The metric of the meter."""
        return Metric(
            self.code,
            self.event_type,
            self.aggregation,
            property=self.property or None,
            unit=self.unit,
            groups=self.groups or (),
            percentile=self.percentile or None,
            title=self.name,
        )


class Catalogue(Struct, frozen=True, forbid_unknown_fields=True):
    """The metrics, and the prices of those that cost something; their order is that of bills."""

    metrics: tuple[MetricInfo, ...]
    pricing: tuple[Price, ...]

    @classmethod
    def load(cls, path: str | Path) -> Catalogue:
        """The catalogue in a file.

        Raises:
            InvalidDeclaration: it is none; says where.
        """
        try:
            found = msgspec.json.decode(Path(path).read_bytes(), type=cls)
        except (OSError, msgspec.DecodeError) as fault:
            raise InvalidDeclaration(f"expected a catalogue: {fault}", at=str(path)) from None
        codes = [each.code for each in found.metrics]
        priced = [each.metric_code for each in found.pricing]
        if len(set(priced)) != len(priced) or not set(priced) <= set(codes):
            raise InvalidDeclaration(
                f"expected one price for each of {codes} at most, got {priced}", at=str(path)
            )
        if len({each.currency for each in found.pricing}) != 1:
            raise InvalidDeclaration("expected prices in one currency", at=str(path))
        for each in found.pricing:
            each.check()
        return found

    @property
    def currency(self) -> str:
        """Of all prices, such as ``USD``; one that has cents."""
        return self.pricing[0].currency

    def metric(self, code: str) -> MetricInfo:
        """A metric by its code.

        Raises:
            NotFound: there is none.
        """
        for each in self.metrics:
            if each.code == code:
                return each
        raise NotFound(f"Unknown metric: {code}")

    def price(self, code: str) -> Price:
        """The price of a metric.

        Raises:
            NotFound: it has none.
        """
        for each in self.pricing:
            if each.metric_code == code:
                return each
        raise NotFound(f"Pricing rule not found for metric: {code}")
