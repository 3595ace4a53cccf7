"""Why: from any id to the beginning, and from there to all that it caused.

Nothing is kept for this but what is stored anyway: each record, message and hop names the hop that
produced it, each hop the record that it handled.
"""

from __future__ import annotations

from collections.abc import Sequence

from ensue.engine import hops
from ensue.engine.engine import Engine
from ensue.engine.ids import HOP_NUMBER, Place, trace_id
from ensue.engine.tracing import Context, context_in, span_of
from ensue.engine.transaction import Origin, Transaction
from ensue.observe.places import Places
from ensue.observe.tree import Node
from ensue.observe.walk import NODES_MAX, Find, Walk, Walker, at_once


def why(
    engine: Engine,
    sought: str,
    *,
    up: bool = False,
    finders: Sequence[Find] = (),
    limit: int = NODES_MAX,
) -> Node:
    """The tree of what an id caused, from the beginning of all that led to it.

    Args:
        engine: where to look.
        sought: the id of a request, event, message or change; or what a finder knows, such as the
            key of an item.
        up: show only the path from the beginning to what was sought.
        finders: each turns what is no record id into the place of a record that tells of it.
        limit: how many nodes are shown at most, but for those on the way to what was sought.

    Raises:
        NotFound: nobody knows the id, or it has been forgotten.
    """
    walker = Walker(engine, finders, limit)
    return walker.up(sought) if up else at_once(walker.down(sought))


def unfolding(
    engine: Engine,
    sought: str,
    *,
    after: str | None = None,
    finders: Sequence[Find] = (),
    limit: int = NODES_MAX,
) -> Walk:
    """The same in steps, each of which ends soon; or what one node caused beyond what was shown.

    Args:
        engine: where to look.
        sought: as for `why`; of a part of a tree the id of the node that it grows from.
        after: the child behind which to go on, as `Node.more` says; None for the whole tree.
        finders: as for `why`.
        limit: as for `why`.
    """
    walker = Walker(engine, finders, limit)
    return walker.down(sought) if after is None else walker.below(sought, after)


def traceparent(engine: Engine, origin: Origin) -> str | None:
    """The W3C traceparent under which an action calls the outside; None where there is none.

    The trace is that of the whole tree: the one that the first request came with, or one made of
    that request's id. The span is this attempt at this piece of work, or the request's own. A
    tracestate that came with the first request is behind it, after a space.
    """
    cause = origin.cause
    if cause is None:
        return origin.trace
    tracer = engine.facts.measures.tracer
    handled = None if tracer is None else tracer.handling.get(cause)
    if handled is not None:
        return str(handled.context._replace(span=span_of(*cause, origin.attempt)))
    return engine.read(lambda tx: trace_within(engine, tx, cause, origin.attempt))


def trace_within(engine: Engine, tx: Transaction, cause: Place, attempt: int) -> str:
    """The same, within a transaction."""
    path = Places(engine, tx).path_to(cause)
    first = path[0] if path else cause
    hop = hops.hop(tx, first.sequence) if first.number == HOP_NUMBER else None
    span = span_of(*cause, attempt)
    if hop is not None and hop.trace is not None:
        return str(context_in(hop.trace)._replace(span=span))
    return str(Context(int(trace_id(engine.records.text(*first)), 16), span))
