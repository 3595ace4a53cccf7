"""Work that somebody else's work depends on: taken back, or put off, by who made it.

Of work without a group only: what is held behind other work is none of this.
"""

from __future__ import annotations

from ensue.engine.transaction import Transaction
from ensue.engine.work import LEASED


def withdraw(tx: Transaction, work_id: int) -> bool:
    """Forget unsettled work: nobody wants it any more.

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
    tx.touched.add(queue)
    return True


def postpone(tx: Transaction, work_id: int, due_ms: int) -> bool:
    """Let waiting work be due at another time; returns whether it waits."""
    tx.execute(
        "UPDATE ensue_work SET due_ms = ?1, after_ms = ?1 WHERE id = ?2 AND state = 0",
        (due_ms, work_id),
    )
    return tx.changed() > 0


def body_of(tx: Transaction, work_id: int) -> str | None:
    """The body of work; None when it is not kept any more."""
    found = tx.row("SELECT body FROM ensue_work WHERE id = ?", (work_id,))
    return None if found is None else str(found[0])
