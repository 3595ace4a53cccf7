"""What happened in executions: a row for each transaction of one, with its events in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from ensue.engine import executions
from ensue.engine.transaction import Transaction
from ensue.languages.states.events import Event

_encode: Final = msgspec.json.Encoder(decimal_format="number").encode
_decode: Final = msgspec.json.Decoder(list[Event]).decode


def encoded(events: Sequence[Event]) -> str:
    """Events as they are kept."""
    return _encode(events).decode()


def add(tx: Transaction, execution: int, events: Sequence[Event]) -> None:
    """Keep the events of a transaction of an execution."""
    add_text(tx, execution, events[0].id, encoded(events))


def add_text(tx: Transaction, execution: int, first: int, events: str) -> None:
    """Keep events that are encoded already; ``first`` is the id of the first of them."""
    tx.execute(
        "INSERT INTO ensue_histories (id, events) VALUES (?, ?)",
        (executions.key(execution, first), events),
    )


def read(
    tx: Transaction, execution: int, *, after: int = 0, limit: int, reverse: bool = False
) -> list[Event]:
    """Events of an execution, in their order or from the end.

    Args:
        tx: the transaction.
        execution: whose.
        after: only those behind this id; from the end, those before it, 0 for all.
        limit: how many at most.
        reverse: whether from the end.
    """
    found: list[Event] = []
    for events in _rows(tx, execution, after, reverse=reverse):
        wanted = [each for each in events if _is_behind(each.id, after, reverse=reverse)]
        found += wanted[::-1] if reverse else wanted
        if len(found) >= limit:
            break
    return found[:limit]


def all_of(tx: Transaction, execution: int) -> list[Event]:
    """All events of an execution, in their order."""
    return [each for events in _rows(tx, execution, 0, reverse=False) for each in events]


def forget(tx: Transaction, execution: int) -> None:
    """Forget the history of an execution."""
    tx.execute(
        "DELETE FROM ensue_histories WHERE id BETWEEN ? AND ?",
        (executions.key(execution, 0), executions.key(execution + 1, 0) - 1),
    )


def _is_behind(event: int, after: int, *, reverse: bool) -> bool:
    return (event < after or not after) if reverse else event > after


def _rows(tx: Transaction, execution: int, after: int, *, reverse: bool) -> Iterator[list[Event]]:
    low, high = executions.key(execution, 0), executions.key(execution + 1, 0) - 1
    if reverse:
        top = high if not after else min(high, executions.key(execution, after) - 1)
        cursor = tx.execute(
            "SELECT events FROM ensue_histories WHERE id BETWEEN ? AND ? ORDER BY id DESC",
            (low, top),
        )
    else:
        # The row that holds the event behind begins at it, or before.
        cursor = tx.execute(
            "SELECT events FROM ensue_histories WHERE id BETWEEN coalesce((SELECT max(id) FROM"
            " ensue_histories WHERE id BETWEEN ?1 AND ?2), ?1) AND ?3 ORDER BY id",
            (low, min(high, executions.key(execution, after + 1)), high),
        )
    for (events,) in cursor:
        yield _decode(events)
