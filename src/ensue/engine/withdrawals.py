"""Work that is not wanted any more, or at another time: taken back, or put off, by who made it."""

from __future__ import annotations

from ensue.engine import causes, deduplication, failures, work
from ensue.engine.ids import WORK_NUMBER
from ensue.engine.transaction import Transaction
from ensue.engine.work import DONE, HELD_MS, LEASED, WAITING


def is_pending(tx: Transaction, queue: int, record_id: str) -> bool:
    """Whether work of a queue is not settled yet, by the id of its message."""
    place = tx.facts.records.place(record_id)
    if place is None or place.number != WORK_NUMBER:
        return False
    piece = work.piece(tx, place.sequence)
    return piece is not None and piece.queue == queue and piece.state != DONE


def take_back(tx: Transaction, queue: int, record_id: str) -> bool:
    """Forget work of a queue that waits and that nobody has taken, by the id of its message.

    What it held back in its group goes on. Returns whether it waited: what is being handled, is
    done, or has moved to a dead-letter queue stays what it is.
    """
    place = tx.facts.records.place(record_id)
    if place is None or place.number != WORK_NUMBER:
        return False
    piece = work.piece(tx, place.sequence)
    if piece is None or piece.queue != queue or piece.state != WAITING:
        return False
    tx.execute("DELETE FROM ensue_work WHERE id = ?", (piece.id,))
    tx.facts.depths.add(queue, -1, 0, -1 if piece.due_ms == HELD_MS else 0)
    causes.left(tx, queue, [piece.id])
    deduplication.forget_work(tx, queue, piece.id)
    if piece.receives:
        failures.forget(tx, piece.id)
    work.release_groups(tx, [piece])
    tx.touched.add(queue)
    return True


def withdraw(tx: Transaction, work_id: int) -> bool:
    """Forget unsettled work without a group: nobody wants it any more.

    Returns whether there was any. Who has leased it settles nothing then.
    """
    found = tx.execute(
        "SELECT queue, state FROM ensue_work WHERE id = ? AND state < 2", (work_id,)
    ).fetchone()
    if found is None:
        return False
    queue, state = found
    tx.execute("DELETE FROM ensue_work WHERE id = ?", (work_id,))
    tx.facts.depths.add(queue, -1, -1 if state == LEASED else 0)
    causes.left(tx, queue, [work_id])
    tx.touched.add(queue)
    return True


def postpone(tx: Transaction, work_id: int, due_ms: int) -> bool:
    """Let waiting work without a group be due at another time; returns whether it waits."""
    tx.execute(
        "UPDATE ensue_work SET due_ms = ?1, after_ms = ?1 WHERE id = ?2 AND state = 0",
        (due_ms, work_id),
    )
    return tx.changed() > 0


def body_of(tx: Transaction, work_id: int) -> str | None:
    """The body of work; None when it is not kept any more."""
    found = tx.row("SELECT body FROM ensue_work WHERE id = ?", (work_id,))
    return None if found is None else str(found[0])
