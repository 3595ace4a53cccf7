"""Replays on record: what each is to deliver again, and how far it has come.

                  ┌──────pause, or a fault──────┐
    running ──all read──▶ done                  ▼
       ▲   └─────cancel──────▶ cancelled ◀─── paused
       └──────────────────resume────────────────┘

A replay moves its position in the transaction in which it delivers. Until it is done or cancelled,
nothing that it has not read is forgotten, neither in the log nor in its archives.
"""

from __future__ import annotations

from typing import NamedTuple

from ensue.engine.transaction import Transaction

RUNNING, PAUSED, DONE, CANCELLED = 0, 1, 2, 3
NOTHING_HELD = 2**62

_COLUMNS = (
    "id, log, name, state, options, position, last, total, looked, delivered, fault, started_ms,"
    " ended_ms"
)


class Replaying(NamedTuple):
    """A replay.

    Attributes:
        id: its number.
        log: whose records it delivers again.
        name: its name, one of its log.
        state: `RUNNING`, `PAUSED`, `DONE` or `CANCELLED`.
        options: JSON text of what it is to deliver, to whom and how fast.
        position: the sequence number of the last record that it has read.
        last: that of the last record that it is to read.
        total: how many records it was to read when it started.
        looked: how many it has read.
        delivered: how many of those it has delivered.
        fault: why it pauses by itself; None for no such reason.
        started_ms: when it was started.
        ended_ms: when it was done or cancelled; None while it is not.
    """

    id: int
    log: int
    name: str
    state: int
    options: str
    position: int
    last: int
    total: int
    looked: int
    delivered: int
    fault: str | None
    started_ms: int
    ended_ms: int | None


def start(
    tx: Transaction, log: int, name: str, options: str, *, position: int, last: int, total: int
) -> Replaying | None:
    """Enter a replay that is to run; None when there is one of this name."""
    tx.execute(
        "INSERT INTO ensue_replays (log, name, state, options, position, last, total, started_ms)"
        " VALUES (?, ?, 0, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (log, name, options, position, last, total, tx.now_ms),
    )
    if not tx.changed():
        return None
    return find(tx, log, name)


def find(tx: Transaction, log: int, name: str) -> Replaying | None:
    """A replay by its name; None when there is none."""
    sql = f"SELECT {_COLUMNS} FROM ensue_replays WHERE log = ? AND name = ?"
    row = tx.execute(sql, (log, name)).fetchone()
    return None if row is None else Replaying(*row)


def running(tx: Transaction, log: int) -> list[Replaying]:
    """The replays of a log that run, the first of them first."""
    sql = f"SELECT {_COLUMNS} FROM ensue_replays WHERE log = ? AND state = 0 ORDER BY id"
    return [Replaying(*row) for row in tx.execute(sql, (log,))]


def paused(tx: Transaction) -> list[Replaying]:
    """The replays of all logs that pause."""
    sql = f"SELECT {_COLUMNS} FROM ensue_replays WHERE state < 2 AND state = 1 ORDER BY log"
    return [Replaying(*row) for row in tx.execute(sql)]


def open_count(tx: Transaction, log: int) -> int:
    """How many replays of a log are not over."""
    [(count,)] = tx.execute(
        "SELECT count(*) FROM ensue_replays WHERE log = ? AND state < 2", (log,)
    )
    return int(count)


def newest(tx: Transaction, log: int, limit: int) -> list[Replaying]:
    """The replays of a log, newest first."""
    sql = f"SELECT {_COLUMNS} FROM ensue_replays WHERE log = ? ORDER BY id DESC LIMIT ?"
    return [Replaying(*row) for row in tx.execute(sql, (log, limit))]


def move(
    tx: Transaction, replaying: Replaying, *, position: int, looked: int, delivered: int
) -> None:
    """Note how far a replay has come; it is done when that is its end."""
    is_done = position >= replaying.last
    tx.execute(
        "UPDATE ensue_replays SET position = ?, looked = looked + ?, delivered = delivered + ?,"
        " state = ?, ended_ms = ? WHERE id = ?",
        (
            position,
            looked,
            delivered,
            DONE if is_done else RUNNING,
            tx.now_ms if is_done else None,
            replaying.id,
        ),
    )


def set_state(
    tx: Transaction, replaying: Replaying, state: int, *, fault: str | None = None
) -> None:
    """Pause, resume or cancel a replay."""
    tx.execute(
        "UPDATE ensue_replays SET state = ?, fault = ?, ended_ms = ? WHERE id = ?",
        (state, fault, tx.now_ms if state == CANCELLED else None, replaying.id),
    )


def held_from(tx: Transaction, log: int) -> int:
    """The position up to which every replay that is not over has come in a log."""
    found = tx.row("SELECT min(position) FROM ensue_replays WHERE log = ? AND state < 2", (log,))
    return found[0] if found and isinstance(found[0], int) else NOTHING_HELD


def forget(tx: Transaction, before_ms: int, limit: int) -> int:
    """Forget replays that ended before ``before_ms``, at most ``limit``; returns how many."""
    tx.execute(
        "DELETE FROM ensue_replays WHERE id IN"
        " (SELECT id FROM ensue_replays WHERE ended_ms < ? ORDER BY ended_ms LIMIT ?)",
        (before_ms, limit),
    )
    return tx.changed()
