"""Batches: when there are enough for one, in which sizes they are handed over, what is answered."""

from __future__ import annotations

from collections.abc import Iterator

from ensue.engine import work
from ensue.engine.consumer import Verdict, error_text
from ensue.engine.handlers import Policy, WorkHandler
from ensue.engine.ids import WORK_NUMBER, Place
from ensue.engine.transaction import Origin, Transaction
from ensue.engine.work import HELD_MS, Work
from ensue.words.errors import StoreError


def unripe_until_ms(tx: Transaction, queue: int, size: int, window_ms: int) -> int | None:
    """When to look again, where the due work of a queue makes no batch yet; None where it may.

    Args:
        tx: the transaction.
        queue: whose work it is.
        size: how many make a batch full.
        window_ms: how old the oldest of a batch that is not full must be.
    """
    due = tx.rows(
        "SELECT due_ms FROM ensue_work WHERE queue = ? AND state < 2 AND due_ms <= ?"
        " ORDER BY due_ms, id LIMIT ?",
        (queue, tx.now_ms, size),
    )
    oldest_ms = due[0][0] if due else None
    if not isinstance(oldest_ms, int) or len(due) >= size:
        return None
    return next_look_ms(tx, queue, oldest_ms + window_ms)


def ripe(
    tx: Transaction, queue: int, ready: list[Work], size: int, window_ms: int
) -> tuple[list[Work], int | None]:
    """What of the due work makes a batch: full ones, and the rest if its oldest is old enough.

    Args:
        tx: the transaction.
        queue: whose work it is.
        ready: the due work, in the order in which it is taken.
        size: how many make a batch full.
        window_ms: how old the oldest of a batch that is not full must be.

    Returns:
        What may be taken, and when to look again for the rest; None where nothing is left.
    """
    full = len(ready) - len(ready) % size
    rest = ready[full:]
    if not rest:
        return ready, None
    look_ms = next_look_ms(tx, queue, min(piece.due_ms for piece in rest) + window_ms)
    return (ready, None) if look_ms is None else (ready[:full], look_ms)


def next_look_ms(tx: Transaction, queue: int, ripe_ms: int) -> int | None:
    """When to look again for what is ripe at a time; None when that has come.

    What becomes due until then may fill the batch, and no commit says so.
    """
    if ripe_ms <= tx.now_ms:
        return None
    later = tx.row(
        "SELECT due_ms FROM ensue_work WHERE queue = ? AND state < 2 AND due_ms > ?"
        " ORDER BY due_ms, id LIMIT 1",
        (queue, tx.now_ms),
    )
    due_ms = later[0] if later and isinstance(later[0], int) else HELD_MS
    return min(due_ms, ripe_ms)


def in_batches(taken: list[Work], policy: Policy, *, halves: bool) -> Iterator[list[Work]]:
    """What was taken, in the batches in which it is handed over.

    Args:
        taken: leased work.
        policy: says how large they may be.
        halves: whether what failed before is handed over in smaller ones: half as large after each
            receive that failed, and alone the last time. So who fails by itself is found, and does
            not take the others with it.
    """
    if not halves or all(piece.receives == 1 for piece in taken):
        for begin in range(0, len(taken), policy.batch):
            yield taken[begin : begin + policy.batch]
        return
    batch: list[Work] = []
    most = policy.batch
    for piece in taken:
        size = _size_for(piece, policy)
        if batch and len(batch) >= min(most, size):
            yield batch
            batch, most = [], policy.batch
        batch.append(piece)
        most = min(most, size)
    if batch:
        yield batch


def _size_for(piece: Work, policy: Policy) -> int:
    if piece.receives == 1:
        return policy.batch
    is_last = piece.receives >= policy.max_receives
    return 1 if is_last else max(1, policy.batch >> min(piece.receives - 1, 40))


def completed(tx: Transaction, handler: WorkHandler, verdict: Verdict) -> Verdict:
    """Complete what an action answered, as a hop of its own; returns how it ended then.

    When part of a batch has passed to another receive meanwhile, that one completes its own:
    nothing is made of this answer, and what is left of the batch is given back.
    """
    complete, pieces = handler.complete, verdict.pieces
    if verdict.failed or complete is None:
        return verdict
    if not all(_is_still_had(tx, piece) for piece in pieces):
        work.give_back(tx, pieces)
        return Verdict([], {})
    origin = Origin(handler.actor, Place(WORK_NUMBER, pieces[0].id), pieces[0].receives)
    try:
        refused = tx.nested(origin, lambda: complete(tx, pieces, verdict.answer))
    except StoreError:
        raise
    except Exception as fault:  # noqa: BLE001 - the application's failure is recorded as it is
        is_final = isinstance(fault, handler.final) and len(pieces) == 1
        return Verdict(pieces, all_failed(pieces, error_text(fault)), is_final)
    return Verdict(pieces, refused or {})


def _is_still_had(tx: Transaction, taken: Work) -> bool:
    found = work.piece(tx, taken.id)
    return found is not None and _receive(found) == _receive(taken)


def _receive(piece: Work) -> tuple[int, int, int, int | None]:
    """By what a receive of work is told from another."""
    return piece.queue, piece.state, piece.receives, piece.taken_ms


def all_failed(pieces: list[Work], error: str) -> dict[int, str]:
    """That a batch failed as a whole, and why."""
    return {piece.id: error for piece in pieces}
