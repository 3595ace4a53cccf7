"""The tokens by which others end tasks, or say that they are still at them."""

from __future__ import annotations

from typing import NamedTuple

from ensue.engine.transaction import Transaction
from ensue.words.errors import NotFound


class Held(NamedTuple):
    """Who waits for a token.

    Attributes:
        branch: the key of the branch; see `engine.executions`.
        attempt: what the answer must name.
    """

    branch: int
    attempt: int


def keep(tx: Transaction, token: str, branch: int, attempt: int) -> None:
    """Keep a token as long as the branch waits for it."""
    tx.execute(
        "INSERT OR REPLACE INTO ensue_task_tokens (token, branch, attempt) VALUES (?, ?, ?)",
        (token, branch, attempt),
    )


def forget(tx: Transaction, token: str) -> bool:
    """Forget a token: nobody waits for it any more. Returns whether it was there."""
    tx.execute("DELETE FROM ensue_task_tokens WHERE token = ?", (token,))
    return tx.changed() > 0


def held(tx: Transaction, token: str) -> Held:
    """Who waits for a token.

    Raises:
        NotFound: nobody does: its task is over, or there never was one.
    """
    found = tx.execute(
        "SELECT branch, attempt FROM ensue_task_tokens WHERE token = ?", (token,)
    ).fetchone()
    if found is None:
        raise NotFound(
            "no task waits for this token",
            hint="Its task has ended, has timed out, or was given an answer before.",
        )
    return Held(*found)
