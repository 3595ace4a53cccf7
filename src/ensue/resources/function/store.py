"""What a function does within a transaction."""

from __future__ import annotations

from collections.abc import Sequence

from ensue.engine import deduplication, lanes, work
from ensue.engine.backlog import depth as depth_of
from ensue.engine.lanes import Lag
from ensue.engine.sockets import Delivery, Refusal
from ensue.engine.transaction import Transaction
from ensue.resources.function.model import Feed, FunctionModel
from ensue.words import values
from ensue.words.values import Json


def invoke(tx: Transaction, function: FunctionModel, body: object, *, delay_ms: int = 0) -> str:
    """Let the function handle a body later, with retries; returns the work's id."""
    number = work.add(tx, tx.number(function.ref), values.encode(body), delay_ms=delay_ms)
    return work.record_id(tx, number)


def deliver(
    tx: Transaction, function: FunctionModel, deliveries: Sequence[Delivery]
) -> list[str | Refusal]:
    """Take a batch of deliveries as work; one with an id that was taken before adds nothing."""
    number = tx.number(function.ref)
    return [work.record_id(tx, _take(tx, number, each)) for each in deliveries]


def _take(tx: Transaction, number: int, delivery: Delivery) -> int:
    return deduplication.add_once(
        tx,
        number,
        delivery.deduplication_id,
        lambda: work.add(
            tx,
            number,
            delivery.body,
            delay_ms=delivery.delay_ms,
            group=delivery.group,
            attributes=values.encode(delivery.attributes) if delivery.attributes else None,
        ),
    )


def depth(tx: Transaction, function: FunctionModel) -> dict[str, Json]:
    """How much work waits for the function."""
    found = depth_of(tx, tx.number(function.ref))
    return {"waiting": found.waiting, "in_flight": found.leased}


def lags(tx: Transaction, function: FunctionModel, feed: Feed) -> list[Lag]:
    """How far behind the function is in the log that it follows, shard by shard."""
    source = tx.facts.directory.source(feed.source)
    return lanes.lags(tx, source, tx.number(function.ref))


def behind(tx: Transaction, function: FunctionModel, feed: Feed | None) -> dict[str, Json]:
    """How far behind the function is in all; nothing where it follows no log."""
    if feed is None:
        return {}
    found = lags(tx, function, feed)
    return {
        "unread": sum(each.unread for each in found),
        "lag_ms": max((each.lag_ms for each in found), default=0),
    }
