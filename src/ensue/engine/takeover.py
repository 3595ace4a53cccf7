"""Taking over a store: what a process does with the work that another one left."""

from __future__ import annotations

import apsw

from ensue.engine import causes, executions, redrives
from ensue.engine.depths import Count, Key
from ensue.engine.ids import Ids
from ensue.engine.transaction import Transaction
from ensue.engine.work import HELD_MS
from ensue.words.errors import StoreUnusable


def salt(connection: apsw.Connection, ids: Ids) -> int:
    """The store's random bits, drawn when it is new.

    Raises:
        StoreUnusable: it has lost them.
    """
    connection.execute(
        "INSERT INTO ensue_store (id, salt) VALUES (1, ?) ON CONFLICT DO NOTHING", (ids.salt(),)
    )
    found = connection.execute("SELECT salt FROM ensue_store").fetchone()
    if not found or not isinstance(found[0], int):
        raise StoreUnusable("the store has lost its salt", hint="Restore a backup.")
    return found[0]


def release_leases(tx: Transaction, *, crashed: bool = False) -> int:
    """Make all leased work due: for the start of the only process that takes work.

    It keeps its place before what was sent later: so what killed the process comes first again.

    Args:
        tx: the transaction.
        crashed: whether the process that had it died; that is counted apart from what failed.
    """
    tx.execute(
        "UPDATE ensue_work SET state = 0, due_ms = min(after_ms, ?), rank = NULL,"
        " crashes = crashes + ? WHERE state = 1",
        (tx.now_ms, crashed),
    )
    released = tx.changed()
    count_all(tx)
    return released


def count_all(tx: Transaction) -> None:
    """Count what is in each queue, and the executions of each status, one by one.

    From then on every change is noted.
    """
    counted = tx.execute(
        "SELECT queue, count(*), sum(state), sum(due_ms = ?) FROM ensue_work"
        " WHERE state < 2 GROUP BY queue",
        (HELD_MS,),
    )
    depths: dict[Key, Count] = {queue: Count(*counts) for queue, *counts in counted}
    tx.facts.depths.correct({**depths, **executions.counted(tx)})


def follow_clock(tx: Transaction) -> int:
    """Bring work that was sent in what is now the future back to the present: the clock was set.

    The ids and tokens by which sends and requests are known again come along.

    Returns by how many ms.
    """
    newest = tx.execute("SELECT sent_ms FROM ensue_work ORDER BY id DESC LIMIT 1").fetchone()
    ahead_ms = newest[0] - tx.now_ms if newest else 0
    if ahead_ms <= 0:
        return 0
    tx.execute(
        "UPDATE ensue_work SET due_ms = CASE due_ms WHEN ?1 THEN ?1 ELSE max(?2, due_ms - ?3) END,"
        " rank = NULL, after_ms = after_ms - ?3, sent_ms = min(sent_ms, ?2) WHERE state < 2",
        (HELD_MS, tx.now_ms, ahead_ms),
    )
    tx.execute("UPDATE ensue_deduplication SET until_ms = until_ms - ?", (ahead_ms,))
    tx.execute("UPDATE ensue_tokens SET until_ms = until_ms - ?", (ahead_ms,))
    redrives.look_again(tx, ahead_ms)
    causes.follow_clock(tx, ahead_ms)
    return ahead_ms


def recall(tx: Transaction) -> None:
    """Know again what is paused, and since when, and where something is dead."""
    causes.recall(tx)
    tx.facts.paused.update(tx.execute("SELECT number, since_ms FROM ensue_paused"))
