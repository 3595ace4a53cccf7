"""Adding much work at once."""

from __future__ import annotations

from collections.abc import Sequence

from ensue.engine.transaction import Transaction


def add_plain(tx: Transaction, queue: int, bodies: Sequence[str]) -> int:
    """Add work that is due now, of no group and with no attributes; returns the first's number.

    For a queue without an order of its own. The numbers follow each other.
    """
    hop, now_ms = tx.hop, tx.now_ms
    tx.connection.executemany(
        "INSERT INTO ensue_work (queue, due_ms, after_ms, sent_ms, hop, body)"
        " VALUES (?1, ?2, ?2, ?2, ?3, ?4)",
        [(queue, now_ms, hop, body) for body in bodies],
    )
    tx.facts.depths.add(queue, len(bodies))
    tx.touched.add(queue)
    return tx.inserted() - len(bodies) + 1
