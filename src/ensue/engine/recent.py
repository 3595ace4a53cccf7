"""What was produced lately, and by whom: from the newest on, and never more than a bound."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ensue.engine.sockets import Source
from ensue.engine.transaction import Transaction
from ensue.words.names import Ref

HOPS_MAX = 400
RECORDS_MAX = 60


@dataclass(frozen=True, slots=True)
class Made:
    """What one actor lately made in one resource.

    Attributes:
        actor: who ran: a route, a function, a consumer.
        ref: the resource.
        count: how much, of what was looked at.
    """

    actor: str
    ref: Ref
    count: int


def made(tx: Transaction, sources: Iterable[Source], since_ms: int) -> list[Made]:
    """Who lately made what: work by the newest hops, records by the newest of each log.

    Args:
        tx: where to look.
        sources: the logs to look into.
        since_ms: what is older is not of interest.
    """
    rows = [*_work(tx, since_ms)]
    refs = {number: ref for ref, number in tx.facts.numbers.items()}
    for source in sources:
        rows += [(actor, source.number, count) for actor, count in _records(tx, source, since_ms)]
    return [Made(actor, refs[number], count) for actor, number, count in rows if number in refs]


def _work(tx: Transaction, since_ms: int) -> Iterator[tuple[str, int, int]]:
    yield from tx.execute(
        "SELECT h.actor, w.queue, count(*)"
        " FROM (SELECT id, actor, at_ms FROM ensue_hops ORDER BY id DESC LIMIT ?) h"
        " JOIN ensue_work w ON w.hop = h.id WHERE h.at_ms >= ? GROUP BY h.actor, w.queue",
        (HOPS_MAX, since_ms),
    )


def _records(tx: Transaction, source: Source, since_ms: int) -> Iterator[tuple[str, int]]:
    yield from tx.execute(
        f"WITH r AS (SELECT hop FROM {source.table} ORDER BY sequence DESC LIMIT ?)"  # noqa: S608
        " SELECT h.actor, count(*) FROM r JOIN ensue_hops h ON h.id = r.hop"
        " WHERE h.at_ms >= ? GROUP BY h.actor",
        (RECORDS_MAX, since_ms),
    )
