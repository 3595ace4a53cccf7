"""The failed attempts of work, on record."""

from __future__ import annotations

from ensue.engine.transaction import Transaction

ERROR_LENGTH_MAX = 2_000


def record(tx: Transaction, work_id: int, attempt: int, error: str) -> None:
    """Note that an attempt failed, and why."""
    tx.execute(
        "INSERT OR REPLACE INTO ensue_failures (work, attempt, at_ms, error) VALUES (?, ?, ?, ?)",
        (work_id, attempt, tx.now_ms, error[:ERROR_LENGTH_MAX]),
    )


def failures(tx: Transaction, work_id: int) -> list[tuple[int, int, str]]:
    """The failed attempts of a piece of work: attempt, time in ms, error."""
    found = tx.execute(
        "SELECT attempt, at_ms, error FROM ensue_failures WHERE work = ? ORDER BY at_ms, attempt",
        (work_id,),
    )
    return [(attempt, at_ms, error) for attempt, at_ms, error in found]


def forget(tx: Transaction, work_id: int) -> None:
    """Forget the failed attempts of work that is forgotten itself."""
    tx.execute("DELETE FROM ensue_failures WHERE work = ?", (work_id,))
