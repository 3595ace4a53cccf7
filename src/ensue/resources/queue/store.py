"""What a queue does within a transaction."""

from __future__ import annotations

from collections.abc import Sequence

from ensue.engine import work
from ensue.engine.sockets import Delivery, Refusal
from ensue.engine.transaction import Transaction
from ensue.engine.work import Work
from ensue.resources.queue.model import (
    DELAY_MS_MAX,
    GROUP_LENGTH_MAX,
    PEEK_MAX,
    REDRIVE_MAX,
    Message,
    QueueModel,
)
from ensue.words import values
from ensue.words.errors import InvalidInput, InvalidValue
from ensue.words.values import Json


def send(
    tx: Transaction,
    queue: QueueModel,
    body: object,
    *,
    delay_ms: int = 0,
    group: str | None = None,
    attributes: dict[str, Json] | None = None,
) -> str:
    """Send a message; returns its id."""
    _check_group(group)
    if attributes and work.DEAD_LETTER in attributes:
        raise InvalidValue(
            f"expected attributes without {work.DEAD_LETTER}, which tells where a dead letter"
            " comes from",
            at="$.attributes",
        )
    if not 0 <= delay_ms <= DELAY_MS_MAX:
        raise InvalidValue(f"expected a delay from 0 to {DELAY_MS_MAX} ms, got {delay_ms}")
    number = work.add(
        tx,
        tx.number(queue.ref),
        values.encode(body if queue.shape is None else queue.shape.plain(body)),
        delay_ms=delay_ms,
        group=group,
        attributes=values.encode(attributes) if attributes else None,
    )
    return work.record_id(tx, number)


def deliver(
    tx: Transaction, queue: QueueModel, deliveries: Sequence[Delivery]
) -> list[str | Refusal]:
    """Take a batch of deliveries, already encoded."""
    number = tx.number(queue.ref)
    answers: list[str | Refusal] = []
    for delivery in deliveries:
        attributes = values.encode(delivery.attributes) if delivery.attributes else None
        taken = work.add(
            tx,
            number,
            delivery.body,
            delay_ms=delivery.delay_ms,
            group=delivery.group,
            attributes=attributes,
        )
        answers.append(work.record_id(tx, taken))
    return answers


def peek(tx: Transaction, queue: QueueModel, limit: int) -> list[Message]:
    """Messages without receiving them, longest due first."""
    found = work.peek(tx, tx.number(queue.ref), max(0, min(limit, PEEK_MAX)))
    return [message(piece, work.record_id(tx, piece.id)) for piece in found]


def redrive(tx: Transaction, dead_letters: QueueModel, limit: int) -> int:
    """Move messages of a dead-letter queue back to the queue they came from; returns how many."""
    if dead_letters.dead_letters is not None:
        raise InvalidInput(
            f"expected a dead-letter queue, got {dead_letters.ref}",
            hint=f"Its dead letters are in {dead_letters.dead_letters.name}.",
        )
    return work.redrive(tx, tx.number(dead_letters.ref), max(0, min(limit, REDRIVE_MAX)))


def depth(tx: Transaction, queue: QueueModel) -> dict[str, Json]:
    """How much is in a queue, and for how long the message that is due first has waited."""
    found = work.depth(tx, tx.number(queue.ref))
    waited = None if found.head_sent_ms is None else tx.now_ms - found.head_sent_ms
    return {"waiting": found.waiting, "in_flight": found.leased, "head_age_ms": waited}


def message(piece: Work, message_id: str) -> Message:
    """A piece of work as its consumer gets it."""
    return Message(
        id=message_id,
        body=values.decode(piece.body),
        receives=piece.receives,
        sent_ms=piece.sent_ms,
        group=piece.group,
        attributes=work.attributes_of(piece),
    )


def _check_group(group: object) -> None:
    if group is None:
        return
    if not isinstance(group, str) or not 1 <= len(group) <= GROUP_LENGTH_MAX:
        raise InvalidValue(
            f"expected a group of 1 to {GROUP_LENGTH_MAX} characters, got {values.shown(group)}",
            at="$.group",
        )
    values.check(group, "$.group")
