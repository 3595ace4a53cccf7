"""Why dead letters died: those of one cause are counted together, as they come and go.

So the causes of a hundred thousand letters are a few rows, and nothing scans the letters. What
adds or takes a letter notes it here in its own transaction: a crash loses no count.

    died ──▶ counted under its cause ──redriven, settled, purged──▶ counted no more
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from ensue.engine.fingerprints import fingerprint
from ensue.engine.transaction import Transaction
from ensue.words import values

DEAD_LETTER = "dead_letter"  # the attribute that tells where dead work comes from, and why
RECALL_CHUNK = 1_000

TABLES = """
    -- Why the letters of each dead-letter queue died. home: where they did. letters: how many there
    -- are; a cause without any is forgotten.
    CREATE TABLE ensue_causes (
        number INTEGER PRIMARY KEY,
        queue INTEGER NOT NULL,
        fingerprint TEXT NOT NULL,
        home INTEGER NOT NULL,
        error TEXT NOT NULL,
        message TEXT NOT NULL,
        letters INTEGER NOT NULL,
        UNIQUE (queue, fingerprint)
    );
    CREATE INDEX ensue_causes_by_letters ON ensue_causes (letters, number);
    CREATE INDEX ensue_causes_of_queue ON ensue_causes (queue, letters, number);

    -- The dead letters: the cause of each, and when it died. Those of earlier versions have no
    -- cause yet; they get one when the store is opened.
    CREATE TABLE ensue_dead (
        work INTEGER PRIMARY KEY,
        cause INTEGER,
        at_ms INTEGER NOT NULL
    );
    CREATE INDEX ensue_dead_by_cause ON ensue_dead (cause, at_ms, work);
    CREATE INDEX ensue_redriven_by_work ON ensue_redriven (work);
    INSERT INTO ensue_dead (work, cause, at_ms)
        SELECT id, NULL, due_ms FROM ensue_work WHERE state < 2 AND attributes IS NOT NULL
        AND CASE WHEN json_valid(attributes)
            THEN json_type(attributes, '$.dead_letter.from') END = 'integer';
    """


class Cause(NamedTuple):
    """What dead letters of one queue died of.

    Attributes:
        number: of its row.
        queue: the number of the dead-letter queue.
        fingerprint: the same wherever something fails so.
        home: the number of what they died in.
        error: the kind of error; empty where the reason names none.
        message: what it says, without what differs from letter to letter.
        letters: how many there are.
    """

    number: int
    queue: int
    fingerprint: str
    home: int
    error: str
    message: str
    letters: int


class Span(NamedTuple):
    """The letters of one cause in time.

    Attributes:
        first_ms: when the oldest of them died.
        last_ms: when the newest did.
        newest: the number of the newest.
    """

    first_ms: int
    last_ms: int
    newest: int


class Death(NamedTuple):
    """The death of a piece of work.

    Attributes:
        home: the number of what it died in.
        reason: why.
        at_ms: when.
    """

    home: int
    reason: str
    at_ms: int


_COLUMNS = "number, queue, fingerprint, home, error, message, letters"
TOP = (2**62, 2**62)


def death_of(attributes: str | None) -> Death | None:
    """The death of which the attributes of work tell; None where they tell of none."""
    found = values.decode(attributes) if attributes else None
    told = found.get(DEAD_LETTER) if isinstance(found, dict) else None
    if not isinstance(told, dict):
        return None
    home, at_ms = told.get("from"), told.get("at_ms")
    if not isinstance(home, int):
        return None
    return Death(home, str(told.get("reason", "")), at_ms if isinstance(at_ms, int) else 0)


def died(tx: Transaction, queue: int, work_id: int, death: Death) -> None:
    """Count a letter that has come to a dead-letter queue under its cause, and no other."""
    _take_out(tx, [work_id])
    tx.execute(
        "INSERT INTO ensue_dead (work, cause, at_ms) VALUES (?, ?, ?)",
        (work_id, _counted(tx, queue, death), death.at_ms),
    )
    tx.facts.dead_letter_queues.add(queue)


def left(tx: Transaction, queue: int, work_ids: Iterable[int]) -> None:
    """Count letters no more that leave a queue; costs nothing where nothing ever died."""
    if queue in tx.facts.dead_letter_queues:
        _take_out(tx, work_ids)


def settled(tx: Transaction, queue: int, work_ids: Iterable[int]) -> None:
    """Count letters of a queue no more that are done; others stay counted."""
    if queue in tx.facts.dead_letter_queues:
        _take_out(tx, work_ids, "AND (SELECT state FROM ensue_work WHERE id = ?1) = 2")


def recall(tx: Transaction) -> None:
    """Know again where something is dead; give letters of earlier versions their causes."""
    sql = (
        "SELECT d.work, w.queue, w.attributes FROM ensue_dead d LEFT JOIN ensue_work w"
        " ON w.id = d.work WHERE d.cause IS NULL LIMIT ?"
    )
    while found := list(tx.execute(sql, (RECALL_CHUNK,))):
        for work_id, queue, attributes in found:
            death = death_of(attributes)
            if death is None:
                _take_out(tx, [work_id])
            else:
                died(tx, queue, work_id, death)
    tx.facts.dead_letter_queues.update(
        queue for (queue,) in tx.execute("SELECT DISTINCT queue FROM ensue_causes")
    )


def follow_clock(tx: Transaction, ahead_ms: int) -> None:
    """Bring deaths in what is now the future back to the present: the clock was set."""
    tx.execute(
        "UPDATE ensue_dead SET at_ms = min(?1, at_ms - ?2) WHERE at_ms > ?1", (tx.now_ms, ahead_ms)
    )


def find(tx: Transaction, queue: int, sought: str) -> Cause | None:
    """The cause of a dead-letter queue with a fingerprint; None when it has no letters."""
    sql = f"SELECT {_COLUMNS} FROM ensue_causes WHERE queue = ? AND fingerprint = ?"
    row = tx.execute(sql, (queue, sought)).fetchone()
    return None if row is None else Cause(*row)


def of_letter(tx: Transaction, work_id: int) -> Cause | None:
    """The cause of a dead letter; None for work that is none."""
    sql = (
        f"SELECT {_COLUMNS} FROM ensue_causes"
        " WHERE number = (SELECT cause FROM ensue_dead WHERE work = ?)"
    )
    row = tx.execute(sql, (work_id,)).fetchone()
    return None if row is None else Cause(*row)


def of_queue(tx: Transaction, queue: int, limit: int, after: tuple[int, int] = TOP) -> list[Cause]:
    """The causes of a dead-letter queue, that of most letters first.

    Args:
        tx: the transaction.
        queue: the dead-letter queue.
        limit: how many at most.
        after: letters and number of the last one that was seen.
    """
    found = tx.execute(
        f"SELECT {_COLUMNS} FROM ensue_causes WHERE queue = ? AND (letters, number) < (?, ?)"
        " ORDER BY letters DESC, number DESC LIMIT ?",
        (queue, *after, limit),
    )
    return [Cause(*row) for row in found]


def of_all(tx: Transaction, limit: int, after: tuple[int, int] = TOP) -> list[Cause]:
    """The causes of all dead-letter queues, that of most letters first; as `of_queue`."""
    found = tx.execute(
        f"SELECT {_COLUMNS} FROM ensue_causes WHERE (letters, number) < (?, ?)"
        " ORDER BY letters DESC, number DESC LIMIT ?",
        (*after, limit),
    )
    return [Cause(*row) for row in found]


def span(tx: Transaction, cause: int) -> Span | None:
    """When the first and the last letter of a cause died; None when there are none."""
    sql = "SELECT at_ms, work FROM ensue_dead WHERE cause = ? ORDER BY at_ms {0}, work {0} LIMIT 1"
    first = tx.execute(sql.format("ASC"), (cause,)).fetchone()
    last = tx.execute(sql.format("DESC"), (cause,)).fetchone()
    return None if first is None or last is None else Span(first[0], last[0], last[1])


def _counted(tx: Transaction, queue: int, death: Death) -> int:
    """Count one letter more; returns the number of its cause."""
    found = fingerprint(death.home, death.reason)
    [(number,)] = tx.execute(
        "INSERT INTO ensue_causes (queue, fingerprint, home, error, message, letters)"
        " VALUES (?, ?, ?, ?, ?, 1) ON CONFLICT (queue, fingerprint)"
        " DO UPDATE SET letters = letters + 1 RETURNING number",
        (queue, found.text, death.home, found.error, found.message),
    )
    return int(number)


def _take_out(tx: Transaction, work_ids: Iterable[int], where: str = "") -> None:
    sql = f"DELETE FROM ensue_dead WHERE work = ?1 {where} RETURNING cause"
    gone = Counter(row[0] for each in work_ids for row in tx.execute(sql, (each,)))
    for cause, many in gone.items():
        tx.execute("UPDATE ensue_causes SET letters = letters - ? WHERE number = ?", (many, cause))
        tx.execute("DELETE FROM ensue_causes WHERE number = ? AND letters <= 0", (cause,))
