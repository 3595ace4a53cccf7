"""Redrives on record: what each is to move, how far it has come, and what it moved.

running ──all looked at──▶ done
   └────────cancel───────▶ cancelled        done, cancelled ──undo──▶ undone
"""

from __future__ import annotations

from typing import NamedTuple

from ensue.engine.transaction import Transaction

RUNNING, DONE, CANCELLED, UNDONE = 0, 1, 2, 3

_COLUMNS = (
    "id, queue, state, options, moved, refused, first_refusal, at_due_ms, at_id, started_ms,"
    " ended_ms"
)


class Redriving(NamedTuple):
    """A redrive.

    Attributes:
        id: its number.
        queue: the dead-letter queue.
        state: `RUNNING`, `DONE`, `CANCELLED` or `UNDONE`.
        options: JSON text of what it is to move, and how.
        moved: how much it has moved.
        refused: how many letters could not be moved, and stay.
        first_refusal: why the first of them could not.
        at_due_ms: up to where it has looked: the letter's due time,
        at_id: and its number.
        started_ms: when it was started; what died later is not its business.
        ended_ms: when it ended; None while it runs.
    """

    id: int
    queue: int
    state: int
    options: str
    moved: int
    refused: int
    first_refusal: str | None
    at_due_ms: int
    at_id: int
    started_ms: int
    ended_ms: int | None


def unsaved(queue: int, now_ms: int) -> Redriving:
    """A redrive that only looks."""
    return Redriving(0, queue, RUNNING, "", 0, 0, None, -1, -1, now_ms, None)


def start(tx: Transaction, queue: int, options: str) -> Redriving:
    """Enter a redrive that is to run."""
    tx.execute(
        "INSERT INTO ensue_redrives (queue, state, options, at_due_ms, at_id, started_ms)"
        " VALUES (?, 0, ?, -1, -1, ?)",
        (queue, options, tx.now_ms),
    )
    tx.touched.add(queue)
    number = tx.inserted()
    return Redriving(number, queue, RUNNING, options, 0, 0, None, -1, -1, tx.now_ms, None)


def save(tx: Transaction, redriving: Redriving) -> None:
    """Note how far a redrive has come."""
    tx.execute(
        "UPDATE ensue_redrives SET state = ?, moved = ?, refused = ?, first_refusal = ?,"
        " at_due_ms = ?, at_id = ?, ended_ms = ? WHERE id = ?",
        (
            redriving.state,
            redriving.moved,
            redriving.refused,
            redriving.first_refusal,
            redriving.at_due_ms,
            redriving.at_id,
            redriving.ended_ms,
            redriving.id,
        ),
    )


def find(tx: Transaction, queue: int, number: int) -> Redriving | None:
    """A redrive of a dead-letter queue; None when there is none of that number."""
    sql = f"SELECT {_COLUMNS} FROM ensue_redrives WHERE id = ? AND queue = ?"
    row = tx.execute(sql, (number, queue)).fetchone()
    return None if row is None else Redriving(*row)


def first_running(tx: Transaction, queue: int) -> Redriving | None:
    """The redrive of a dead-letter queue that runs, the first of several."""
    sql = f"SELECT {_COLUMNS} FROM ensue_redrives WHERE queue = ? AND state = 0 ORDER BY id LIMIT 1"
    row = tx.execute(sql, (queue,)).fetchone()
    return None if row is None else Redriving(*row)


def newest(tx: Transaction, queue: int, limit: int) -> list[Redriving]:
    """The redrives of a dead-letter queue, newest first."""
    sql = f"SELECT {_COLUMNS} FROM ensue_redrives WHERE queue = ? ORDER BY id DESC LIMIT ?"
    return [Redriving(*row) for row in tx.execute(sql, (queue, limit))]


class Moved(NamedTuple):
    """What a redrive moved, as it was.

    Attributes:
        work: its number.
        home: where it was moved to.
        attributes: JSON text of its attributes, those of its death among them.
        body: its body; None where that was not changed.
    """

    work: int
    home: int
    attributes: str
    body: str | None


def remember(tx: Transaction, number: int, moved: Moved) -> bool:
    """Note what a redrive is to move; returns whether it has not moved it before."""
    tx.execute(
        "INSERT INTO ensue_redriven (redrive, work, home, attributes, body) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        (number, *moved),
    )
    return tx.changed() > 0


def look_again(tx: Transaction, ahead_ms: int) -> None:
    """Let what runs look at all letters once more: the clock was set back, and they with it."""
    tx.execute(
        "UPDATE ensue_redrives SET at_due_ms = -1, at_id = -1, started_ms = max(?, started_ms - ?)"
        " WHERE state = 0",
        (tx.now_ms, ahead_ms),
    )


def moved_by(tx: Transaction, number: int, after: int, limit: int) -> list[Moved]:
    """What a redrive moved, in the order of numbers, behind ``after``."""
    found = tx.execute(
        "SELECT work, home, attributes, body FROM ensue_redriven"
        " WHERE redrive = ? AND work > ? ORDER BY work LIMIT ?",
        (number, after, limit),
    )
    return [Moved(*row) for row in found]


def original(tx: Transaction, work_id: int) -> str | None:
    """The body that work had before redrives changed it; None where none did that is on record."""
    found = tx.row(
        "SELECT body FROM ensue_redriven JOIN ensue_redrives ON id = redrive"
        " WHERE work = ? AND body IS NOT NULL AND state <> 3 ORDER BY redrive LIMIT 1",
        (work_id,),
    )
    return None if found is None else str(found[0])


def forget(tx: Transaction, before_ms: int, limit: int) -> int:
    """Forget redrives that ended before ``before_ms``, and what they moved; returns how much."""
    old = tx.row(
        "SELECT id FROM ensue_redrives WHERE ended_ms < ? ORDER BY ended_ms LIMIT 1", (before_ms,)
    )
    if old is None:
        return 0
    tx.execute(
        "DELETE FROM ensue_redriven WHERE redrive = ?1 AND work IN"
        " (SELECT work FROM ensue_redriven WHERE redrive = ?1 LIMIT ?2)",
        (old[0], limit),
    )
    gone = tx.changed()
    if gone < limit:
        tx.execute("DELETE FROM ensue_redrives WHERE id = ?", (old[0],))
        gone += 1
    return gone
