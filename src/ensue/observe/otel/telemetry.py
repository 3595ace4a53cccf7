"""Telemetry of one platform: its spans and figures, exported while it is open."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics.export import ConsoleMetricExporter, MetricExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SpanExporter

from ensue.engine import logs
from ensue.engine.engine import Engine
from ensue.engine.tracing import Tracer
from ensue.engine.workers import sleep_until
from ensue.observe.otel.figures import figures
from ensue.observe.otel.settings import Asked
from ensue.observe.otel.spans import Spans, entered
from ensue.observe.traffic import Traffic
from ensue.words.errors import StoreError
from ensue.words.version import VERSION

UNNAMED = "unknown_service"

log = logging.getLogger("ensue.telemetry")


class Telemetry:
    """Exports spans and figures.

    Args:
        asked: what.
        name: what the service is called, where the environment does not say.
    """

    def __init__(self, asked: Asked, name: str) -> None:
        given = Resource.create()
        if str(given.attributes.get(SERVICE_NAME, UNNAMED)).startswith(UNNAMED):
            given = given.merge(Resource({SERVICE_NAME: name}))
        self._resource = given.merge(Resource({SERVICE_VERSION: VERSION}))
        self._asked = asked
        self._spans = None if asked.traces is None else Spans(_spans(asked.traces), self._resource)
        self._figures = None if asked.metrics is None else _figures(asked.metrics)
        self._collect: Callable[[], None] = lambda: None

    def watch(self, engine: Engine, traffic: Traffic) -> None:
        """Export what is of an engine; figures once it has started."""
        if self._spans is not None:
            engine.facts.measures.tracer = Tracer(
                engine.clock,
                engine.ids.source,
                self._asked.decide(),
                self._spans.finish,
                ref_of=lambda number: engine.refs_by_number().get(number),
                entering=entered,
                record_id=lambda place: engine.records.text(*place),
                respects_parents=self._asked.respects_parents,
                looked_up_to=engine.read(lambda tx: logs.last_sequence(tx, "ensue_hops")),
            )
        exporter = self._figures
        if exporter is not None:

            def collect() -> None:
                exporter.export(figures(traffic, self._resource, engine.clock.now_ms()))

            self._collect = collect
            engine.watches.append(lambda: self._export_figures(engine, traffic))

    async def _export_figures(self, engine: Engine, traffic: Traffic) -> None:
        exporter = self._figures
        while exporter is not None:
            next_ms = engine.clock.now_ms() + self._asked.interval_ms
            await sleep_until(asyncio.Event(), next_ms, engine.clock)
            try:
                found = figures(traffic, self._resource, engine.clock.now_ms())
            except StoreError as fault:
                log.warning("figures are not exported: %s", fault)
                continue
            await asyncio.to_thread(exporter.export, found)

    def flush(self) -> None:
        """Export what there is now; blocks until it is sent."""
        if self._spans is not None:
            self._spans.flush()
        self._collect()

    async def close(self) -> None:
        """Export what waits, and no more."""
        if self._spans is not None:
            await asyncio.to_thread(self._spans.close)
        if self._figures is not None:
            await asyncio.to_thread(self._figures.shutdown)


def _spans(exporter: str) -> SpanExporter:
    return ConsoleSpanExporter() if exporter == "console" else OTLPSpanExporter()


def _figures(exporter: str) -> MetricExporter:
    return ConsoleMetricExporter() if exporter == "console" else OTLPMetricExporter()
