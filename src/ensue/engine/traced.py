"""Traced transactions: of which trace it is what a transaction takes, and what it has sent."""

from __future__ import annotations

from collections.abc import Sequence

from ensue.engine.ids import WORK_NUMBER, Place
from ensue.engine.logs import Record
from ensue.engine.sockets import Source
from ensue.engine.tracing import PUBLISHED, Context, Handled, Started, Tracer, context_in, span_of
from ensue.engine.transaction import Transaction
from ensue.engine.work import Work
from ensue.words.names import Ref


def expect_work(tx: Transaction, tracer: Tracer, pieces: Sequence[Work], *, together: bool) -> None:
    """Note of which trees that are traced the work is that is about to be handled.

    Args:
        tx: the transaction that took it.
        tracer: where to note it.
        pieces: the work, of one queue.
        together: whether it is handled as one: then the first tells of all.
    """
    made, known_up_to = tracer.made, tracer.looked_up_to
    found: list[tuple[Work, Context]] = []
    for piece in pieces:
        hop = piece.hop
        if hop is not None and (hop in made or hop <= known_up_to):
            link = _sending(tx, tracer, piece)
            if link is not None:
                found.append((piece, link))
    if not found:
        return
    ref = tracer.ref_of(pieces[0].queue) or _FORGOTTEN
    if together:
        links = [link for _, link in found]
        tracer.handling[WORK_NUMBER, pieces[0].id] = Handled(links[0], links, ref)
    else:
        for piece, link in found:
            tracer.handling[WORK_NUMBER, piece.id] = Handled(link, [link], ref)


def expect_records(
    tx: Transaction, tracer: Tracer, source: Source, records: Sequence[Record]
) -> None:
    """Note of which trees that are traced the records are that are about to be handled."""
    ref = tracer.ref_of(source.number) or _FORGOTTEN
    for record in records:
        made = made_by(tx, tracer, record.hop)
        if made is not None and record.hop is not None:
            if ref.kind in PUBLISHED:
                made = made._replace(span=span_of(source.number, record.hop))
            handled = Handled(made, [made], ref)
            tracer.handling[source.number, record.sequence] = handled


def tell_received(tx: Transaction, tracer: Tracer, pieces: Sequence[Work]) -> None:
    """Tell of work that somebody has received by hand, as part of whoever did."""
    links = [link for piece in pieces if (link := _sending(tx, tracer, piece)) is not None]
    if not links:
        return
    ref = tracer.ref_of(pieces[0].queue) or _FORGOTTEN
    origin = tx.origin
    context = tracer.context_of(origin.cause, origin.attempt)
    if context is None and origin.trace is not None:
        context = tracer.of_root(origin.trace)
    tracer.received(ref, context or links[0], links)


def _sending(tx: Transaction, tracer: Tracer, piece: Work) -> Context | None:
    """The context of the span that sent a piece of work; None where its tree is not traced."""
    made = made_by(tx, tracer, piece.hop)
    if made is None or piece.hop is None:
        return None
    moved = piece.attributes is not None and "dead_letter" in piece.attributes
    return made if moved else made._replace(span=span_of(piece.queue, piece.hop))


class ActionSpan:
    """The span of an action that runs.

    Args:
        tracer: who is told of it.
        started: the span.
    """

    def __init__(self, tracer: Tracer, started: Started) -> None:
        self._tracer = tracer
        self._started = started

    @classmethod
    def of(cls, tracer: Tracer, piece: Work) -> ActionSpan | None:
        """Begin the span of an action that handles a piece of work; None where it is not traced."""
        started = tracer.start(Place(WORK_NUMBER, piece.id), piece.receives)
        return None if started is None else cls(tracer, started)

    def end(self, error: str | None) -> None:
        """It has ended; what is made of its answer is of the same span."""
        self._started.handled.told = True
        self._tracer.end(self._started, error)


def made_by(tx: Transaction, tracer: Tracer, hop: int | None) -> Context | None:
    """The context of the hop that made something; None where its tree is not traced."""
    if hop is None:
        return None
    found = tracer.made.get(hop)
    if found is not None or hop > tracer.looked_up_to:
        return found
    row = tx.row("SELECT trace FROM ensue_hops WHERE id = ?", (hop,))
    if row is None or not isinstance(row[0], str):
        return None
    context = context_in(row[0])
    return context if context.sampled else None


_FORGOTTEN = Ref("", "queue", "forgotten")
