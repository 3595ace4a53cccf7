"""What a function does within a transaction."""

from __future__ import annotations

from collections.abc import Sequence

from ensue.engine import work
from ensue.engine.backlog import depth as depth_of
from ensue.engine.sockets import Delivery, Refusal
from ensue.engine.transaction import Transaction
from ensue.resources.function.model import FunctionModel
from ensue.words import values
from ensue.words.values import Json


def invoke(tx: Transaction, function: FunctionModel, body: object, *, delay_ms: int = 0) -> str:
    """Let the function handle a body later, with retries; returns the work's id."""
    number = work.add(tx, tx.number(function.ref), values.encode(body), delay_ms=delay_ms)
    return work.record_id(tx, number)


def deliver(
    tx: Transaction, function: FunctionModel, deliveries: Sequence[Delivery]
) -> list[str | Refusal]:
    """Take a batch of deliveries as work."""
    number = tx.number(function.ref)
    return [
        work.record_id(
            tx,
            work.add(tx, number, each.body, delay_ms=each.delay_ms, group=each.group),
        )
        for each in deliveries
    ]


def depth(tx: Transaction, function: FunctionModel) -> dict[str, Json]:
    """How much work waits for the function."""
    found = depth_of(tx, tx.number(function.ref))
    return {"waiting": found.waiting, "in_flight": found.leased}
