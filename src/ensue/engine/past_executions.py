"""Forgetting executions that ended long enough ago, with their histories."""

from __future__ import annotations

from collections.abc import Mapping

from ensue.engine import executions, map_runs
from ensue.engine.hops import first_since
from ensue.engine.transaction import Transaction

ENDED = (1, 2, 3, 4)


def forget(tx: Transaction, keeps: Mapping[int, int], limit: int) -> int:
    """Forget executions that have been kept for their time, at most ``limit`` of each status.

    Args:
        tx: the transaction.
        keeps: how long, in ms, each workflow keeps what has ended, by its number.
        limit: how many at most.

    Returns:
        How many were forgotten.
    """
    return sum(_forget(tx, workflow, keep_ms, limit) for workflow, keep_ms in keeps.items())


def _forget(tx: Transaction, workflow: int, keep_ms: int, limit: int) -> int:
    before_ms = tx.now_ms - keep_ms
    # What was entered later than that cannot have ended before: there the look ends.
    behind = first_since(tx, "ensue_executions", "id", before_ms, at=executions.ENTERED_AT)
    gone: list[tuple[int, int]] = []
    for status in ENDED:
        gone += [
            (number, status)
            for (number,) in tx.execute(
                "SELECT id FROM ensue_executions WHERE workflow = ? AND status = ? AND id < ?"
                " AND ended_ms < ? ORDER BY id LIMIT ?",
                (workflow, status, 2**62 if behind is None else behind, before_ms, limit),
            )
        ]
    forgotten = 0
    for number, status in gone:
        forgotten += 1
        if not map_runs.forget(tx, number, limit):
            break
        first, last = executions.key(number, 0), executions.key(number + 1, 0) - 1
        tx.execute("DELETE FROM ensue_histories WHERE id BETWEEN ? AND ?", (first, last))
        tx.execute("DELETE FROM ensue_executions WHERE id = ?", (number,))
        executions.tally(tx, workflow, was=status)
    return forgotten
