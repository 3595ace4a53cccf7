"""Traces: which trees of what ensued are traced, and the spans of them.

Nothing here knows of OpenTelemetry: whoever wants spans gives the store a `Tracer`, which hands
each span over when it has ended. Without one it costs nothing but the look whether there is one.

A tree is traced or not from its root on. The root's hop keeps the W3C traceparent, and so does each
hop of a tree that is traced; what a hop produced names the hop. So whoever handles that knows the
trace, after a restart too, and what is not traced is told by looking into a dictionary. The id of a
span is made of what it is about: the handling of a message has the same id wherever one asks, and
the one who handles it can name the span of the sending.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import NamedTuple

from ensue.engine.clock import Clock
from ensue.engine.ids import Place, Random, seeded_random
from ensue.words.names import Ref

SAMPLED_MAX = 100_000
PUBLISHED = frozenset(("bus", "topic", "stream"))  # the kinds whose messages are records of a log
SERVER, CLIENT, PRODUCER, CONSUMER, INTERNAL = (
    "server",
    "client",
    "producer",
    "consumer",
    "internal",
)
_SPAN_BITS = (1 << 64) - 1


class Context(NamedTuple):
    """A span of a trace, as W3C Trace Context names it.

    Attributes:
        trace: the trace's id, of 128 bits.
        span: the span's id, of 64 bits; 0 for none.
        sampled: whether the tree is traced.
        state: the tracestate that came with it; None for none.
    """

    trace: int
    span: int
    sampled: bool = True
    state: str | None = None

    def __str__(self) -> str:
        """As a traceparent, and the tracestate behind a space."""
        text = f"00-{self.trace:032x}-{self.span:016x}-0{self.sampled:d}"
        return text if self.state is None else f"{text} {self.state}"


def context_in(text: str) -> Context:
    """The context of a traceparent that is well formed, perhaps with a tracestate behind."""
    parent, _, state = text.partition(" ")
    _, trace, span, flags = parent.split("-")
    return Context(int(trace, 16), int(span, 16), bool(int(flags, 16) & 1), state or None)


def span_of(number: int, sequence: int, attempt: int = 0) -> int:
    """The id of the span of something: of a handling, by its record and attempt."""
    mixed = (sequence * 0x9E3779B97F4A7C15 + number * 0xC2B2AE3D27D4EB4F) & _SPAN_BITS
    mixed = (mixed ^ (mixed >> 29)) * 0xBF58476D1CE4E5B9 + attempt * 0x165667B19E3779F9
    return mixed & _SPAN_BITS or 1


@dataclass(frozen=True, slots=True)
class Span:
    """Something that has ended.

    Attributes:
        name: such as ``process payments``.
        kind: one of `SERVER`, `CLIENT`, `PRODUCER`, `CONSUMER` and `INTERNAL`.
        context: its own.
        parent: the id of the span that it is part of; 0 for none.
        began_ns: when it began, in ns since 1970.
        ended_ns: when it ended.
        attributes: by the names of the semantic conventions.
        links: what it follows from.
        error: why it failed; None where it did not.
    """

    name: str
    kind: str
    context: Context
    parent: int
    began_ns: int
    ended_ns: int
    attributes: Mapping[str, str | int | bool]
    links: Sequence[Context] = ()
    error: str | None = None


@dataclass(slots=True)
class Handled:
    """What is being handled, of a tree that is traced.

    Attributes:
        context: that of the tree; its span is that of what it follows from.
        links: what it follows from.
        destination: the resource whose message or record it is.
        told: whether its span is told by somebody else.
    """

    context: Context
    links: list[Context]
    destination: Ref
    told: bool = False


@dataclass(frozen=True, slots=True)
class Started:
    """The span of a handling that has begun."""

    handled: Handled
    context: Context
    cause: Place | None
    attempt: int
    began_ns: int
    around: AbstractContextManager[object]


@dataclass
class Tracer:
    """Who is told of spans, and which trees are traced.

    Attributes:
        clock: tells the time.
        source: gives ids of traces.
        decide: whether a tree is traced that begins here, given the id of its trace.
        finish: is given each span that has ended, in the thread in which it did.
        ref_of: the resource with a number.
        entering: what is around the code that a span is about, given the span's context.
        record_id: the id by which people know a record.
        respects_parents: whether a caller from outside decides whether its tree is traced.
    """

    clock: Clock
    source: Random
    decide: Callable[[int], bool]
    finish: Callable[[Span], None]
    ref_of: Callable[[int], Ref | None]
    entering: Callable[[Context], AbstractContextManager[object]] = lambda _: nullcontext()
    record_id: Callable[[Place], str] | None = None
    respects_parents: bool = True
    handling: dict[tuple[int, int], Handled] = field(default_factory=dict)
    made: dict[int, Context] = field(default_factory=dict)
    looked_up_to: int = 0  # of hops up to this only the store knows whether they are traced

    def __post_init__(self) -> None:
        # Ids need not be hard to guess, and the system's randomness takes longer than all else.
        self._source = seeded_random(self.source.getrandbits(64))
        self._ahead_ns = self.clock.now_ms() * 1_000_000 - self.clock.steady_ns()

    def now_ns(self) -> int:
        """What time it is, in ns since 1970."""
        return self.clock.steady_ns() + self._ahead_ns

    def new_span(self) -> int:
        """The id of a new span."""
        return self._source.getrandbits(64) or 1

    def begin(self, given: str | None = None) -> Context:
        """The context of a span that is a root here.

        Args:
            given: the traceparent with which it was called, perhaps with a tracestate; None for
                none.
        """
        if given is not None:
            parent = context_in(given)
            sampled = parent.sampled if self.respects_parents else self.decide(parent.trace)
            return Context(parent.trace, self.new_span(), sampled, parent.state)
        trace = self._source.getrandbits(128) or 1
        return Context(trace, self.new_span(), self.decide(trace))

    def context_of(self, cause: Place | None, attempt: int) -> Context | None:
        """The context of the handling of a record; None where its tree is not traced."""
        handled = None if cause is None else self.handling.get(cause)
        if handled is None or cause is None:
            return None
        return handled.context._replace(span=span_of(cause.number, cause.sequence, attempt))

    def of_root(self, given: str | None) -> Context | None:
        """The context of a hop at the beginning of a tree; None where the tree is not traced."""
        if given is not None:
            context = context_in(given)
            return context if context.sampled else None
        trace = self._source.getrandbits(128) or 1
        return Context(trace, self.new_span()) if self.decide(trace) else None

    def note(self, hop: int, context: Context) -> None:
        """Note that a hop is of a tree that is traced."""
        made = self.made
        made[hop] = context
        if len(made) > SAMPLED_MAX:
            oldest = next(iter(made))
            self.looked_up_to = max(self.looked_up_to, oldest)
            made.pop(oldest, None)

    def start(self, cause: Place | None, attempt: int) -> Started | None:
        """Begin the span of a handling; None where there is none to tell of."""
        handled = None if cause is None else self.handling.get(cause)
        context = self.context_of(cause, attempt)
        if handled is None or context is None or handled.told:
            return None
        around = self.entering(context)
        around.__enter__()
        return Started(handled, context, cause, attempt, self.now_ns(), around)

    def end(self, started: Started, error: str | None = None) -> None:
        """End the span of a handling."""
        started.around.__exit__(None, None, None)
        handled, cause = started.handled, started.cause
        attributes: dict[str, str | int | bool] = {
            **messaging(handled.destination, "process"),
            "ensue.attempt": started.attempt,
        }
        if cause is not None and self.record_id is not None:
            attributes["messaging.message.id"] = self.record_id(cause)
        if len(handled.links) > 1:
            attributes["messaging.batch.message_count"] = len(handled.links)
        self.finish(
            Span(
                f"process {handled.destination.name}",
                CONSUMER,
                started.context,
                handled.context.span,
                started.began_ns,
                self.now_ns(),
                attributes,
                handled.links,
                error,
            )
        )

    def sent(self, hop: int, context: Context, sums: Mapping[int, int]) -> None:
        """Tell of what a hop has sent: a span for each destination.

        Args:
            hop: the hop.
            context: that of the span that it is part of.
            sums: how much went to each resource, by its number.
        """
        now_ns = self.now_ns()
        for number, count in sums.items():
            ref = self.ref_of(number)
            if ref is None:
                continue
            attributes = messaging(ref, "send")
            if count > 1:
                attributes["messaging.batch.message_count"] = count
            own = context._replace(span=span_of(number, hop))
            name = f"{attributes['messaging.operation.name']} {ref.name}"
            span = Span(name, PRODUCER, own, context.span, now_ns, now_ns, attributes)
            self.finish(span)

    def received(self, ref: Ref, context: Context, links: Sequence[Context]) -> None:
        """Tell of messages that somebody has received by hand.

        Args:
            ref: the queue.
            context: that of the span that it is part of.
            links: the sendings of the messages whose trees are traced.
        """
        now_ns = self.now_ns()
        attributes = messaging(ref, "receive")
        attributes["messaging.batch.message_count"] = len(links)
        own = context._replace(span=self.new_span())
        name = f"receive {ref.name}"
        self.finish(Span(name, CLIENT, own, context.span, now_ns, now_ns, attributes, links))

    def root(self, actor: str, context: Context) -> None:
        """Tell of a root that nobody else has told of, such as a send by a program."""
        now_ns = self.now_ns()
        self.finish(Span(actor, INTERNAL, context, 0, now_ns, now_ns, {"ensue.actor": actor}))

    def forget(self, keys: Iterable[tuple[int, int]]) -> None:
        """What these name is handled."""
        for key in keys:
            self.handling.pop(key, None)


def messaging(ref: Ref, operation: str) -> dict[str, str | int | bool]:
    """The attributes of messaging.

    https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/
    """
    name = "publish" if operation == "send" and ref.kind in PUBLISHED else operation
    return {
        "messaging.system": "ensue",
        "messaging.destination.name": ref.name,
        "messaging.operation.type": operation,
        "messaging.operation.name": name,
        "ensue.app": ref.app,
        "ensue.kind": ref.kind,
    }
