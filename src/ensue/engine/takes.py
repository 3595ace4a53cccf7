"""Taking work from a queue in its own order, and out of that of its group."""

from __future__ import annotations

from ensue.engine import turns, work
from ensue.engine.transaction import Transaction
from ensue.engine.work import COLUMNS, HELD_MS, Work


def due(tx: Transaction, queue: int, limit: int) -> list[Work]:
    """The work that may be taken now, in the queue's order."""
    order = tx.facts.orders.get(queue)
    if order is None:
        return work.due(tx, queue, limit)
    turns.promote(tx, queue)
    found = tx.rows(
        f"SELECT {COLUMNS}, rank FROM ensue_work"
        " WHERE queue = ? AND state < 2 AND rank IS NOT NULL ORDER BY rank, id LIMIT ?",
        (queue, limit),
    )
    if found and order == turns.FAIR:
        turns.reach(tx, queue, int(found[-1][-1] or 0))
    return [Work(*row[:-1]) for row in found]  # type: ignore[arg-type] # they are its columns


def next_due_ms(tx: Transaction, queue: int) -> int | None:
    """When the next work of a queue may be taken; None when there is none to wait for."""
    if queue not in tx.facts.orders:
        return work.next_due_ms(tx, queue)
    ranked = "SELECT 1 FROM ensue_work WHERE queue = ? AND state < 2 AND rank IS NOT NULL LIMIT 1"
    if tx.row(ranked, (queue,)):
        return tx.now_ms
    found = tx.row(
        "SELECT due_ms FROM ensue_work WHERE queue = ? AND state < 2 AND rank IS NULL"
        " AND priority IS NOT NULL ORDER BY due_ms, id LIMIT 1",
        (queue,),
    )
    first = found[0] if found else None
    return first if isinstance(first, int) and first != HELD_MS else None
