"""The failed attempts of work, on record."""

from __future__ import annotations

from typing import NamedTuple

from ensue.engine.transaction import Transaction

ERROR_LENGTH_MAX = 2_000


def record(
    tx: Transaction, work_id: int, attempt: int, error: str, begun_ms: int | None = None
) -> None:
    """Note that an attempt failed, why, and when it began: now, where it was in no lease."""
    begun_ms = tx.now_ms if begun_ms is None else begun_ms
    tx.execute(
        "INSERT OR REPLACE INTO ensue_failures (work, attempt, at_ms, error, begun_ms)"
        " VALUES (?, ?, ?, ?, ?)",
        (work_id, attempt, tx.now_ms, error[:ERROR_LENGTH_MAX], begun_ms),
    )


def failures(tx: Transaction, work_id: int) -> list[tuple[int, int, str]]:
    """The failed attempts of a piece of work: attempt, time in ms, error."""
    found = tx.execute(
        "SELECT attempt, at_ms, error FROM ensue_failures WHERE work = ? ORDER BY at_ms, attempt",
        (work_id,),
    )
    return [(attempt, at_ms, error) for attempt, at_ms, error in found]


class Failure(NamedTuple):
    """A failed attempt: which one, when it began, where that was noted, when it ended, and why."""

    attempt: int
    begun_ms: int | None
    at_ms: int
    error: str


def attempts(tx: Transaction, work_id: int) -> list[Failure]:
    """The failed attempts of a piece of work, in their order."""
    found = tx.execute(
        "SELECT attempt, begun_ms, at_ms, error FROM ensue_failures WHERE work = ?"
        " ORDER BY at_ms, attempt",
        (work_id,),
    )
    return [Failure(*row) for row in found]


def forget(tx: Transaction, work_id: int) -> None:
    """Forget the failed attempts of work that is forgotten itself."""
    tx.execute("DELETE FROM ensue_failures WHERE work = ?", (work_id,))
