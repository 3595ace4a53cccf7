"""What fails: whose messages are tried again and again, since when, and of what."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from ensue.engine.depths import Count
from ensue.engine.fingerprints import fingerprint
from ensue.engine.transaction import Transaction
from ensue.engine.work import HELD_MS
from ensue.words.names import Ref

SAMPLE_MAX = 50
LOOKED_AT_MAX = 500
BEHIND_MAX = 1_000

# With a name and a password before the server it is none: they are not to be shown.
_ORIGIN = re.compile(
    r"(https?)://([a-z0-9.-]+|\[[0-9a-f:]+\])(:\d+)?(?=[/?#\s'\",;)]|\Z)", re.IGNORECASE
)
_REFUSES = ("ConnectError", "ConnectionRefusedError", "ConnectionError", "Unreachable")
_LATE = ("ConnectTimeout", "ReadTimeout", "WriteTimeout", "PoolTimeout", "TimeoutError", "TimedOut")
_STATUS = re.compile(r"\b(?:answered|error '?)(\d{3})\b", re.IGNORECASE)


class Piece(NamedTuple):
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


class Failing(NamedTuple):
    """What a consumer's messages fail of.

    Attributes:
        error: the error of one of them.
        first_ms: when the first that was looked at failed.
        sample: one of them.
        of: how many of those looked at fail of it.
        looked_at: how many that fail were looked at.
        waiting: how many wait altogether.
        group: the group of one that holds back others; None where none does.
        behind: how many it holds back, at most 1,000 counted.
    """

    error: str
    first_ms: int
    sample: int
    of: int
    looked_at: int
    waiting: int
    group: str | None = None
    behind: int = 0


def failing(tx: Transaction, queue: int, count: Count) -> Failing | None:
    """What most of the messages of a queue that were tried fail of; None where none does."""
    pieces = _pieces(tx, queue)
    if not pieces:
        return None
    prints = [fingerprint(queue, each.error).text for each in pieces]
    [(most, times)] = Counter(prints).most_common(1)
    same = [each for each, each_print in zip(pieces, prints, strict=True) if each_print == most]
    heads = [each for each in same if each.group is not None] if count.held else []
    behind = _behind(tx, queue, heads[0].group or "") if heads else 0
    return Failing(
        error=same[0].error,
        first_ms=min(each.first_ms for each in same),
        sample=same[0].id,
        of=times,
        looked_at=len(pieces),
        waiting=count.unsettled,
        group=heads[0].group if behind else None,
        behind=behind,
    )


def _pieces(tx: Transaction, queue: int) -> list[Piece]:
    """Some of the work that has failed, that which waits longest first."""
    retried = tx.rows(
        "SELECT id, grp FROM (SELECT id, grp, due_ms, receives FROM ensue_work"
        "  WHERE queue = ?1 AND state = 0 AND due_ms <> after_ms ORDER BY after_ms LIMIT ?2)"
        " WHERE due_ms < ?3 AND receives > 0 LIMIT ?4",
        (queue, LOOKED_AT_MAX, HELD_MS, SAMPLE_MAX),
    )
    taken = tx.rows(
        "SELECT id, grp FROM ensue_work WHERE queue = ? AND state = 1 AND receives > 1"
        " ORDER BY due_ms LIMIT ?",
        (queue, SAMPLE_MAX - len(retried)),
    )
    found: list[Piece] = []
    for work_id, group in [*retried, *taken]:
        row = tx.row(
            "SELECT error, (SELECT min(at_ms) FROM ensue_failures WHERE work = ?1)"
            " FROM ensue_failures WHERE work = ?1 ORDER BY at_ms DESC, attempt DESC LIMIT 1",
            (work_id,),
        )
        if row is not None:
            error, first_ms = row
            found.append(Piece(int(str(work_id)), group, str(error), int(str(first_ms))))  # type: ignore[arg-type]
    return found


def _behind(tx: Transaction, queue: int, group: str) -> int:
    [(count,)] = tx.rows(
        "SELECT count(*) FROM (SELECT 1 FROM ensue_work WHERE queue = ? AND grp = ? AND state < 2"
        " LIMIT ?)",
        (queue, group, BEHIND_MAX + 1),
    )
    return int(str(count)) - 1


def outside_of(error: str) -> tuple[str, str] | None:
    """What outside an error is about, and what that does: None where it is about nothing outside.

    An address is shown as far as it names a server, and no further.
    """
    name = error.partition(":")[0].rpartition(".")[2]
    found = _ORIGIN.search(error)
    where = "what it calls" if found is None else f"{found[1]}://{found[2]}{found[3] or ''}".lower()
    if name in _REFUSES or "Connection refused" in error:
        return where, "refuses connections"
    if name in _LATE:
        return where, "does not answer in time"
    status = _STATUS.search(error)
    if found is not None and status is not None and status[1].startswith("5"):
        return where, f"answers {status[1]}"
    return None


def is_breaker(error: str) -> bool:
    """Whether an open breaker refused a call."""
    return error.partition(":")[0].rpartition(".")[2] == "CircuitOpen"


def named(ref: Ref) -> str:
    """A resource as commands name it."""
    return f"{ref.kind}/{ref.name}"
