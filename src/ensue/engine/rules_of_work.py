"""The rules that work keeps: each piece is done, due, leased, held behind its group, or dead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from ensue.engine.causes import DEAD_LETTER
from ensue.engine.handlers import LEASE_MARGIN_MS, TIMEOUT_MS_MAX
from ensue.engine.transaction import Transaction
from ensue.engine.work import DONE, HELD_MS, LEASED
from ensue.words.findings import WARNING, Finding

LEASE_MS_MAX = TIMEOUT_MS_MAX + LEASE_MARGIN_MS

LOST = "It would never be taken: keep a copy of the file, and set it due with SQL, due_ms = 0."
ODD = "Keep a copy of the file and report it."

Rule: TypeAlias = Callable[[Transaction, set[int], int | None], Iterator[Finding]]


def _states(tx: Transaction, known: set[int], started_ms: int | None) -> Iterator[Finding]:
    del known, started_ms
    for number, state, receives in tx.execute(
        "SELECT id, state, receives FROM ensue_work"
        " WHERE state NOT BETWEEN 0 AND 2 OR receives < 0 OR typeof(due_ms) <> 'integer'"
    ):
        yield Finding(
            "work.state",
            f"ensue_work {number}",
            f"expected waiting, leased or done, got state {state} with {receives} receives",
            LOST,
        )


def _queues(tx: Transaction, known: set[int], started_ms: int | None) -> Iterator[Finding]:
    del started_ms
    for number, many in tx.execute("SELECT queue, count(*) FROM ensue_work GROUP BY queue"):
        if number not in known:
            yield Finding(
                "work.queue",
                f"ensue_work, queue {number}",
                f"{many} pieces of work are in a queue that does not exist",
                LOST,
            )


def _leases(tx: Transaction, known: set[int], started_ms: int | None) -> Iterator[Finding]:
    """A lease has an owner: one who took it, in this process, and who must end by a known time."""
    del known
    for number, taken_ms, due_ms, receives in tx.execute(
        "SELECT id, taken_ms, due_ms, receives FROM ensue_work"
        " WHERE state = 1 AND (taken_ms IS NULL OR receives < 1 OR due_ms < taken_ms"
        " OR due_ms > taken_ms + ?1 OR taken_ms < ?2)",
        (LEASE_MS_MAX, started_ms or 0),
    ):
        said = f"it was taken at {taken_ms} until {due_ms}, {receives} times"
        if taken_ms is not None and started_ms is not None and taken_ms < started_ms:
            said += f", but its owner began at {started_ms}"
        yield Finding(
            "work.lease", f"ensue_work {number}", f"a lease without an owner: {said}", LOST
        )


def _orphans(tx: Transaction, known: set[int], started_ms: int | None) -> Iterator[Finding]:
    """A store that was closed has no leases but by hand: every other holder gave its own back."""
    del known
    if started_ms is not None or tx.row("SELECT in_use FROM ensue_store") != (0,):
        return
    for number, queue in tx.execute(
        f"SELECT id, queue FROM ensue_work WHERE state = {LEASED} AND holder IS NULL"
    ):
        yield Finding(
            "work.lease_left",
            f"ensue_work {number}",
            f"it was leased from queue {queue} when the store was closed",
            "It is due again at the next start.",
            WARNING,
        )


def _held(tx: Transaction, known: set[int], started_ms: int | None) -> Iterator[Finding]:
    """What is held waits behind a piece of its group that is not."""
    del known, started_ms
    for number, queue, group in tx.execute(
        "SELECT id, queue, grp FROM ensue_work h WHERE state = 0 AND due_ms = ?1"
        " AND NOT EXISTS (SELECT 1 FROM ensue_work w WHERE w.queue = h.queue AND w.grp = h.grp"
        " AND w.state < 2 AND w.due_ms < ?1)",
        (HELD_MS,),
    ):
        yield Finding(
            "work.held",
            f"ensue_work {number}",
            f"it is held behind group {group!r} of queue {queue}, of which nothing goes before it",
            LOST,
        )


def _bodies(tx: Transaction, known: set[int], started_ms: int | None) -> Iterator[Finding]:
    del known, started_ms
    for (number,) in tx.execute(
        "SELECT id FROM ensue_work WHERE NOT json_valid(body)"
        " OR (attributes IS NOT NULL AND json_type(attributes) IS NOT 'object')"
    ):
        yield Finding(
            "work.body",
            f"ensue_work {number}",
            "its body is no JSON, or its attributes are no JSON object",
            "Its handler would fail: mend it with SQL, or delete the row.",
        )


def _dead(tx: Transaction, known: set[int], started_ms: int | None) -> Iterator[Finding]:
    """Dead work knows where it came from, so that it can go back."""
    del started_ms
    for number, home in tx.execute(
        f"SELECT id, json_extract(attributes, '$.{DEAD_LETTER}.from') FROM ensue_work"
        " WHERE state < 2 AND attributes IS NOT NULL AND json_valid(attributes)"
        f" AND json_type(attributes, '$.{DEAD_LETTER}') = 'object'"
    ):
        if home not in known:
            yield Finding(
                "work.dead",
                f"ensue_work {number}",
                f"it came from queue {home}, which does not exist",
                "A redrive leaves it where it is: send its body to another queue.",
            )


def _failures(tx: Transaction, known: set[int], started_ms: int | None) -> Iterator[Finding]:
    del known, started_ms
    for (number,) in tx.execute(
        "SELECT DISTINCT work FROM ensue_failures WHERE work NOT IN (SELECT id FROM ensue_work)"
    ):
        yield Finding(
            "work.failures",
            f"ensue_failures {number}",
            "it tells of failures of work that is not kept",
            f"It only takes space. {ODD}",
            WARNING,
        )


def _settled(tx: Transaction, known: set[int], started_ms: int | None) -> Iterator[Finding]:
    """What is done was taken, unless somebody settled it by hand; its time is that of its end."""
    del known, started_ms
    for (number,) in tx.execute(
        f"SELECT id FROM ensue_work WHERE state = {DONE} AND due_ms >= ?", (HELD_MS,)
    ):
        yield Finding(
            "work.done",
            f"ensue_work {number}",
            "it is done, but nobody knows when",
            f"It would never be forgotten. {ODD}",
            WARNING,
        )


def _causes(tx: Transaction, known: set[int], started_ms: int | None) -> Iterator[Finding]:
    """Each dead letter is counted under one cause, and nothing else is."""
    del known, started_ms
    if tx.row("SELECT 1 FROM sqlite_schema WHERE name = 'ensue_dead'") is None:
        return  # letters are counted from a later version on
    mended = (
        "Only the counts of `ensue dlq` are wrong. With no server running: DELETE FROM"
        " ensue_causes; UPDATE ensue_dead SET cause = NULL; they are counted at the next start."
    )
    for (number,) in tx.execute(
        "SELECT id FROM ensue_work LEFT JOIN ensue_dead ON work = id"
        " WHERE state < 2 AND work IS NULL AND json_valid(attributes)"
        f" AND json_type(attributes, '$.{DEAD_LETTER}.from') = 'integer'"
    ):
        yield Finding(
            "work.causes", f"ensue_work {number}", "it is dead and not counted", mended, WARNING
        )
    for (number,) in tx.execute(
        "SELECT work FROM ensue_dead LEFT JOIN ensue_work ON work = id"
        f" WHERE state IS NULL OR state = {DONE}"
    ):
        yield Finding(
            "work.causes", f"ensue_dead {number}", "it is counted and not dead", mended, WARNING
        )
    for cause, said, letters in tx.execute(
        "SELECT c.number, c.letters, count(d.work) FROM ensue_causes c"
        " LEFT JOIN ensue_dead d ON d.cause = c.number GROUP BY c.number"
        " HAVING c.letters <> count(d.work)"
    ):
        yield Finding(
            "work.causes", f"ensue_causes {cause}", f"{said} letters, of {letters}", mended, WARNING
        )


RULES: dict[str, Rule] = {
    "work.state": _states,
    "work.queue": _queues,
    "work.lease": _leases,
    "work.lease_left": _orphans,
    "work.held": _held,
    "work.body": _bodies,
    "work.dead": _dead,
    "work.causes": _causes,
    "work.failures": _failures,
    "work.done": _settled,
}
