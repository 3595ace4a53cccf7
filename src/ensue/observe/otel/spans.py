"""Spans, exported by OpenTelemetry's SDK: in batches, in a thread of its own.

What ends is put aside as it is; it becomes a span of the SDK when its batch is exported. So what is
dropped, because more ends than can be exported, costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from opentelemetry import trace as api
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace.status import Status, StatusCode

from ensue.engine.tracing import CLIENT, CONSUMER, INTERNAL, PRODUCER, SERVER, Context, Span
from ensue.words.version import VERSION

SCHEMA = "https://opentelemetry.io/schemas/1.37.0"
SCOPE = InstrumentationScope("ensue", VERSION, SCHEMA)
_SAMPLED = api.TraceFlags(api.TraceFlags.SAMPLED)
_KINDS = {
    SERVER: api.SpanKind.SERVER,
    CLIENT: api.SpanKind.CLIENT,
    PRODUCER: api.SpanKind.PRODUCER,
    CONSUMER: api.SpanKind.CONSUMER,
    INTERNAL: api.SpanKind.INTERNAL,
}


class Spans:
    """Exports spans.

    Args:
        exporter: to where.
        resource: who says it.
    """

    def __init__(self, exporter: SpanExporter, resource: Resource) -> None:
        self._processor: Any = BatchSpanProcessor(_Converting(exporter, resource))

    def finish(self, span: Span) -> None:
        """Take a span that has ended; the oldest is dropped where too many wait."""
        pending: Any = _Pending(span)
        self._processor.on_end(pending)

    def flush(self) -> None:
        """Export what waits."""
        self._processor.force_flush()

    def close(self) -> None:
        """Export what waits, and no more."""
        self._processor.shutdown()


@contextmanager
def entered(context: Context) -> Iterator[None]:
    """Let what OpenTelemetry's API does in the block be part of a span of ours."""
    with api.use_span(api.NonRecordingSpan(_context(context)), end_on_exit=False):
        yield


class _Pending:
    """A span that waits to be exported: all that the processor looks at is whether it is kept."""

    __slots__ = ("span",)
    context = api.SpanContext(1, 1, is_remote=False, trace_flags=_SAMPLED)

    def __init__(self, span: Span) -> None:
        self.span = span


class _Converting(SpanExporter):
    """Makes spans of the SDK of those that wait, and hands them on."""

    def __init__(self, exporter: SpanExporter, resource: Resource) -> None:
        self._exporter = exporter
        self._resource = resource

    def export(self, spans: Sequence[Any]) -> SpanExportResult:
        """Export a batch."""
        return self._exporter.export([_converted(each.span, self._resource) for each in spans])

    def shutdown(self) -> None:
        """Export no more."""
        self._exporter.shutdown()


def _converted(span: Span, resource: Resource) -> ReadableSpan:
    parent = span.context._replace(span=span.parent)
    attributes: dict[str, Any] = dict(span.attributes)
    status = Status(StatusCode.UNSET)
    if span.error is not None:
        attributes.setdefault("error.type", span.error.partition(":")[0])
        status = Status(StatusCode.ERROR, span.error)
    return ReadableSpan(
        span.name,
        context=_context(span.context),
        parent=_context(parent) if span.parent else None,
        resource=resource,
        attributes=attributes,
        links=[api.Link(_context(each)) for each in span.links],
        kind=_KINDS[span.kind],
        status=status,
        start_time=span.began_ns,
        end_time=span.ended_ns,
        instrumentation_scope=SCOPE,
    )


def _context(context: Context) -> api.SpanContext:
    state = None if context.state is None else api.TraceState.from_header([context.state])
    return api.SpanContext(
        context.trace, context.span, is_remote=False, trace_flags=_SAMPLED, trace_state=state
    )
