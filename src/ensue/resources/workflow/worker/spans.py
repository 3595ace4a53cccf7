"""Spans of an execution and of its states, told when it has ended."""

from __future__ import annotations

from ensue.engine import hops
from ensue.engine.ids import EXECUTION_NUMBER
from ensue.engine.traced import made_by
from ensue.engine.tracing import INTERNAL, Context, Span, Tracer, span_of
from ensue.engine.transaction import Transaction
from ensue.languages.states.frames import FrameReader
from ensue.resources.workflow.model import STATUSES, Visit, WorkflowModel
from ensue.resources.workflow.store import Ending, Loaded, tracing
from ensue.resources.workflow.store.visits import visits_of

_NS_PER_MS = 1_000_000


def tell(
    tx: Transaction, tracer: Tracer, workflow: WorkflowModel, loaded: Loaded, ending: Ending
) -> None:
    """Tell of an execution that ends in this transaction, if its tree is traced.

    Of its states those are told of which the first 2,000 events tell.
    """
    context = made_by(tx, tracer, hops.hop_of_execution(tx, loaded.id))
    if context is None:
        return
    own = context._replace(span=span_of(EXECUTION_NUMBER, loaded.id))
    reader = FrameReader()
    for event in tracing.brief_events(tx, loaded.id, 0):
        reader.read(event)
    tracer.finish(
        Span(
            f"execute {workflow.ref.name}",
            INTERNAL,
            own,
            context.span,
            loaded.started_ms * _NS_PER_MS,
            tx.now_ms * _NS_PER_MS,
            {
                "ensue.app": workflow.ref.app,
                "ensue.workflow": workflow.ref.name,
                "ensue.execution.name": loaded.name,
                "ensue.execution.status": STATUSES[ending.status],
            },
            error=None if ending.output is not None else _error(ending.error, ending.cause),
        )
    )
    for visit in visits_of(reader.frames):
        tracer.finish(_state(workflow, loaded, own, visit, tx.now_ms))


def _state(
    workflow: WorkflowModel, loaded: Loaded, execution: Context, visit: Visit, now_ms: int
) -> Span:
    within = execution.span
    if visit.within is not None:
        within = span_of(EXECUTION_NUMBER, loaded.id, visit.within)
    left_ms = now_ms if visit.left_ms is None else visit.left_ms
    attributes: dict[str, str | int | bool] = {
        "ensue.app": workflow.ref.app,
        "ensue.workflow": workflow.ref.name,
        "ensue.state": visit.state,
        "ensue.state.type": visit.kind,
        "ensue.state.outcome": visit.outcome,
        "ensue.state.visit": visit.visit,
    }
    if visit.attempts:
        attributes["ensue.attempts"] = len(visit.attempts)
    failed = visit.outcome in {"failed", "caught"}
    return Span(
        f"state {visit.state}",
        INTERNAL,
        execution._replace(span=span_of(EXECUTION_NUMBER, loaded.id, visit.number)),
        within,
        visit.entered_ms * _NS_PER_MS,
        left_ms * _NS_PER_MS,
        attributes,
        error=_error(visit.error, visit.cause) if failed else None,
    )


def _error(error: str | None, cause: str | None) -> str:
    return ": ".join(filter(None, (error, cause))) or "failed"
