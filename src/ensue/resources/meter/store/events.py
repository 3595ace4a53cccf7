"""The log of a meter: events and corrections as lines, and what stands of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from ensue.engine.transaction import Transaction
from ensue.resources.meter.model import HOUR_MS, MeterEvent, MeterModel, MeterRecord
from ensue.resources.meter.rules.tallies import Line
from ensue.resources.meter.rules.windows import Span
from ensue.resources.meter.store.sums import Sums
from ensue.words import values

New = tuple[int, str, str, int, str, str]


def add(tx: Transaction, meter: MeterModel, new: Sequence[New]) -> dict[tuple[int, str], int]:
    """Add events that are not there yet.

    Args:
        tx: where.
        meter: whose.
        new: of each the subject's number, the id, the type, the time, the properties as JSON and
            the subject.

    Returns:
        The places of those that were added, by the subject's number and the id.
    """
    hop, now_ms = tx.hop, tx.now_ms
    added = tx.connection.executemany(
        f"INSERT INTO {meter.sql} (subject, id, type, time_ms, properties, key, hop, at_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (subject, id) WHERE corrects IS NULL"
        " DO NOTHING RETURNING sequence, subject, id",
        [(*line, hop, now_ms) for line in new],
    )
    return {(subject, event_id): place for place, subject, event_id in added}


def add_correction(
    tx: Transaction, meter: MeterModel, place: int, properties: str | None, reason: str | None
) -> int:
    """Add a correction of an event; returns its place."""
    tx.execute(
        f"INSERT INTO {meter.sql} (subject, id, type, time_ms, key, properties, corrects, reason,"
        f" hop, at_ms) SELECT subject, id, type, time_ms, key, ?, sequence, ?, ?, ?"
        f" FROM {meter.sql} WHERE sequence = ?",
        (properties, reason, tx.hop, tx.now_ms, place),
    )
    return tx.inserted()


class Sought(NamedTuple):
    """Which lines of the log.

    Attributes:
        subject: the subject's number.
        type: the events' type.
        span: their times.
        up_to: only as far as this place in the log; None for all of it.
        limit: how many at most; -1 for any.
    """

    subject: int
    type: str
    span: Span
    up_to: int | None = None
    limit: int = -1


def lines(tx: Transaction, meter: MeterModel, sought: Sought) -> list[Line]:
    """The lines of a subject and type in a span by their times, an event before its corrections."""
    return list(each_line(tx, meter, sought))


def each_line(tx: Transaction, meter: MeterModel, sought: Sought) -> Iterator[Line]:
    """The same, one by one."""
    until = "" if sought.up_to is None else " AND sequence <= :up_to"
    for sequence, corrects, time_ms, properties in tx.execute(
        f"SELECT sequence, corrects, time_ms, properties FROM {meter.sql}"
        " WHERE subject = :subject AND type = :type AND time_ms BETWEEN :start_ms AND :end_ms"
        f"{until} ORDER BY time_ms, sequence LIMIT :limit",
        {
            "subject": sought.subject,
            "type": sought.type,
            "start_ms": sought.span.start_ms,
            "end_ms": sought.span.end_ms,
            "up_to": sought.up_to,
            "limit": sought.limit,
        },
    ):
        yield Line(sequence, corrects, time_ms, as_properties(properties))


def lines_from(tx: Transaction, meter: MeterModel, of: Sums, from_hour: int) -> Iterator[Line]:
    """All lines of the subject and type of some sums, from an hour on."""
    of_all = Span(from_hour * HOUR_MS, 2**62)
    return each_line(tx, meter, Sought(of.subject, of.metric.event, of_all))


def as_properties(text: str | None) -> dict[str, object] | None:
    """The properties of a line; None of a retraction."""
    if text is None:
        return None
    found = values.decode(text)
    return dict(found) if isinstance(found, dict) else {}


class Found(NamedTuple):
    """An event in the log.

    Attributes:
        place: where it is.
        subject: its subject's number.
        type: its type.
        time_ms: when it was.
        properties: what it says after its corrections, as JSON; None for one that is retracted.
    """

    place: int
    subject: int
    type: str
    time_ms: int
    properties: str | None


def find(tx: Transaction, meter: MeterModel, subject: int, event_id: str) -> Found | None:
    """An event as it stands; None where there is none."""
    row: Any = tx.row(
        f"SELECT sequence, subject, type, time_ms, properties FROM {meter.sql}"
        " WHERE subject = ? AND id = ? AND corrects IS NULL",
        (subject, event_id),
    )
    if row is None:
        return None
    last: Any = tx.row(
        f"SELECT properties FROM {meter.sql} WHERE corrects = ? ORDER BY sequence DESC LIMIT 1",
        (row[0],),
    )
    place, number, event_type, time_ms, properties = row
    return Found(place, number, event_type, time_ms, properties if last is None else last[0])


_SHOWN = "sequence, kind, id, key, type, time_ms, properties, at_ms, corrects, reason"
_KINDS: Mapping[str, Literal["event", "replacement", "retraction"]] = {
    "usage": "event",
    "replacement": "replacement",
    "retraction": "retraction",
}


def changes(tx: Transaction, meter: MeterModel, sought: Sought, *, after: int) -> list[MeterRecord]:
    """The lines behind a place in the log, of a subject and type in a span, in their order."""
    found = tx.execute(
        f"SELECT {_SHOWN} FROM {meter.sql}"
        " WHERE subject = ? AND type = ? AND time_ms BETWEEN ? AND ? AND sequence > ?"
        " ORDER BY sequence LIMIT ?",
        (sought.subject, sought.type, *sought.span, after, sought.limit),
    )
    return [_shown(row) for row in found]


def _shown(row: Any) -> MeterRecord:  # noqa: ANN401 - as the columns are
    sequence, kind, event_id, subject, event_type, time_ms, properties, at_ms, corrects, reason = (
        row
    )
    said: Any = as_properties(properties) or {}
    event = MeterEvent(event_id, subject, event_type, time_ms, said)
    return MeterRecord(sequence, _KINDS[kind], event, at_ms, corrects, reason)
