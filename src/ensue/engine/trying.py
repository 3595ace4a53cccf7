"""What has failed and will be tried again, looked at from outside: a few pieces of a queue."""

from __future__ import annotations

from typing import Any, NamedTuple

from ensue.engine.transaction import Transaction
from ensue.engine.work import HELD_MS

SAMPLE_MAX = 20
LOOKED_AT_MAX = 500
BEHIND_MAX = 1_000

_WHY = (
    "(SELECT error FROM ensue_failures WHERE work = w.id ORDER BY at_ms DESC, attempt DESC"
    " LIMIT 1), (SELECT min(at_ms) FROM ensue_failures WHERE work = w.id)"
)


class Tried(NamedTuple):
    """A piece of work that has failed, and will be tried again.

    Attributes:
        id: its number.
        group: its message group; None for none.
        error: why it failed last.
        first_ms: when it failed first.
    """

    id: int
    group: str | None
    error: str
    first_ms: int


def tried(tx: Transaction, queue: int) -> list[Tried]:
    """Some of the work of a queue that has failed, that which waits longest first."""
    waiting = tx.execute(
        f"SELECT id, grp, {_WHY} FROM (SELECT id, grp, due_ms, receives FROM ensue_work"
        "  WHERE queue = ? AND state = 0 AND due_ms <> after_ms ORDER BY after_ms LIMIT ?) w"
        " WHERE due_ms < ? AND receives > 0 LIMIT ?",
        (queue, LOOKED_AT_MAX, HELD_MS, SAMPLE_MAX),
    ).fetchall()
    taken = tx.execute(
        f"SELECT id, grp, {_WHY} FROM ensue_work w WHERE queue = ? AND state = 1 AND receives > 1"
        " ORDER BY due_ms LIMIT ?",
        (queue, SAMPLE_MAX - len(waiting)),
    ).fetchall()
    found: list[Any] = [*waiting, *taken]
    return [Tried(*row) for row in found if row[2] is not None]


def behind(tx: Transaction, queue: int, group: str) -> int:
    """How many of a group wait behind its first, at most 1,000 counted."""
    [(count,)] = tx.execute(
        "SELECT count(*) FROM (SELECT 1 FROM ensue_work WHERE queue = ? AND grp = ? AND state < 2"
        " LIMIT ?)",
        (queue, group, BEHIND_MAX + 1),
    )
    return int(count) - 1
