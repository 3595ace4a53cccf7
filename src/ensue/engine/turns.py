"""Turns: in which order the due work of a queue is taken, where that is not the order of due times.

* By *priority*, with ageing: work of priority p is taken as if it had been due p times `AGEING_MS`
  earlier. So it passes all that came up to so much earlier with a lower priority, and nothing waits
  for ever: what comes later than that cannot pass.
* *Fairly*, by start-time fair queueing: each piece of a tenant starts where its last one finished,
  or where the queue has come by now. A tenant's backlog lies behind the first of every other's.

Work gets its rank when it becomes due: at the sending, or, after a delay, a retry or behind its
group, when somebody takes work from the queue.
"""

from __future__ import annotations

from typing import NamedTuple

from ensue.engine.transaction import Transaction

PRIORITY, FAIR = "priority", "fair"

PRIORITY_MAX = 9
AGEING_MS = 60_000
PROMOTED_MAX = 1_000
TENANT_LENGTH_MAX = 128


class Turn(NamedTuple):
    """What decides when a piece of work has its turn.

    Attributes:
        priority: 0 to 9, higher is sooner.
        tenant: whose it is.
    """

    priority: int = 0
    tenant: str | None = None


NO_TURN = Turn()


def rank(tx: Transaction, queue: int, turn: Turn, due_ms: int) -> int:
    """The rank of work that becomes due."""
    if tx.facts.orders[queue] == PRIORITY:
        return due_ms - turn.priority * AGEING_MS
    found = tx.row(
        "INSERT INTO ensue_tenants (queue, tenant, finish) VALUES (?1, ?2,"
        " 1 + coalesce((SELECT reached FROM ensue_turns WHERE queue = ?1), 0))"
        " ON CONFLICT DO UPDATE SET finish = max(finish + 1, excluded.finish) RETURNING finish - 1",
        (queue, turn.tenant or ""),
    )
    assert found is not None and isinstance(found[0], int)  # noqa: S101, PT018 - it returns a row
    return found[0]


def reach(tx: Transaction, queue: int, taken_rank: int) -> None:
    """Note how far the turns of a fair queue have come."""
    tx.execute(
        "INSERT INTO ensue_turns (queue, reached) VALUES (?, ?)"
        " ON CONFLICT DO UPDATE SET reached = max(reached, excluded.reached)",
        (queue, taken_rank),
    )


def promote(tx: Transaction, queue: int) -> None:
    """Give a rank to what has become due, at most 1,000 pieces at a time."""
    due = (
        "SELECT id FROM ensue_work WHERE queue = ? AND state < 2 AND rank IS NULL"
        " AND priority IS NOT NULL AND due_ms <= ? ORDER BY due_ms, id LIMIT ?"
    )
    bounds = (queue, tx.now_ms, PROMOTED_MAX)
    if tx.facts.orders[queue] == PRIORITY:
        tx.execute(
            f"UPDATE ensue_work SET rank = due_ms - priority * {AGEING_MS} WHERE id IN ({due})",
            bounds,
        )
        return
    for work_id, tenant in tx.rows(due.replace("SELECT id", "SELECT id, tenant"), bounds):
        turn = Turn(tenant=None if tenant is None else str(tenant))
        tx.execute(
            "UPDATE ensue_work SET rank = ? WHERE id = ?", (rank(tx, queue, turn, 0), work_id)
        )


def reorder(tx: Transaction, queue: int, order: str | None) -> None:
    """Let the work that is in a queue follow another order than before."""
    tx.execute(
        "UPDATE ensue_work SET rank = NULL,"
        " priority = CASE WHEN ?2 THEN coalesce(priority, 0) END"
        " WHERE queue = ?1 AND state < 2",
        (queue, order is not None),
    )
    tx.execute("DELETE FROM ensue_tenants WHERE queue = ?", (queue,))
    tx.execute("DELETE FROM ensue_turns WHERE queue = ?", (queue,))


def forget(tx: Transaction, limit: int) -> int:
    """Forget tenants who have had all their turns, at most ``limit``; returns how many."""
    tx.execute(
        "DELETE FROM ensue_tenants WHERE (queue, tenant) IN"
        " (SELECT t.queue, t.tenant FROM ensue_turns r CROSS JOIN ensue_tenants t"
        " WHERE t.queue = r.queue AND t.finish <= r.reached LIMIT ?)",
        (limit,),
    )
    return tx.changed()
