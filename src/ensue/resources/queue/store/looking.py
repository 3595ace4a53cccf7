"""Looking at a queue, and emptying it, within a transaction."""

from __future__ import annotations

from ensue.engine import backlog, logs, work
from ensue.engine import standing as standings
from ensue.engine.parking import group_of
from ensue.engine.pieces import state_of
from ensue.engine.standing import BEGINNING, STATES
from ensue.engine.transaction import Transaction
from ensue.engine.work import Work
from ensue.resources.queue.model import (
    HELD_KEYS_MAX,
    LEASES_MAX,
    PEEK_MAX,
    PURGE_CHUNK,
    STANDING_MAX,
    HeldKey,
    LeaseInfo,
    Message,
    QueueModel,
    Standing,
    StandingPage,
)
from ensue.resources.queue.rules import Receipt
from ensue.resources.queue.store.letters import cursor
from ensue.words import values
from ensue.words.errors import InvalidValue
from ensue.words.values import Json


def peek(tx: Transaction, queue: QueueModel, limit: int) -> list[Message]:
    """Messages without receiving them, longest due first."""
    found = work.peek(tx, tx.number(queue.ref), max(0, min(limit, PEEK_MAX)))
    return [message(piece, work.record_id(tx, piece.id)) for piece in found]


def depth(tx: Transaction, queue: QueueModel) -> dict[str, Json]:
    """How much is in a queue, and for how long the oldest that is due has waited."""
    found = backlog.depth(tx, tx.number(queue.ref))
    since_ms = found.oldest_ms
    waited = None if since_ms is None or since_ms > tx.now_ms else tx.now_ms - since_ms
    return {
        "waiting": found.waiting,
        "delayed": found.delayed,
        "held": found.held,
        "in_flight": found.leased,
        "oldest_age_ms": waited,
    }


def leases(tx: Transaction, queue: QueueModel, limit: int, consumer: str) -> list[LeaseInfo]:
    """What is in flight, the lease that ends first before the others."""
    found = backlog.leases(tx, tx.number(queue.ref), max(0, min(limit, LEASES_MAX)))
    return [
        LeaseInfo(
            id=work.record_id(tx, lease.piece.id),
            holder=lease.holder or consumer,
            receives=lease.piece.receives,
            taken_ms=lease.piece.taken_ms,
            left_ms=max(0, lease.piece.due_ms - tx.now_ms),
        )
        for lease in found
    ]


def standing(
    tx: Transaction,
    queue: QueueModel,
    state: str,
    *,
    limit: int,
    after: str | None,
    consumer: str,
) -> StandingPage:
    """Messages that stand so, the one that is due first before the others.

    Raises:
        InvalidValue: there is no such state, or ``after`` is no end of a page.
    """
    if state not in STATES:
        raise InvalidValue(f"expected one of {', '.join(STATES)}, got {state!r}", at="$.state")
    limit = max(1, min(limit, STANDING_MAX))
    begin = BEGINNING if after is None else cursor(after)
    found = standings.standing(tx, tx.number(queue.ref), state, begin, limit)
    last = found[-1].piece if len(found) == limit else None
    return StandingPage(
        [_standing(tx, each, consumer) for each in found],
        None if last is None else f"{last.due_ms}.{last.id}",
    )


def held(tx: Transaction, queue: QueueModel, limit: int, consumer: str) -> list[HeldKey]:
    """The groups that are held up longest, and by what."""
    found = standings.held_groups(tx, tx.number(queue.ref), max(1, min(limit, HELD_KEYS_MAX)))
    return [
        HeldKey(
            each.group,
            each.waiting,
            each.since_ms,
            None if each.first is None else _standing(tx, each.first, consumer),
        )
        for each in found
    ]


def _standing(tx: Transaction, found: standings.Standing, consumer: str) -> Standing:
    piece, leased = found.piece, found.piece.state == work.LEASED
    message_id = work.record_id(tx, piece.id)
    by_hand = leased and found.holder is not None
    return Standing(
        id=message_id,
        state=state_of(tx, piece),
        due_ms=None if piece.due_ms == work.HELD_MS else piece.due_ms,
        sent_ms=piece.sent_ms,
        taken_ms=piece.taken_ms,
        receives=piece.receives,
        holder=(found.holder or consumer) if leased else None,
        handle=str(Receipt(message_id, piece.receives, piece.taken_ms or 0)) if by_hand else None,
        error=found.error,
        group=group_of(piece),
        body=values.decode(piece.body),
        attributes=work.attributes_of(piece),
    )


def last_message(tx: Transaction) -> int:
    """The number of the newest piece of work of all queues."""
    return logs.last_sequence(tx, "ensue_work")


def purge(tx: Transaction, queue: QueueModel, up_to: int) -> int:
    """Forget a chunk of what waits, with numbers up to ``up_to``; returns how much."""
    purged = backlog.purge(tx, tx.number(queue.ref), up_to, PURGE_CHUNK)
    work.release_groups(tx, purged)
    return len(purged)


def forget(tx: Transaction, queue: QueueModel, piece: work.Work) -> None:
    """Forget a message that waits."""
    backlog.forget(tx, tx.number(queue.ref), [piece])
    work.release_groups(tx, [piece])


def message(piece: Work, message_id: str) -> Message:
    """A piece of work as its consumer gets it."""
    return Message(
        id=message_id,
        body=values.decode(piece.body),
        receives=piece.receives,
        sent_ms=piece.sent_ms,
        group=group_of(piece),
        attributes=work.attributes_of(piece) if piece.attributes else {},
        priority=piece.priority,
        tenant=piece.tenant,
    )
