"""Receiving by hand, within a transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ensue.engine import backlog, takes, work
from ensue.engine.ids import WORK_NUMBER
from ensue.engine.parking import group_of
from ensue.engine.sockets import Refusal
from ensue.engine.traced import tell_received
from ensue.engine.transaction import Transaction
from ensue.engine.work import Work
from ensue.resources.queue import rules
from ensue.resources.queue.model import VISIBILITY_MS_MAX, QueueModel, Received
from ensue.words import values
from ensue.words.errors import InvalidInput, InvalidValue, LeaseLost

Dead = Callable[[Transaction, Work, str], Any]


@dataclass(frozen=True)
class Asked:
    """What a receiver asked for.

    Attributes:
        limit: how many messages at most.
        visibility_ms: how long nobody else receives them.
        holder: what the receiver calls itself.
    """

    limit: int
    visibility_ms: int
    holder: str | None


@dataclass(frozen=True)
class Found:
    """What a receive found.

    Attributes:
        messages: the messages.
        next_ms: when to look again, as far as is known.
    """

    messages: list[Received]
    next_ms: int | None


def receive(tx: Transaction, queue: QueueModel, asked: Asked, dead: Dead) -> Found:
    """Take messages that are due for a time; what was received too often is dead-lettered.

    Args:
        tx: the transaction.
        queue: where from.
        asked: how many, and for how long.
        dead: moves a message to the dead-letter queue, with the reason.
    """
    number = tx.number(queue.ref)
    limit = asked.limit
    if queue.in_flight_max is not None:
        backlog.release_ended(tx, number)
        limit = min(limit, queue.in_flight_max - tx.facts.depths.live(number).leased)
        if limit <= 0:
            return Found([], backlog.first_lease_ends_ms(tx, number))
    taken: list[Work] = []
    worn_out = False
    for piece in takes.due(tx, number, limit):
        reason = _worn_out(queue, piece)
        if reason is None:
            taken.append(piece)
        else:
            worn_out = True
            dead(tx, piece, reason)
    leased = work.lease(tx, taken, asked.visibility_ms, asked.holder or "")
    if tx.tracer is not None and leased:
        tell_received(tx, tx.tracer, leased)
    messages = [_received(tx, piece) for piece in leased]
    next_ms = tx.now_ms if worn_out else takes.next_due_ms(tx, number)
    return Found(messages, next_ms)


def _worn_out(queue: QueueModel, piece: Work) -> str | None:
    if queue.dead_letters is None or piece.receives < queue.max_receives:
        return None
    return f"received {piece.receives} times without being settled"


def _received(tx: Transaction, piece: Work) -> Received:
    message_id = work.record_id(tx, piece.id)
    return Received(
        id=message_id,
        body=values.decode(piece.body),
        receives=piece.receives,
        sent_ms=piece.sent_ms,
        group=group_of(piece),
        attributes=work.attributes_of(piece),
        priority=piece.priority,
        tenant=piece.tenant,
        handle=str(rules.Receipt(message_id, piece.receives, piece.taken_ms or 0)),
        until_ms=piece.due_ms,
    )


def settle(tx: Transaction, queue: QueueModel, handle: str) -> None:
    """Settle what was received: it is done.

    Raises:
        LeaseLost: its lease has passed to another receive, or it is settled.
    """
    piece = _leased(tx, queue, handle)
    work.finish(tx, [piece])
    if queue.in_flight_max is not None:
        tx.touched.add(piece.queue)


def settle_batch(tx: Transaction, queue: QueueModel, handles: Sequence[str]) -> list[Refusal]:
    """Settle what was received; returns why some of it could not be."""
    refusals = []
    for index, handle in enumerate(handles):
        try:
            settle(tx, queue, handle)
        except (InvalidInput, LeaseLost) as fault:
            refusals.append(Refusal(index, fault.code, str(fault)))
    return refusals


def change_visibility(tx: Transaction, queue: QueueModel, handle: str, visibility_ms: int) -> None:
    """Let a lease end so long from now; 0 gives the message back.

    Raises:
        LeaseLost: it has passed to another receive, or the message is settled.
        InvalidValue: the lease would be longer than 12 hours in all.
    """
    piece = _leased(tx, queue, handle)
    until_ms = tx.now_ms + visibility_ms
    if until_ms - (piece.taken_ms or 0) > VISIBILITY_MS_MAX:
        raise InvalidValue(
            f"expected a lease of at most {VISIBILITY_MS_MAX} ms since the receive",
            at="$.visibility",
            hint="Settle it, and send what is left to do as a new message.",
        )
    work.lease_until(tx, piece, until_ms)


def _leased(tx: Transaction, queue: QueueModel, handle: str) -> Work:
    receipt = rules.receipt(handle)
    place = tx.facts.records.place(receipt.message_id)
    if place is None or place.number != WORK_NUMBER:
        raise LeaseLost(f"{queue.ref} has no message {receipt.message_id}", at="$.handle")
    piece = work.piece(tx, place.sequence)
    if (
        piece is None
        or piece.queue != tx.number(queue.ref)
        or piece.state != work.LEASED
        or (piece.receives, piece.taken_ms) != (receipt.receives, receipt.taken_ms)
    ):
        raise LeaseLost(
            "the lease of this receive has passed: the message is settled, or was received again",
            at="$.handle",
            hint="Receive with a longer visibility, or lengthen it while you work.",
        )
    return piece
