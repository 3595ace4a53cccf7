"""Deduplication ids: what is sent twice within five minutes is taken once.

A second send with the id of the first is accepted, answers the first's number, and adds nothing,
also when the first is done already.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from ensue.engine.transaction import Transaction

DEDUPLICATION_MS = 300_000
DEDUPLICATION_ID_LENGTH_MAX = 128


def content_id(body: str) -> str:
    """The deduplication id of a body: the SHA-256 of its text."""
    return hashlib.sha256(body.encode()).hexdigest()


def sent_before(tx: Transaction, queue: int, deduplication_id: str) -> int | None:
    """The work that was sent with this id in the last five minutes; None for none."""
    found = tx.row(
        "SELECT work FROM ensue_deduplication"
        " WHERE queue = ? AND deduplication_id = ? AND until_ms > ?",
        (queue, deduplication_id, tx.now_ms),
    )
    return found[0] if found and isinstance(found[0], int) else None


def note(
    tx: Transaction,
    queue: int,
    deduplication_id: str,
    work_id: int,
    *,
    keep_ms: int = DEDUPLICATION_MS,
) -> None:
    """Remember that work was sent with an id, for five minutes or as long as is said."""
    tx.execute(
        "INSERT OR REPLACE INTO ensue_deduplication (queue, deduplication_id, work, until_ms)"
        " VALUES (?, ?, ?, ?)",
        (queue, deduplication_id, work_id, tx.now_ms + keep_ms),
    )


def add_once(
    tx: Transaction, queue: int, deduplication_id: str | None, add: Callable[[], int]
) -> int:
    """Add work, unless some was sent with this id in the last five minutes; returns its number."""
    if deduplication_id is None:
        return add()
    before = sent_before(tx, queue, deduplication_id)
    if before is not None:
        return before
    added = add()
    note(tx, queue, deduplication_id, added)
    return added


def forget_work(tx: Transaction, queue: int, work_id: int) -> None:
    """Forget the ids of work of a queue that was taken back, so that it can be sent again.

    What is looked at are the ids that the queue was sent in the last five minutes.
    """
    tx.execute("DELETE FROM ensue_deduplication WHERE queue = ? AND work = ?", (queue, work_id))


def forget(tx: Transaction, limit: int) -> int:
    """Forget ids whose five minutes are over, at most ``limit``; returns how many."""
    tx.execute(
        "DELETE FROM ensue_deduplication WHERE (queue, deduplication_id) IN"
        " (SELECT queue, deduplication_id FROM ensue_deduplication WHERE until_ms <= ?"
        " ORDER BY until_ms LIMIT ?)",
        (tx.now_ms, limit),
    )
    return tx.changed()
