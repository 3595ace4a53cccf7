"""All figures at one moment, as they are exposed: families of samples with labels.

Labels are called as the semantic conventions of OpenTelemetry call them, with underscores. There
are as many as there are resources, routes, the statuses that a route has answered with, and rules.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from ensue.engine.timings import Timing
from ensue.observe.traffic.metrics import ROUTE, RULE, STORE, Metric
from ensue.observe.traffic.moment import gauge
from ensue.observe.traffic.traffic import OTHER, Traffic
from ensue.words.names import Ref

SYSTEM = "ensue"
Labels: TypeAlias = "tuple[tuple[str, str], ...]"
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


@dataclass(frozen=True, slots=True)
class Sample:
    """A figure of one subject.

    Attributes:
        labels: names with values.
        value: what it is; of a histogram, how long things took.
    """

    labels: Labels
    value: float | Timing


@dataclass(frozen=True, slots=True)
class Family:
    """A metric and all its samples."""

    metric: Metric
    samples: list[Sample] = field(default_factory=list)


def families(traffic: Traffic) -> Iterator[Family]:
    """Every metric that has samples, with those that were ever counted or measured.

    Raises:
        StoreError: the store cannot serve.
    """
    now = traffic.moment()
    by_kind: dict[str, list[tuple[Ref, Hashable, Labels]]] = {}
    for subject in traffic.subjects():
        known = by_kind.setdefault(subject.kind, [])
        labels = tuple(_labels(subject).items())
        known.append((subject, traffic.filed_under(subject), labels))
    for metric in traffic.metrics():
        if metric.exposed is None:
            continue
        found = Family(metric)
        for subject, number, labels in (
            each for kind in metric.of for each in by_kind.get(kind, ())
        ):
            if metric.kind == "histogram":
                found.samples.extend(_times(traffic, metric, subject, labels))
                continue
            if metric.kind == "gauge":
                value = gauge(now, metric, number)
            else:
                value = now.totals.get(number if subject.kind == RULE else (number, metric.name))
            if value is not None:
                found.samples.append(Sample(labels, value))
        if found.samples:
            yield found


def _times(traffic: Traffic, metric: Metric, subject: Ref, labels: Labels) -> Iterator[Sample]:
    if subject.kind != ROUTE:
        timing = traffic.timing(metric, subject)
        if timing is not None:
            yield Sample(labels, timing)
        return
    for status, timing in traffic.answers(subject):
        said = (*labels, ("http_response_status_code", str(status)))
        yield Sample(said if status < 500 else (*said, ("error_type", str(status))), timing)


def _labels(subject: Ref) -> dict[str, str]:
    if subject.kind == STORE:
        return {}
    if subject.kind == ROUTE:
        if subject == OTHER:
            return {"http_request_method": "_OTHER", "url_scheme": "http"}
        method, _, path = subject.name.partition(" ")
        return {
            "app": subject.app,
            "http_request_method": method if method in METHODS else "_OTHER",
            "http_route": path,
            "url_scheme": "http",
        }
    if subject.kind == RULE:
        bus, _, rule = subject.name.partition("/")
        return {"app": subject.app, "bus": bus, "rule": rule}
    return {
        "app": subject.app,
        "kind": subject.kind,
        "messaging_system": SYSTEM,
        "messaging_destination_name": subject.name,
    }
