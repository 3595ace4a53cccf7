"""What fails: whose messages are tried again and again, since when, and of what."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from ensue.engine import trying
from ensue.engine.depths import Count
from ensue.engine.fingerprints import fingerprint
from ensue.engine.transaction import Transaction
from ensue.words.names import Ref

# With a name and a password before the server it is none: they are not to be shown.
_ORIGIN = re.compile(
    r"(https?)://([a-z0-9.-]+|\[[0-9a-f:]+\])(:\d+)?(?=[/?#\s'\",;)]|\Z)", re.IGNORECASE
)
_REFUSES = ("ConnectError", "ConnectionRefusedError", "ConnectionError", "Unreachable")
_LATE = ("ConnectTimeout", "ReadTimeout", "WriteTimeout", "PoolTimeout", "TimeoutError", "TimedOut")
_STATUS = re.compile(r"\b(?:answered|error '?)(\d{3})\b", re.IGNORECASE)


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
    pieces = trying.tried(tx, queue)
    if not pieces:
        return None
    texts = {error: fingerprint(queue, error).text for error in {each.error for each in pieces}}
    prints = [texts[each.error] for each in pieces]
    [(most, times)] = Counter(prints).most_common(1)
    same = [each for each, each_print in zip(pieces, prints, strict=True) if each_print == most]
    heads = [each for each in same if each.group is not None] if count.held else []
    behind = trying.behind(tx, queue, heads[0].group or "") if heads else 0
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
