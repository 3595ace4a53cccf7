"""Metrics, exported by OpenTelemetry's exporters: what is at ``/metrics``, by its own names."""

from __future__ import annotations

from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.resources import Resource

from ensue.engine.timings import BOUNDS_NS, Timing
from ensue.observe.otel.spans import SCHEMA, SCOPE
from ensue.observe.traffic import Family, Labels, Sample, Traffic, families

_BOUNDS = [bound / 1e9 for bound in BOUNDS_NS]
_CUMULATIVE = AggregationTemporality.CUMULATIVE


def figures(traffic: Traffic, resource: Resource, now_ms: int) -> MetricsData:
    """All figures at this moment.

    Raises:
        StoreError: the store cannot serve.
    """
    span = traffic.began_ms() * 1_000_000, now_ms * 1_000_000
    metrics = [_metric(family, span) for family in families(traffic)]
    return MetricsData([ResourceMetrics(resource, [ScopeMetrics(SCOPE, metrics, SCHEMA)], SCHEMA)])


def _metric(family: Family, span: tuple[int, int]) -> Metric:
    metric = family.metric
    if metric.kind == "histogram":
        points = [_times(each, span) for each in family.samples]
        return Metric(metric.otel, metric.help, "s", Histogram(points, _CUMULATIVE))
    numbers = [_number(each, span) for each in family.samples]
    counts = Sum(numbers, _CUMULATIVE, is_monotonic=True)
    data = counts if metric.kind == "counter" else Gauge(numbers)
    return Metric(metric.otel, metric.help, metric.unit, data)


def _number(sample: Sample, span: tuple[int, int]) -> NumberDataPoint:
    value = 0.0 if isinstance(sample.value, Timing) else sample.value
    return NumberDataPoint(_attributes(sample.labels), *span, value)


def _times(sample: Sample, span: tuple[int, int]) -> HistogramDataPoint:
    timing = sample.value if isinstance(sample.value, Timing) else Timing()
    counts = list(timing.counts)
    longest = max((place for place, count in enumerate(counts) if count), default=0)
    return HistogramDataPoint(
        attributes=_attributes(sample.labels),
        start_time_unix_nano=span[0],
        time_unix_nano=span[1],
        count=sum(counts),
        sum=timing.sum_ns / 1e9,
        bucket_counts=counts,
        explicit_bounds=_BOUNDS,
        min=0.0,
        max=_BOUNDS[min(longest, len(_BOUNDS) - 1)],
    )


def _attributes(labels: Labels) -> dict[str, str | int]:
    """Labels under the names of the conventions: only the last part has words of its own."""
    return {
        _DOTTED.get(name, name): int(value) if name == "http_response_status_code" else value
        for name, value in labels
    }


_DOTTED = {
    "messaging_system": "messaging.system",
    "messaging_destination_name": "messaging.destination.name",
    "http_request_method": "http.request.method",
    "http_response_status_code": "http.response.status_code",
    "http_route": "http.route",
    "url_scheme": "url.scheme",
    "error_type": "error.type",
    "app": "ensue.app",
    "kind": "ensue.kind",
    "bus": "ensue.bus",
    "rule": "ensue.rule",
}
