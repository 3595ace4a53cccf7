"""Spans of what comes from outside and goes there: requests, and calls.

https://opentelemetry.io/docs/specs/semconv/http/http-spans/
"""

from __future__ import annotations

from collections.abc import Mapping

from ensue.engine.engine import Engine
from ensue.engine.tracing import CLIENT, SERVER, Context, Span, Tracer, context_in
from ensue.engine.transaction import Origin

__all__ = ["CallSpan", "RequestSpan", "Tracer"]

Attributes = Mapping[str, str | int | bool]


class RequestSpan:
    """The span of a request that is being answered.

    Args:
        tracer: who is told of it.
        given: the traceparent with which it came, perhaps with a tracestate; None for none.

    Attributes:
        trace: the traceparent of what it causes.
        sampled: whether its tree is traced.
    """

    def __init__(self, tracer: Tracer, given: str | None) -> None:
        self._tracer = tracer
        self._context = tracer.begin(given)
        self._parent = 0 if given is None else context_in(given).span
        self._began_ns = tracer.now_ns()
        self._around = tracer.entering(self._context) if self._context.sampled else None
        if self._around is not None:
            self._around.__enter__()
        self.trace = str(self._context)
        self.sampled = self._context.sampled

    def end(self, name: str, attributes: Attributes, error: str | None) -> None:
        """End it.

        Args:
            name: the method and the path of its route.
            attributes: by the names of the conventions.
            error: what kind of fault it ended with; None for none.
        """
        if self._around is None:
            return
        self._around.__exit__(None, None, None)
        now_ns = self._tracer.now_ns()
        self._tracer.finish(
            Span(
                name,
                SERVER,
                self._context,
                self._parent,
                self._began_ns,
                now_ns,
                attributes,
                error=error,
            )
        )


class CallSpan:
    """The span of a call to the outside.

    Args:
        tracer: who is told of it.
        within: the span that it is part of.

    Attributes:
        context: its own, for the one who is called.
    """

    def __init__(self, tracer: Tracer, within: Context) -> None:
        self._tracer = tracer
        self._within = within
        self._began_ns = tracer.now_ns()
        self.context = within._replace(span=tracer.new_span())

    @classmethod
    def of(cls, engine: Engine, origin: Origin) -> CallSpan | None:
        """Begin the span of a call by whoever acts; None where it is not traced."""
        tracer = engine.facts.measures.tracer
        if tracer is None:
            return None
        within = tracer.context_of(origin.cause, origin.attempt)
        if within is None and origin.cause is None and origin.trace is not None:
            within = tracer.of_root(origin.trace)
        return None if within is None else cls(tracer, within)

    def end(self, name: str, attributes: Attributes, error: str | None) -> None:
        """End it; the arguments are as for `RequestSpan.end`."""
        now_ns = self._tracer.now_ns()
        self._tracer.finish(
            Span(
                name,
                CLIENT,
                self.context,
                self._within.span,
                self._began_ns,
                now_ns,
                attributes,
                error=error,
            )
        )
